//! LIME for pictures (Ribeiro et al. 2016, arXiv:1602.04938): a weighted ridge regression on pictures some of whose
//! segments are hidden says which segments speak for the answer.

use ndarray::{ArrayD, IxDyn};
use serde_json::{Map, Value, json};

use crate::game::{Game, PictureGame};
use crate::lime::fit::{Fit, Selection, fit, weights};
use crate::lime::superpixels::{coalitions, cosine_distances, mean_of_segments, shown};
use crate::segments::{Segmentation, Segments, stretched};
use crate::{Ask, ExplainError, Outcome, Runner, words};

/// Most segments: the fit grows with their square.
const MOST_SEGMENTS: usize = 1000;

/// Fewer segments than this say little.
const FEW_SEGMENTS: usize = 8;

/// What a hidden segment looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hide {
    /// Its own mean colour.
    Mean,
    /// One number everywhere, as the model sees it.
    Value(f32),
    /// The baseline of the question.
    Baseline,
}

/// What can be set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Pictures that are looked at, the whole one among them.
    pub samples: usize,
    /// How the picture is cut.
    pub segmentation: Segmentation,
    /// How it is cut where that leaves too few segments to tell apart.
    pub instead: Option<Segmentation>,
    /// What a hidden segment looks like.
    pub hide: Hide,
    /// Width of the kernel over the cosine distance.
    pub width: f64,
}

impl Options {
    /// From the catalogue's parameters.
    pub fn from_params(params: &Map<String, Value>) -> Result<Self, ExplainError> {
        let number = |name: &str| params.get(name).and_then(Value::as_f64).unwrap_or_default();
        // Quickshift is what LIME takes, and leaves a small or a plain picture in one piece.
        let named = |name: &str| {
            let mut params = params.clone();
            params.insert("segmentation".into(), name.into());
            Segmentation::from_params(&params)
        };
        let auto = params.get("segmentation").and_then(Value::as_str) == Some("auto");
        Ok(Self {
            samples: number("samples") as usize,
            segmentation: if auto {
                named("quickshift")?
            } else {
                Segmentation::from_params(params)?
            },
            instead: if auto { Some(named("slic")?) } else { None },
            hide: match params.get("hide").and_then(Value::as_str).unwrap_or_default() {
                "mean" => Hide::Mean,
                "value" => Hide::Value(number("hide_value") as f32),
                "baseline" => Hide::Baseline,
                other => {
                    return Err(ExplainError::parameters(format!(
                        "a segment cannot be hidden by `{other}`"
                    )));
                }
            },
            width: number("kernel_width"),
        })
    }
}

/// The picture (`[channels, height, width]`, flat) with every segment hidden.
pub fn hidden(values: &[f32], segments: &Segments, hide: Hide, baseline: &[f32]) -> Vec<f32> {
    match hide {
        Hide::Mean => mean_of_segments(values, segments),
        Hide::Value(value) => vec![value; values.len()],
        Hide::Baseline => baseline.to_vec(),
    }
}

/// Coefficients of the segments, given to every pixel of theirs: `[rows, 1, height, width]`. `display` is the picture
/// of a row as people see it, from 0 to 1, which is what is cut; none: what the model sees, stretched.
///
/// With it come `segments` (`[rows, height, width]`), `r2` and `local_prediction` a row.
pub fn lime_image(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    baseline: &[f32],
    display: Option<&[f32]>,
    options: Options,
    seed: u64,
) -> Result<Outcome, ExplainError> {
    let Some(picture @ [channels, h, w]) = ask.picture() else {
        return Err(ExplainError::parameters(
            "LIME for pictures needs a picture; this input is not one",
        ));
    };
    let size: usize = picture.iter().product();
    let (mut map, mut error, mut cuts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut base, mut r2, mut local, mut told) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for i in 0..ask.rows() {
        let row = ask.row(i);
        let seen_by_people = display.and_then(|d| d.get(i * size..(i + 1) * size));
        let stretched = if seen_by_people.is_none() {
            stretched(row)
        } else {
            Vec::new()
        };
        let (segments, how) = cut(seen_by_people.unwrap_or(&stretched), picture, options)?;
        if segments.count > MOST_SEGMENTS {
            return Err(ExplainError::parameters(format!(
                "the picture falls into {} segments and {MOST_SEGMENTS} are the most; make them larger, or choose SLIC or a grid",
                segments.count
            )));
        }
        let hidden = hidden(row, &segments, options.hide, baseline);
        let groups: Vec<Option<usize>> = segments.of_elements(channels).into_iter().map(Some).collect();
        let x = ask.x.index_axis(ndarray::Axis(0), i);
        let game = PictureGame::new(x, &hidden, &groups, ask.readout.clone())?;
        let seen = shown(segments.count, options.samples.max(2), seed);
        let answers = game.values(run, &coalitions(seen.view()))?;
        let target = ask.targets[i];
        if target >= answers.ncols() {
            return Err(ExplainError::parameters(format!(
                "target {target} is out of range: the model has {} outputs",
                answers.ncols()
            )));
        }
        let answer = answers.column(target).to_vec();
        let near = weights(&cosine_distances(seen.view()), options.width);
        let fit = fit(seen.view(), &answer, &near, Selection::All, segments.count);
        let spread = |of: &[f64]| segments.of.iter().map(|s| of[*s] as f32).collect::<Vec<f32>>();
        map.extend(spread(&fit.line.coefficients));
        error.extend(spread(&fit.error));
        base.push(fit.line.intercept);
        r2.push(fit.r2);
        local.push(fit.prediction);
        told.push(json!({
            "segmentation": how.name(),
            "segments": segments.count,
            "intercept": fit.line.intercept,
            "prediction": answer[0],
            "local_prediction": fit.prediction,
            "r2": fit.r2,
            "sentence": sentence(&fit, answer[0], segments.count),
        }));
        cuts.extend(segments.of.iter().map(|s| *s as f64));
    }
    let rows = ask.rows();
    let plane = [rows, 1, h, w];
    let laid = |shape: &[usize], values: Vec<f64>| {
        ArrayD::from_shape_vec(IxDyn(shape), values)
            .map_err(|e| ExplainError::parameters(format!("an answer does not have the shape it should: {e}")))
    };
    let mut outcome = Outcome::of(super::array(rows, &plane[1..], map)?)
        .with("segments", laid(&[rows, h, w], cuts)?)
        .with("r2", laid(&[rows], r2)?)
        .with("local_prediction", laid(&[rows], local)?)
        .saying("kernel_width", options.width)
        .saying("samples", options.samples)
        .saying("rows", told);
    outcome.base = Some(base);
    outcome.error = Some(super::array(rows, &plane[1..], error)?);
    Ok(outcome)
}

/// The segments, and what they are cut by.
fn cut(values: &[f32], picture: [usize; 3], options: Options) -> Result<(Segments, Segmentation), ExplainError> {
    let first = options.segmentation.cut(values, picture)?;
    match options.instead {
        Some(other) if first.count < FEW_SEGMENTS => Ok((other.cut(values, picture)?, other)),
        _ => Ok((first, options.segmentation)),
    }
}

fn sentence(fit: &Fit, value: f64, segments: usize) -> String {
    format!(
        "With its {segments} segments shown and hidden, the linear fit accounts for {} of how the output varies; {}. For the whole picture it says {}, the model {}.",
        words::percent(fit.r2.max(0.0)),
        fit.trust(),
        words::number(fit.prediction),
        words::number(value)
    )
}
