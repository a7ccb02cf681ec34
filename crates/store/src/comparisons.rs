//! Comparisons of two checkpoints, addressed by the hash of their question.

use serde_json::Value;
use sqlx::{FromRow, Sqlite, Transaction};

use crate::models::json;
use crate::{Actor, Blob, CheckpointId, InputId, Micros, Result, Store, StoreError, Tx};

/// A comparison to be made.
#[derive(Debug, Clone)]
pub struct NewComparison {
    /// Hash of the question, 64 hex digits.
    pub id: String,
    /// `weights`, `drift` or `metrics`.
    pub kind: &'static str,
    /// The first checkpoint.
    pub a: CheckpointId,
    /// The second.
    pub b: CheckpointId,
    /// Asked about.
    pub inputs: Vec<InputId>,
    /// Checkpoints of the null band, besides A and B.
    pub others: Vec<CheckpointId>,
    /// The question as JSON.
    pub question: Value,
}

/// A comparison, or where it stands.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns of `docs/api.md`")]
pub struct ComparisonRow {
    pub id: String,
    pub kind: String,
    pub a_id: CheckpointId,
    pub b_id: CheckpointId,
    /// JSON of the question.
    pub question: String,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    pub error: Option<String>,
    pub job_id: Option<String>,
    /// JSON of the result, once done.
    pub result: Option<String>,
    /// Blob with the maps.
    pub maps_hash: Option<String>,
    pub created_at: Micros,
    /// Progress of its job, 0 to 1.
    pub progress: Option<f64>,
}

impl ComparisonRow {
    /// The result as JSON; null until done.
    pub fn result(&self) -> Result<Value> {
        self.result.as_deref().map_or(Ok(Value::Null), json)
    }

    /// The question as JSON.
    pub fn question(&self) -> Result<Value> {
        json(&self.question)
    }
}

const COMPARISON: &str = "SELECT c.id, c.kind, c.a_id, c.b_id, c.question, CASE WHEN c.state = 'queued' AND j.state = 'running' \
     THEN 'running' ELSE c.state END AS state, c.error, c.job_id, c.result, c.maps_hash, c.created_at, j.progress \
     FROM comparison c LEFT JOIN job j ON j.id = c.job_id";

impl Store {
    /// The comparison of that id, whatever its state.
    pub async fn comparison(&self, actor: Actor, id: &str) -> Result<ComparisonRow> {
        let found = self.find_comparison(actor, id).await?;
        found.ok_or_else(|| StoreError::NotFound {
            what: "comparison",
            name: id.to_owned(),
        })
    }

    /// The comparison of that id, if it was ever asked for.
    pub async fn find_comparison(&self, actor: Actor, id: &str) -> Result<Option<ComparisonRow>> {
        let sql = sqlx::AssertSqlSafe(format!("{COMPARISON} WHERE c.project_id = ? AND c.id = ?"));
        let row = sqlx::query_as(sql).bind(actor.project).bind(id);
        Ok(row.fetch_optional(self.readers()).await?)
    }

    /// Comparisons of a kind of these two, in that order, newest first.
    pub async fn comparisons_of(
        &self,
        actor: Actor,
        kind: &str,
        a: CheckpointId,
        b: CheckpointId,
    ) -> Result<Vec<ComparisonRow>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{COMPARISON} WHERE c.project_id = ? AND c.kind = ? AND c.a_id = ? AND c.b_id = ? \
             ORDER BY c.created_at DESC, c.id LIMIT 100"
        ));
        let rows = sqlx::query_as(sql).bind(actor.project).bind(kind).bind(a).bind(b);
        Ok(rows.fetch_all(self.readers()).await?)
    }

    /// Deletes a comparison and its maps, unless something else names those bytes.
    pub async fn delete_comparison(&self, actor: Actor, id: &str) -> Result<()> {
        let row = self.comparison(actor, id).await?;
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM comparison WHERE project_id = ? AND id = ?")
            .bind(actor.project)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        self.commit_and_release(tx, row.maps_hash.as_slice()).await
    }
}

/// Deletes the comparisons that were asked on an input, and gives the hashes of their maps.
pub(crate) async fn delete_of_input(tx: &mut Transaction<'static, Sqlite>, input: InputId) -> Result<Vec<String>> {
    let gone: Vec<Option<String>> = sqlx::query_scalar(
        "DELETE FROM comparison WHERE (project_id, id) IN \
         (SELECT project_id, comparison_id FROM comparison_input WHERE input_id = ?) RETURNING maps_hash",
    )
    .bind(input)
    .fetch_all(&mut **tx)
    .await?;
    Ok(gone.into_iter().flatten().collect())
}

/// Deletes the comparisons in which a checkpoint of a model takes part, and gives the hashes of their maps.
pub(crate) async fn delete_of_model(tx: &mut Transaction<'static, Sqlite>, model: i64) -> Result<Vec<String>> {
    let gone: Vec<Option<String>> = sqlx::query_scalar(
        "WITH own AS (SELECT id FROM checkpoint WHERE model_id = ?) DELETE FROM comparison \
         WHERE a_id IN own OR b_id IN own OR (project_id, id) IN \
         (SELECT project_id, comparison_id FROM comparison_checkpoint WHERE checkpoint_id IN own) RETURNING maps_hash",
    )
    .bind(model)
    .fetch_all(&mut **tx)
    .await?;
    Ok(gone.into_iter().flatten().collect())
}

impl Tx {
    /// Writes a comparison as queued under `job`; one that failed before is asked for again.
    pub async fn ask_comparison(&mut self, actor: Actor, new: &NewComparison, job: &str, now: Micros) -> Result<()> {
        sqlx::query(
            "INSERT INTO comparison (project_id, id, kind, a_id, b_id, question, state, job_id, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?) ON CONFLICT (project_id, id) DO UPDATE \
             SET state = 'queued', error = NULL, job_id = excluded.job_id WHERE state <> 'done'",
        )
        .bind(actor.project)
        .bind(&new.id)
        .bind(new.kind)
        .bind(new.a)
        .bind(new.b)
        .bind(new.question.to_string())
        .bind(job)
        .bind(now)
        .execute(self.connection())
        .await?;
        for input in &new.inputs {
            sqlx::query("INSERT INTO comparison_input VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
                .bind(actor.project)
                .bind(&new.id)
                .bind(input)
                .execute(self.connection())
                .await?;
        }
        for other in &new.others {
            sqlx::query("INSERT INTO comparison_checkpoint VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
                .bind(actor.project)
                .bind(&new.id)
                .bind(other)
                .execute(self.connection())
                .await?;
        }
        Ok(())
    }

    /// Writes what a comparison found. Nothing happens if it was deleted meanwhile.
    pub async fn finish_comparison(
        &mut self,
        actor: Actor,
        id: &str,
        result: &Value,
        maps: Option<&Blob>,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE comparison SET state = 'done', error = NULL, result = ?, maps_hash = ? WHERE project_id = ? AND id = ?",
        )
        .bind(result.to_string())
        .bind(maps.map(|blob| &blob.hash))
        .bind(actor.project)
        .bind(id)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes that there is no comparison (`failed` or `cancelled`), and why.
    pub async fn fail_comparison(&mut self, actor: Actor, id: &str, state: &str, error: &str) -> Result<()> {
        sqlx::query("UPDATE comparison SET state = ?, error = ? WHERE project_id = ? AND id = ? AND state <> 'done'")
            .bind(state)
            .bind(error)
            .bind(actor.project)
            .bind(id)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
