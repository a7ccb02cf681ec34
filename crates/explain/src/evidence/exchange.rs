//! A row some of whose parts are exchanged for a baseline's, and the model asked anew.
//!
//! Every measurement that takes parts away or puts them back is written once, over [`Exchange`]; pictures and
//! other arrays of 32 bits answer it, and rows of tables in their own units.

use std::collections::{HashMap, HashSet};

use glassboard_model::OutputSpace;
use ndarray::Array2;

use super::units::Units;
use crate::rows::row_scalars;
use crate::{Ask, AskRows, ExplainError, Runner};

/// Marks the parts that row `i` has from the baseline; the marks are all false before.
pub type Choose<'a> = &'a mut dyn FnMut(usize, &mut [bool]);

/// A row whose parts can be exchanged for those of a baseline.
pub trait Exchange {
    /// How many parts there are.
    fn parts(&self) -> usize;

    /// The explained number of `count` rows, row `i` with the parts that `choose` marks taken from the baseline.
    fn exchanged(&mut self, count: usize, choose: Choose<'_>) -> Result<Vec<f64>, ExplainError>;
}

/// The explained number with every part from the row, and with every part from the baseline.
pub fn ends(exchange: &mut dyn Exchange) -> Result<(f64, f64), ExplainError> {
    let both = exchange.exchanged(2, &mut |i, marks| marks.fill(i == 1))?;
    Ok((both[0], both[1]))
}

/// How far each set of parts moves the explained number down: f(row) - f(row without the parts).
pub fn changes(exchange: &mut dyn Exchange, sets: &[Vec<usize>]) -> Result<Vec<f64>, ExplainError> {
    let mut values = exchange.exchanged(sets.len() + 1, &mut |i, marks| {
        if let Some(set) = sets.get(i) {
            for part in set {
                marks[*part] = true;
            }
        }
    })?;
    let whole = values.pop().unwrap_or_default();
    Ok(values.into_iter().map(|value| whole - value).collect())
}

/// A row of an array input (a picture, or features of 32 bits).
pub struct InputExchange<'r, 'm, 'a> {
    run: &'r mut Runner<'m>,
    ask: &'a Ask<'a>,
    row: usize,
    baseline: &'a [f32],
    part_of: Vec<usize>,
    parts: usize,
}

impl<'r, 'm, 'a> InputExchange<'r, 'm, 'a> {
    /// Row `row` of `ask`; the parts are pixels with all their channels, or features.
    pub fn new(
        run: &'r mut Runner<'m>,
        ask: &'a Ask<'a>,
        row: usize,
        baseline: &'a [f32],
    ) -> Result<Self, ExplainError> {
        let units = Units::of(ask.row_shape());
        let part_of = (0..units.count * units.channels).map(|e| e % units.count).collect();
        Self::with_parts(run, ask, row, baseline, part_of)
    }

    /// Row `row` of `ask`, where element `e` of the row belongs to part `part_of[e]`: patches, segments.
    pub fn with_parts(
        run: &'r mut Runner<'m>,
        ask: &'a Ask<'a>,
        row: usize,
        baseline: &'a [f32],
        part_of: Vec<usize>,
    ) -> Result<Self, ExplainError> {
        let size = ask.row_shape().iter().product::<usize>();
        if baseline.len() != size || part_of.len() != size || row >= ask.rows() {
            return Err(ExplainError::parameters(format!(
                "a baseline of {} values and parts of {} do not fit a row of {size}",
                baseline.len(),
                part_of.len()
            )));
        }
        let parts = part_of.iter().max().map_or(0, |last| last + 1);
        Ok(Self {
            run,
            ask,
            row,
            baseline,
            part_of,
            parts,
        })
    }
}

impl Exchange for InputExchange<'_, '_, '_> {
    fn parts(&self) -> usize {
        self.parts
    }

    fn exchanged(&mut self, count: usize, choose: Choose<'_>) -> Result<Vec<f64>, ExplainError> {
        let (ask, row, baseline, part_of) = (self.ask, self.row, self.baseline, &self.part_of);
        let mut marks = vec![false; self.parts];
        let fill = |i: usize, out: &mut [f32]| {
            marks.fill(false);
            choose(i, &mut marks);
            out.copy_from_slice(ask.row(row));
            for ((to, from), part) in out.iter_mut().zip(baseline).zip(part_of) {
                if marks[*part] {
                    *to = *from;
                }
            }
        };
        let shape = ask.row_shape().to_vec();
        let values = self
            .run
            .forward(&shape, count, &ask.readout, |_| ask.targets[row], fill)?;
        Ok(values.into_iter().map(f64::from).collect())
    }
}

/// A row of a table. Where the baseline is several rows, the explained number is their mean, as Shapley values
/// over a background have it. A set of parts that was asked before is not run again.
pub struct RowExchange<'r, 'm, 'a, 't> {
    run: &'r mut Runner<'m>,
    ask: &'a AskRows<'t>,
    row: usize,
    baseline: &'a Array2<f64>,
    known: HashMap<Box<[bool]>, f64>,
}

