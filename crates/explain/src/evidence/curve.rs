//! The target's probability while parts are taken away or put back (Petsiuk et al. 2018).

use super::units::Units;
use crate::{Ask, ExplainError, Runner};

/// Which way parts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the input towards the baseline.
    Deletion,
    /// From the baseline towards the input.
    Insertion,
}

/// For row `row` of `ask`: one curve an order, the value of `ask`'s scalar after the first `counts[j]` units
/// of the order have been changed. Counts of 0 and of all units are the same for every order and are run once.
pub fn curves(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    row: usize,
    baseline: &[f32],
    direction: Direction,
    orders: &[Vec<usize>],
    counts: &[usize],
) -> Result<Vec<Vec<f32>>, ExplainError> {
    let units = Units::of(ask.row_shape());
    let (from, to) = match direction {
        Direction::Deletion => (ask.row(row), baseline),
        Direction::Insertion => (baseline, ask.row(row)),
    };
    let inner: Vec<usize> = counts
        .iter()
        .copied()
        .filter(|c| (1..units.count).contains(c))
        .collect();
    let passes = orders.len() * inner.len();
    let shape = ask.row_shape().to_vec();
    let values = run.forward(
        &shape,
        passes + 2,
        &ask.readout,
        |_| ask.targets[row],
        |i, out| {
            out.copy_from_slice(if i == passes + 1 { to } else { from });
            if i < passes {
                for unit in &orders[i / inner.len()][..inner[i % inner.len()]] {
                    units.copy(*unit, to, out);
                }
            }
        },
    )?;
    let (start, end) = (values[passes], values[passes + 1]);
    let mut out = Vec::with_capacity(orders.len());
    for o in 0..orders.len() {
        let mut inside = values[o * inner.len()..].iter();
        let curve = counts.iter().map(|count| match *count {
            0 => start,
            c if c >= units.count => end,
            _ => inside.next().copied().unwrap_or(start),
        });
        out.push(curve.collect());
    }
    Ok(out)
}

/// Area under `curve` over `fraction`, by trapezia.
pub fn area(fraction: &[f64], curve: &[f32]) -> f64 {
    let pairs = fraction.windows(2).zip(curve.windows(2));
    pairs
        .map(|(x, y)| (x[1] - x[0]) * f64::midpoint(f64::from(y[0]), f64::from(y[1])))
        .sum()
}
