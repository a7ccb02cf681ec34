//! Conditions that a row meets, from which rules are made.

use ndarray::{ArrayView1, ArrayView2};

use crate::lime::bins;
use crate::{Column, Columns, words};

/// What is asked of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ask {
    Label(f64),
    Missing,
    Above(f64),
    AtMost(f64),
}

/// A condition on one column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Condition {
    pub column: usize,
    pub ask: Ask,
}

impl Condition {
    #[expect(clippy::float_cmp, reason = "labels are whole numbers")]
    pub fn holds(&self, value: f64) -> bool {
        match self.ask {
            Ask::Label(label) => value == label,
            Ask::Missing => value.is_nan(),
            Ask::Above(edge) => value > edge,
            Ask::AtMost(edge) => value <= edge,
        }
    }
}

/// Every condition that `row` meets: its labels, and each edge of the background's bins that it lies above or below.
pub(super) fn met(row: ArrayView1<'_, f64>, columns: &Columns, edges: &[Vec<f64>]) -> Vec<Condition> {
    let mut all = Vec::new();
    for (column, (&value, kind)) in row.iter().zip(&columns.kinds).enumerate() {
        let mut add = |ask| all.push(Condition { column, ask });
        match kind {
            _ if value.is_nan() => add(Ask::Missing),
            Column::Category(_) => add(Ask::Label(value)),
            Column::Number | Column::Integer => {
                for &edge in &edges[column] {
                    add(if value > edge {
                        Ask::Above(edge)
                    } else {
                        Ask::AtMost(edge)
                    });
                }
            }
        }
    }
    all
}

/// Edges of the bins of each column at `shares`; none for categories.
pub(super) fn edges(background: ArrayView2<'_, f64>, columns: &Columns, shares: &[f64]) -> Vec<Vec<f64>> {
    columns
        .kinds
        .iter()
        .enumerate()
        .map(|(j, kind)| match kind {
            Column::Category(_) => Vec::new(),
            _ => bins::at_shares(&background.column(j).to_vec(), shares),
        })
        .collect()
}

/// What a rule says of one column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    pub column: usize,
    /// In words.
    pub text: String,
    pub above: Option<f64>,
    pub at_most: Option<f64>,
    /// The label's index.
    pub label: Option<f64>,
}

/// The conditions in words, one text a column, in the order of the columns.
pub(super) fn texts(rule: &[Condition], columns: &Columns, edges: &[Vec<f64>]) -> Vec<Told> {
    let mut found: Vec<Told> = Vec::new();
    for (column, edges) in edges.iter().enumerate() {
        let here: Vec<&Condition> = rule.iter().filter(|c| c.column == column).collect();
        if here.is_empty() {
            continue;
        }
        let name = &columns.names[column];
        let gap = edges.windows(2).map(|e| e[1] - e[0]).fold(f64::INFINITY, f64::min);
        let say = |edge: f64| {
            let gap = if gap.is_finite() { gap } else { 0.1 * edge.abs() };
            words::fixed(edge, words::decimals_for(gap))
        };
        let (mut low, mut high, mut exact, mut label) = (None::<f64>, None::<f64>, None, None);
        for condition in here {
            match condition.ask {
                Ask::Above(edge) => low = Some(low.map_or(edge, |l| l.max(edge))),
                Ask::AtMost(edge) => high = Some(high.map_or(edge, |h| h.min(edge))),
                Ask::Label(index) => {
                    label = Some(index);
                    exact = Some(format!("{name} = {}", words::value(&columns.kinds[column], index)));
                }
                Ask::Missing => exact = Some(format!("{name} is missing")),
            }
        }
        let text = match (exact, low, high) {
            (Some(text), ..) => text,
            (_, Some(low), Some(high)) => format!("{} < {name} <= {}", say(low), say(high)),
            (_, Some(low), None) => format!("{name} > {}", say(low)),
            (_, None, Some(high)) => format!("{name} <= {}", say(high)),
            (None, None, None) => continue,
        };
        found.push(Told {
            column,
            text,
            above: low,
            at_most: high,
            label,
        });
    }
    found
}
