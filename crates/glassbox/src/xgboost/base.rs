//! The objective's function and the base score, which the file has in the space of predictions.

use super::damaged;
use crate::error::ReadError;
use crate::response::Response;

use super::file::Text;

/// The response, and what the sums start from, `[outputs]`.
pub(super) fn response_and_base(
    objective: &str,
    score: &Text,
    outputs: usize,
) -> Result<(Response, Vec<f64>), ReadError> {
    let response = match objective {
        "binary:logistic" => Response::Logistic { slope: 1.0 },
        "reg:logistic" => Response::Fraction,
        "binary:hinge" => Response::Step,
        "multi:softprob" | "multi:softmax" => Response::Softmax,
        "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => Response::Exp,
        _ => Response::Identity,
    };
    let text = score.0.trim();
    let list = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    let mut scores = Vec::new();
    for part in list.split(',') {
        let score = part.trim().parse::<f32>().ok().filter(|s| s.is_finite());
        scores.push(score.ok_or_else(|| damaged("base_score is not a number"))?);
    }
    if let [one] = scores[..] {
        scores = vec![one; outputs];
    }
    if scores.len() != outputs {
        return Err(damaged(format!(
            "base_score has {} numbers for {outputs} outputs",
            scores.len()
        )));
    }
    // Of binary:logitraw the score is a margin already.
    let logit = matches!(objective, "binary:logistic" | "reg:logistic");
    let margin = |score: f32| {
        if logit {
            -(1.0 / score - 1.0).ln()
        } else if response == Response::Exp {
            score.ln()
        } else {
            score
        }
    };
    let base: Vec<f64> = scores.into_iter().map(|score| f64::from(margin(score))).collect();
    if base.iter().any(|b| !b.is_finite()) {
        return Err(damaged(format!(
            "base_score `{text}` is outside what {objective} can give"
        )));
    }
    Ok((response, base))
}
