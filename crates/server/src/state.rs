//! What every handler can reach.

use std::sync::Arc;

use glassboard_ingest::Place;
use glassboard_store::{Actor, Store};
use glassboard_tensorboard::Provider;
use tokio_util::sync::CancellationToken;

use crate::assets::Assets;
use crate::imports::Imports;
use crate::live::Hub;
use crate::security::Guard;
use crate::work::Work;

/// Cheap to clone; one per server.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

pub(crate) struct Inner {
    pub store: Store,
    pub tensorboard: Provider,
    pub hub: Hub,
    pub imports: Imports,
    pub work: Work,
    pub assets: Assets,
    pub guard: Guard,
    pub base: String,
    pub logdirs: Vec<Place>,
    pub demo: bool,
    pub graphs: crate::graphs::Cache,
    pub stopping: CancellationToken,
}

impl AppState {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Rows and bytes.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The store in TensorBoard's words.
    pub fn tensorboard(&self) -> &Provider {
        &self.0.tensorboard
    }

    /// Where live events go out.
    pub fn hub(&self) -> &Hub {
        &self.0.hub
    }

    /// How far log folders are imported.
    pub fn imports(&self) -> &Imports {
        &self.0.imports
    }

    /// The pool of workers, and what is asked of it.
    pub fn work(&self) -> &Work {
        &self.0.work
    }

    /// The embedded web build.
    pub fn assets(&self) -> &Assets {
        &self.0.assets
    }

    /// Who may come in.
    pub fn guard(&self) -> &Guard {
        &self.0.guard
    }

    /// The prefix of every path, without a trailing slash.
    pub fn base(&self) -> &str {
        &self.0.base
    }

    /// The address of a path of ours.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0.base)
    }

    /// The watched log folders.
    pub fn logdirs(&self) -> &[Place] {
        &self.0.logdirs
    }

    /// Whether this is the demo.
    pub fn is_demo(&self) -> bool {
        self.0.demo
    }

    /// Logged graphs that were read lately.
    pub fn graphs(&self) -> &crate::graphs::Cache {
        &self.0.graphs
    }

    /// Who asks: on a single-user instance always the owner.
    #[expect(clippy::unused_self, reason = "a team instance answers by who is logged in")]
    pub fn actor(&self) -> Actor {
        Actor::OWNER
    }

    /// Cancelled when the server stops; long answers end with it.
    pub fn stopping(&self) -> CancellationToken {
        self.0.stopping.clone()
    }
}
