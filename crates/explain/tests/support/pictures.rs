//! LIME for pictures, and the segments it hides.

use anyhow::{Context, bail};
use glassboard_explain::game::{Game, PictureGame};
use glassboard_explain::lime::fit::{Selection, fit, weights};
use glassboard_explain::lime::superpixels::{coalitions, cosine_distances};
use glassboard_explain::methods::lime_image::{Hide, hidden};
use glassboard_explain::segments::{Segmentation, Segments};
use glassboard_explain::{Readout, Runner};
use glassboard_model::{Model, OutputSpace};
use ndarray::{ArrayD, Ix2, IxDyn, arr0};
use serde_json::Value;

use super::npz::Arrays;
use super::{Case, Gold, Outcome};

/// The methods of [`compute`].
pub const METHODS: &[&str] = &["lime_image", "segments"];

/// Computes the `out_*` arrays of `case` from the `in_*` arrays `given`.
pub fn compute(gold: &mut Gold, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    if case.method == "segments" {
        return segments(case, given);
    }
    match gold.session(case)? {
        Err(why) => Ok(Outcome::Unsupported(why)),
        Ok(model) => lime(model, case, given),
    }
}

fn lime(model: &dyn Model, case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let output = case.output.as_ref().context("an output")?;
    let space = match output.space.as_str() {
        "probability" => OutputSpace::Probability,
        "raw" | "logit" => OutputSpace::Raw,
        other => bail!("output space {other}"),
    };
    let image = given.get("in_image").context("no in_image")?;
    let &[h, w] = image.shape() else {
        bail!("a picture of one channel was expected")
    };
    let values: Vec<f32> = image.iter().map(|v| *v as f32).collect();
    let labels = given.get("in_segments").context("no in_segments")?;
    let labels: Vec<usize> = labels.iter().map(|v| *v as usize).collect();
    let segments = Segments::new(&labels, (h, w));
    let hide = match &case.params["hide_color"] {
        Value::Number(value) => Hide::Value(value.as_f64().context("a colour")? as f32),
        Value::String(name) if name == "segment_mean" => Hide::Mean,
        other => bail!("hide_color {other}"),
    };
    let number = |name: &str| {
        case.params
            .get(name)
            .and_then(Value::as_f64)
            .with_context(|| name.to_owned())
    };
    let hidden = hidden(&values, &segments, hide, &[]);
    let groups: Vec<Option<usize>> = segments.of_elements(1).into_iter().map(Some).collect();
    let x = ArrayD::from_shape_vec(IxDyn(&[1, h, w]), values)?;
    let seen = given.get("in_interpretable").context("no in_interpretable")?;
    let seen = seen.clone().into_dimensionality::<Ix2>()?;
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(model, &mut quiet, &|| false);
    let game = PictureGame::new(x.view(), &hidden, &groups, Readout { output: None, space })?;
    let outputs = game.values(&mut run, &coalitions(seen.view()))?;
    let distances = cosine_distances(seen.view());
    let near = weights(&distances, number("kernel_width")?);
    let answer = outputs.column(number("label")? as usize).to_vec();
    let fit = fit(seen.view(), &answer, &near, Selection::All, segments.count);
    let list = |values: Vec<f64>| ndarray::Array1::from(values).into_dyn();
    Ok(Outcome::Done(Arrays::from([
        ("out_coef".to_owned(), list(fit.line.coefficients)),
        ("out_intercept".to_owned(), arr0(fit.line.intercept).into_dyn()),
        ("out_score".to_owned(), arr0(fit.r2).into_dyn()),
        ("out_distances".to_owned(), list(distances)),
        ("out_labels".to_owned(), outputs.into_dyn()),
    ])))
}

fn segments(case: &Case, given: &Arrays) -> anyhow::Result<Outcome> {
    let picture = given.get("in_picture").context("no in_picture")?;
    let &[h, w, channels] = picture.shape() else {
        bail!("a picture with its channels last was expected")
    };
    let planes = picture.view().permuted_axes(vec![2, 0, 1]);
    let values: Vec<f32> = planes.iter().map(|v| (*v / 255.0) as f32).collect();
    let cut = Segmentation::from_params(&case.params)?.cut(&values, [channels, h, w])?;
    Ok(Outcome::Done(Arrays::from([(
        "out_segments".to_owned(),
        cut.to_array(),
    )])))
}
