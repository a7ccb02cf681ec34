//! The queue's rows. Every write of a worker names its attempt, so a stale one changes nothing.

use serde_json::Value;
use sqlx::FromRow;

use crate::{Actor, Micros, ProjectId, Result, Store, StoreError, Tx};

/// A job to be done.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// ULID.
    pub id: String,
    /// `scan`, `inspect`, `explain` ...
    pub kind: String,
    /// For people.
    pub title: String,
    /// While a job with this key waits or runs, it is not queued twice.
    pub dedupe_key: String,
    /// What to do.
    pub spec: Value,
    /// The row its end is written to.
    pub subject: Value,
}

/// A job.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns of `docs/api.md`")]
pub struct JobRow {
    pub id: String,
    pub project_id: ProjectId,
    pub kind: String,
    pub title: String,
    /// JSON.
    pub spec: String,
    /// JSON.
    pub subject: String,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    pub attempt: i64,
    /// How often its worker died.
    pub crashes: i64,
    pub progress: f64,
    pub message: String,
    pub error: Option<String>,
    pub cancel_requested: bool,
    pub created_at: Micros,
    pub started_at: Option<Micros>,
    pub finished_at: Option<Micros>,
}

const JOB: &str = "SELECT id, project_id, kind, title, spec, subject, state, attempt, crashes, progress, message, error, \
     cancel_requested, created_at, started_at, finished_at FROM job";

impl Store {
    /// Jobs, newest first.
    pub async fn jobs(&self, actor: Actor, limit: u32) -> Result<Vec<JobRow>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{JOB} WHERE project_id = ? ORDER BY created_at DESC, id DESC LIMIT ?"
        ));
        Ok(sqlx::query_as(sql)
            .bind(actor.project)
            .bind(limit)
            .fetch_all(self.readers())
            .await?)
    }

    /// One job.
    pub async fn job(&self, actor: Actor, id: &str) -> Result<JobRow> {
        let sql = sqlx::AssertSqlSafe(format!("{JOB} WHERE project_id = ? AND id = ?"));
        let row = sqlx::query_as(sql)
            .bind(actor.project)
            .bind(id)
            .fetch_optional(self.readers())
            .await?;
        row.ok_or_else(|| StoreError::NotFound {
            what: "job",
            name: id.to_owned(),
        })
    }

    /// One job, for the pool: it works for every project.
    pub async fn job_of_worker(&self, id: &str) -> Result<JobRow> {
        let sql = sqlx::AssertSqlSafe(format!("{JOB} WHERE id = ?"));
        let row = sqlx::query_as(sql).bind(id).fetch_optional(self.readers()).await?;
        row.ok_or_else(|| StoreError::NotFound {
            what: "job",
            name: id.to_owned(),
        })
    }

    /// Takes the oldest waiting job. `prefer` names a model hash whose jobs go first among the
    /// oldest 32, so that a child keeps its warm model.
    pub async fn claim_job(&self, prefer: Option<&str>) -> Result<Option<JobRow>> {
        let mut tx = self.begin().await?;
        let sql = sqlx::AssertSqlSafe(format!(
            "UPDATE job SET state = 'running', attempt = attempt + 1, started_at = ?1, progress = 0, message = '' WHERE id = \
             (SELECT id FROM (SELECT id, spec, created_at FROM job WHERE state = 'queued' ORDER BY created_at, id LIMIT 32) \
              ORDER BY (?2 IS NOT NULL AND instr(spec, ?2) > 0) DESC, created_at, id LIMIT 1) \
             RETURNING {}",
            JOB.trim_start_matches("SELECT ").trim_end_matches(" FROM job")
        ));
        let row = sqlx::query_as(sql)
            .bind(self.now())
            .bind(prefer)
            .fetch_optional(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(row)
    }

    /// How far a running job is; `true` if it is asked to stop.
    pub async fn progress_job(&self, job: &JobRow, progress: f64, message: &str) -> Result<bool> {
        let mut tx = self.begin().await?;
        let cancel: Option<bool> = sqlx::query_scalar(
            "UPDATE job SET progress = ?, message = ? WHERE id = ? AND attempt = ? AND state = 'running' RETURNING cancel_requested",
        )
        .bind(progress)
        .bind(message)
        .bind(&job.id)
        .bind(job.attempt)
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        // A row that is not ours any more is a reason to stop as well.
        Ok(cancel.unwrap_or(true))
    }

    /// Puts a job whose worker died back into the queue and counts the crash.
    pub async fn requeue_crashed_job(&self, job: &JobRow) -> Result<bool> {
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "UPDATE job SET state = 'queued', crashes = crashes + 1, started_at = NULL, progress = 0 \
             WHERE id = ? AND attempt = ? AND state = 'running'",
        )
        .bind(&job.id)
        .bind(job.attempt)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Queues again what a former process left running. Call once, before the first claim.
    pub async fn requeue_orphaned_jobs(&self) -> Result<u64> {
        let mut tx = self.begin().await?;
        let done =
            sqlx::query("UPDATE job SET state = 'queued', started_at = NULL, progress = 0 WHERE state = 'running'")
                .execute(&mut *tx)
                .await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }

    /// Asks a job to stop and gives its row as it was. A waiting job's end is the caller's to write
    /// (`Tx::end_job`); a running one's is its worker's.
    pub async fn request_cancel(&self, actor: Actor, id: &str) -> Result<JobRow> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "UPDATE job SET cancel_requested = 1 WHERE project_id = ? AND id = ? AND state IN ('queued', 'running')",
        )
        .bind(actor.project)
        .bind(id)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        self.job(actor, id).await
    }
}

impl Tx {
    /// Queues a job, or gives the id of the one with the same key that waits or runs; the flag says
    /// whether it is new.
    pub async fn enqueue(&mut self, actor: Actor, new: &NewJob, now: Micros) -> Result<(String, bool)> {
        let known: Option<String> = sqlx::query_scalar(
            "SELECT id FROM job WHERE project_id = ? AND dedupe_key = ? AND state IN ('queued', 'running')",
        )
        .bind(actor.project)
        .bind(&new.dedupe_key)
        .fetch_optional(self.connection())
        .await?;
        if let Some(id) = known {
            return Ok((id, false));
        }
        sqlx::query(
            "INSERT INTO job (id, project_id, kind, title, dedupe_key, spec, subject, state, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?)",
        )
        .bind(&new.id)
        .bind(actor.project)
        .bind(&new.kind)
        .bind(&new.title)
        .bind(&new.dedupe_key)
        .bind(new.spec.to_string())
        .bind(new.subject.to_string())
        .bind(now)
        .execute(self.connection())
        .await?;
        Ok((new.id.clone(), true))
    }

    /// Ends a job: `done`, `failed` or `cancelled`. False if the row is another attempt's by now:
    /// then nothing may be written.
    pub async fn end_job(&mut self, job: &JobRow, state: &str, error: Option<&str>, now: Micros) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE job SET state = ?, error = ?, finished_at = ?, progress = CASE ? WHEN 'done' THEN 1.0 ELSE progress END \
             WHERE id = ? AND attempt = ? AND state IN ('queued', 'running')",
        )
        .bind(state)
        .bind(error)
        .bind(now)
        .bind(state)
        .bind(&job.id)
        .bind(job.attempt)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() > 0)
    }
}
