//! How far the watched log folders are imported.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use glassboard_ingest::Progress;
use serde::Serialize;

/// Imports at hand, by experiment. Cheap to clone.
#[derive(Clone, Default)]
pub struct Imports(Arc<Mutex<HashMap<String, Progress>>>);

/// How far one is, as the API says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Import {
    /// Bytes read.
    pub bytes: u64,
    /// Bytes that were there when it began.
    pub total: u64,
}

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
    pub fn of(&self, experiment: &str) -> Option<Import> {
        let imports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        imports.get(experiment).map(|progress| Import {
            bytes: progress.bytes,
            total: progress.total,
        })
    }
}
