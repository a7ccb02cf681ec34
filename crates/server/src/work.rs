//! Long work from the server's side: what is enqueued, followed and kept in memory for a while.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use axum::http::StatusCode;
use glassboard_jobs::child::{ChildCommand, Limits};
use glassboard_jobs::memory::MemoryState;
use glassboard_jobs::pool::{Pool, PoolConfig};
use glassboard_jobs::protocol::Fault;
use glassboard_jobs::queue::JobId;
use glassboard_jobs::spec::{InputRef, JobSpec, Source};
use glassboard_jobs::{AskError, Jobs, Order, Partial, Subject};
use glassboard_store::{
    Actor, AnswerRow, Blob, CheckpointId, ComparisonRow, InputRow, Micros, NewAnswer, NewComparison, NewParity,
    NewProjection, ProjectionRow, Store, Tx,
};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::config::{Config, Engine};
use crate::live::{Hub, Topic};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Changed jobs that wait to be told to open pages; a full queue drops news, never work.
const NEWS: usize = 256;
/// How long an upload of an input waits for its kind.
const READING: Duration = Duration::from_secs(10);
/// Questions about passing explanations that are remembered.
const MOST_PASSING: usize = 64;

/// The queue and what is kept beside it.
pub struct Work {
    jobs: Jobs,
    engine: Engine,
    importing: tokio::sync::Mutex<()>,
    uploads: Arc<Semaphore>,
    passing: Mutex<HashMap<String, (JobId, Value)>>,
}

/// Which rows of a table are looked at.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The first, in the order asked for.
    pub from: usize,
    /// How many.
    pub count: usize,
    /// A column, with a minus before it from high to low.
    pub sort: Option<String>,
    /// Only rows of which this holds.
    pub filter: Option<String>,
}

/// An explanation that is on no disk.
pub struct Passing {
    id: String,
    question: Value,
    state: MemoryState,
}

/// A worker keeps the memory that a pass gives back, for the next one: fresh pages from the system cost up to
/// a quarter of a pass. What it may have at all is [`Limits::memory_bytes`]. (glibc's names; others ignore them.)
const KEPT: &[(&str, &str)] = &[
    ("MALLOC_MMAP_THRESHOLD_", "33554432"),
    ("MALLOC_TRIM_THRESHOLD_", "4294967296"),
    ("MALLOC_TOP_PAD_", "67108864"),
];

impl Work {
    /// Starts the pool; changes of jobs go out through `hub`.
    pub async fn start(store: &Store, config: &Config, hub: Hub) -> anyhow::Result<(Self, Pool)> {
        let [program, arguments @ ..] = config.worker_command.as_slice() else {
            anyhow::bail!("no command starts a worker");
        };
        let pool = PoolConfig {
            slots: config.workers,
            command: ChildCommand {
                program: PathBuf::from(program),
                arguments: arguments.to_vec(),
                environment: KEPT.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
                limits: Limits {
                    memory_bytes: config.worker_memory,
                    job_time: config.job_time,
                },
            },
        };
        let (news, mut changed) = mpsc::channel::<String>(NEWS);
        let on_change = Arc::new(move |job: &str| {
            // A page that misses one asks again by itself.
            let _full = news.try_send(job.to_owned());
        });
        let (jobs, pool) = Jobs::start(store, &pool, on_change)
            .await
            .context("the queue did not start")?;
        let known = jobs.clone();
        let store = store.clone();
        tokio::spawn(async move {
            while let Some(id) = changed.recv().await {
                if let Ok(row) = store.job(Actor::OWNER, &id).await {
                    hub.send(Topic::Jobs, "job", &crate::jobs::summary(&row, store.now()));
                    if let Some(partial) = known.partial(&id) {
                        tell_partial(&hub, &row, partial.step);
                    }
                    tell_subject(&store, &hub, &row).await;
                }
            }
        });
        Ok((
            Self {
                jobs,
                engine: config.engine,
                importing: tokio::sync::Mutex::default(),
                uploads: Arc::new(Semaphore::new(crate::upload::MOST_AT_ONCE)),
                passing: Mutex::default(),
            },
            pool,
        ))
    }

