//! An input file at work: its rows, prepared for either model, and redrawn with noise.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use glassboard_explain::drift::noise;
use glassboard_explain::rows::Column;
use glassboard_jobs::spec::{Changes, Span};
use glassboard_model::Array;
use serde_json::json;

use super::side::Side;
use crate::decode::{Decoded, decode};
use crate::input::Input;
use crate::preprocess::{Prepared, lay_out};
use crate::reading::{Reading, spec};
use crate::table::for_model;
use crate::trouble::Trouble;

/// Rows that the range of a feature is taken from.
const RANGE_ROWS: usize = 1_000;

/// One input, as one model takes it.
pub(super) enum At {
    /// Prepared.
    Array(Prepared),
    /// A row of a table, in the table's units, with other values for some columns.
    Row {
        /// Which.
        row: usize,
        /// Other values.
        changes: Option<Changes>,
    },
}

/// How far noise reaches, an element or a column each, before it is scaled.
pub(super) enum Reach {
    /// The span of the input's own values.
    Own,
    /// The span of each feature over the rows of the file.
    Features(Vec<f32>),
    /// Name, position and span of each column of numbers, over the rows of the table.
    Columns(Vec<(String, usize, f64)>),
}

/// A file that is open, decoded at most once for each name of a model's input.
pub(super) struct File<'a> {
    pub input: Input<'a>,
    /// BLAKE3 of it.
    pub hash: &'a str,
    decoded: RefCell<Vec<(String, Rc<Decoded>)>>,
}

impl<'a> File<'a> {
    pub(super) fn new(input: Input<'a>, hash: &'a str) -> Self {
        Self {
            input,
            hash,
            decoded: RefCell::default(),
        }
    }

    fn decoded(&self, name: &str) -> Result<Rc<Decoded>, Trouble> {
        if let Some((_, known)) = self.decoded.borrow().iter().find(|(known, _)| known == name) {
            return Ok(Rc::clone(known));
        }
        let fresh = Rc::new(decode(self.input.bytes()?, name)?);
        self.decoded.borrow_mut().push((name.to_owned(), Rc::clone(&fresh)));
        Ok(fresh)
    }

    /// Whether it is a table.
    fn is_table(&self, side: &Side<'_>) -> Result<bool, Trouble> {
        Ok(self.input.opened().is_some() || matches!(*self.decoded(&side.preprocess.input)?, Decoded::Table))
    }

    /// How many rows it has.
    fn count(&self, side: &Side<'_>) -> Result<usize, Trouble> {
        if self.is_table(side)? {
            return Ok(self.input.table()?.table.rows());
        }
        let rank = spec(side.model.loaded.model.inputs(), &side.preprocess.input)?
            .shape
            .len();
        Ok(match &*self.decoded(&side.preprocess.input)? {
            Decoded::Array(array) if array.shape.len() == rank => array.shape[0],
            _ => 1,
        })
    }

    /// Those of `span` that it has, or the one row.
    pub(super) fn rows(&self, side: &Side<'_>, row: usize, span: Option<Span>) -> Result<Range<usize>, Trouble> {
        let Some(span) = span else { return Ok(row..row + 1) };
        let count = self.count(side)?;
        let end = span.from.saturating_add(span.count).min(count);
        if span.from >= end {
            return Err(Trouble::input(format!(
                "the input has {count} rows, numbered from 0; there is no row {}",
                span.from
            )));
        }
        Ok(span.from..end)
    }

    /// Row `row` as the model of `side` takes it.
    pub(super) fn at(&self, side: &Side<'_>, row: usize) -> Result<At, Trouble> {
        if side.for_rows {
            return Ok(At::Row { row, changes: None });
        }
        if self.is_table(side)? {
            let reading = Reading::new(side.model.loaded, &self.input, row, side.model.preprocess)?;
            return Ok(At::Array(reading.prepared));
        }
        let spec = spec(side.model.loaded.model.inputs(), &side.preprocess.input)?;
        let decoded = self.decoded(&side.preprocess.input)?;
        side.preprocess.apply(&decoded, row, spec).map(At::Array)
    }

