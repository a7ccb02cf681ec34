//! Which inputs a layer's channels answer to most.

use glassboard_jobs::spec::InputRef;
use serde_json::{Value, json};

use crate::input::Input;
use crate::reading::Reading;
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// The highest value of each channel of `layer` over every input, and the `most` inputs where it is highest (of equal
/// ones the first). `open` gives an input's bytes. The result is that of `JobSpec::Strongest`.
///
/// # Errors
/// A sentence where no input fits the model, or the layer does not exist.
pub fn strongest<'a>(
    loaded: &Loaded,
    inputs: &'a [InputRef],
    open: &mut dyn FnMut(&'a InputRef) -> Input<'a>,
    preprocess: &Value,
    layer: &str,
    most: usize,
) -> Result<Value, Trouble> {
    let mut top: Vec<Vec<(usize, f32)>> = Vec::new();
    let mut shape: Vec<usize> = Vec::new();
    let mut skipped = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        let reading = match Reading::new(loaded, &open(input), input.row, preprocess) {
            Ok(reading) => reading,
            Err(error) => {
                skipped.push(json!({ "at": at, "why": error.to_string() }));
                continue;
            }
        };
        let captured = loaded.model.capture(&reading.prepared.x.view(), &[layer])?;
        let Some(array) = captured.into_iter().next() else {
            return Err(Trouble::internal(format!("the engine gave nothing for `{layer}`")));
        };
        let dims = match array.shape() {
            [1, rest @ ..] if !rest.is_empty() => rest.to_vec(),
            whole => whole.to_vec(),
        };
        // A channel is an entry of the first axis; in a flat layer each value is one.
        let channels = dims.first().copied().unwrap_or(1).max(1);
        let values: Vec<f32> = array.iter().copied().collect();
        let size = (values.len() / channels).max(1);
        top.resize(channels.max(top.len()), Vec::new());
        for (best, channel) in top.iter_mut().zip(values.chunks(size)) {
            let peak = channel.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let place = best.partition_point(|(_, value)| *value >= peak);
            if place < most {
                best.insert(place, (at, peak));
                best.truncate(most);
            }
        }
        shape = dims;
    }
    if shape.is_empty() {
        let why = skipped
            .first()
            .map_or("there are none".into(), |one| one["why"].to_string());
        return Err(Trouble::input(format!("none of the inputs fits the model: {why}")));
    }
    let told = |best: &Vec<(usize, f32)>| -> Value {
        best.iter()
            .map(|(at, value)| json!({ "at": at, "value": value }))
            .collect()
    };
    Ok(json!({
        "layer": layer,
        "shape": shape,
        "looked_at": inputs.len() - skipped.len(),
        "skipped": skipped,
        "top": top.iter().map(told).collect::<Vec<Value>>(),
    }))
}
