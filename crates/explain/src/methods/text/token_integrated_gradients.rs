//! Integrated Gradients of tokens through the embedding (Sundararajan et al. 2017, arXiv:1703.01365).
//!
//! The path begins at the embedding of padding (or of the unknown token) at every part of the sentence; places of
//! marks and padding keep their own. The ids, and with them the mask and the positions, are those of the sentence
//! all along.

use glassboard_model::{Array, Target};
use ndarray::{ArrayD, Axis};

use crate::methods::array;
use crate::quadrature::Rule;
use crate::text::AskText;
use crate::text::embedding::{along, embed, name};
use crate::{ExplainError, Runner};

/// Attributions, and what they should add up to.
#[derive(Debug, Clone)]
pub struct Found {
    /// `[rows, tokens]`.
    pub attribution: Array,
    /// The explained scalar at the sentence, one a row.
    pub values: Vec<f32>,
    /// The explained scalar where the path begins, one a row.
    pub base: Vec<f32>,
}

/// `from` is the id whose embedding the path begins at.
pub fn token_integrated_gradients(
    run: &mut Runner<'_>,
    text: &AskText<'_>,
    from: f32,
    rule: Rule,
    steps: usize,
) -> Result<Found, ExplainError> {
    if from < 0.0 {
        return Err(ExplainError::parameters(
            "the vocabulary names no such token, so the path cannot begin at its embedding; set `from`, or say which token \
             it is in `text` of preprocess.json",
        ));
    }
    let length = text.length();
    let mut begin: Vec<f32> = Vec::with_capacity(text.rows() * length);
    for row in 0..text.rows() {
        let at = begin.len();
        begin.extend_from_slice(text.row(row));
        for place in &text.parts[row] {
            begin[at + place] = from;
        }
    }
    let begin: Array = array(text.rows(), &[length], begin)?;
    let (base, full) = (embed(run, &begin)?, embed(run, text.x)?);
    let points = rule.points(steps);
    let places: Vec<f64> = points.iter().map(|(at, _)| *at).collect();
    let size: usize = full.shape()[1..].iter().product();
    let mut sums = vec![0.0f64; text.rows() * size];
    along(run, text, (&base, &full), &places, |row, point, _, gradient| {
        let weight = points[point].1;
        for (sum, g) in sums[row * size..][..size].iter_mut().zip(gradient) {
            *sum += weight * f64::from(*g);
        }
    })?;
    let width = size / length.max(1);
    let mut attribution = vec![0.0f64; text.rows() * length];
    let moved = full.iter().zip(&base).map(|(x, b)| f64::from(x - b));
    for (i, (sum, moved)) in sums.iter().zip(moved).enumerate() {
        attribution[i / width.max(1)] += sum * moved;
    }
    let attribution = array(text.rows(), &[length], attribution.iter().map(|v| *v as f32).collect())?;
    Ok(Found {
        attribution,
        values: at(run, text, &full)?,
        base: at(run, text, &base)?,
    })
}

/// The explained scalar of every row where its embedding is that of `value`.
fn at(run: &mut Runner<'_>, text: &AskText<'_>, value: &ArrayD<f32>) -> Result<Vec<f32>, ExplainError> {
    let name = name(run)?;
    let mut out = Vec::with_capacity(text.rows());
    for row in 0..text.rows() {
        let one = ndarray::Slice::from(row..row + 1);
        let target: Target = text.target(vec![text.targets[row]]);
        let (x, value) = (text.x.slice_axis(Axis(0), one), value.slice_axis(Axis(0), one));
        let found = run.model().gradient_from(&x, &name, &value, &target)?;
        run.count_both(1);
        out.extend(found.values);
    }
    Ok(out)
}
