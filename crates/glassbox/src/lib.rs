//! Models that explain themselves: ensembles of trees and linear models, read from the files of the libraries that
//! made them.
//!
//! **What it is.** One reader a format, all into the plain [`TreeEnsemble`](glassboard_model::TreeEnsemble) or
//! [`LinearModel`](glassboard_model::LinearModel), and models that answer the
//! [`Model`](glassboard_model::Model) trait with them.
//!
//! **What it promises.** Predictions equal to those of the library that wrote the file. A file that cannot be read
//! gives one sentence: what, where, what to do.
//!
//! **What it must never know.** Burn, SQL, HTTP, how anything is explained.

mod answers;
mod catboost;
mod described;
mod error;
mod format;
mod grow;
mod layout;
mod lightgbm;
mod limits;
mod linear_model;
pub mod onnx;
mod read;
mod recognised;
mod response;
mod tree_model;
pub mod trees_json;
mod ubj;
mod xgboost;

use glassboard_model::Model;

pub use described::{Body, Described, Feature, FeatureKind, Glass};
pub use error::ReadError;
pub use format::{Format, HEAD_BYTES, may_be, sniff};
pub use linear_model::LinearGlass;
pub use read::read;
pub use recognised::Recognised;
pub use response::Response;
pub use tree_model::TreeModel;

impl Glass {
    /// As a model that can be run and explained.
    pub fn into_model(self) -> Box<dyn Model> {
        match self.body {
            Body::Trees(trees) => Box::new(TreeModel::new(trees, self.response, self.described)),
            Body::Linear(linear) => Box::new(LinearGlass::new(linear, self.response, self.described)),
        }
    }
}
