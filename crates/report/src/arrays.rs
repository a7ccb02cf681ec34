//! The arrays of an answer, taken out of the columns format.

use glassboard_model::columns;

/// The arrays that came with an answer do not decode. The caller says that the explanation is damaged.
#[derive(Debug, thiserror::Error)]
#[error("the arrays of this explanation do not decode: {0}")]
pub struct BadArrays(String);

/// One array: shape and values, row-major.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Named {
    /// `f32`, `f64`, `i64`, `u32` or `u8`: as what the values were kept.
    pub dtype: String,
    /// Row-major.
    pub shape: Vec<usize>,
    /// Its values.
    pub values: Vec<f64>,
}

/// Arrays by name, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arrays {
    all: Vec<(String, Named)>,
    range: Option<[f64; 2]>,
}

impl Arrays {
    /// Out of a file in the columns format.
    pub fn read(bytes: &[u8]) -> Result<Self, BadArrays> {
        let file = columns::read(bytes).map_err(|e| BadArrays(e.to_string()))?;
        let mut out = Vec::with_capacity(file.columns.len());
        for column in file.columns {
            let values = column.to_f64();
            let name = column.name;
            let (shape, dtype) = (column.shape, column.dtype);
            out.push((name, Named { dtype, shape, values }));
        }
        let ends = |i: usize| file.meta.get("range").and_then(|range| range[i].as_f64());
        Ok(Self {
            all: out,
            range: ends(0).zip(ends(1)).map(|(black, white)| [black, white]),
        })
    }

    #[cfg(test)]
    pub(crate) fn of(all: Vec<(String, Named)>) -> Self {
        Self { all, range: None }
    }

    /// What is black and what is white in `input`, of a picture that says so.
    pub(crate) fn range(&self) -> Option<[f64; 2]> {
        self.range
    }

    /// The array of that name.
    pub fn get(&self, name: &str) -> Option<&Named> {
        self.all.iter().find(|(n, _)| n == name).map(|(_, array)| array)
    }

    /// Every array, in the order of the file.
    pub fn all(&self) -> &[(String, Named)] {
        &self.all
    }

    /// Row `row` of a two-dimensional array.
    pub(crate) fn row(&self, name: &str, row: usize) -> &[f64] {
        let Some(array) = self.get(name) else { return &[] };
        let rows = array.shape.first().copied().unwrap_or(0);
        let width = array.values.len().checked_div(rows).unwrap_or(0);
        array.values.get(row * width..(row + 1) * width).unwrap_or_default()
    }
}
