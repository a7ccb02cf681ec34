//! Tables of rows: read, typed, described, and turned into what a model takes.
//!
//! **What it is.** CSV and Parquet files as typed columns ([`Table`]), what is worth knowing of each ([`Schema`]), how a
//! model's features are read from them ([`Feature`]), and a model that is asked in the table's own units ([`Encoded`]).
//!
//! **What it promises.** It is total: any bytes are a table or one sentence with the line and what to do. Memory is bounded
//! by the size of the file and by [`MOST_CELLS`]. Every guess comes with its reason and can be overruled by [`Options`];
//! the same bytes with the same options are the same table.
//!
//! **What it must never know.** Burn, SQL, HTTP, where files lie, how anything is explained.

mod column;
mod convert;
mod csv_file;
mod encoded;
mod encoder;
mod error;
mod feature;
mod matching;
mod moment;
mod options;
mod parquet_file;
mod schema;
mod table;
mod target;
mod texts;
mod words;

pub use column::{Cell, Column, Unreadable};
pub use encoded::Encoded;
pub use encoder::Encoder;
pub use error::TableError;
pub use feature::{Encoding, Feature, FeatureKind, Missing, Standardise, Unknown};
pub use matching::{Matched, ModelFeatures, match_features};
pub use options::{ColumnEdit, Decimal, Kind, LabelOrder, Options};
pub use schema::{ColumnSchema, Histogram, Schema};
pub use table::Table;

/// Most columns of a table.
pub const MOST_COLUMNS: usize = 16_384;
/// Most cells of a table: rows times columns.
pub const MOST_CELLS: usize = 50_000_000;
/// Most labels that a column may have without being told that it is a category.
pub const MOST_GUESSED_LABELS: usize = 1_000;
/// Most labels of a category.
pub const MOST_LABELS: usize = 10_000;
