//! The rows of a set, as the model takes them.

use glassboard_jobs::spec::Span;
use glassboard_model::Array;
use glassboard_tables::Table;
use ndarray::Axis;
use serde_json::Value;

use crate::decode::{Decoded, decode};
use crate::input::Input;
use crate::preprocess::Preprocess;
use crate::reading::spec;
use crate::rows::{Wanted, chosen};
use crate::table::for_model;
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// Rows of one set.
pub(super) struct Rows {
    /// `[rows, ...]`.
    pub x: Array,
    /// Their numbers in the set.
    pub numbers: Vec<usize>,
}

/// Which rows.
#[derive(Clone, Copy, Default)]
pub(super) struct Which<'a> {
    pub span: Option<Span>,
    pub filter: Option<&'a str>,
    /// More are refused.
    pub most: usize,
}

impl Which<'_> {
    /// Those of `all` that are meant.
    fn of(self, all: Vec<usize>, what: &str) -> Result<Vec<usize>, Trouble> {
        let (from, count) = self.span.map_or((0, usize::MAX), |span| (span.from, span.count));
        let known = all.len();
        let numbers: Vec<usize> = all.into_iter().skip(from).take(count).collect();
        if numbers.is_empty() {
            return Err(Trouble::input(format!(
                "no row of {what} is meant: {known} match, counted from 0"
            )));
        }
        if numbers.len() > self.most {
            return Err(Trouble::input(format!(
                "{} rows of {what} are meant, and {} are the most; name fewer",
                numbers.len(),
                self.most
            )));
        }
        Ok(numbers)
    }
}

/// Numbers of the rows of a table that are meant.
pub(super) fn of_table(table: &Table, which: Which<'_>, what: &str) -> Result<Vec<usize>, Trouble> {
    let wanted = Wanted {
        filter: which.filter,
        ..Wanted::default()
    };
    which.of(chosen(table, wanted)?, what)
}

/// Reads and prepares the rows that are meant; `what` names the set in sentences.
pub(super) fn rows(
    loaded: &Loaded,
    input: &Input<'_>,
    preprocess: &Value,
    which: Which<'_>,
    what: &str,
) -> Result<Rows, Trouble> {
    let inputs = loaded.model.inputs();
    let (preprocess, _) = Preprocess::resolve(preprocess, &loaded.metadata, inputs)?;
    let spec = spec(inputs, &preprocess.input)?;
    let decoded = decode(input.bytes()?, &preprocess.input)?;
    if matches!(decoded, Decoded::Table) && !preprocess.is_picture() {
        let data = for_model(input.table()?, loaded, &preprocess)?;
        let numbers = of_table(&data.opened.table, which, what)?;
        let own = data.opened.table.matrix_of(&numbers, data.encoder.sources());
        let encoded = data.encoder.encode(own.view());
        let encoded = encoded.map_err(|e| Trouble::input(e.to_string()))?;
        if let Some(at) = encoded.iter().position(|v| v.is_nan()) {
            return Err(Trouble::input(format!(
                "`{}` is missing in row {} of {what}, and the model does not take missing values",
                data.encoder.names()[at % encoded.ncols().max(1)],
                numbers[at / encoded.ncols().max(1)]
            )));
        }
        return Ok(Rows {
            x: encoded.mapv(|v| v as f32).into_dyn(),
            numbers,
        });
    }
    if which.filter.is_some() {
        return Err(Trouble::input(format!(
            "only rows of a table are filtered, and {what} is none"
        )));
    }
    let count = match &decoded {
        Decoded::Array(array) if array.shape.len() == spec.shape.len() => array.shape[0],
        _ => 1,
    };
    let numbers = which.of((0..count).collect(), what)?;
    let mut prepared = Vec::with_capacity(numbers.len());
    for row in &numbers {
        prepared.push(preprocess.apply(&decoded, *row, spec)?.x);
    }
    let views: Vec<_> = prepared.iter().map(|row| row.view()).collect();
    let x = ndarray::concatenate(Axis(0), &views)
        .map_err(|e| Trouble::input(format!("the rows of {what} differ in shape: {e}")))?;
    Ok(Rows { x, numbers })
}
