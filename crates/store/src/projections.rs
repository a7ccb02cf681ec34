//! Pictures of embeddings, addressed by the hash of their question and the points.

use serde_json::Value;
use sqlx::FromRow;

use crate::models::json;
use crate::{Actor, Blob, Micros, Result, Store, StoreError, Tx};

/// A picture to be remembered.
#[derive(Debug, Clone)]
pub struct NewProjection {
    /// Hash of the question and the points, 64 hex digits.
    pub id: String,
    /// The points' blob.
    pub tensor: String,
    /// The question as JSON.
    pub question: Value,
}

/// A picture, or where it stands.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns of `docs/api.md`")]
pub struct ProjectionRow {
    pub id: String,
    /// JSON of the question.
    pub question: String,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    pub error: Option<String>,
    pub job_id: Option<String>,
    /// JSON of the result, once done.
    pub result: Option<String>,
    /// Blob with the places.
    pub at_hash: Option<String>,
    pub created_at: Micros,
    /// Progress of its job, 0 to 1.
    pub progress: Option<f64>,
}

impl ProjectionRow {
    /// The result as JSON; null until done.
    pub fn result(&self) -> Result<Value> {
        self.result.as_deref().map_or(Ok(Value::Null), json)
    }

    /// The question as JSON.
    pub fn question(&self) -> Result<Value> {
        json(&self.question)
    }
}

const PROJECTION: &str = "SELECT p.id, p.question, CASE WHEN p.state = 'queued' AND j.state = 'running' THEN 'running' ELSE p.state END AS state, \
     p.error, p.job_id, p.result, p.at_hash, p.created_at, j.progress \
     FROM projection p LEFT JOIN job j ON j.id = p.job_id WHERE p.project_id = ? AND p.id = ?";

impl Store {
    /// The picture of that id, whatever its state.
    pub async fn projection(&self, actor: Actor, id: &str) -> Result<ProjectionRow> {
        let found = self.find_projection(actor, id).await?;
        found.ok_or_else(|| StoreError::NotFound {
            what: "projection",
            name: id.to_owned(),
        })
    }

    /// An embedding that has the points of that picture: the experiment's name in URLs, and the embedding's id.
    pub async fn projected_embedding(&self, actor: Actor, id: &str) -> Result<Option<(String, i64)>> {
        let sql = "SELECT e.slug, m.id FROM projection p JOIN embedding m ON m.tensor_hash = p.tensor_hash
                     JOIN run r ON r.id = m.run_id JOIN experiment e ON e.id = r.experiment_id
                   WHERE p.project_id = ?1 AND p.id = ?2 AND e.project_id = ?1 AND r.deleted_at IS NULL ORDER BY m.id LIMIT 1";
        let row = sqlx::query_as(sql).bind(actor.project).bind(id);
        Ok(row.fetch_optional(self.readers()).await?)
    }

    /// The picture of that id, if it was ever asked for.
    pub async fn find_projection(&self, actor: Actor, id: &str) -> Result<Option<ProjectionRow>> {
        let row = sqlx::query_as(PROJECTION).bind(actor.project).bind(id);
        Ok(row.fetch_optional(self.readers()).await?)
    }
}

impl Tx {
    /// Writes a picture as queued under `job`; one that failed before is asked for again.
    pub async fn ask_projection(&mut self, actor: Actor, new: &NewProjection, job: &str, now: Micros) -> Result<()> {
        sqlx::query(
            "INSERT INTO projection (project_id, id, tensor_hash, question, state, job_id, created_at) \
             VALUES (?, ?, ?, ?, 'queued', ?, ?) ON CONFLICT (project_id, id) DO UPDATE \
             SET state = 'queued', error = NULL, job_id = excluded.job_id WHERE state <> 'done'",
        )
        .bind(actor.project)
        .bind(&new.id)
        .bind(&new.tensor)
        .bind(new.question.to_string())
        .bind(job)
        .bind(now)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes a picture. Nothing happens if its points were deleted meanwhile.
    pub async fn finish_projection(&mut self, actor: Actor, id: &str, result: &Value, at: Option<&Blob>) -> Result<()> {
        sqlx::query(
            "UPDATE projection SET state = 'done', error = NULL, result = ?, at_hash = ? WHERE project_id = ? AND id = ?",
        )
        .bind(result.to_string())
        .bind(at.map(|blob| &blob.hash))
        .bind(actor.project)
        .bind(id)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes that there is no picture (`failed` or `cancelled`), and why.
    pub async fn fail_projection(&mut self, actor: Actor, id: &str, state: &str, error: &str) -> Result<()> {
        sqlx::query("UPDATE projection SET state = ?, error = ? WHERE project_id = ? AND id = ? AND state <> 'done'")
            .bind(state)
            .bind(error)
            .bind(actor.project)
            .bind(id)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