impl<'r, 'm, 'a, 't> RowExchange<'r, 'm, 'a, 't> {
    /// Row `row` of `ask` over `baseline` (`[rows, columns]`, at least one row); the parts are the columns.
    pub fn new(
        run: &'r mut Runner<'m>,
        ask: &'a AskRows<'t>,
        row: usize,
        baseline: &'a Array2<f64>,
    ) -> Result<Self, ExplainError> {
        if row >= ask.x.nrows() {
            return Err(ExplainError::parameters(format!(
                "row {row} does not exist: there are {}",
                ask.x.nrows()
            )));
        }
        if baseline.nrows() == 0 || baseline.ncols() != ask.columns.len() {
            return Err(ExplainError::parameters(format!(
                "a baseline of {} rows and {} columns does not fit rows of {} columns; give at least one row of them",
                baseline.nrows(),
                baseline.ncols(),
                ask.columns.len()
            )));
        }
        Ok(Self {
            run,
            ask,
            row,
            baseline,
            known: HashMap::new(),
        })
    }

    /// Names the share of the whole work that comes next, for the progress.
    pub fn stage(&mut self, label: &str, from: f64, to: f64) {
        self.run.stage(label, from, to);
    }

    /// Per column, the mean over the rows of the baseline of (f(row) - f(row with that column from the baseline))².
    pub fn squared_effects(&mut self) -> Result<Vec<f64>, ExplainError> {
        let (columns, rows) = (self.ask.columns.len(), self.baseline.nrows());
        let (whole, _) = ends(self)?;
        let (ask, row, baseline) = (self.ask, self.row, self.baseline);
        let values = explained(self.run, ask, row, columns * rows, |i, out| {
            out[i / rows] = baseline[[i % rows, i / rows]];
        })?;
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / rows as f64;
        let mut squares = Vec::with_capacity(columns);
        for (column, changed) in values.chunks_exact(rows).enumerate() {
            squares.push(mean(&mut changed.iter().map(|value| (whole - value).powi(2))));
            let mut marks = vec![false; columns].into_boxed_slice();
            marks[column] = true;
            self.known.insert(marks, mean(&mut changed.iter().copied()));
        }
        Ok(squares)
    }
}

impl Exchange for RowExchange<'_, '_, '_, '_> {
    fn parts(&self) -> usize {
        self.ask.columns.len()
    }

    fn exchanged(&mut self, count: usize, choose: Choose<'_>) -> Result<Vec<f64>, ExplainError> {
        let mut asked: Vec<Box<[bool]>> = Vec::with_capacity(count);
        let (mut fresh, mut pending) = (Vec::new(), HashSet::new());
        for i in 0..count {
            let mut marks = vec![false; self.parts()].into_boxed_slice();
            choose(i, &mut marks);
            if !self.known.contains_key(&marks) && pending.insert(marks.clone()) {
                fresh.push(marks.clone());
            }
            asked.push(marks);
        }
        let (ask, row, baseline) = (self.ask, self.row, self.baseline);
        let rows = baseline.nrows();
        // With nothing exchanged every row of the baseline gives the same answer: once is enough.
        let (untouched, mixed): (Vec<_>, Vec<_>) = fresh.into_iter().partition(|marks| !marks.contains(&true));
        if !untouched.is_empty() {
            let value = explained(self.run, ask, row, 1, |_, _| {})?[0];
            self.known.extend(untouched.into_iter().map(|marks| (marks, value)));
        }
        let values = explained(self.run, ask, row, mixed.len() * rows, |i, out| {
            let from = baseline.row(i % rows);
            for ((to, from), marked) in out.iter_mut().zip(from).zip(&mixed[i / rows]) {
                if *marked {
                    *to = *from;
                }
            }
        })?;
        for (marks, each) in mixed.into_iter().zip(values.chunks_exact(rows)) {
            self.known.insert(marks, each.iter().sum::<f64>() / rows as f64);
        }
        Ok(asked.iter().map(|marks| self.known[marks]).collect())
    }
}

/// The explained number of `count` rows, each row `row` of `ask` as `change` leaves it.
fn explained(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    row: usize,
    count: usize,
    mut change: impl FnMut(usize, &mut [f64]),
) -> Result<Vec<f64>, ExplainError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let outputs = run.rows(ask.columns.len(), count, &ask.readout, |i, out| {
        out.iter_mut().zip(ask.row(row)).for_each(|(to, from)| *to = *from);
        change(i, out);
    })?;
    let targets = vec![ask.targets[row]; count];
    let values = row_scalars(&outputs, OutputSpace::Raw, &targets)?;
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        return Err(ExplainError::parameters(format!(
            "the model answers {} for a row mixed from this one and the baseline, so nothing can be measured there; choose another baseline",
            values[at]
        )));
    }
    Ok(values)
}
