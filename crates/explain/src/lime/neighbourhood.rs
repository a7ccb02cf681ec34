//! Made-up rows around a row, drawn column by column from the background.

use ndarray::{Array2, ArrayView1, ArrayView2};

use super::bins;
use super::column::Space;
use crate::random::Counter;
use crate::surrogate::Goal;
use crate::verdict::Verdict;
use crate::{Column, Columns, ExplainError, Readout, Runner};

const STREAM: u64 = 70;
/// Most numbers that are kept of the samples.
const NUMBERS: usize = 1 << 24;

/// How numbers are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Into four bins of equally many rows.
    Quartile,
    /// Into ten.
    Decile,
    /// Where a small tree on the column tells the model's answers apart.
    Entropy,
    /// Not at all.
    None,
}

/// How every column of a table is drawn and seen.
#[derive(Debug, Clone)]
pub struct Neighbourhood {
    /// One a column.
    pub spaces: Vec<Space>,
    whole: Vec<bool>,
}

/// What is noted of the drawn rows, `[samples, columns]`: the code of the state, or the number.
#[derive(Debug, Clone)]
pub struct Sample {
    notes: Array2<f64>,
    /// The model's outputs for them, `[samples, outputs]`.
    pub outputs: Array2<f64>,
}

impl Neighbourhood {
    /// From the rows of `background`. [`Cut::Entropy`] asks the model about each of them.
    pub fn of(
        run: &mut Runner<'_>,
        background: ArrayView2<'_, f64>,
        columns: &Columns,
        readout: &Readout,
        cut: Cut,
    ) -> Result<Self, ExplainError> {
        if background.nrows() == 0 {
            return Err(ExplainError::parameters(
                "LIME draws rows like those of a background, and there is none; give the table of training rows",
            ));
        }
        if background.ncols() != columns.len() {
            return Err(ExplainError::parameters(format!(
                "the background has {} columns and the rows {}",
                background.ncols(),
                columns.len()
            )));
        }
        let said = match cut {
            Cut::Entropy => Some(Said::of(run, background, readout)?),
            _ => None,
        };
        let mut spaces = Vec::with_capacity(columns.len());
        for (j, kind) in columns.kinds.iter().enumerate() {
            let values = background.column(j).to_vec();
            spaces.push(match (kind, cut) {
                (Column::Category(_), _) => Space::labels(&values),
                (_, Cut::None) => Space::scaled(&values),
                (_, Cut::Quartile) => Space::bins(&values, bins::at_shares(&values, &bins::QUARTILES)),
                (_, Cut::Decile) => Space::bins(&values, bins::at_shares(&values, &bins::DECILES)),
                (_, Cut::Entropy) => {
                    let said = said
                        .as_ref()
                        .ok_or_else(|| ExplainError::parameters("no answers to cut by"))?;
                    Space::bins(&values, bins::by_tree(&values, said.goal())?)
                }
            });
        }
        Ok(Self {
            spaces,
            whole: columns.kinds.iter().map(|k| *k == Column::Integer).collect(),
        })
    }

    /// `count` drawn rows and the model's outputs for them. `around` centres numbers that are not cut on a row.
    pub fn draw(
        &self,
        run: &mut Runner<'_>,
        readout: &Readout,
        count: usize,
        around: Option<ArrayView1<'_, f64>>,
        seed: u64,
    ) -> Result<Sample, ExplainError> {
        let columns = self.spaces.len();
        if count.saturating_mul(columns) > NUMBERS {
            return Err(ExplainError::parameters(format!(
                "{count} samples of {columns} columns are more than {NUMBERS} numbers; take at most {} samples",
                NUMBERS / columns.max(1)
            )));
        }
        let mut notes = Array2::zeros((count, columns));
        let outputs = run.rows(columns, count, readout, |k, row| {
            let mut random = Counter::new(seed, STREAM, k as u64);
            let mut note = notes.row_mut(k);
            for (j, space) in self.spaces.iter().enumerate() {
                let middle = around.map(|row| row[j]);
                (row[j], note[j]) = space.draw(&mut random, self.whole[j], middle);
            }
        })?;
        Ok(Sample { notes, outputs })
    }

    /// What the fit sees for `row`: itself first, then the samples, `[1 + samples, columns]`.
    pub fn seen(&self, row: ArrayView1<'_, f64>, sample: &Sample) -> Array2<f64> {
        let mut seen = Array2::zeros((1 + sample.notes.nrows(), self.spaces.len()));
        // What to take away from a note and divide it by; without a divisor it is compared with the row's code.
        let plan: Vec<(f64, Option<f64>)> = self
            .spaces
            .iter()
            .zip(row)
            .map(|(space, &value)| match space {
                Space::Scaled { mean, scale } => (*mean, Some(*scale)),
                Space::States { .. } => (f64::from(space.code(value)), None),
            })
            .collect();
        for (j, (space, (middle, scale))) in self.spaces.iter().zip(&plan).enumerate() {
            seen[[0, j]] = match (space, scale) {
                (Space::Scaled { .. }, Some(scale)) if !row[j].is_nan() => (row[j] - middle) / scale,
                (Space::Scaled { .. }, _) => 0.0,
                _ => 1.0,
            };
        }
        for (mut to, from) in seen.rows_mut().into_iter().skip(1).zip(sample.notes.rows()) {
            for ((to, from), (middle, scale)) in to.iter_mut().zip(from).zip(&plan) {
                *to = match scale {
                    Some(scale) => (from - middle) / scale,
                    None => f64::from(u8::from((from - middle).abs() < 0.5)),
                };
            }
        }
        seen
    }
}

/// What the model says of the background rows.
struct Said {
    classes: usize,
    of: Vec<usize>,
    numbers: Vec<f64>,
}

impl Said {
    fn of(run: &mut Runner<'_>, background: ArrayView2<'_, f64>, readout: &Readout) -> Result<Self, ExplainError> {
        let outputs = run.rows(background.ncols(), background.nrows(), readout, |i, row| {
            row.iter_mut().zip(background.row(i)).for_each(|(to, from)| *to = *from);
        })?;
        let answers = Verdict::of(outputs.ncols(), readout);
        Ok(Self {
            classes: answers.classes(outputs.ncols()),
            of: outputs.rows().into_iter().map(|r| answers.class(r)).collect(),
            numbers: outputs.column(0).to_vec(),
        })
    }

    fn goal(&self) -> Goal<'_> {
        if self.classes == 0 {
            Goal::Numbers(&self.numbers)
        } else {
            Goal::Classes {
                of: &self.of,
                count: self.classes,
            }
        }
    }
}
