//! Shapes before anything runs: what every value of a graph looks like, and what a run would cost.
//!
//! **What it is.** [`Shapes::of`] walks a graph once, from the declared inputs, and learns of every
//! value its element type, its shape (numbers, or expressions over named sizes such as `batch`), and
//! of small integer tensors their elements, because exported transformers compute most of their
//! shapes in the graph: `Shape -> Gather -> Unsqueeze -> Concat -> Reshape`.
//!
//! **What it promises.** It never fails and never runs long: what cannot be known stays unknown, a
//! node that cannot work is a sentence. A named size is at least one; where that is so, a known
//! dimension is what the run will make.
//!
//! # How to write a rule
//!
//! A rule is a function from a [`Site`] (the node with what is known of its inputs) to one [`Fact`]
//! per output, hung onto the operator's line in its table: `e("Relu", relu).shape(rules::same)`.
//! Look first at [`rules`], which has the common ones. A rule of one operator alone lives in the
//! operator's file, next to its function:
//!
//! ```ignore
//! /// `[batch, classes]` probabilities beside one label a row.
//! fn shape(s: &Site<'_>) -> Inferred {
//!     let x = s.shape_of_rank(0, 2)?;              // unknown, or a contradiction: `?` passes it on
//!     let labels = Fact::new(Some(Elem::I64), vec![x[0].clone()]);
//!     let scores = Fact::new(Some(Elem::F32), vec![x[0].clone(), s.int("classes", 1).into()]);
//!     Ok(vec![labels, scores])
//! }
//! ```
//!
//! - Dimensions are [`Dim`]s; compute with `&a + &b`, `&a * 2`, [`Dim::floor_div`], [`Dim::product`]. Arithmetic
//!   never fails. Never ask whether a dimension is a number where an expression will do.
//! - Ask [`Dim::differs`] before you call two dimensions a contradiction: `seq` may well be 512.
//! - What is not known: [`Dim::unknown_size`] for one dimension, [`Fact::ranked`] for all of them,
//!   [`Fact::typed`] or [`Gap::Unknown`] with the element types where even the rank is open.
//! - Elements matter for shapes only: if the operator moves or computes small integers, give the
//!   result its [`Fact::content`] (see `rules/elementwise.rs`); else leave them out.
//! - A contradiction is one sentence about the inputs, without the node's name: [`contradiction`].
//! - One output: end with [`only`].

mod dim;
#[cfg(test)]
mod dim_tests;
mod divide;
mod fact;
mod infer;
mod memory;
pub mod rules;
mod site;

pub use dim::{Bindings, Dim, DimError};
pub use fact::{Content, Fact, MAX_CONTENT, unknown_shape};
pub use infer::{Rules, Shapes, symbol_of};
pub use memory::{Need, Pass, size_text};
pub use site::{Gap, Inferred, Rule, Site, axes, axis, contradiction, only};
