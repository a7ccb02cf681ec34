//! An order of labels in which neighbours are alike in the other columns (Apley & Zhu 2020, appendix).

use faer::{Mat, Side};

use crate::grid::sorted;
use crate::{AskRows, Column};

/// The labels that occur in `column`, by index, ordered by the first axis of a classical scaling of their distances:
/// over the other columns, the sum of the Kolmogorov-Smirnov distance of numbers and half the total difference of
/// shares of labels.
pub fn order(ask: &AskRows<'_>, column: usize) -> Vec<f64> {
    let mut labels = sorted(ask.x.column(column).iter().copied());
    labels.dedup();
    if labels.len() < 3 {
        return labels;
    }
    let groups: Vec<Vec<usize>> = labels
        .iter()
        .map(|label| {
            (0..ask.x.nrows())
                .filter(|&row| (ask.x[[row, column]] + 0.0).total_cmp(label).is_eq())
                .collect()
        })
        .collect();
    let size = labels.len();
    let mut distance = Mat::<f64>::zeros(size, size);
    for other in (0..ask.columns.len()).filter(|&other| other != column) {
        let parts: Vec<Vec<f64>> = groups
            .iter()
            .map(|rows| sorted(rows.iter().map(|&row| ask.x[[row, other]])))
            .collect();
        for i in 0..size {
            for j in 0..i {
                let apart = match &ask.columns.kinds[other] {
                    Column::Category(_) => shares_apart(&parts[i], &parts[j]),
                    Column::Number | Column::Integer => steps_apart(&parts[i], &parts[j]),
                };
                distance[(i, j)] += apart;
                distance[(j, i)] += apart;
            }
        }
    }
    let places = first_axis(&distance);
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| places[a].total_cmp(&places[b]).then(a.cmp(&b)));
    order.into_iter().map(|i| labels[i]).collect()
}

/// Largest distance of two distribution functions; both sorted.
fn steps_apart(a: &[f64], b: &[f64]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let below = |values: &[f64], at: f64| values.partition_point(|v| *v <= at) as f64 / values.len() as f64;
    a.iter()
        .chain(b)
        .fold(0.0f64, |most, &at| most.max((below(a, at) - below(b, at)).abs()))
}

/// Half the sum of differences of shares; both sorted.
fn shares_apart(a: &[f64], b: &[f64]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let mut values: Vec<f64> = a.iter().chain(b).copied().collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let share = |all: &[f64], at: f64| {
        let (from, to) = (all.partition_point(|v| *v < at), all.partition_point(|v| *v <= at));
        (to - from) as f64 / all.len() as f64
    };
    values
        .iter()
        .map(|&at| (share(a, at) - share(b, at)).abs())
        .sum::<f64>()
        / 2.0
}

/// The first axis of a classical scaling; it starts at the end where the lowest label lies.
fn first_axis(distance: &Mat<f64>) -> Vec<f64> {
    let n = distance.nrows();
    let square = Mat::from_fn(n, n, |i, j| distance[(i, j)].powi(2));
    let rows: Vec<f64> = (0..n)
        .map(|i| (0..n).map(|j| square[(i, j)]).sum::<f64>() / n as f64)
        .collect();
    let mean = rows.iter().sum::<f64>() / n as f64;
    let centred = Mat::from_fn(n, n, |i, j| -0.5 * (square[(i, j)] - rows[i] - rows[j] + mean));
    let Ok(parts) = centred.self_adjoint_eigen(Side::Lower) else {
        return vec![0.0; n];
    };
    // Eigenvalues rise: the last axis is the first of the scaling.
    let axis: Vec<f64> = (0..n).map(|i| parts.U()[(i, n - 1)]).collect();
    let turned = if axis[0] > 0.0 { -1.0 } else { 1.0 };
    axis.into_iter().map(|v| v * turned).collect()
}
