//! Every explanation method and every piece of evidence, by name. Data only.
//!
//! **What it is.** One [`Entry`] a method: its title, what it needs, its parameters with defaults
//! and JSON Schema, its cost as a formula, its paper. The form in the web page, the flags of the
//! command line and the schema of the API are all made from the entry.
//!
//! **What it promises.** [`validate`] turns what a user asked into the full set of parameters or into
//! one clear sentence; [`applies`] says whether a method fits a model, and if not, why.
//!
//! **What it must never know.** How a method computes, models' bytes, SQL, HTTP.

mod applies;
mod cost;
pub mod docs;
mod entry;
mod evidence;
mod methods;
mod metrics;
mod validate;

pub use applies::{Facts, Kind, applies, default_method};
pub use cost::Count;
pub use entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};
pub use evidence::{Better, Evidence, EvidenceFamily, evidence};
pub use validate::{BadParams, parse_assignment, validate};

/// The methods that give every element of the input a value, in the order a form lists them.
pub fn methods() -> &'static [Entry] {
    methods::INPUT
}

/// The methods whose answer has the shape of an inner layer, not of the input.
pub fn layer_methods() -> &'static [Entry] {
    methods::LAYER
}

/// The methods that work on rows of a table in its own units, one answer a row.
pub fn row_methods() -> &'static [Entry] {
    methods::ROWS
}

/// The methods that describe a model over a whole data set.
pub fn data_methods() -> &'static [Entry] {
    methods::DATA
}

/// Every method.
pub fn all_methods() -> impl Iterator<Item = &'static Entry> {
    methods::INPUT
        .iter()
        .chain(methods::LAYER)
        .chain(methods::ROWS)
        .chain(methods::DATA)
}

/// The entry called `name`, of any kind.
pub fn find(name: &str) -> Option<&'static Entry> {
    all_methods().find(|entry| entry.name == name)
}
