//! The parity gate: the last comparison of each checkpoint with outputs that somebody gave.

use serde_json::Value;
use sqlx::FromRow;

use crate::{Actor, CheckpointId, InputId, Micros, Result, Store, Tx};

/// A comparison, or where it stands.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns of `docs/api.md`")]
pub struct ParityRow {
    pub checkpoint_id: CheckpointId,
    /// Slug of the rows with the expected outputs; none where they are deleted.
    pub input: Option<String>,
    /// JSON of what was asked.
    pub asked: String,
    /// JSON of the preprocessing it was made with.
    pub preprocess: String,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    pub error: Option<String>,
    pub job_id: Option<String>,
    /// JSON of the result, once done.
    pub result: Option<String>,
    pub created_at: Micros,
}

/// A comparison to be made.
#[derive(Debug, Clone)]
pub struct NewParity {
    /// Whose outputs.
    pub checkpoint: CheckpointId,
    /// Rows with the expected outputs.
    pub input: InputId,
    /// Columns, output, tolerance.
    pub asked: Value,
    /// The model's preprocessing.
    pub preprocess: Value,
}

impl Store {
    /// The last comparison of a checkpoint.
    pub async fn parity(&self, actor: Actor, checkpoint: CheckpointId) -> Result<Option<ParityRow>> {
        let row = sqlx::query_as(
            "SELECT p.checkpoint_id, i.slug AS input, p.asked, p.preprocess, CASE WHEN p.state = 'queued' AND j.state = 'running' \
             THEN 'running' ELSE p.state END AS state, p.error, p.job_id, p.result, p.created_at FROM parity p \
             JOIN checkpoint c ON c.id = p.checkpoint_id JOIN model m ON m.id = c.model_id \
             LEFT JOIN input i ON i.id = p.input_id LEFT JOIN job j ON j.id = p.job_id \
             WHERE m.project_id = ? AND p.checkpoint_id = ?",
        );
        Ok(row
            .bind(actor.project)
            .bind(checkpoint)
            .fetch_optional(self.readers())
            .await?)
    }

    /// Forgets the comparison of a checkpoint.
    pub async fn forget_parity(&self, actor: Actor, checkpoint: CheckpointId) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "DELETE FROM parity WHERE checkpoint_id = (SELECT c.id FROM checkpoint c JOIN model m ON m.id = c.model_id \
             WHERE m.project_id = ? AND c.id = ?)",
        )
        .bind(actor.project)
        .bind(checkpoint)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Tx {
    /// Writes a comparison as queued under `job`, in place of the one before.
    pub async fn ask_parity(&mut self, new: &NewParity, job: &str, now: Micros) -> Result<()> {
        sqlx::query(
            "INSERT INTO parity (checkpoint_id, input_id, asked, preprocess, state, job_id, created_at) \
             VALUES (?, ?, ?, ?, 'queued', ?, ?) ON CONFLICT (checkpoint_id) DO UPDATE SET input_id = excluded.input_id, \
             asked = excluded.asked, preprocess = excluded.preprocess, state = 'queued', error = NULL, result = NULL, \
             job_id = excluded.job_id, created_at = excluded.created_at",
        )
        .bind(new.checkpoint)
        .bind(new.input)
        .bind(new.asked.to_string())
        .bind(new.preprocess.to_string())
        .bind(job)
        .bind(now)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes what a comparison found. Nothing happens if another was asked for meanwhile.
    pub async fn finish_parity(&mut self, checkpoint: CheckpointId, job: &str, result: &Value) -> Result<()> {
        sqlx::query(
            "UPDATE parity SET state = 'done', error = NULL, result = ? WHERE checkpoint_id = ? AND job_id = ?",
        )
        .bind(result.to_string())
        .bind(checkpoint)
        .bind(job)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes that there is no comparison (`failed` or `cancelled`), and why.
    pub async fn fail_parity(&mut self, checkpoint: CheckpointId, job: &str, state: &str, error: &str) -> Result<()> {
        sqlx::query("UPDATE parity SET state = ?, error = ? WHERE checkpoint_id = ? AND job_id = ?")
            .bind(state)
            .bind(error)
            .bind(checkpoint)
            .bind(job)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
