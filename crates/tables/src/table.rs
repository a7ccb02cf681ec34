//! A table in memory.

use ndarray::Array2;

use crate::column::Column;
use crate::convert::{Origin, typed};
use crate::error::TableError;
use crate::options::Options;
use crate::schema::Schema;
use crate::{csv_file, parquet_file, target};

/// Rows of typed columns.
#[derive(Debug, Clone)]
pub struct Table {
    /// `csv` or `parquet`.
    pub format: &'static str,
    /// In the order of the file.
    pub columns: Vec<Column>,
    /// What a reader of the table should know, a sentence each.
    pub notes: Vec<String>,
    /// Index of the column that holds the answer.
    pub target: Option<usize>,
    /// Why that one.
    pub target_reason: Option<String>,
    /// What separates cells; none in Parquet.
    pub separator: Option<char>,
    /// Whether the first line holds names; none in Parquet.
    pub header: Option<bool>,
    pub(crate) options: Options,
    rows: usize,
}

impl Table {
    /// Whether `bytes` begin like a Parquet file.
    pub fn is_parquet(bytes: &[u8]) -> bool {
        bytes.starts_with(b"PAR1")
    }

    /// Reads a CSV or a Parquet file, told apart by content.
    ///
    /// # Errors
    ///
    /// What is wrong and where, if the bytes are no table, a line is broken, the table is too large, or the options do
    /// not fit it.
    pub fn read(bytes: &[u8], options: &Options) -> Result<Self, TableError> {
        let mut table = if Self::is_parquet(bytes) {
            let file = parquet_file::read(bytes, options)?;
            Self {
                format: "parquet",
                rows: file.rows,
                columns: file.columns,
                notes: file.notes,
                target: None,
                target_reason: None,
                separator: None,
                header: None,
                options: options.clone(),
            }
        } else {
            Self::from_csv(bytes, options)?
        };
        if let Some(unknown) = options.columns.keys().find(|name| table.position(name).is_none()) {
            return Err(TableError::Options(format!("the table has no column `{unknown}`")));
        }
        match options.target.as_deref() {
            Some("") => table.target_reason = Some("given: no column holds the answer".to_owned()),
            Some(name) => {
                let at = table.position(name);
                let at = at.ok_or_else(|| TableError::Options(format!("the table has no column `{name}`")))?;
                table.target = Some(at);
                table.target_reason = Some("given".to_owned());
            }
            None => (table.target, table.target_reason) = target::guess(&table.columns).unzip(),
        }
        Ok(table)
    }

    fn from_csv(bytes: &[u8], options: &Options) -> Result<Self, TableError> {
        let file = csv_file::read(bytes, options)?;
        // A comma cannot be both: where it separates cells, only quoted numbers have decimal commas.
        let origin = Origin::Csv {
            commas: file.separator != ',',
            lines: &file.lines,
        };
        let mut columns = Vec::with_capacity(file.names.len());
        for (name, texts) in file.names.into_iter().zip(file.columns) {
            columns.push(typed(name, texts, options, origin)?);
        }
        Ok(Self {
            format: "csv",
            rows: file.lines.len(),
            columns,
            notes: file.notes,
            target: None,
            target_reason: None,
            separator: Some(file.separator),
            header: Some(file.header),
            options: options.clone(),
        })
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The index of the column called `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.position(name).map(|at| &self.columns[at])
    }

    /// Row `at` in the table's units, one number a column: categories by index, NaN missing, texts by row.
    pub fn row(&self, at: usize) -> Option<Vec<f64>> {
        (at < self.rows).then(|| self.columns.iter().map(|column| column.values[at]).collect())
    }

    /// Columns `wanted` of all rows in the table's units, `[rows, wanted]`.
    pub fn matrix(&self, wanted: &[usize]) -> Array2<f64> {
        let all: Vec<usize> = (0..self.rows).collect();
        self.matrix_of(&all, wanted)
    }

    /// Columns `wanted` of the rows `rows`, `[rows, wanted]`; NaN where a row or a column is not there.
    pub fn matrix_of(&self, rows: &[usize], wanted: &[usize]) -> Array2<f64> {
        let value = |row: usize, column: usize| {
            let found = self.columns.get(column).and_then(|column| column.values.get(row));
            found.copied().unwrap_or(f64::NAN)
        };
        Array2::from_shape_fn((rows.len(), wanted.len()), |(i, j)| value(rows[i], wanted[j]))
    }

    /// What is worth knowing of it.
    pub fn schema(&self) -> Schema {
        Schema::of(self)
    }
}
