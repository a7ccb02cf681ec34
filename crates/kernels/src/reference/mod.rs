//! The same operations, one element after another in `f64`. Slow and plain: the truth that the property
//! tests hold the kernels to, and what a model of double precision runs on.

pub mod binary;
pub mod conv;
pub mod gemm;
pub mod interpolate;
pub mod norm;
pub mod pool;
pub mod reduce;
pub mod softmax;
pub mod unary;

pub use unary::erf;

/// Every index of `shape`, row-major.
fn indices(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> + '_ {
    (0..shape.iter().product::<usize>()).map(|mut flat| {
        let mut index = vec![0; shape.len()];
        for axis in (0..shape.len()).rev() {
            index[axis] = flat % shape[axis];
            flat /= shape[axis];
        }
        index
    })
}

/// Where the element at `index` of an array broadcast from `shape` comes from.
fn source(index: &[usize], shape: &[usize]) -> usize {
    let lead = index.len() - shape.len();
    let axes = shape.iter().zip(&index[lead..]);
    axes.fold(0, |at, (&size, &i)| at * size + if size == 1 { 0 } else { i })
}
