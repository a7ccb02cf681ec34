//! What the pool asks of a queue. The row behind it is the truth; the pool only moves it on.

use std::future::Future;

use glassboard_store::StoreError;
use serde_json::Value;

use crate::child::Progress;
use crate::protocol::Fault;
use crate::spec::JobSpec;

/// A job's id: a ULID, so that ids sort by age.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub String);

impl std::fmt::Display for JobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A job that one slot holds. Every write about it names `attempt`, so that a slot that was given
/// up on changes nothing.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Which job.
    pub id: JobId,
    /// What to do.
    pub spec: JobSpec,
    /// 1 for the first try.
    pub attempt: u32,
    /// Bytes that travel with the request and are kept nowhere.
    pub attachments: Vec<Vec<u8>>,
}

/// What a heartbeat answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    /// Go on.
    Continue,
    /// Somebody cancelled it, or the row is no longer this slot's.
    Stop,
}

/// A queue that slots claim from.
pub trait JobQueue: Send + Sync + 'static {
    /// Hands out the oldest queued job, or none.
    fn claim(&self) -> impl Future<Output = Result<Option<Claimed>, StoreError>> + Send;

    /// Writes progress and asks whether to go on.
    fn heartbeat(
        &self,
        job: &Claimed,
        progress: &Progress,
    ) -> impl Future<Output = Result<Heartbeat, StoreError>> + Send;

    /// Keeps what is known so far, in memory, until the job ends or the next one replaces it.
    fn partial(&self, job: &JobId, result: Value, attachments: Vec<Vec<u8>>);

    /// Writes the result and what follows from it, in one transaction with the row.
    fn complete(
        &self,
        job: &Claimed,
        result: Value,
        attachments: Vec<Vec<u8>>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Ends the job with a sentence, or queues it again where `retry` and tries are left.
    fn fail(
        &self,
        job: &Claimed,
        fault: Fault,
        message: &str,
        retry: bool,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
