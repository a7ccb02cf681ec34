//! The queue over the store's rows, with the jobs in memory in front of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use glassboard_store::{Actor, JobRow, NewJob, Store, StoreError};
use serde_json::Value;

use crate::child::Progress;
use crate::finish;
use crate::memory::{MemoryAnswer, MemoryJobs, MemoryState, is_in_memory};
use crate::pool::{Pool, PoolConfig, PoolHandle};
use crate::protocol::Fault;
use crate::queue::{Claimed, Heartbeat, JobId, JobQueue};
use crate::spec::JobSpec;
use crate::subject::Subject;

/// A job whose worker died this often is not tried again.
const MOST_CRASHES: i64 = 1;

/// Called after every change of a job's row; must not block.
pub type OnChange = Arc<dyn Fn(&str) + Send + Sync>;

/// The queue behind the pool.
pub struct StoredQueue {
    store: Store,
    memory: Arc<MemoryJobs>,
    /// What running jobs know so far; at most one a slot.
    partials: Mutex<HashMap<JobId, Partial>>,
    on_change: OnChange,
}

/// What a running job knows so far.
#[derive(Debug, Clone)]
pub struct Partial {
    /// 1 for the first, one more with each that replaces it.
    pub step: u64,
    /// The answer as far as it goes.
    pub answer: Arc<MemoryAnswer>,
}

/// What the server holds: it enqueues, cancels, and asks in memory.
#[derive(Clone)]
pub struct Jobs {
    queue: Arc<StoredQueue>,
    pool: PoolHandle,
}

/// A job to queue.
#[derive(Debug, Clone)]
pub struct Order {
    /// For people: "Scan digits.onnx".
    pub title: String,
    /// While a job with this key waits or runs, it is not queued twice.
    pub dedupe_key: String,
    /// What to do.
    pub spec: JobSpec,
    /// The row its end is written to.
    pub subject: Subject,
}

impl Order {
    /// As the store takes it.
    pub fn row(&self) -> Result<NewJob, StoreError> {
        Ok(NewJob {
            id: ulid::Ulid::new().to_string(),
            kind: self.spec.kind().to_owned(),
            title: self.title.clone(),
            dedupe_key: self.dedupe_key.clone(),
            spec: finish::to_json(&self.spec)?,
            subject: finish::to_json(&self.subject)?,
        })
    }
}

impl Jobs {
    /// Queues again what a former process left running, and starts the pool. `on_change` is called
    /// with a job's id after every change of its row.
    pub async fn start(store: &Store, config: &PoolConfig, on_change: OnChange) -> Result<(Self, Pool), StoreError> {
        let orphaned = store.requeue_orphaned_jobs().await?;
        if orphaned > 0 {
            tracing::info!(
                jobs = orphaned,
                "jobs that a former process left running are queued again"
            );
        }
        let memory = Arc::new(MemoryJobs::new(Arc::clone(store.clock())));
        let queue = Arc::new(StoredQueue {
            store: store.clone(),
            memory,
            partials: Mutex::default(),
            on_change,
        });
        let pool = Pool::start(config, &queue);
        Ok((
            Self {
                queue,
                pool: pool.handle(),
            },
            pool,
        ))
    }

    /// Tells the pool that a row was queued (after the transaction that queued it committed).
    pub fn ring(&self, job: &str) {
        (self.queue.on_change)(job);
        self.pool.ring();
    }

    /// Queues one job on its own; gives its id, or that of the same job already waiting.
    pub async fn enqueue(&self, actor: Actor, order: &Order) -> Result<String, StoreError> {
        let store = &self.queue.store;
        let mut tx = store.write().await?;
        let (id, _) = tx.enqueue(actor, &order.row()?, store.now()).await?;
        match &order.subject {
            Subject::Checkpoint { id: checkpoint } => tx.set_scan_job(*checkpoint, &id).await?,
            Subject::Input { id: input } => tx.set_input_job(*input, &id).await?,
            Subject::Answer { .. }
            | Subject::Projection { .. }
            | Subject::Parity { .. }
            | Subject::Comparison { .. } => {}
        }
        tx.commit().await?;
        self.ring(&id);
        Ok(id)
    }

    /// Cancels a job: a waiting one at once, a running one at its next batch or in two seconds.
    pub async fn cancel(&self, actor: Actor, id: &str) -> Result<(), StoreError> {
        let row = self.queue.store.request_cancel(actor, id).await?;
        if row.state == "queued" {
            finish::fail(&self.queue.store, &row, "cancelled", "cancelled").await?;
        }
        self.pool.cancel(&JobId(id.to_owned()));
        (self.queue.on_change)(id);
        Ok(())
    }

    /// What job `id` knows so far, while it runs.
    pub fn partial(&self, id: &str) -> Option<Partial> {
        self.queue.partials().get(&JobId(id.to_owned())).cloned()
    }

    /// The jobs that leave no trace.
    pub fn memory(&self) -> &MemoryJobs {
        &self.queue.memory
    }

