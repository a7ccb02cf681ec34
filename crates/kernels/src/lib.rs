//! Numerical kernels on slices of `f32`, forward and backward.
//!
//! **What it is.** The operations whose speed decides what an explanation costs, written once on plain
//! row-major slices: functions of one number and of two, reductions, normalisations, soft maxima,
//! pooling, copies and resizing, tree ensembles.
//!
//! **What it promises.** The instruction set is chosen at run time, so one binary runs anywhere. The
//! number of threads never changes a bit of any result: work is cut into pieces by the size of the
//! data alone, and no sum crosses a piece. Every kernel agrees with its twin in [`mod@reference`],
//! which computes in `f64` and is what the property tests hold it to.
//!
//! **What it must never know.** Burn, ONNX, graphs, files. Shapes are checked by the caller; a slice
//! of the wrong length is a panic, not a wrong answer.

#![expect(
    clippy::float_cmp,
    reason = "ties of maxima and exact special cases are meant: nothing within a margin is the same"
)]
#![expect(
    clippy::inline_always,
    reason = "what is not inlined into the function of an instruction set is not compiled for it"
)]

pub mod activation;
pub mod arg;
pub mod binary;
pub mod conv;
pub mod copy;
pub mod epilogue;
pub mod gelu;
pub mod gemm;
pub mod integer;
pub mod interpolate;
pub mod norm;
pub mod pool;
pub mod reduce;
pub mod reference;
pub mod remap;
pub mod select;
pub mod softmax;
pub mod trees;
pub mod unary;

mod lanes;
mod machine;
mod parallel;
mod scratch;
mod vector;
mod walk;
