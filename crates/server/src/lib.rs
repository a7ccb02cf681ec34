//! The HTTP door: pages, JSON API and live events over one store.
//!
//! **What it is.** `router` is the table of contents; every endpoint is one file, `<noun>/<verb>.rs`.
//! Pages are askama templates that are useful before any script runs.
//!
//! **What it promises.** Loopback unless a token is set; every response carries the same strict
//! headers; every error is one problem object, turned into a page at one edge. Shutdown drains.
//!
//! **What it must never know.** Burn, model files, image decoding: whatever an upload holds is
//! parsed by a worker child, never in the process that holds the logins.

mod accept;
mod activations;
mod assets;
mod compare;
mod comparisons;
mod config;
mod custom;
mod distributions;
mod embeddings;
mod events;
mod experiments;
mod explanations;
mod extract;
mod format;
mod graphs;
mod help;
mod histograms;
mod hparams;
mod images;
mod imports;
mod inputs;
mod jobs;
mod landing;
mod latest;
mod live;
mod lock;
mod login;
mod logs;
mod markdown;
mod meshes;
mod methods;
mod models;
mod page;
mod pr_curves;
mod predictions;
mod problem;
mod projections;
mod ranges;
mod router;
mod runs;
mod scalars;
mod security;
mod serve;
mod signals;
mod sounds;
mod state;
mod table;
mod tags;
mod tensorboard;
#[cfg(test)]
mod tests;
mod text;
mod texts;
mod timing;
mod upload;
mod values;
mod views;
mod work;

pub use config::{Config, Engine};
pub use lock::{Lock, LockError, Served};
pub use serve::{Running, serve, start};
