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

pub use applies::{Facts, Kind, applies, channels_first, default_method};
pub use cost::Count;
pub use entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};
pub use evidence::{Better, Evidence, EvidenceFamily, evidence};
pub use validate::{BadParams, parse_assignment, validate};

/// What a method is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One input, as the model takes it.
    Input,
    /// Rows of a table in its own units, one answer each.
    Row,
    /// A table as a whole.
    Set,
    /// One input; the answer has the shape of an inner layer.
    Layer,
    /// Inputs together with other sets of inputs, or with other checkpoints, as the model takes them.
    Sets,
    /// One sentence, one value a token.
    Text,
}

impl Scope {
    /// In the order a form lists them.
    pub const ALL: [Self; 6] = [Self::Input, Self::Row, Self::Set, Self::Layer, Self::Sets, Self::Text];

    /// Its name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Row => "row",
            Self::Set => "set",
            Self::Layer => "layer",
            Self::Sets => "sets",
            Self::Text => "text",
        }
    }

    /// The methods of this scope.
    pub fn methods(self) -> &'static [Entry] {
        match self {
            Self::Input => methods::INPUT,
            Self::Row => methods::ROWS,
            Self::Set => methods::DATA,
            Self::Layer => methods::LAYER,
            Self::Sets => methods::SETS,
            Self::Text => methods::TEXT,
        }
    }
}

/// What the method called `name` is asked about.
pub fn scope(name: &str) -> Option<Scope> {
    Scope::ALL
        .into_iter()
        .find(|scope| scope.methods().iter().any(|entry| entry.name == name))
}

/// Every method.
pub fn all_methods() -> impl Iterator<Item = &'static Entry> {
    Scope::ALL.into_iter().flat_map(Scope::methods)
}

/// The entry called `name`, of any kind.
pub fn find(name: &str) -> Option<&'static Entry> {
    all_methods().find(|entry| entry.name == name)
}