    /// What the workers compute with.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// A place among the uploads under way, where one is free.
    pub fn upload_turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.uploads).try_acquire_owned().ok()
    }

    /// Waits until no other request imports log folders.
    pub async fn import_turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.importing.lock().await
    }

    /// Reads a checkpoint; gives the job's id.
    pub async fn scan(&self, app: &AppState, checkpoint: CheckpointId, blob: &Blob, name: &str) -> Answer<String> {
        let order = Order {
            title: format!("Read {name}"),
            dedupe_key: format!("scan:{}", checkpoint.0),
            spec: JobSpec::Scan {
                model: source(app, &blob.hash)?,
                name: name.to_owned(),
                graph: None,
            },
            subject: Subject::Checkpoint { id: checkpoint },
        };
        Ok(self.jobs.enqueue(app.actor(), &order).await?)
    }

    /// Reads an input; gives the job's id.
    pub async fn inspect(&self, app: &AppState, input: &InputRow) -> Answer<String> {
        let order = Order {
            title: format!("Read {}", input.name),
            dedupe_key: format!("inspect:{}", input.id.0),
            spec: JobSpec::Inspect {
                input: InputRef {
                    source: source(app, &input.hash)?,
                    name: input.name.clone(),
                    row: 0,
                    facts: input.facts(),
                },
            },
            subject: Subject::Input { id: input.id },
        };
        Ok(self.jobs.enqueue(app.actor(), &order).await?)
    }

    /// Waits a while until `input` was read; whatever it is by then is given back.
    pub async fn read_input(&self, app: &AppState, input: InputRow) -> Answer<InputRow> {
        let until = tokio::time::Instant::now() + READING;
        let mut input = input;
        while input.state == "scanning" && tokio::time::Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(40)).await;
            input = app.store().input(app.actor(), &input.slug).await?;
        }
        Ok(input)
    }

    /// The known answer, or the one that is now on its way.
    pub async fn ask(&self, app: &AppState, new: NewAnswer, spec: JobSpec, title: &str) -> Answer<AnswerRow> {
        let actor = app.actor();
        let known = app.store().find_answer(actor, &new.id).await?;
        if let Some(answer) = known.filter(|a| matches!(a.state.as_str(), "done" | "queued" | "running")) {
            return Ok(answer);
        }
        let order = Order {
            title: title.to_owned(),
            dedupe_key: format!("answer:{}", new.id),
            spec,
            subject: Subject::Answer { id: new.id.clone() },
        };
        self.queue(app, &order, async |tx, job, now| tx.ask(actor, &new, job, now).await)
            .await?;
        Ok(app.store().answer(actor, &new.id).await?)
    }

    /// Queues a job together with the row that waits for its end.
    async fn queue(
        &self,
        app: &AppState,
        order: &Order,
        waits: impl AsyncFnOnce(&mut Tx, &str, Micros) -> glassboard_store::Result<()>,
    ) -> Answer<()> {
        let now = app.store().now();
        let mut tx = app.store().write().await?;
        let (job, _) = tx.enqueue(app.actor(), &order.row()?, now).await?;
        waits(&mut tx, &job, now).await?;
        tx.commit().await?;
        self.jobs.ring(&job);
        Ok(())
    }

    /// The known picture, or the one that is now on its way.
    pub async fn ask_projection(
        &self,
        app: &AppState,
        new: &NewProjection,
        spec: JobSpec,
        title: String,
    ) -> Answer<ProjectionRow> {
        let actor = app.actor();
        let known = app.store().find_projection(actor, &new.id).await?;
        if let Some(row) = known.filter(|row| matches!(row.state.as_str(), "done" | "queued" | "running")) {
            return Ok(row);
        }
        let order = Order {
            title,
            dedupe_key: format!("projection:{}", new.id),
            spec,
            subject: Subject::Projection { id: new.id.clone() },
        };
        self.queue(app, &order, async |tx, job, now| {
            tx.ask_projection(actor, new, job, now).await
        })
        .await?;
        Ok(app.store().projection(actor, &new.id).await?)
    }

    /// The known comparison, or the one that is now on its way.
    pub async fn ask_comparison(
        &self,
        app: &AppState,
        new: &NewComparison,
        spec: JobSpec,
        title: String,
    ) -> Answer<ComparisonRow> {
        let actor = app.actor();
        let known = app.store().find_comparison(actor, &new.id).await?;
        if let Some(row) = known.filter(|row| matches!(row.state.as_str(), "done" | "queued" | "running")) {
            return Ok(row);
        }
        let order = Order {
            title,
            dedupe_key: format!("comparison:{}", new.id),
            spec,
            subject: Subject::Comparison { id: new.id.clone() },
        };
        self.queue(app, &order, async |tx, job, now| {
            tx.ask_comparison(actor, new, job, now).await
        })
        .await?;
        Ok(app.store().comparison(actor, &new.id).await?)
    }

    /// What is known of a table with `facts` said of it, read by a worker now.
    pub async fn look_again(&self, app: &AppState, input: &InputRow, facts: &Value) -> Answer<Value> {
        let spec = JobSpec::Inspect {
            input: InputRef {
                source: source(app, &input.hash)?,
                name: input.name.clone(),
                row: 0,
                facts: facts.clone(),
            },
        };
        let answer = self.jobs.ask(spec, Vec::new()).await.map_err(asked)?;
        Ok(answer.result.clone())
    }

    /// Compares a model with given outputs; the comparison before it is forgotten.
    pub async fn ask_parity(&self, app: &AppState, new: &NewParity, spec: JobSpec, title: String) -> Answer<()> {
        let order = Order {
            title,
            // Every question is a job of its own: files and preprocessing change under the same checkpoint.
            dedupe_key: format!("parity:{}:{}", new.checkpoint.0, app.store().now().0),
            spec,
            subject: Subject::Parity { id: new.checkpoint },
        };
        self.queue(app, &order, async |tx, job, now| tx.ask_parity(new, job, now).await)
            .await
    }

    /// Stops a job.
    pub async fn cancel(&self, app: &AppState, id: &str) -> Answer<()> {
        if self.jobs.forget(&JobId(id.to_owned())) {
            return Ok(());
        }
        Ok(self.jobs.cancel(app.actor(), id).await?)
    }

    /// Some rows of a table, read by a worker now.
    pub async fn rows(&self, app: &AppState, input: &InputRow, wanted: &Wanted) -> Answer<Value> {
        let Wanted {
            from,
            count,
            sort,
            filter,
        } = wanted.clone();
        let spec = JobSpec::Rows {
            input: InputRef {
                source: source(app, &input.hash)?,
                name: input.name.clone(),
                row: from,
                facts: input.facts(),
            },
            count,
            sort,
            filter,
        };
        self.now(spec).await
    }

    /// The result of a short question, waited for and kept nowhere.
    pub async fn now(&self, spec: JobSpec) -> Answer<Value> {
        let answer = self.jobs.ask(spec, Vec::new()).await.map_err(asked)?;
        Ok(answer.result.clone())
    }

    /// The same about bytes that are kept nowhere.
    pub async fn now_about(&self, spec: JobSpec, bytes: Vec<u8>) -> Answer<Value> {
        let answer = self.jobs.ask(spec, vec![bytes]).await.map_err(asked)?;
        Ok(answer.result.clone())
    }

    /// What a running job knows so far.
    pub fn partial(&self, job: &str) -> Option<Partial> {
        self.jobs.partial(job)
    }

    /// Explains bytes that are kept nowhere; gives the id under which the answer waits.
    pub fn explain_in_memory(&self, spec: JobSpec, bytes: Vec<u8>, question: Value) -> Answer<Passing> {
        let (job, _) = self
            .jobs
            .memory()
            .submit(spec, vec![bytes])
            .map_err(|full| Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("{full}.")))?;
        self.jobs.ring_memory();
        let mut passing = self.table();
        if passing.len() >= MOST_PASSING {
            passing.retain(|_, (job, _)| self.jobs.memory().state(job).is_some());
        }
        passing.insert(job.0.clone(), (job.clone(), question.clone()));
        Ok(Passing {
            id: job.0,
            question,
            state: MemoryState::Queued,
        })
    }

    /// The passing explanation of that id, while it is in memory.
    pub fn passing(&self, id: &str) -> Option<Passing> {
        let (job, question) = self.table().get(id).cloned()?;
        let state = self.jobs.memory().state(&job)?;
        Some(Passing {
            id: job.0,
            question,
            state,
        })
    }

    /// Forgets a passing explanation; false if there is none of that id.
    pub fn forget(&self, id: &str) -> bool {
        let known = self.table().remove(id);
        known.is_some_and(|(job, _)| self.jobs.forget(&job))
    }

    fn table(&self) -> MutexGuard<'_, HashMap<String, (JobId, Value)>> {
        self.passing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Passing {
    /// As `GET /explanations/{id}` gives it.
    pub fn whole(&self) -> Value {
        let mut out = self.question.clone();
        let (state, progress, error) = match &self.state {
            MemoryState::Queued => ("queued", 0.0, None),
            MemoryState::Running(progress) => ("running", progress.fraction, None),
            MemoryState::Done(answer) => {
                merge(&mut out, &answer.result);
                ("done", 1.0, None)
            }
            MemoryState::Failed { fault, message } => {
                let state = if *fault == Fault::Cancelled {
                    "cancelled"
                } else {
                    "failed"
                };
                (state, 0.0, Some(message.clone()))
            }
        };
        merge(
            &mut out,
            &json!({ "id": self.id, "job": self.id, "state": state, "progress": progress, "error": error, "kept": false }),
        );
        out
    }

    /// Its array in the columns format, once done.
    pub fn array(&self) -> Option<&[u8]> {
        match &self.state {
            MemoryState::Done(answer) => answer.attachments.first().map(Vec::as_slice),
            _ => None,
        }
    }
}

