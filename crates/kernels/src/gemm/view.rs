//! A matrix inside a slice.

/// A matrix whose elements lie at `row * row_stride + column * column_stride` of a slice.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    /// The elements.
    pub data: &'a [f32],
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Elements from a row to the next.
    pub row_stride: usize,
    /// Elements from a column to the next.
    pub column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A matrix that lies in the slice row by row.
    pub fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self {
            data,
            rows,
            columns,
            row_stride: columns,
            column_stride: 1,
        }
    }

    /// The same elements with rows and columns exchanged.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// The same shape and strides, `offset` elements further on.
    #[must_use]
    pub fn at(self, offset: usize) -> Self {
        Self {
            data: &self.data[offset..],
            ..self
        }
    }

    /// Some of the rows.
    pub(crate) fn row_range(self, rows: std::ops::Range<usize>) -> Self {
        Self {
            data: &self.data[(rows.start * self.row_stride).min(self.data.len())..],
            rows: rows.len(),
            ..self
        }
    }
}
