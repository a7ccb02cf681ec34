//! Matrix products.

use crate::gemm::Matrix;

/// [`crate::gemm::product`] without its epilogue.
pub fn product(a: Matrix<'_>, b: Matrix<'_>) -> Vec<f64> {
    let at = |m: &Matrix<'_>, i: usize, j: usize| f64::from(m.data[i * m.row_stride + j * m.column_stride]);
    let mut c = Vec::with_capacity(a.rows * b.columns);
    for i in 0..a.rows {
        for j in 0..b.columns {
            c.push((0..a.columns).map(|k| at(&a, i, k) * at(&b, k, j)).sum());
        }
    }
    c
}