    /// How far noise reaches in the rows of this file.
    pub(super) fn reach(&self, side: &Side<'_>, first: &At) -> Result<Reach, Trouble> {
        let count = self.count(side)?.min(RANGE_ROWS);
        let At::Array(Prepared { x, .. }) = first else {
            let data = for_model(self.input.table()?, side.model.loaded, &side.preprocess)?;
            let rows = data.rows(Span { from: 0, count });
            let columns = data.columns.names.iter().zip(&data.columns.kinds).enumerate();
            let numbers = columns.filter(|(_, (_, kind))| !matches!(kind, Column::Category(_)));
            return Ok(Reach::Columns(
                numbers
                    .map(|(at, (name, _))| (name.clone(), at, span_of(rows.column(at).iter().copied())))
                    .collect(),
            ));
        };
        // A picture has one unit throughout; the features of a row have their own.
        if x.ndim() != 2 || count < 2 {
            return Ok(Reach::Own);
        }
        let mut spans = vec![(f32::INFINITY, f32::NEG_INFINITY); x.len()];
        for row in 0..count {
            if let At::Array(Prepared { x, .. }) = self.at(side, row)? {
                for ((low, high), value) in spans.iter_mut().zip(x.iter()) {
                    (*low, *high) = (low.min(*value), high.max(*value));
                }
            }
        }
        Ok(Reach::Features(
            spans.into_iter().map(|(low, high)| (high - low).max(0.0)).collect(),
        ))
    }

    /// `at` redrawn: normal noise of `share` of the range on every number.
    pub(super) fn redrawn(&self, side: &Side<'_>, at: &At, reach: &Reach, by: &Redraw) -> Result<At, Trouble> {
        match (at, reach) {
            (At::Row { row, .. }, Reach::Columns(columns)) => {
                let data = for_model(self.input.table()?, side.model.loaded, &side.preprocess)?;
                let own = data.row(*row)?;
                let drawn: Vec<f64> = by.numbers(own.len()).collect();
                let moved = columns.iter().filter_map(|(name, at, span)| {
                    let value = own[[0, *at]];
                    // What is missing stays missing.
                    value
                        .is_finite()
                        .then(|| (name.clone(), json!(value + by.share * span * drawn[*at])))
                });
                Ok(At::Row {
                    row: *row,
                    changes: Some(moved.collect()),
                })
            }
            (At::Array(prepared), reach) => {
                let own = span_of(prepared.x.iter().map(|v| f64::from(*v)));
                let spans = match reach {
                    Reach::Features(spans) => Some(spans),
                    Reach::Own | Reach::Columns(_) => None,
                };
                let moved = prepared.x.iter().zip(by.numbers(prepared.x.len())).enumerate();
                let moved = moved.map(|(i, (value, drawn))| {
                    let span = spans
                        .and_then(|spans| spans.get(i))
                        .map_or(own, |span| f64::from(*span));
                    (f64::from(*value) + by.share * span * drawn) as f32
                });
                let x: Array = lay_out(prepared.x.shape(), moved.collect())?;
                Ok(At::Array(Prepared {
                    x,
                    display: prepared.display.clone(),
                    range: prepared.range,
                }))
            }
            (At::Row { .. }, _) => Err(Trouble::internal("a row is redrawn by its columns")),
        }
    }
}

/// One draw of noise.
pub(super) struct Redraw {
    pub seed: u64,
    /// Number of the input among all.
    pub input: u64,
    pub draw: u64,
    /// Of the range.
    pub share: f64,
}

impl Redraw {
    fn numbers(&self, count: usize) -> impl Iterator<Item = f64> {
        noise(self.seed, self.input, self.draw, count)
    }
}

/// Largest minus smallest of what is finite; 0 of nothing.
fn span_of(values: impl Iterator<Item = f64>) -> f64 {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
    (high - low).max(0.0)
}
