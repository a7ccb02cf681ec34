//! Rows of a table: what is explained, what each column is, and what it is compared with.

use glassboard_model::{ModelError, OutputSpace};
use ndarray::{Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::{ExplainError, Readout, Runner};

/// What a column of a table holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// Numbers of any kind.
    Number,
    /// Whole numbers.
    Integer,
    /// One of these labels; the row holds the label's index.
    Category(Vec<String>),
}

impl Column {
    /// Whether the values are labels.
    pub fn is_category(&self) -> bool {
        matches!(self, Self::Category(_))
    }
}

/// The columns of a table, in the order of a row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Columns {
    /// Name of each.
    pub names: Vec<String>,
    /// Kind of each.
    pub kinds: Vec<Column>,
}

impl Columns {
    /// `count` columns of numbers, named by their position.
    pub fn unnamed(count: usize) -> Self {
        Self {
            names: (0..count).map(|i| format!("feature {i}")).collect(),
            kinds: vec![Column::Number; count],
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// Rows to explain, with a class for each. Values are in the units of the table: categories by index, NaN where missing.
#[derive(Debug, Clone)]
pub struct AskRows<'a> {
    /// The rows, `[rows, columns]`.
    pub x: ArrayView2<'a, f64>,
    /// Which scalar of the output.
    pub readout: Readout,
    /// One class a row.
    pub targets: &'a [usize],
    /// What the columns are.
    pub columns: &'a Columns,
}

impl<'a> AskRows<'a> {
    /// Checks that rows, targets and columns fit together.
    pub fn new(
        x: ArrayView2<'a, f64>,
        readout: Readout,
        targets: &'a [usize],
        columns: &'a Columns,
    ) -> Result<Self, ExplainError> {
        if x.is_empty() {
            return Err(ExplainError::parameters("there is no row to explain"));
        }
        if x.nrows() != targets.len() {
            return Err(ExplainError::parameters(format!(
                "{} targets for {} rows; give one each",
                targets.len(),
                x.nrows()
            )));
        }
        if x.ncols() != columns.len() {
            return Err(ExplainError::parameters(format!(
                "the rows have {} columns and {} are described",
                x.ncols(),
                columns.len()
            )));
        }
        Ok(Self {
            x,
            readout,
            targets,
            columns,
        })
    }

    /// Row `i`.
    pub fn row(&self, i: usize) -> ArrayView1<'_, f64> {
        self.x.row(i)
    }
}

/// What a method of rows may use besides the rows and its parameters.
#[derive(Debug, Clone, Copy)]
pub struct RowExtras<'a> {
    /// Rows of the same table that stand for "not known", `[k, columns]`; at least one for methods that need them.
    pub background: ArrayView2<'a, f64>,
    /// The true answer of each row asked (class index or value), where the table has it.
    pub truth: Option<&'a [f64]>,
    /// Seed of every random number.
    pub seed: u64,
}

/// One column of `outputs` (`[rows, outputs]`) a row: the explained scalar, as [`crate::scalars`] defines it.
pub fn row_scalars(outputs: &Array2<f64>, space: OutputSpace, targets: &[usize]) -> Result<Vec<f64>, ModelError> {
    let mut values = Vec::with_capacity(targets.len());
    for (row, &target) in outputs.rows().into_iter().zip(targets) {
        let Some(&raw) = row.get(target) else {
            return Err(ModelError::Input(format!(
                "target {target} is out of range: the output has {} values a row",
                row.len()
            )));
        };
        values.push(match space {
            OutputSpace::Raw => raw,
            OutputSpace::Probability => in_space(row, space)[target],
        });
    }
    Ok(values)
}

