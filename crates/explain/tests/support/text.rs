//! Sentences: tokens taken away, LIME, attention.

use anyhow::{Context, ensure};
use glassboard_explain::methods::text::attention_rollout::attention_rollout;
use glassboard_explain::methods::text::gradient_x_attention::gradient_x_attention;
use glassboard_explain::methods::text::lime_text::{lime_text, words};
use glassboard_explain::methods::text::token_occlusion::token_occlusion;
use glassboard_explain::text::{Absent, AskText, attention};
use glassboard_explain::{Ask, Readout, Runner};
use glassboard_model::{Array, Model, OutputSpace};
use ndarray::{ArrayD, Ix2, arr0};
use serde_json::Value;

use super::npz::Arrays;
use super::{Case, Outcome};

/// The methods of [`compute`].
pub const METHODS: &[&str] = &[
    "token_occlusion",
    "lime_text",
    "attention_rollout",
    "gradient_x_attention",
];

/// Computes the `out_*` arrays of `case` from the `in_*` arrays `given`.
pub fn compute(model: &dyn Model, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(model, &mut quiet, &|| false);
    let ids = given.get("in_tokens").context("the case has no in_tokens")?;
    let x: Array = ids.mapv(|v| v as f32).as_standard_layout().into_owned();
    let space = match case.output.as_ref().map(|o| o.space.as_str()) {
        Some("probability") => OutputSpace::Probability,
        None | Some("logit" | "raw") => OutputSpace::Raw,
        Some(other) => return Ok(Outcome::Unsupported(format!("output space {other}"))),
    };
    let targets: Vec<usize> = match case.output.as_ref().map(|o| &o.index) {
        Some(Value::Number(index)) => vec![index.as_u64().context("a class")? as usize; x.shape()[0]],
        Some(Value::String(name)) => given
            .get(name)
            .with_context(|| format!("no {name}"))?
            .iter()
            .map(|v| *v as usize)
            .collect(),
        _ => vec![0; x.shape()[0]],
    };
    let number = |name: &str| case.params.get(name).and_then(Value::as_f64);
    let unk = number("replace_id").unwrap_or(1.0) as f32;
    let ask = Ask::new(&x, Readout { output: None, space }, &targets)?;
    let text = AskText::plain(ask, 0.0, unk)?;
    let layers = || -> anyhow::Result<Vec<String>> { Ok(serde_json::from_value(case.params["onnx_tensors"].clone())?) };
    let mut out = Arrays::new();
    match case.method.as_str() {
        "token_occlusion" => {
            let map = token_occlusion(&mut run, &text, Absent::Unk)?;
            out.insert("out_attr".to_owned(), map.mapv(f64::from));
        }
        "attention_rollout" => {
            let (found, maps) = attention::maps(&mut run, &text)?;
            ensure!(found == layers()?, "the attention weights were found at {found:?}");
            let rolled = attention_rollout(&text, &maps, number("residual").context("residual")?, "mean")?;
            out.insert("out_rollout".to_owned(), rolled.matrix);
            out.insert("out_pooled".to_owned(), rolled.attribution.mapv(f64::from));
        }
        "gradient_x_attention" => {
            let found = attention::gradients(&mut run, &text, &layers()?)?;
            out.insert(
                "out_relevance".to_owned(),
                gradient_x_attention(&text, &found, "mean")?.matrix,
            );
        }
        _ => {
            let seen = given.get("in_interpretable").context("no in_interpretable")?;
            let seen = seen.view().into_dimensionality::<Ix2>()?;
            let words = words(&text, 0);
            let width = number("kernel_width").context("kernel_width")?;
            let fitted = lime_text(&mut run, &text, 0, &words, seen, width)?;
            let line = fitted.fit.line;
            let list = |values: Vec<f64>| -> ArrayD<f64> { ndarray::Array1::from(values).into_dyn() };
            out.insert("out_coef".to_owned(), list(line.coefficients));
            out.insert("out_intercept".to_owned(), arr0(line.intercept).into_dyn());
            out.insert("out_distances".to_owned(), list(fitted.distances));
            out.insert("out_labels".to_owned(), fitted.answers.into_dyn());
        }
    }
    Ok(Outcome::Done(out))
}
