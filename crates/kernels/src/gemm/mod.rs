//! Matrix products.
//!
//! The product is computed in tiles that stay in registers, over operands packed into panels (Goto and
//! van de Geijn, 2008). Every element is the sum over `k` in one order, in passes whose length depends
//! on `k` alone: neither threads, nor the cuts between blocks, nor the other rows and columns change a
//! bit of it.

mod kernel;
mod linear;
mod pack;
mod run;
mod split;
mod target;
mod view;

use rayon::prelude::*;

pub use linear::Linear;
pub use view::Matrix;

pub(crate) use kernel::{Pass, run as run_pass};
pub(crate) use pack::{DEPTH, PackedRows};
pub(crate) use run::{Columns, Part, from_columns, stride as panel_stride};
pub(crate) use split::Split;
pub(crate) use target::{Step, Target, whole as whole_target};

use crate::epilogue::{Axis, Epilogue};
use crate::scratch;
use pack::{PackedColumns, depth};

/// `c = epilogue(a b)` with `a` of `[m, k]`, `b` of `[k, n]` and `c` of `[m, n]`, row by row; the
/// epilogue's arrays run along the columns.
///
/// # Panics
/// Where the shapes do not fit.
pub fn product(a: Matrix<'_>, b: Matrix<'_>, epilogue: &Epilogue<'_>, c: &mut [f32]) {
    assert!(a.columns == b.rows && c.len() == a.rows * b.columns);
    if c.is_empty() {
        return;
    }
    let depth = depth(a.columns);
    if b.columns <= a.rows {
        let room = scratch::take(PackedColumns::size(b.rows, b.columns));
        let packed = PackedColumns::new(b, depth, room);
        run::from_rows(a, &packed, epilogue, c);
    } else {
        let packed = PackedRows::new(a, depth, scratch::take(PackedRows::size(a.rows, a.columns)));
        let source = run::MatrixColumns { matrix: b, depth };
        let part = Part {
            left: &packed,
            right: source,
        };
        from_columns(&[part], b.columns, b.columns, epilogue, Axis::Column, c);
    }
}

/// `c[i] = a[i] b[i]` for matrices of one shape that lie at `a_offsets[i]` and `b_offsets[i]` of their
/// slices; `c` is `[batch, m, n]`. The same offset may come again, which is how an axis is broadcast.
///
/// # Panics
/// Where the shapes do not fit.
pub fn batched(a: Matrix<'_>, a_offsets: &[usize], b: Matrix<'_>, b_offsets: &[usize], c: &mut [f32]) {
    let size = a.rows * b.columns;
    assert!(a_offsets.len() == b_offsets.len() && c.len() == a_offsets.len() * size);
    if c.is_empty() {
        return;
    }
    c.par_chunks_exact_mut(size)
        .zip(a_offsets.par_iter().zip(b_offsets))
        .for_each(|(c, (&i, &j))| product(a.at(i), b.at(j), &Epilogue::default(), c));
}
