//! The language in which a table of runs is asked: `lr < 1e-3 and val/acc > .9`.
//!
//! **What it is.** A parser from text to an [`Expr`], and its evaluation over anything that can say what a name is
//! worth ([`Subject`]). `docs/organising-runs.md` has the grammar.
//!
//! **What it promises.** It is total: every text is an expression or an error that names a column and says in a
//! sentence what is wrong. Nesting is bounded. An expression written out and parsed again is the same expression.
//!
//! **What it must never know.** Stores, HTTP, what a run is.

mod ast;
mod date;
mod eval;
mod lex;
mod parse;

pub use ast::{Compare, Expr, Literal, Name, Part};
pub use date::Span;
pub use eval::{Subject, Worth, matches};
pub use parse::{name, parse};

/// Longest text that is read, in bytes.
pub const LONGEST: usize = 4000;

/// What is wrong with a query, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct QueryError {
    /// The character at which it goes wrong, counted from 1; one after the last at the end.
    pub column: usize,
    /// How many characters are wrong; 0 at the end.
    pub length: usize,
    /// What is wrong, in a sentence without its full stop.
    pub message: String,
}
