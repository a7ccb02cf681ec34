//! From LightGBM's objective to the function that its predictions go through.

use super::damaged;
use crate::error::ReadError;
use crate::response::Response;

/// The response, and what to tell the reader.
pub(super) fn response(objective: Option<&str>) -> Result<(Response, Vec<String>), ReadError> {
    let Some(objective) = objective else {
        let note = "The file names no objective (it was trained with a function of its own): the prediction is the sum of the trees.";
        return Ok((Response::Identity, vec![note.to_owned()]));
    };
    let mut words = objective.split_ascii_whitespace();
    let name = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    let slope = || -> Result<f64, ReadError> {
        let Some(text) = rest.iter().find_map(|word| word.strip_prefix("sigmoid:")) else {
            return Ok(1.0);
        };
        let slope = text.parse::<f64>().ok().filter(|s| s.is_finite() && *s > 0.0);
        slope.ok_or_else(|| damaged("the objective's sigmoid is no number above 0"))
    };
    let mut notes = Vec::new();
    let response = match name {
        "binary" | "multiclassova" => {
            let slope = slope()?;
            #[expect(clippy::float_cmp, reason = "any other number changes the probabilities")]
            if slope != 1.0 {
                notes.push(format!(
                    "Probabilities are 1 / (1 + exp(-{slope} × margin)): the model was trained with sigmoid={slope}."
                ));
            }
            if name == "multiclassova" {
                notes.push(
                    "Each class has a probability of its own (one against all); they need not add up to 1.".to_owned(),
                );
            }
            Response::Logistic { slope }
        }
        "multiclass" => Response::Softmax,
        "poisson" | "gamma" | "tweedie" => Response::Exp,
        "cross_entropy" | "xentropy" => Response::Fraction,
        "cross_entropy_lambda" | "xentlambda" => Response::Softplus,
        _ if rest.contains(&"sqrt") => Response::SignedSquare,
        _ => Response::Identity,
    };
    Ok((response, notes))
}
