//! The values of one layer for one input.

use glassboard_model::columns::Writer;
use serde_json::{Value, json};

use crate::input::Input;
use crate::reading::Reading;
use crate::text::of_tokens;
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// Most values of a layer that are sent.
const MAX_VALUES: usize = 8 << 20;

/// The layer's values, and their columns file. The result is that of `JobSpec::Activations`.
pub fn activations(
    loaded: &Loaded,
    input: &Input<'_>,
    row: usize,
    preprocess: &Value,
    layer: &str,
) -> Result<(Value, Vec<u8>), Trouble> {
    let reading = Reading::new(loaded, input, row, preprocess)?;
    let view = of_tokens(loaded, reading.sentence.as_ref());
    let captured = view
        .as_deref()
        .unwrap_or(&*loaded.model)
        .capture(&reading.prepared.x.view(), &[layer])?;
    let Some(array) = captured.into_iter().next() else {
        return Err(Trouble::internal(format!("the engine gave nothing for `{layer}`")));
    };
    let shape: Vec<usize> = match array.shape() {
        [1, rest @ ..] if !rest.is_empty() => rest.to_vec(),
        whole => whole.to_vec(),
    };
    if array.len() > MAX_VALUES {
        return Err(Trouble::input(format!(
            "`{layer}` has {} values; {MAX_VALUES} is the most that can be shown",
            array.len()
        )));
    }
    let values: Vec<f32> = array.iter().copied().collect();
    // A channel is an entry of the first axis; the values of a flat layer share one scale.
    let channels = if shape.len() > 1 { shape[0].max(1) } else { 1 };
    let per = (values.len() / channels).max(1);
    let low: Vec<f32> = values
        .chunks(per)
        .map(|c| c.iter().copied().fold(f32::INFINITY, f32::min))
        .collect();
    let high: Vec<f32> = values
        .chunks(per)
        .map(|c| c.iter().copied().fold(f32::NEG_INFINITY, f32::max))
        .collect();
    let meta = json!({ "layer": layer, "shape": shape, "min": low, "max": high });
    let columns = Writer::new()
        .f32("activation", &shape, &values)
        .meta("layer", layer)
        .meta("min", meta["min"].clone())
        .meta("max", meta["max"].clone())
        .finish();
    Ok((meta, columns))
}
