//! A store in a folder of its own, and event files written by hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use glassboard_events::write::{record, version};
use glassboard_ingest::{Imported, Root, Stop, import_once};
use glassboard_store::{Actor, Store, SystemClock};
use tokio::runtime::Runtime;

/// A runtime, a store, a log folder.
pub struct Bench {
    pub runtime: Runtime,
    pub store: Store,
    pub folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let store = runtime
            .block_on(Store::open(&data, Arc::new(SystemClock)))
            .expect("a store");
        std::fs::create_dir(folder.path().join("logs")).expect("a log folder");
        Self { runtime, store, folder }
    }

    pub fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    pub fn import(&self, path: &Path) -> Imported {
        let root = Root {
            place: path.to_owned().into(),
            name: None,
        };
        import_once(
            &self.store,
            &Actor::OWNER,
            self.runtime.handle(),
            &root,
            &Stop::default(),
        )
        .expect("an import")
    }

    /// Steps and values shown of a tag of a run, by the run's name; `superseded` for all that is stored.
    pub fn points(&self, experiment: &str, run: &str, tag: &str, superseded: bool) -> Vec<(i64, f64)> {
        self.runtime.block_on(async {
            let runs = self.store.runs(&Actor::OWNER, experiment).await.expect("runs");
            let Some(run) = runs.into_iter().find(|one| one.name == run) else {
                return Vec::new();
            };
            let points = self
                .store
                .scalar_points(&Actor::OWNER, experiment, &run.id, tag, superseded)
                .await;
            points.map_or_else(
                |_| Vec::new(),
                |points| points.step.into_iter().zip(points.value).collect(),
            )
        })
    }

    /// The reasons of what was skipped in a run.
    pub fn skipped(&self, experiment: &str, run: &str) -> Vec<String> {
        self.runtime.block_on(async {
            let runs = self.store.runs(&Actor::OWNER, experiment).await.expect("runs");
            let run = runs.into_iter().find(|one| one.name == run).expect("the run");
            let detail = self
                .store
                .run(&Actor::OWNER, experiment, &run.id)
                .await
                .expect("the run");
            detail.skipped.into_iter().map(|one| one.reason).collect()
        })
    }
}

/// A file of these events, after the first record that every file has.
pub fn file(events: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    record(&mut bytes, &version(1e9));
    for event in events {
        record(&mut bytes, event);
    }
    bytes
}

/// Writes a file of a run below the log folder.
pub fn write(logs: &Path, run: &str, name: &str, bytes: &[u8]) -> PathBuf {
    let folder = logs.join(run);
    std::fs::create_dir_all(&folder).expect("a run folder");
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}