    /// Asks in memory and waits for the answer.
    pub async fn ask(&self, spec: JobSpec, attachments: Vec<Vec<u8>>) -> Result<Arc<MemoryAnswer>, AskError> {
        let (id, mut state) = self.memory().submit(spec, attachments)?;
        self.pool.ring();
        let ended = state
            .wait_for(|state| matches!(state, MemoryState::Done(_) | MemoryState::Failed { .. }))
            .await;
        let ended = ended
            .map_err(|_| AskError::Failed {
                fault: Fault::Cancelled,
                message: "cancelled".into(),
            })?
            .clone();
        self.memory().forget(&id);
        match ended {
            MemoryState::Done(answer) => Ok(answer),
            MemoryState::Failed { fault, message } => Err(AskError::Failed { fault, message }),
            MemoryState::Queued | MemoryState::Running(_) => Err(AskError::Failed {
                fault: Fault::Internal,
                message: "the job ended without an answer".into(),
            }),
        }
    }

    /// Rings the pool for a job submitted to [`Jobs::memory`].
    pub fn ring_memory(&self) {
        self.pool.ring();
    }

    /// Stops and forgets a job in memory.
    pub fn forget(&self, id: &JobId) -> bool {
        self.pool.cancel(id);
        self.memory().forget(id)
    }
}

/// Why a question in memory has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Ask again in a moment.
    #[error(transparent)]
    Full(#[from] crate::memory::Full),
    /// The worker's sentence.
    #[error("{message}")]
    Failed {
        /// Whose fault.
        fault: Fault,
        /// What, where, what to do.
        message: String,
    },
}

impl StoredQueue {
    fn partials(&self) -> MutexGuard<'_, HashMap<JobId, Partial>> {
        self.partials.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The row of a claimed job, as far as a write about it needs it.
    async fn row(&self, job: &Claimed) -> Result<JobRow, StoreError> {
        let mut row = self.store.job_of_worker(&job.id.0).await?;
        // Writes are fenced by the attempt this slot was given, not by the newest one.
        row.attempt = i64::from(job.attempt);
        Ok(row)
    }
}

impl JobQueue for StoredQueue {
    async fn claim(&self) -> Result<Option<Claimed>, StoreError> {
        if let Some(job) = self.memory.claim() {
            return Ok(Some(job));
        }
        let Some(row) = self.store.claim_job(None).await? else {
            return Ok(None);
        };
        (self.on_change)(&row.id);
        match finish::parse::<JobSpec>(&row.spec) {
            Ok(spec) => {
                let attempt = u32::try_from(row.attempt).unwrap_or(u32::MAX);
                Ok(Some(Claimed {
                    id: JobId(row.id),
                    spec,
                    attempt,
                    attachments: Vec::new(),
                }))
            }
            Err(error) => {
                finish::fail(&self.store, &row, "failed", &error.to_string()).await?;
                (self.on_change)(&row.id);
                Ok(None)
            }
        }
    }

    async fn heartbeat(&self, job: &Claimed, progress: &Progress) -> Result<Heartbeat, StoreError> {
        if is_in_memory(&job.id) {
            return Ok(self.memory.heartbeat(&job.id, progress));
        }
        let row = self.row(job).await?;
        let stop = self
            .store
            .progress_job(&row, progress.fraction, &progress.message)
            .await?;
        (self.on_change)(&job.id.0);
        Ok(if stop { Heartbeat::Stop } else { Heartbeat::Continue })
    }

    fn partial(&self, job: &JobId, result: Value, attachments: Vec<Vec<u8>>) {
        let answer = Arc::new(MemoryAnswer { result, attachments });
        let mut partials = self.partials();
        let step = partials.get(job).map_or(1, |before| before.step + 1);
        partials.insert(job.clone(), Partial { step, answer });
        drop(partials);
        (self.on_change)(&job.0);
    }

    async fn complete(&self, job: &Claimed, result: Value, attachments: Vec<Vec<u8>>) -> Result<(), StoreError> {
        self.partials().remove(&job.id);
        if is_in_memory(&job.id) {
            self.memory.end(
                &job.id,
                MemoryState::Done(Arc::new(MemoryAnswer { result, attachments })),
            );
            return Ok(());
        }
        let row = self.row(job).await?;
        finish::complete(&self.store, &row, result, &attachments).await?;
        (self.on_change)(&job.id.0);
        Ok(())
    }

    async fn fail(&self, job: &Claimed, fault: Fault, message: &str, retry: bool) -> Result<(), StoreError> {
        self.partials().remove(&job.id);
        if is_in_memory(&job.id) {
            self.memory.end(
                &job.id,
                MemoryState::Failed {
                    fault,
                    message: message.to_owned(),
                },
            );
            return Ok(());
        }
        let row = self.row(job).await?;
        if retry && row.crashes < MOST_CRASHES && self.store.requeue_crashed_job(&row).await? {
            tracing::warn!(job = %job.id, reason = message, "the job runs again on a fresh worker");
        } else {
            let state = if fault == Fault::Cancelled {
                "cancelled"
            } else {
                "failed"
            };
            finish::fail(&self.store, &row, state, message).await?;
        }
        (self.on_change)(&job.id.0);
        Ok(())
    }
}
