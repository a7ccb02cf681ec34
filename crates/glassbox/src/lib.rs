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
