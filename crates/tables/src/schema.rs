//! What is worth knowing of a table: the columns, counted and summed up.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::column::Column;
use crate::convert::hash;
use crate::options::{Kind, Options};
use crate::table::Table;

/// Bars of a histogram.
const BARS: usize = 20;
/// Labels that are listed with their counts, most columns of them having fewer.
const LISTED: usize = 10_000;

/// What is worth knowing of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// `csv` or `parquet`.
    pub format: String,
    /// How many rows.
    pub rows: usize,
    /// In the order of the file.
    pub columns: Vec<ColumnSchema>,
    /// Name of the column that holds the answer.
    pub target: Option<String>,
    /// Why that one.
    pub target_reason: Option<String>,
    /// What separates cells; none in Parquet.
    pub separator: Option<char>,
    /// Whether the first line holds names; none in Parquet.
    pub header: Option<bool>,
    /// What a reader of the table should know, a sentence each.
    pub notes: Vec<String>,
    /// What was said of the table rather than guessed.
    pub options: Options,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnSchema {
    /// As the header has it.
    pub name: String,
    /// What its cells are.
    pub kind: Kind,
    /// Why.
    pub reason: String,
    /// Labels by index; empty but for categories and booleans.
    pub labels: Vec<String>,
    /// Rows a label, in the same order.
    pub counts: Vec<usize>,
    /// Cells that are missing.
    pub missing: usize,
    /// Different values that are not missing.
    pub distinct: usize,
    /// Lowest, of what is finite; none for labels and texts, and where nothing is there.
    pub min: Option<f64>,
    /// Highest.
    pub max: Option<f64>,
    /// Mean.
    pub mean: Option<f64>,
    /// Standard deviation, divided by n.
    pub std: Option<f64>,
    /// The 5th, 25th, 50th, 75th and 95th percentile, interpolated; empty where there is no minimum.
    pub quantiles: Vec<f64>,
    /// Of what is finite.
    pub histogram: Option<Histogram>,
    /// Cells that the given kind could not read, in a sentence.
    pub unreadable: Option<String>,
}

/// Counts in bars of equal width.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// One more than bars.
    pub edges: Vec<f64>,
    /// Rows a bar; the last bar holds its upper edge.
    pub counts: Vec<usize>,
}

impl Schema {
    pub(crate) fn of(table: &Table) -> Self {
        Self {
            format: table.format.to_owned(),
            rows: table.rows(),
            columns: table.columns.iter().map(ColumnSchema::of).collect(),
            target: table.target.map(|at| table.columns[at].name.clone()),
            target_reason: table.target_reason.clone(),
            separator: table.separator,
            header: table.header,
            notes: table.notes.clone(),
            options: table.options.clone(),
        }
    }

    /// The index of the column called `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The columns that may be features: all but the target and texts.
    pub fn features(&self) -> Vec<usize> {
        let usable = |(_, column): &(usize, &ColumnSchema)| {
            column.kind != Kind::Text && Some(&column.name) != self.target.as_ref()
        };
        self.columns
            .iter()
            .enumerate()
            .filter(usable)
            .map(|(at, _)| at)
            .collect()
    }
}

impl ColumnSchema {
    fn of(column: &Column) -> Self {
        let missing = column.missing();
        let mut out = Self {
            name: column.name.clone(),
            kind: column.kind,
            reason: column.reason.clone(),
            labels: column.labels.clone(),
            counts: Vec::new(),
            missing,
            distinct: 0,
            min: None,
            max: None,
            mean: None,
            std: None,
            quantiles: Vec::new(),
            histogram: None,
            unreadable: column.unreadable.as_ref().map(|odd| {
                let place = odd
                    .line
                    .map_or(format!("row {}", odd.row), |line| format!("line {line}"));
                format!(
                    "{} cells are no {} and count as missing; the first is `{}` in {place}",
                    odd.count,
                    column.kind.as_str(),
                    odd.cell
                )
            }),
        };
        match column.kind {
            Kind::Category | Kind::Boolean => {
                let mut counts = vec![0usize; column.labels.len().min(LISTED)];
                for value in column.values.iter().filter(|v| !v.is_nan()) {
                    if let Some(count) = counts.get_mut(*value as usize) {
                        *count += 1;
                    }
                }
                out.distinct = counts.iter().filter(|count| **count > 0).count();
                out.counts = counts;
            }
            Kind::Text => {
                let rows = column.values.iter().enumerate().filter(|(_, v)| !v.is_nan());
                let different: HashSet<u64> = rows.map(|(row, _)| hash(column.texts.get(row))).collect();
                out.distinct = different.len();
            }
            Kind::Number | Kind::Integer | Kind::Date => out.quantities(&column.values),
        }
        out
    }

    fn quantities(&mut self, values: &[f64]) {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        #[expect(clippy::float_cmp, reason = "different means different bits' worth")]
        let steps = sorted.windows(2).filter(|pair| pair[0] != pair[1]).count();
        self.distinct = if sorted.is_empty() { 0 } else { steps + 1 };
        sorted.retain(|v| v.is_finite());
        let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else {
            return;
        };
        let count = sorted.len() as f64;
        // Divided first, so that the largest doubles have a mean too.
        let mean = sorted.iter().map(|v| v / count).sum::<f64>();
        let variance = sorted.iter().map(|v| (v - mean) * ((v - mean) / count)).sum::<f64>();
        let quantile = |q: f64| {
            let place = q * (count - 1.0);
            let low = place.floor() as usize;
            let high = (low + 1).min(sorted.len() - 1);
            let part = place - low as f64;
            sorted[low] * (1.0 - part) + sorted[high] * part
        };
        self.quantiles = [0.05, 0.25, 0.5, 0.75, 0.95].map(quantile).to_vec();
        (self.min, self.max) = (Some(min), Some(max));
        self.mean = Some(mean).filter(|v| v.is_finite());
        self.std = Some(variance.sqrt()).filter(|v| v.is_finite());
        let span = max - min;
        if !span.is_finite() {
            return;
        }
        let bars = if span == 0.0 { 1 } else { BARS };
        let edge = |bar: usize| {
            if bar == bars {
                max
            } else {
                min + span * (bar as f64 / bars as f64)
            }
        };
        let mut counts = vec![0usize; bars];
        for value in &sorted {
            let bar = ((value - min) / span * bars as f64) as usize;
            counts[bar.min(bars - 1)] += 1;
        }
        self.histogram = Some(Histogram {
            edges: (0..=bars).map(edge).collect(),
            counts,
        });
    }
}
