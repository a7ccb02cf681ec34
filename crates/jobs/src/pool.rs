//! The pool: a few slots, each with one child at a time, that claim jobs and see them through.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::child::{ChildCommand, Outcome, Progress, Step, WorkerChild};
use crate::protocol::Fault;
use crate::queue::{Claimed, Heartbeat, JobId, JobQueue};

/// A child that has done this many jobs makes room for a fresh one, so that no leak lives long.
const JOBS_PER_CHILD: u32 = 200;
/// A queue is looked at this often even when nobody rings.
const POLL: Duration = Duration::from_secs(1);
/// A heartbeat is written at most this often.
const HEARTBEAT: Duration = Duration::from_millis(150);

/// How many slots, and what runs in them.
#[derive(Debug, Clone)]
pub struct PoolConfig {
    /// Children at a time.
    pub slots: usize,
    /// How to start one.
    pub command: ChildCommand,
}

/// A running pool. Dropping it kills its children.
pub struct Pool {
    shared: Arc<Shared>,
    slots: JoinSet<()>,
}

/// Rings the pool and cancels its jobs; cheap to clone.
#[derive(Clone)]
pub struct PoolHandle(Arc<Shared>);

#[derive(Default)]
struct Shared {
    bell: Notify,
    stopping: CancellationToken,
    /// Cancel switches of the jobs that run now; at most one a slot.
    running: Mutex<HashMap<JobId, watch::Sender<bool>>>,
}

impl Pool {
    /// Starts the slots. Children are spawned when the first job needs one.
    pub fn start<Q: JobQueue>(config: &PoolConfig, queue: &Arc<Q>) -> Self {
        let shared = Arc::new(Shared::default());
        let mut slots = JoinSet::new();
        for number in 0..config.slots.max(1) {
            slots.spawn(slot(
                number,
                config.command.clone(),
                Arc::clone(queue),
                Arc::clone(&shared),
            ));
        }
        Self { shared, slots }
    }

    /// For those who enqueue and cancel.
    pub fn handle(&self) -> PoolHandle {
        PoolHandle(Arc::clone(&self.shared))
    }

    /// Stops claiming and kills the children; their jobs stay `running` in the queue and are queued
    /// again at the next start.
    pub async fn stop(mut self) {
        self.shared.stopping.cancel();
        self.slots.shutdown().await;
    }
}

impl PoolHandle {
    /// There may be work.
    pub fn ring(&self) {
        self.0.bell.notify_one();
    }

    /// Stops `job` if it runs here. A queued job is the queue's to cancel.
    pub fn cancel(&self, job: &JobId) -> bool {
        let running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.get(job).is_some_and(|switch| switch.send(true).is_ok())
    }
}

async fn slot<Q: JobQueue>(number: usize, command: ChildCommand, queue: Arc<Q>, shared: Arc<Shared>) {
    let mut child: Option<WorkerChild> = None;
    loop {
        let claimed = match queue.claim().await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::error!(slot = number, %error, "no job could be claimed");
                None
            }
        };
        let Some(job) = claimed else {
            tokio::select! {
                () = shared.stopping.cancelled() => return,
                () = shared.bell.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
            continue;
        };
        // More may be waiting: wake the next slot before this one is busy.
        shared.bell.notify_one();
        let outcome = perform(&mut child, &command, &queue, &shared, &job).await;
        let written = match outcome {
            Outcome::Done { result, attachments } => queue.complete(&job, result, attachments).await,
            Outcome::Failed { fault, message } => queue.fail(&job, fault, &message, false).await,
            Outcome::Lost { message, retry } => {
                child = None;
                tracing::warn!(slot = number, job = %job.id, reason = message, "a worker was lost");
                queue.fail(&job, Fault::Internal, &message, retry).await
            }
        };
        if let Err(error) = written {
            tracing::error!(job = %job.id, %error, "the end of a job could not be written; it will run again");
        }
    }
}

async fn perform<Q: JobQueue>(
    child: &mut Option<WorkerChild>,
    command: &ChildCommand,
    queue: &Arc<Q>,
    shared: &Shared,
    job: &Claimed,
) -> Outcome {
    let usable = child
        .as_mut()
        .is_some_and(|child| child.jobs() < JOBS_PER_CHILD && child.is_alive());
    if !usable {
        match WorkerChild::spawn(command) {
            Ok(fresh) => *child = Some(fresh),
            Err(error) => {
                let message = format!("No worker could be started ({error}); see the server's log.");
                return Outcome::Lost { message, retry: true };
            }
        }
    }
    let Some(child) = child.as_mut() else {
        return Outcome::Lost {
            message: "No worker could be started.".into(),
            retry: true,
        };
    };

    let (switch, cancelled) = watch::channel(false);
    let running = Running::enter(shared, &job.id, switch.clone());
    // Progress goes through a channel of one: the newest wins, and a slow disk never holds the child up.
    let (latest, mut progress) = mpsc::channel::<Progress>(1);
    let hears = Arc::clone(queue);
    let id = job.id.clone();
    let run = child.run(
        &job.id.0,
        job.spec.clone(),
        &job.attachments,
        cancelled,
        move |step| match step {
            Step::Progress(progress) => {
                // A full channel means a heartbeat is being written: the next step will tell.
                let _ = latest.try_send(progress);
            }
            Step::Partial { result, attachments } => hears.partial(&id, result, attachments),
        },
    );
    let heartbeats = async {
        while let Some(step) = progress.recv().await {
            match queue.heartbeat(job, &step).await {
                Ok(Heartbeat::Continue) => {}
                Ok(Heartbeat::Stop) => {
                    let _ = switch.send(true);
                }
                Err(error) => tracing::warn!(job = %job.id, %error, "a heartbeat could not be written"),
            }
            tokio::time::sleep(HEARTBEAT).await;
        }
        std::future::pending::<Outcome>().await
    };
    let outcome = tokio::select! {
        outcome = run => outcome,
        outcome = heartbeats => outcome,
    };
    drop(running);
    outcome
}

/// A job's place in the table of running jobs, left on drop.
struct Running<'a> {
    shared: &'a Shared,
    job: &'a JobId,
}

impl<'a> Running<'a> {
    fn enter(shared: &'a Shared, job: &'a JobId, switch: watch::Sender<bool>) -> Self {
        shared
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(job.clone(), switch);
        Self { shared, job }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.shared
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(self.job);
    }
}
