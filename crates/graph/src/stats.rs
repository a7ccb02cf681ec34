//! Statistics of tensors, laid over rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::rows::{Histogram, Rows};

/// Bins of a histogram that is merged from several.
const MERGED_BINS: usize = 128;

/// What one pass over a tensor found; reads the tensor objects of `GET /models/{m}/tensors`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TensorStatistics {
    /// Elements.
    #[serde(alias = "numel")]
    pub count: u64,
    /// Mean of the finite ones, where there are any.
    #[serde(default)]
    pub mean: Option<f64>,
    /// Their standard deviation (population).
    #[serde(default)]
    pub std: Option<f64>,
    /// Their histogram, where one was made.
    #[serde(default)]
    pub histogram: Option<Histogram>,
}

/// Fills `histogram` and `std` of every row from the statistics of its weights, by tensor name.
/// A tensor that is not in `statistics` is left out of the row; a row with none stays empty.
pub fn with_statistics(rows: &mut Rows, statistics: &BTreeMap<String, TensorStatistics>) {
    for row in &mut rows.rows {
        let parts: Vec<&TensorStatistics> = row
            .weights
            .iter()
            .filter_map(|name| statistics.get(name))
            .filter(|one| one.count > 0)
            .collect();
        row.std = pooled_std(&parts);
        row.histogram = merged(&parts);
    }
}

/// Standard deviation of all elements together.
fn pooled_std(parts: &[&TensorStatistics]) -> Option<f64> {
    let known: Vec<(f64, f64, f64)> = parts
        .iter()
        .filter_map(|one| Some((one.count as f64, one.mean?, one.std?)))
        .collect();
    let total: f64 = known.iter().map(|(count, ..)| count).sum();
    if known.is_empty() {
        return None;
    }
    let mean = known.iter().map(|(count, mean, _)| mean * (count / total)).sum::<f64>();
    let spread = |(count, at, std): &(f64, f64, f64)| (std * std + (at - mean) * (at - mean)) * (count / total);
    Some(known.iter().map(spread).sum::<f64>().sqrt()).filter(|std| std.is_finite())
}

/// One histogram as it is; several on common bins over their whole range, each bin's count spread
/// evenly over its width. The total stays exact.
fn merged(parts: &[&TensorStatistics]) -> Option<Histogram> {
    let all: Vec<&Histogram> = parts
        .iter()
        .filter_map(|one| one.histogram.as_ref())
        .filter(|one| !one.counts.is_empty() && one.edges.len() == one.counts.len() + 1)
        .collect();
    if let [one] = all.as_slice() {
        return Some((*one).clone());
    }
    let low = all
        .iter()
        .filter_map(|one| one.edges.first().copied())
        .fold(f64::INFINITY, f64::min);
    let high = all
        .iter()
        .filter_map(|one| one.edges.last().copied())
        .fold(f64::NEG_INFINITY, f64::max);
    if all.is_empty() || !low.is_finite() || !high.is_finite() {
        return None;
    }
    let width = if high > low {
        (high - low) / MERGED_BINS as f64
    } else {
        1.0
    };
    // Positions in units of bins, so that a value at the top edge falls into the last bin.
    let place = |value: f64| ((value - low) / width).clamp(0.0, MERGED_BINS as f64);
    let mut filled = [0.0_f64; MERGED_BINS];
    for one in &all {
        for (count, pair) in one.counts.iter().zip(one.edges.windows(2)) {
            let (from, to) = (place(pair[0]), place(pair[1]));
            if *count > 0 {
                spread(&mut filled, from, to, *count as f64);
            }
        }
    }
    let mut sum = 0.0;
    let mut given = 0_u64;
    let total: u64 = all.iter().flat_map(|one| &one.counts).sum();
    let mut counts: Vec<u64> = Vec::with_capacity(MERGED_BINS);
    for share in filled {
        sum += share;
        let until = (sum.round() as u64).min(total);
        counts.push(until.saturating_sub(given));
        given = given.max(until);
    }
    if let Some(last) = counts.last_mut() {
        *last += total - given;
    }
    let edges = (0..=MERGED_BINS).map(|i| {
        if i == MERGED_BINS && high > low {
            high
        } else {
            low + width * i as f64
        }
    });
    Some(Histogram {
        edges: edges.collect(),
        counts,
    })
}

/// Spreads `count` evenly over `from..to`, both in units of bins.
fn spread(filled: &mut [f64], from: f64, to: f64, count: f64) {
    let last = filled.len() - 1;
    let first = (from as usize).min(last);
    if to <= from {
        filled[first] += count;
        return;
    }
    for (bin, slot) in filled
        .iter_mut()
        .enumerate()
        .take((to.ceil() as usize).min(last + 1))
        .skip(first)
    {
        let inside = to.min(bin as f64 + 1.0) - from.max(bin as f64);
        *slot += count * (inside.max(0.0) / (to - from));
    }
}
