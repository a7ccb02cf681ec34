//! From a catalogue name and its parameters to the method for sentences.

use glassboard_model::Array;
use ndarray::ArrayD;
use serde_json::{Map, Value, json};

use super::attention::{gradients, maps, names};
use super::{Absent, AskText};
use crate::game::Shares;
use crate::methods::array;
use crate::methods::text::lime_text::{draw, lime_text, words};
use crate::methods::text::{
    attention_maps, attention_rollout, gradient_x_attention, partition_shap_tokens, shapley_tokens, token_gradient,
    token_input_x_gradient, token_integrated_gradients, token_occlusion, token_saliency,
};
use crate::quadrature::Rule;
use crate::{ExplainError, Outcome, Runner};

/// Runs `method` on every sentence. Every parameter is written into `params`, so that the result says what was used.
///
/// The attribution is `[rows, tokens]`; a method that is complete says in `base` what it starts from. Methods of
/// attention add `attention` (`[rows, layers, heads, query, key]`) or `matrix` (`[rows, query, key]`).
pub fn explain_text(
    run: &mut Runner<'_>,
    text: &AskText<'_>,
    method: &str,
    params: &mut Map<String, Value>,
    seed: u64,
) -> Result<Outcome, ExplainError> {
    *params = glassboard_catalog::validate(method, params).map_err(|e| ExplainError::parameters(e.to_string()))?;
    let whole = |name: &str| params.get(name).and_then(Value::as_u64).unwrap_or_default() as usize;
    let real = |name: &str| params.get(name).and_then(Value::as_f64).unwrap_or_default();
    let word = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
    let absent = Absent::parse(word("absent"));
    Ok(match method {
        "token_saliency" => Outcome::of(token_saliency::token_saliency(run, text, word("norm") != "l1")?),
        "token_gradient" => Outcome::of(token_gradient::token_gradient(run, text)?),
        "token_input_x_gradient" => Outcome::of(token_input_x_gradient::token_input_x_gradient(run, text)?),
        "token_integrated_gradients" => {
            let from = if word("from") == "unk" { text.unk } else { text.pad };
            let (rule, steps) = (Rule::parse(word("method"))?, whole("n_steps"));
            let found = token_integrated_gradients::token_integrated_gradients(run, text, from, rule, steps)?;
            Outcome {
                base: Some(found.base.iter().map(|v| f64::from(*v)).collect()),
                ..Outcome::of(found.attribution)
            }
            .saying("values", json!(found.values))
        }
        "token_occlusion" => Outcome::of(token_occlusion::token_occlusion(run, text, absent)?),
        "shapley_tokens" => shared(text, &shapley_tokens::shapley_tokens(run, text, absent)?)?,
        "partition_shap_tokens" => {
            let most = whole("coalitions");
            shared(
                text,
                &partition_shap_tokens::partition_shap_tokens(run, text, absent, most)?,
            )?
        }
        "lime_text" => lime(run, text, whole("samples"), real("kernel_width"), seed)?,
        "attention_maps" => {
            let found = attention_maps::attention_maps(run, text, word("pool"))?;
            Outcome::of(found.attribution)
                .with("attention", found.attention.mapv(f64::from))
                .saying("layers", json!(found.names))
        }
        "attention_rollout" => {
            let (names, attention) = maps(run, text)?;
            let rolled = attention_rollout::attention_rollout(text, &attention, real("residual"), word("pool"))?;
            Outcome::of(rolled.attribution)
                .with("matrix", rolled.matrix)
                .saying("layers", json!(names))
        }
        "gradient_x_attention" => {
            let names = names(run, text)?;
            let found = gradients(run, text, &names)?;
            let rolled = gradient_x_attention::gradient_x_attention(text, &found, word("pool"))?;
            Outcome::of(rolled.attribution)
                .with("matrix", rolled.matrix)
                .with("importance", importance(&found)?)
                .saying("layers", json!(names))
        }
        _ => {
            return Err(ExplainError::parameters(format!(
                "`{method}` is no method for sentences"
            )));
        }
    })
}

/// How much each head bears on the target, `[rows, layers, heads]`: the size of the sum of dA * A over its matrix (Michel et
/// al. 2019, arXiv:1905.10650, whose gate at 1 has this derivative's size).
fn importance(found: &glassboard_model::LayerGradient) -> Result<ArrayD<f64>, ExplainError> {
    let shape = found.activation.shape();
    let cells: usize = shape[3..].iter().product();
    let (a, g) = (
        found.activation.as_standard_layout(),
        found.gradient.as_standard_layout(),
    );
    let pairs = a.as_slice().unwrap_or_default().chunks_exact(cells.max(1));
    let pairs = pairs.zip(g.as_slice().unwrap_or_default().chunks_exact(cells.max(1)));
    let sum = |(a, g): (&[f32], &[f32])| -> f64 {
        let products = a.iter().zip(g).map(|(a, g)| f64::from(*a) * f64::from(*g));
        products.sum::<f64>().abs()
    };
    ArrayD::from_shape_vec(&shape[..3], pairs.map(sum).collect())
        .map_err(|e| glassboard_model::ModelError::Failed(format!("heads do not line up: {e}")).into())
}

fn shared(text: &AskText<'_>, all: &[Shares]) -> Result<Outcome, ExplainError> {
    let length = text.length();
    let mut values = vec![0.0f32; text.rows() * length];
    let (mut base, mut evaluations) = (Vec::new(), 0);
    for ((row, shares), out) in all.iter().enumerate().zip(values.chunks_exact_mut(length)) {
        let target = text.targets[row];
        let Some(start) = shares.base.get(target) else {
            return Err(ExplainError::parameters(format!(
                "target {target} is out of range: the output has {} values a row",
                shares.base.len()
            )));
        };
        base.push(*start);
        evaluations += shares.evaluations;
        text.place(row, shares.values.column(target).iter().copied(), out);
    }
    Ok(Outcome {
        base: Some(base),
        ..Outcome::of(array(text.rows(), &[length], values)?)
    }
    .saying("evaluations", evaluations))
}

fn lime(
    run: &mut Runner<'_>,
    text: &AskText<'_>,
    samples: usize,
    kernel_width: f64,
    seed: u64,
) -> Result<Outcome, ExplainError> {
    let length = text.length();
    let mut values = vec![0.0f32; text.rows() * length];
    let mut errors = values.clone();
    let mut fits = Vec::new();
    for row in 0..text.rows() {
        let words = words(text, row);
        let seen = draw(words.len(), samples, seed, row);
        let fitted = lime_text(run, text, row, &words, seen.view(), kernel_width)?;
        for (word, parts) in words.iter().enumerate() {
            // A word that comes twice is removed twice: its occurrences share its coefficient.
            let share = |value: f64| (value / parts.len() as f64) as f32;
            for part in parts {
                let at = row * length + text.parts[row][*part];
                values[at] = share(fitted.fit.line.coefficients[word]);
                errors[at] = share(fitted.fit.error[word]);
            }
        }
        fits.push(json!({
            "r2": fitted.fit.r2, "intercept": fitted.fit.line.intercept, "prediction": fitted.fit.prediction,
            "words": words.len(),
        }));
    }
    let shaped = |values: Vec<f32>| -> Result<Array, ExplainError> { array(text.rows(), &[length], values) };
    Ok(Outcome {
        error: Some(shaped(errors)?),
        ..Outcome::of(shaped(values)?)
    }
    .saying("fits", fits))
}
