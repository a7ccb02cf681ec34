//! LIME for text (Ribeiro et al. 2016, arXiv:1602.04938): a weighted ridge regression over which words are there.

use std::collections::BTreeMap;

use glassboard_model::{Array, ModelError};
use ndarray::{Array2, ArrayD, ArrayView2, Axis};

use crate::lime::fit::{Fit, Selection, fit, weights};
use crate::random::Counter;
use crate::rows::in_space;
use crate::text::{Absent, AskText};
use crate::{ExplainError, Runner};

/// Stream of [`Counter`] for the words that are removed.
const STREAM: u64 = 21;

/// The words of sentence `row`: the parts of each, all that are alike taken together, in the order they come first.
/// A word is alike another where its ids are.
pub fn words(text: &AskText<'_>, row: usize) -> Vec<Vec<usize>> {
    let ids = text.row(row);
    let mut one_by_one: Vec<(Vec<u32>, Vec<usize>)> = Vec::new();
    let mut before = None;
    for (part, (place, word)) in text.parts[row].iter().zip(&text.words[row]).enumerate() {
        let id = ids[*place].to_bits();
        match one_by_one.last_mut().filter(|_| before == Some(*word)) {
            Some((ids, parts)) => {
                ids.push(id);
                parts.push(part);
            }
            None => one_by_one.push((vec![id], vec![part])),
        }
        before = Some(*word);
    }
    let mut known: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    let mut out: Vec<Vec<usize>> = Vec::new();
    for (ids, parts) in one_by_one {
        if let Some(at) = known.get(&ids) {
            out[*at].extend(parts);
        } else {
            known.insert(ids, out.len());
            out.push(parts);
        }
    }
    out
}

/// 0/1 rows over `words` words, the first all ones; each other one misses between one and all words, drawn at random.
pub fn draw(words: usize, samples: usize, seed: u64, row: usize) -> Array2<f64> {
    let mut out = Array2::ones((samples.max(2), words));
    for (k, mut line) in out.rows_mut().into_iter().enumerate().skip(1) {
        let mut random = Counter::new(seed, STREAM + row as u64, k as u64);
        let gone = 1 + random.below(words);
        for word in random.permutation(words).into_iter().take(gone) {
            line[word] = 0.0;
        }
    }
    out
}

/// A fit around a sentence.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// One coefficient a word.
    pub fit: Fit,
    /// 100 times the cosine distance of each sample to the sentence.
    pub distances: Vec<f64>,
    /// The model's answer to each sample, `[samples, outputs]`.
    pub answers: Array2<f64>,
}

/// Fits the answers for sentence `row` with the words that `seen` (`[samples, words]`, 0/1) leaves out removed: all
/// their occurrences, later tokens moving up.
pub fn lime_text(
    run: &mut Runner<'_>,
    text: &AskText<'_>,
    row: usize,
    words: &[Vec<usize>],
    seen: ArrayView2<'_, f64>,
    kernel_width: f64,
) -> Result<Fitted, ExplainError> {
    text.can(Absent::Delete)?;
    let mut word_of = vec![0; text.parts[row].len()];
    for (word, parts) in words.iter().enumerate() {
        for part in parts {
            word_of[*part] = word;
        }
    }
    let length = text.length();
    let mut rows = vec![0.0f32; seen.nrows() * length];
    for (line, out) in seen.rows().into_iter().zip(rows.chunks_exact_mut(length)) {
        text.without(row, Absent::Delete, &|part| line[word_of[part]] == 0.0, out);
    }
    let batch: Array = ArrayD::from_shape_vec(vec![seen.nrows(), length], rows)
        .map_err(|e| ModelError::Failed(format!("a batch could not be laid out: {e}")))?;
    let outputs = run.predict(&batch, text.readout.output.as_deref())?;
    let mut answers = Vec::new();
    for output in outputs.axis_iter(Axis(0)) {
        let wide: ndarray::Array1<f64> = output.iter().map(|v| f64::from(*v)).collect();
        answers.extend(in_space(wide.view(), text.readout.space));
    }
    let width = answers.len() / seen.nrows().max(1);
    let answers = Array2::from_shape_vec((seen.nrows(), width), answers)
        .map_err(|e| ModelError::Failed(format!("the model's outputs do not line up: {e}")))?;
    let target = text.targets[row];
    if target >= width {
        return Err(ExplainError::parameters(format!(
            "target {target} is out of range: the output has {width} values a row"
        )));
    }
    let distances: Vec<f64> = seen.rows().into_iter().map(|line| 100.0 * cosine(line)).collect();
    let near = weights(&distances, kernel_width);
    let answer = answers.column(target).to_vec();
    let fit = fit(seen, &answer, &near, Selection::All, words.len());
    Ok(Fitted {
        fit,
        distances,
        answers,
    })
}

/// Cosine distance of a 0/1 row to all ones; a row of zeros is at distance 1.
fn cosine(line: ndarray::ArrayView1<'_, f64>) -> f64 {
    let kept: f64 = line.sum();
    if kept > 0.0 {
        1.0 - (kept / line.len() as f64).sqrt()
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_miss_between_one_and_all_words() {
        let seen = draw(6, 300, 3, 0);
        assert!(seen.row(0).iter().all(|v| *v > 0.5));
        let missing: Vec<usize> = seen.rows().into_iter().map(|r| 6 - r.sum() as usize).collect();
        assert!(missing[1..].iter().all(|m| (1..=6).contains(m)));
        assert!((1..=6).all(|m| missing.contains(&m)));
        assert_eq!(seen, draw(6, 300, 3, 0));
        assert_ne!(seen, draw(6, 300, 4, 0));
    }
}
