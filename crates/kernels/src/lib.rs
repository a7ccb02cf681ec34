//! Numerical kernels on slices of `f32`, forward and backward.
//!
//! **What it is.** The few operations whose speed decides what an explanation costs, written once on
//! plain row-major slices: element-wise functions, soft maxima, normalisations.
//!
//! **What it promises.** The instruction set is chosen at run time, so one binary runs anywhere. The
//! number of threads never changes a bit of any result: work is cut into pieces by the size of the
//! data alone, and no sum crosses a piece. Every kernel agrees with its scalar twin in [`mod@reference`],
//! which computes in `f64` and is what the property tests hold it to.
//!
//! **What it must never know.** Burn, ONNX, graphs, files. Shapes are checked by the caller; a slice
//! of the wrong length is a panic, not a wrong answer.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined into the function of an instruction set is not compiled for it"
)]

pub mod activation;
pub mod conv;
pub mod epilogue;
pub mod gelu;
pub mod gemm;
pub mod integer;
pub mod reference;
pub mod softmax;

mod machine;
mod parallel;
mod scratch;
mod vector;
