//! The explained number while parts are taken away or put back (Petsiuk et al. 2018; pixel flipping, Bach et al.
//! 2015, is the deletion).

use super::exchange::Exchange;
use crate::ExplainError;

/// Which way parts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the input towards the baseline.
    Deletion,
    /// From the baseline towards the input.
    Insertion,
}

/// One curve an order: the explained number after the first `counts[j]` parts of the order have been changed.
/// Counts of 0 and of all parts are the same for every order and are run once.
pub fn curves(
    exchange: &mut dyn Exchange,
    direction: Direction,
    orders: &[Vec<usize>],
    counts: &[usize],
) -> Result<Vec<Vec<f64>>, ExplainError> {
    let parts = exchange.parts();
    let inner: Vec<usize> = counts.iter().copied().filter(|c| (1..parts).contains(c)).collect();
    let passes = orders.len() * inner.len();
    let deletes = direction == Direction::Deletion;
    let values = exchange.exchanged(passes + 2, &mut |i, marks| {
        // Untouched: nothing marked when deleting, all marked when inserting.
        marks.fill(!deletes);
        if i < passes {
            for part in &orders[i / inner.len()][..inner[i % inner.len()]] {
                marks[*part] = deletes;
            }
        } else if i == passes + 1 {
            marks.fill(deletes);
        }
    })?;
    let (start, end) = (values[passes], values[passes + 1]);
    let mut out = Vec::with_capacity(orders.len());
    for o in 0..orders.len() {
        let mut inside = values[o * inner.len()..].iter();
        let curve = counts.iter().map(|count| match *count {
            0 => start,
            c if c >= parts => end,
            _ => inside.next().copied().unwrap_or(start),
        });
        out.push(curve.collect());
    }
    Ok(out)
}

/// Area under `curve` over `fraction`, by trapezia.
pub fn area(fraction: &[f64], curve: &[f64]) -> f64 {
    let pairs = fraction.windows(2).zip(curve.windows(2));
    pairs.map(|(x, y)| (x[1] - x[0]) * f64::midpoint(y[0], y[1])).sum()
}
