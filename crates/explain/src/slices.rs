//! The conditions that slices of a table are made of: bins of numbers, labels, missing values.

use crate::cohort::{quoted, written};
use crate::grid::sorted;
use crate::{AskRows, Column, Columns};

/// A condition on one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Which.
    pub column: usize,
    /// What must hold.
    pub holds: Holds,
}

/// What must hold of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Holds {
    /// It is this number.
    Is(f64),
    /// It is this label.
    Label(String),
    /// It is at least the first (where there is one) and below the second (where there is one).
    Between(Option<f64>, Option<f64>),
    /// It is missing.
    Missing,
}

impl Condition {
    /// As a query writes it.
    pub fn query(&self, columns: &Columns) -> String {
        let name = written(&columns.names[self.column]);
        match &self.holds {
            Holds::Is(value) => format!("{name} = {value}"),
            Holds::Label(label) => format!("{name} = {}", quoted(label)),
            Holds::Between(Some(low), Some(high)) => format!("{name} >= {low} and {name} < {high}"),
            Holds::Between(Some(low), None) => format!("{name} >= {low}"),
            Holds::Between(None, Some(high)) => format!("{name} < {high}"),
            Holds::Between(None, None) => name,
            Holds::Missing => format!("not {name}"),
        }
    }
}

/// A column whose every value is one of a few conditions.
#[derive(Debug, Clone)]
pub struct Coded {
    /// What the codes mean.
    pub conditions: Vec<Condition>,
    /// One a row.
    pub codes: Vec<u32>,
}

impl Coded {
    /// Column `column` of `rows`: labels and few numbers one by one, more numbers in at most `bins` bins of like count.
    pub fn new(ask: &AskRows<'_>, rows: &[usize], column: usize, bins: usize) -> Self {
        let values = || rows.iter().map(|&row| ask.x[[row, column]]);
        let sorted = sorted(values());
        let mut distinct = sorted.clone();
        distinct.dedup();
        let labels = match &ask.columns.kinds[column] {
            Column::Category(labels) => Some(labels),
            Column::Number | Column::Integer => None,
        };
        let binned = labels.is_none() && distinct.len() > bins;
        let mut edges = distinct;
        if binned {
            // A bin starts at an edge; the first starts below everything.
            edges = (1..bins).map(|k| sorted[k * sorted.len() / bins]).collect();
            edges.dedup();
            edges.retain(|edge| *edge > sorted[0]);
        }
        let mut holds: Vec<Holds> = match labels {
            _ if binned => (0..=edges.len())
                .map(|k| Holds::Between(k.checked_sub(1).map(|k| edges[k]), edges.get(k).copied()))
                .collect(),
            Some(labels) => edges
                .iter()
                .map(|&v| {
                    labels
                        .get(v as usize)
                        .map_or(Holds::Missing, |label| Holds::Label(label.clone()))
                })
                .collect(),
            None => edges.iter().map(|&v| Holds::Is(v)).collect(),
        };
        let missing = holds.len() as u32;
        if values().any(f64::is_nan) {
            holds.push(Holds::Missing);
        }
        let code = |value: f64| match () {
            () if value.is_nan() => missing,
            () if binned => edges.partition_point(|edge| *edge <= value) as u32,
            () => edges.partition_point(|edge| *edge < value) as u32,
        };
        Self {
            codes: values().map(code).collect(),
            conditions: holds.into_iter().map(|holds| Condition { column, holds }).collect(),
        }
    }
}
