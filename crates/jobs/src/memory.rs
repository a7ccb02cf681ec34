//! Jobs that leave no trace: the input travels with the request, the answer waits in memory for ten
//! minutes. This is *explain without keeping*, and how a page asks for a few rows of a table.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use glassboard_store::{Clock, Micros};
use serde_json::Value;
use tokio::sync::watch;

use crate::child::Progress;
use crate::protocol::Fault;
use crate::queue::{Claimed, Heartbeat, JobId};
use crate::spec::JobSpec;

/// Jobs that may wait at a time.
const MOST_WAITING: usize = 32;
/// Answers kept at a time; the oldest makes room.
const MOST_KEPT: usize = 32;
/// How long an answer waits to be fetched.
const KEPT_FOR: i64 = 600_000_000;

/// What the ids of jobs in memory begin with, so that nobody looks for their row.
const PREFIX: &str = "memory-";

/// Whether `id` is a job in memory, known still or forgotten.
pub fn is_in_memory(id: &JobId) -> bool {
    id.0.starts_with(PREFIX)
}

/// Where a job in memory stands.
#[derive(Debug, Clone, PartialEq)]
pub enum MemoryState {
    /// Waiting for a slot.
    Queued,
    /// In a worker.
    Running(Progress),
    /// With its answer.
    Done(Arc<MemoryAnswer>),
    /// Without.
    Failed {
        /// Whose fault.
        fault: Fault,
        /// What, where, what to do.
        message: String,
    },
}

/// An answer that is on no disk.
#[derive(Debug, PartialEq)]
pub struct MemoryAnswer {
    /// As `JobSpec` says for the kind.
    pub result: Value,
    /// The arrays.
    pub attachments: Vec<Vec<u8>>,
}

/// Too many jobs wait; try again in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{MOST_WAITING} questions wait already; try again in a moment")]
pub struct Full;

struct Entry {
    state: watch::Sender<MemoryState>,
    created: Micros,
}

#[derive(Default)]
struct Table {
    waiting: VecDeque<Claimed>,
    entries: HashMap<JobId, Entry>,
}

/// The jobs in memory.
pub struct MemoryJobs {
    table: Mutex<Table>,
    clock: Arc<dyn Clock>,
}

impl MemoryJobs {
    /// None yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            table: Mutex::default(),
            clock,
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a job; ring the pool afterwards.
    pub fn submit(
        &self,
        spec: JobSpec,
        attachments: Vec<Vec<u8>>,
    ) -> Result<(JobId, watch::Receiver<MemoryState>), Full> {
        let now = self.clock.now();
        let mut table = self.table();
        if table.waiting.len() >= MOST_WAITING {
            return Err(Full);
        }
        table.entries.retain(|_, entry| now.0 - entry.created.0 < KEPT_FOR);
        while table.entries.len() >= MOST_KEPT + MOST_WAITING {
            let finished =
                |entry: &Entry| matches!(*entry.state.borrow(), MemoryState::Done(_) | MemoryState::Failed { .. });
            let oldest = table
                .entries
                .iter()
                .filter(|(_, entry)| finished(entry))
                .min_by_key(|(_, entry)| entry.created);
            let Some(id) = oldest.map(|(id, _)| id.clone()) else {
                return Err(Full);
            };
            table.entries.remove(&id);
        }
        let id = JobId(format!("{PREFIX}{}", ulid::Ulid::new()));
        let (state, watcher) = watch::channel(MemoryState::Queued);
        table.entries.insert(id.clone(), Entry { state, created: now });
        table.waiting.push_back(Claimed {
            id: id.clone(),
            spec,
            attempt: 1,
            attachments,
        });
        Ok((id, watcher))
    }

    /// Where a job stands; `None` once it is forgotten.
    pub fn state(&self, id: &JobId) -> Option<MemoryState> {
        let now = self.clock.now();
        let table = self.table();
        let entry = table
            .entries
            .get(id)
            .filter(|entry| now.0 - entry.created.0 < KEPT_FOR)?;
        let state = entry.state.borrow().clone();
        Some(state)
    }

    /// Forgets a job and its answer, and stops it if it runs. False if there is none of that id.
    pub fn forget(&self, id: &JobId) -> bool {
        let mut table = self.table();
        table.waiting.retain(|job| job.id != *id);
        table.entries.remove(id).is_some()
    }

    pub(crate) fn claim(&self) -> Option<Claimed> {
        let mut table = self.table();
        let job = table.waiting.pop_front()?;
        if let Some(entry) = table.entries.get(&job.id) {
            entry.state.send_replace(MemoryState::Running(Progress {
                fraction: 0.0,
                message: String::new(),
            }));
        }
        Some(job)
    }

    pub(crate) fn heartbeat(&self, id: &JobId, progress: &Progress) -> Heartbeat {
        match self.table().entries.get(id) {
            Some(entry) => {
                entry.state.send_replace(MemoryState::Running(progress.clone()));
                Heartbeat::Continue
            }
            None => Heartbeat::Stop,
        }
    }

    pub(crate) fn end(&self, id: &JobId, state: MemoryState) {
        if let Some(entry) = self.table().entries.get(id) {
            entry.state.send_replace(state);
        }
    }
}