/// All outputs of one row in `space`.
pub fn in_space(row: ArrayView1<'_, f64>, space: OutputSpace) -> Vec<f64> {
    match space {
        OutputSpace::Raw => row.to_vec(),
        OutputSpace::Probability if row.len() == 1 => vec![1.0 / (1.0 + (-row[0]).exp())],
        OutputSpace::Probability => {
            let highest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let powers: Vec<f64> = row.iter().map(|v| (v - highest).exp()).collect();
            let total: f64 = powers.iter().sum();
            powers.into_iter().map(|p| p / total).collect()
        }
    }
}

/// Rows of one batch where a model does not ask for more: enough to keep a small model busy, little memory.
const BATCH_ROWS: usize = 4096;
/// Most numbers in one batch.
const BATCH_NUMBERS: usize = 1 << 20;

impl Runner<'_> {
    /// All outputs (`[count, outputs]`, in the readout's space) of `count` made-up rows of `columns` numbers.
    /// `fill` hears each row's number and writes it; the row it writes on is zero or an earlier row's.
    pub fn rows(
        &mut self,
        columns: usize,
        count: usize,
        readout: &Readout,
        fill: impl FnMut(usize, &mut [f64]),
    ) -> Result<Array2<f64>, ExplainError> {
        let mut all: Vec<f64> = Vec::new();
        let width = self.rows_each(columns, count, readout, fill, |_, answer| all.extend_from_slice(answer))?;
        Array2::from_shape_vec((count, width), all)
            .map_err(|e| ModelError::Failed(format!("the model's outputs do not line up: {e}")).into())
    }

    /// The same, held no longer than a batch: `each` hears the number of every row and its outputs, in order.
    /// Gives how many outputs a row has.
    pub fn rows_each(
        &mut self,
        columns: usize,
        count: usize,
        readout: &Readout,
        mut fill: impl FnMut(usize, &mut [f64]),
        mut each: impl FnMut(usize, &[f64]),
    ) -> Result<usize, ExplainError> {
        let step = self.row_batch(columns);
        let mut width = 0;
        let mut first = 0;
        let mut batch = Array2::<f64>::zeros((step.min(count), columns));
        while first < count {
            self.check_cancelled()?;
            let rows = step.min(count - first);
            let mut part = batch.slice_mut(ndarray::s![..rows, ..]);
            if let Some(flat) = part.as_slice_mut() {
                for (i, row) in flat.chunks_exact_mut(columns.max(1)).enumerate() {
                    fill(first + i, row);
                }
            }
            let outputs = self.model().forward_rows(part.view(), readout.output.as_deref())?;
            if outputs.nrows() != rows {
                return Err(ModelError::Failed(format!("{} answers for {rows} rows", outputs.nrows())).into());
            }
            self.count_forward(rows);
            width = outputs.ncols();
            for (i, row) in outputs.rows().into_iter().enumerate() {
                match (readout.space, row.as_slice()) {
                    (OutputSpace::Raw, Some(answer)) => each(first + i, answer),
                    (OutputSpace::Raw, None) => each(first + i, &row.to_vec()),
                    (OutputSpace::Probability, _) => each(first + i, &in_space(row, readout.space)),
                }
            }
            first += rows;
            self.tell(first, count);
        }
        Ok(width)
    }

    /// The explained scalar of each row of `ask`.
    pub fn row_values(&mut self, ask: &AskRows<'_>) -> Result<Vec<f64>, ExplainError> {
        let outputs = self.rows(ask.columns.len(), ask.x.nrows(), &ask.readout, |i, row| {
            row.iter_mut().zip(ask.row(i)).for_each(|(to, from)| *to = *from);
        })?;
        Ok(row_scalars(&outputs, OutputSpace::Raw, ask.targets)?)
    }

    fn row_batch(&self, columns: usize) -> usize {
        let most = (BATCH_NUMBERS / columns.max(1)).max(1);
        if let Some(rows) = self.batch_rows() {
            return rows.min(most);
        }
        let pass = self.model().rows_per_pass(&[columns]).clamp(1, most);
        (BATCH_ROWS.min(most) / pass).max(1) * pass
    }
}