fn merge(into: &mut Value, from: &Value) {
    for (name, value) in from.as_object().into_iter().flatten() {
        into[name] = value.clone();
    }
}

fn source(app: &AppState, hash: &str) -> Answer<Source> {
    crate::explanations::question::blob(app, hash)
}

fn asked(error: AskError) -> Problem {
    match error {
        AskError::Full(full) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("{full}.")),
        AskError::Failed { fault, message } => match fault {
            Fault::Input => Problem::bad_request(message),
            Fault::Unsupported => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, message),
            Fault::Cancelled => Problem::conflict("The question was cancelled."),
            Fault::Internal => Problem::internal(message),
        },
    }
}

/// A running explanation knows more than before.
fn tell_partial(hub: &Hub, row: &glassboard_store::JobRow, step: u64) {
    if let Ok(Subject::Answer { id }) = serde_json::from_str::<Subject>(&row.subject) {
        hub.send(Topic::Jobs, "partial", &json!({ "id": id, "step": step }));
    }
}

/// A finished scan changes a model, a finished answer is a result.
async fn tell_subject(store: &Store, hub: &Hub, row: &glassboard_store::JobRow) {
    if !matches!(row.state.as_str(), "done" | "failed" | "cancelled") {
        return;
    }
    match serde_json::from_str::<Subject>(&row.subject) {
        Ok(Subject::Answer { id } | Subject::Projection { id } | Subject::Comparison { id }) => {
            hub.send(Topic::Jobs, "result", &json!({ "id": id }));
        }
        Ok(Subject::Checkpoint { id } | Subject::Parity { id }) => {
            // Weights that fit a graph have moved to its model by now; null says that it is deleted.
            let model = store.model_of(Actor::OWNER, id).await.ok().flatten();
            let data = json!({ "model": model, "checkpoint": id.0.to_string() });
            hub.send(Topic::Models, "model", &data);
        }
        Ok(Subject::Input { .. }) | Err(_) => {}
    }
}
