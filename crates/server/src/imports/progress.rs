//! How far the watched log folders are imported.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use glassboard_ingest::Progress;

/// Imports at hand, by experiment. Cheap to clone.
#[derive(Clone, Default)]
pub struct Imports(Arc<Mutex<HashMap<String, Progress>>>);

impl Imports {
    /// Notes how far an import is; `None` when it is done.
    pub fn set(&self, experiment: &str, progress: Option<Progress>) {
        let mut imports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Some(progress) => imports.insert(experiment.to_owned(), progress),
            None => imports.remove(experiment),
        };
    }

    /// How far an experiment's import is, if there is one at hand.
    pub fn of(&self, experiment: &str) -> Option<Progress> {
        let imports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        imports.get(experiment).copied()
    }
}
