//! Answers: explanations, predictions and activations, addressed by the hash of their question.

use serde_json::Value;
use sqlx::FromRow;

use crate::models::json;
use crate::{Actor, Blob, CheckpointId, InputId, Micros, Result, Store, StoreError, Tx};

/// The row of an answer that is about many rows.
pub const MANY_ROWS: i64 = -1;

/// A question to be remembered.
#[derive(Debug, Clone)]
pub struct NewAnswer {
    /// Hash of the question, 64 hex digits.
    pub id: String,
    /// `explanation`, `prediction` or `activations`.
    pub kind: &'static str,
    /// Asked of.
    pub checkpoint: CheckpointId,
    /// Asked about.
    pub input: InputId,
    /// Row of the input, or [`MANY_ROWS`].
    pub row: i64,
    /// The question as JSON.
    pub question: Value,
}

/// An answer, or where it stands.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns of `docs/api.md`")]
pub struct AnswerRow {
    pub id: String,
    pub kind: String,
    pub checkpoint_id: CheckpointId,
    /// Slug of the model.
    pub model: String,
    /// Label of the checkpoint.
    pub checkpoint: String,
    /// BLAKE3 of the checkpoint's file.
    pub model_hash: String,
    /// Slug of the input.
    pub input: String,
    pub row: i64,
    /// JSON of the question.
    pub question: String,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    pub error: Option<String>,
    pub job_id: Option<String>,
    /// JSON of the result, once done.
    pub result: Option<String>,
    /// Blob with the array in the columns format.
    pub array_hash: Option<String>,
    pub created_at: Micros,
    /// Progress of its job, 0 to 1.
    pub progress: Option<f64>,
}

impl AnswerRow {
    /// The result as JSON; null until done.
    pub fn result(&self) -> Result<Value> {
        self.result.as_deref().map_or(Ok(Value::Null), json)
    }

    /// The question as JSON.
    pub fn question(&self) -> Result<Value> {
        json(&self.question)
    }
}

const ANSWER: &str = "SELECT a.id, a.kind, a.checkpoint_id, m.slug AS model, c.label AS checkpoint, c.hash AS model_hash, \
     i.slug AS input, a.row, a.question, CASE WHEN a.state = 'queued' AND j.state = 'running' THEN 'running' ELSE a.state END AS state, \
     a.error, a.job_id, a.result, a.array_hash, a.created_at, j.progress \
     FROM answer a JOIN checkpoint c ON c.id = a.checkpoint_id JOIN model m ON m.id = c.model_id \
     JOIN input i ON i.id = a.input_id LEFT JOIN job j ON j.id = a.job_id";

impl Store {
    /// The answer of that id, whatever its state.
    pub async fn answer(&self, actor: Actor, id: &str) -> Result<AnswerRow> {
        let found = self.find_answer(actor, id).await?;
        found.ok_or_else(|| StoreError::NotFound {
            what: "explanation",
            name: id.to_owned(),
        })
    }

    /// The answer of that id, if it was ever asked.
    pub async fn find_answer(&self, actor: Actor, id: &str) -> Result<Option<AnswerRow>> {
        let sql = sqlx::AssertSqlSafe(format!("{ANSWER} WHERE a.project_id = ? AND a.id = ?"));
        Ok(sqlx::query_as(sql)
            .bind(actor.project)
            .bind(id)
            .fetch_optional(self.readers())
            .await?)
    }

    /// Explanations, newest first, of a model and about an input where given.
    pub async fn explanations(&self, actor: Actor, model: Option<&str>, input: Option<&str>) -> Result<Vec<AnswerRow>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{ANSWER} WHERE a.project_id = ?1 AND a.kind = 'explanation' AND (?2 IS NULL OR m.slug = ?2) \
             AND (?3 IS NULL OR i.slug = ?3) ORDER BY a.created_at DESC LIMIT 1000"
        ));
        Ok(sqlx::query_as(sql)
            .bind(actor.project)
            .bind(model)
            .bind(input)
            .fetch_all(self.readers())
            .await?)
    }

    /// Deletes an answer and its array, unless something else names those bytes.
    pub async fn delete_answer(&self, actor: Actor, id: &str) -> Result<()> {
        let answer = self.answer(actor, id).await?;
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM answer WHERE project_id = ? AND id = ?")
            .bind(actor.project)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        self.commit_and_release(tx, answer.array_hash.as_slice()).await
    }
}

impl Tx {
    /// Writes a question as queued under `job`; an answer that failed before is asked again.
    pub async fn ask(&mut self, actor: Actor, new: &NewAnswer, job: &str, now: Micros) -> Result<()> {
        sqlx::query(
            "INSERT INTO answer (project_id, id, kind, checkpoint_id, input_id, row, question, state, job_id, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?) ON CONFLICT (project_id, id) DO UPDATE \
             SET state = 'queued', error = NULL, job_id = excluded.job_id WHERE state <> 'done'",
        )
        .bind(actor.project)
        .bind(&new.id)
        .bind(new.kind)
        .bind(new.checkpoint)
        .bind(new.input)
        .bind(new.row)
        .bind(new.question.to_string())
        .bind(job)
        .bind(now)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes an answer. Nothing happens if it was deleted meanwhile.
    pub async fn finish_answer(&mut self, actor: Actor, id: &str, result: &Value, array: Option<&Blob>) -> Result<()> {
        sqlx::query(
            "UPDATE answer SET state = 'done', error = NULL, result = ?, array_hash = ? WHERE project_id = ? AND id = ?",
        )
        .bind(result.to_string())
        .bind(array.map(|blob| &blob.hash))
        .bind(actor.project)
        .bind(id)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes that there is no answer (`failed` or `cancelled`), and why.
    pub async fn fail_answer(&mut self, actor: Actor, id: &str, state: &str, error: &str) -> Result<()> {
        sqlx::query("UPDATE answer SET state = ?, error = ? WHERE project_id = ? AND id = ? AND state <> 'done'")
            .bind(state)
            .bind(error)
            .bind(actor.project)
            .bind(id)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
