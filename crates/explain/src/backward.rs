//! One backward pass of a method's own, with all that it tells: the attribution, what it misses, and what every value of
//! the graph accounts for.

use glassboard_model::Array;
use glassboard_model::propagation::Share;
use serde_json::{Map, Value};

use crate::dispatch::{Extras, references};
use crate::lrp::{Composite, Numbers};
use crate::methods::array;
use crate::methods::deeplift::deeplift;
use crate::methods::guided_backprop::Rectifier;
use crate::methods::lrp::lrp;
use crate::{Ask, ExplainError, Runner};

/// What came back.
#[derive(Debug, Clone)]
pub struct Backward {
    /// Shape of the rows explained.
    pub attribution: Array,
    /// Per row, the sum of the attributions minus what they should add up to; `None` where they should not.
    pub gaps: Option<Vec<f64>>,
    /// Of every value on the way whose first axis is the batch, in the order they were made, the sum of what its elements
    /// have and the sum of the magnitudes: multiplier times difference from the baseline (DeepLIFT; with several
    /// background rows, from the first), relevance (LRP), gradient times value (guided backpropagation, deconvolution).
    pub shares: Vec<Share>,
    /// Nodes that were passed by their first-order term, for want of a rule.
    pub assumed: Vec<String>,
}

/// The methods of [`backward`].
pub const METHODS: [&str; 5] = ["deeplift", "deeplift_shap", "lrp", "guided_backprop", "deconvolution"];

/// Runs `method`, one of [`METHODS`], whose `params` are complete. Bounds of the input that were left open are written
/// into them.
pub fn backward(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    method: &str,
    params: &mut Map<String, Value>,
    extras: Extras<'_>,
) -> Result<Backward, ExplainError> {
    match method {
        "deeplift" | "deeplift_shap" => {
            let found = deeplift(run, ask, &references(method, extras)?)?;
            Ok(Backward {
                attribution: found.attribution,
                gaps: Some(found.gaps),
                shares: found.shares,
                assumed: Vec::new(),
            })
        }
        "lrp" => {
            let found = lrp(run, ask, composite(ask, params)?)?;
            Ok(Backward {
                attribution: found.attribution,
                gaps: Some(found.gaps),
                shares: found.shares,
                assumed: found.assumed,
            })
        }
        "guided_backprop" | "deconvolution" => {
            let how = if method == "deconvolution" {
                Rectifier::Deconvolution
            } else {
                Rectifier::Guided
            };
            let mut out = Vec::with_capacity(ask.x.len());
            let shares = run.propagate_rows(ask, &how, |row| out.extend_from_slice(row.arrived))?;
            Ok(Backward {
                attribution: array(ask.rows(), ask.row_shape(), out)?,
                gaps: None,
                shares,
                assumed: Vec::new(),
            })
        }
        _ => Err(ExplainError::parameters(format!(
            "{method} does not go back node by node; {} do",
            METHODS.join(", ")
        ))),
    }
}

/// The rules that `params` ask for.
fn composite(ask: &Ask<'_>, params: &mut Map<String, Value>) -> Result<Composite, ExplainError> {
    let name = params
        .get("composite")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let lowest = ask.x.iter().copied().fold(0.0f32, f32::min);
    let highest = ask.x.iter().copied().fold(0.0f32, f32::max);
    let mut bounds = [0.0f32; 2];
    if name.ends_with("_box") {
        for (bound, (key, found)) in bounds.iter_mut().zip([("low", lowest), ("high", highest)]) {
            *bound = params.get(key).and_then(Value::as_f64).map_or(found, |v| v as f32);
            params.insert(key.to_owned(), f64::from(*bound).into());
        }
        if lowest < bounds[0] || highest > bounds[1] {
            return Err(ExplainError::parameters(format!(
                "the prepared input goes from {lowest} to {highest}, outside the bounds {} to {} of z-box; widen them",
                bounds[0], bounds[1]
            )));
        }
    }
    let number = |key: &str| params.get(key).and_then(Value::as_f64).unwrap_or_default() as f32;
    let numbers = Numbers {
        epsilon: number("epsilon"),
        gamma: number("gamma"),
        bounds,
    };
    Composite::named(&name, numbers)
        .ok_or_else(|| ExplainError::parameters(format!("there is no composite of rules `{name}`")))
}
