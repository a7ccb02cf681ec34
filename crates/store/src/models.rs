//! Models and their checkpoints.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::FromRow;

use crate::slug::free_slug;
use crate::{Actor, Blob, Micros, Result, Store, StoreError, Tx};

/// Row id of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct CheckpointId(pub i64);

/// A file to become a model, or the next checkpoint of one.
#[derive(Debug, Clone)]
pub struct NewCheckpoint {
    /// Slug of the model it belongs to; `None` makes a new model.
    pub checkpoint_of: Option<String>,
    /// Name of the new model (also the checkpoint's label).
    pub name: String,
    /// The file name the user gave: a label.
    pub filename: String,
    /// Training step.
    pub step: Option<i64>,
    /// The bytes.
    pub blob: Blob,
}

/// Answer of [`Store::add_checkpoint`].
#[derive(Debug, Clone)]
pub struct AddedCheckpoint {
    /// Slug of the model.
    pub model: String,
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// False if these bytes were there already.
    pub created: bool,
    /// `scanning`, `ready` or `failed`.
    pub state: String,
    /// Its scan.
    pub job: Option<String>,
}

/// One line of the list of models; the facts are those of the newest ready checkpoint.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns of `docs/api.md`")]
pub struct ModelRow {
    pub id: i64,
    pub slug: String,
    pub name: String,
    pub created_at: Micros,
    pub preprocess: Option<String>,
    pub preprocess_origin: String,
    /// The vocabulary of a model that reads tokens.
    pub vocabulary_hash: Option<String>,
    pub checkpoints: i64,
}

/// A checkpoint.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns of `docs/api.md`")]
pub struct CheckpointRow {
    pub id: CheckpointId,
    pub model_id: i64,
    pub label: String,
    pub step: Option<i64>,
    pub filename: String,
    pub hash: String,
    pub bytes: i64,
    pub state: String,
    pub error: Option<String>,
    pub job_id: Option<String>,
    pub format: String,
    pub parameters: i64,
    /// JSON: `inputs`, `outputs`, `metadata`, `kind`, `export_hint`, `tensors`.
    pub summary: String,
    pub graph_hash: Option<String>,
    /// The ONNX file that runs it: itself, or the model's graph with these weights.
    pub run_hash: Option<String>,
    pub created_at: Micros,
}

impl CheckpointRow {
    /// [`CheckpointRow::summary`] as JSON.
    pub fn facts(&self) -> Value {
        serde_json::from_str(&self.summary).unwrap_or(Value::Null)
    }
}

/// A model with its checkpoints, by step, then by age.
#[derive(Debug, Clone)]
pub struct ModelDetail {
    /// The model.
    pub model: ModelRow,
    /// Oldest first.
    pub checkpoints: Vec<CheckpointRow>,
}

impl ModelDetail {
    /// The checkpoint of that id (its number, its label or its hash); `None`: the last that is ready, else the last.
    pub fn checkpoint(&self, id: Option<&str>) -> Option<&CheckpointRow> {
        match id {
            Some(id) => self
                .checkpoints
                .iter()
                .find(|c| c.id.0.to_string() == id || c.hash == id || c.label == id),
            None => self
                .checkpoints
                .iter()
                .rfind(|c| c.state == "ready")
                .or(self.checkpoints.last()),
        }
    }
}

/// What a scan found, as rows.
#[derive(Debug, Clone, Default)]
pub struct ScanRows {
    /// `onnx`, `safetensors`, `pytorch` ...
    pub format: String,
    /// Elements of all float tensors.
    pub parameters: i64,
    /// JSON object, see [`CheckpointRow::summary`].
    pub summary: Value,
    /// `(name, JSON of the tensor as docs/api.md has it)`.
    pub tensors: Vec<(String, Value)>,
    /// The layer graph.
    pub graph: Option<Blob>,
    /// The ONNX file that runs it.
    pub run: Option<Blob>,
    /// `preprocess.json` and where it came from; written only where the model has none yet.
    pub preprocess: Option<(Value, String)>,
}

/// A tensor's statistics at one checkpoint.
#[derive(Debug, Clone)]
pub struct TensorAt {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// Its label.
    pub label: String,
    /// Its step.
    pub step: Option<i64>,
    /// JSON of the tensor.
    pub tensor: Value,
}

const MODEL: &str = "SELECT m.id, m.slug, m.name, m.created_at, m.preprocess, m.preprocess_origin, m.vocabulary_hash, \
     (SELECT count(*) FROM checkpoint c WHERE c.model_id = m.id) AS checkpoints FROM model m";

impl Store {
    /// Adds a checkpoint in state `scanning`; the caller enqueues its scan.
    pub async fn add_checkpoint(&self, actor: Actor, new: NewCheckpoint) -> Result<AddedCheckpoint> {
        let mut tx = self.begin().await?;
        let found: Option<(String, i64, String, Option<String>)> = sqlx::query_as(
            "SELECT m.slug, c.id, c.state, c.job_id FROM checkpoint c JOIN model m ON m.id = c.model_id \
             WHERE m.project_id = ?1 AND c.hash = ?2 AND (?3 IS NULL OR m.slug = ?3)",
        )
        .bind(actor.project)
        .bind(&new.blob.hash)
        .bind(&new.checkpoint_of)
        .fetch_optional(&mut *tx)
        .await?;
        if let Some((model, id, state, job)) = found {
            return Ok(AddedCheckpoint {
                model,
                checkpoint: CheckpointId(id),
                created: false,
                state,
                job,
            });
        }
        let now = self.now();
        let (model_id, slug) = if let Some(slug) = new.checkpoint_of {
            let id: Option<i64> = sqlx::query_scalar("SELECT id FROM model WHERE project_id = ? AND slug = ?")
                .bind(actor.project)
                .bind(&slug)
                .fetch_optional(&mut *tx)
                .await?;
            (
                id.ok_or_else(|| StoreError::NotFound {
                    what: "model",
                    name: slug.clone(),
                })?,
                slug,
            )
        } else {
            let taken: Vec<String> = sqlx::query_scalar("SELECT slug FROM model WHERE project_id = ?")
                .bind(actor.project)
                .fetch_all(&mut *tx)
                .await?;
            let slug = free_slug(&new.name, &taken);
            let done = sqlx::query("INSERT INTO model (project_id, slug, name, created_at) VALUES (?, ?, ?, ?)")
                .bind(actor.project)
                .bind(&slug)
                .bind(&new.name)
                .bind(now)
                .execute(&mut *tx)
                .await?;
            (done.last_insert_rowid(), slug)
        };
        let done = sqlx::query(
            "INSERT INTO checkpoint (model_id, label, step, filename, hash, bytes, state, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, 'scanning', ?)",
        )
        .bind(model_id)
        .bind(&new.name)
        .bind(new.step)
        .bind(&new.filename)
        .bind(&new.blob.hash)
        .bind(i64::try_from(new.blob.bytes).unwrap_or(i64::MAX))
        .bind(now)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(AddedCheckpoint {
            model: slug,
            checkpoint: CheckpointId(done.last_insert_rowid()),
            created: true,
            state: "scanning".into(),
            job: None,
        })
    }

    /// All models, newest first, with all their checkpoints.
    pub async fn models(&self, actor: Actor) -> Result<Vec<ModelDetail>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{MODEL} WHERE m.project_id = ? ORDER BY m.created_at DESC, m.id DESC"
        ));
        let models: Vec<ModelRow> = sqlx::query_as(sql)
            .bind(actor.project)
            .fetch_all(self.readers())
            .await?;
        let mut details = Vec::with_capacity(models.len());
        for model in models {
            let checkpoints = self.checkpoints_of(model.id).await?;
            details.push(ModelDetail { model, checkpoints });
        }
        Ok(details)
    }

    /// One model, by its slug or by the content hash of a checkpoint.
    pub async fn model(&self, actor: Actor, slug: &str) -> Result<ModelDetail> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{MODEL} WHERE m.project_id = ?1 AND (m.slug = ?2 OR m.id IN \
             (SELECT model_id FROM checkpoint WHERE hash = ?2)) ORDER BY m.slug = ?2 DESC LIMIT 1"
        ));
        let model: Option<ModelRow> = sqlx::query_as(sql)
            .bind(actor.project)
            .bind(slug)
            .fetch_optional(self.readers())
            .await?;
        let model = model.ok_or_else(|| StoreError::NotFound {
            what: "model",
            name: slug.to_owned(),
        })?;
        let checkpoints = self.checkpoints_of(model.id).await?;
        Ok(ModelDetail { model, checkpoints })
    }

    async fn checkpoints_of(&self, model: i64) -> Result<Vec<CheckpointRow>> {
        let rows = sqlx::query_as("SELECT * FROM checkpoint WHERE model_id = ? ORDER BY coalesce(step, id), id");
        Ok(rows.bind(model).fetch_all(self.readers()).await?)
    }

    /// Tensors of a checkpoint in file order, as JSON of `docs/api.md`.
    pub async fn tensors(&self, checkpoint: CheckpointId) -> Result<Vec<Value>> {
        let rows: Vec<String> = sqlx::query_scalar("SELECT stats FROM tensor WHERE checkpoint_id = ? ORDER BY ordinal")
            .bind(checkpoint)
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(|text| json(text)).collect()
    }

    /// One tensor over the checkpoints of a model.
    pub async fn tensor_history(&self, actor: Actor, slug: &str, name: &str) -> Result<Vec<TensorAt>> {
        let rows: Vec<(i64, String, Option<i64>, String)> = sqlx::query_as(
            "SELECT c.id, c.label, c.step, t.stats FROM tensor t JOIN checkpoint c ON c.id = t.checkpoint_id \
             JOIN model m ON m.id = c.model_id WHERE m.project_id = ? AND m.slug = ? AND t.name = ? \
             ORDER BY coalesce(c.step, c.id), c.id",
        )
        .bind(actor.project)
        .bind(slug)
        .bind(name)
        .fetch_all(self.readers())
        .await?;
        let at = |(id, label, step, stats): (i64, String, Option<i64>, String)| {
            Ok(TensorAt {
                checkpoint: CheckpointId(id),
                label,
                step,
                tensor: json(&stats)?,
            })
        };
        rows.into_iter().map(at).collect()
    }

    /// Slug of the model that a checkpoint belongs to now; `None` once it is deleted.
    pub async fn model_of(&self, actor: Actor, checkpoint: CheckpointId) -> Result<Option<String>> {
        let sql =
            "SELECT m.slug FROM checkpoint c JOIN model m ON m.id = c.model_id WHERE m.project_id = ? AND c.id = ?";
        Ok(sqlx::query_scalar(sql)
            .bind(actor.project)
            .bind(checkpoint)
            .fetch_optional(self.readers())
            .await?)
    }

    /// Replaces a model's `preprocess.json`.
    pub async fn set_preprocess(&self, actor: Actor, slug: &str, preprocess: &Value) -> Result<()> {
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "UPDATE model SET preprocess = ?, preprocess_origin = 'given' WHERE project_id = ? AND slug = ?",
        )
        .bind(preprocess.to_string())
        .bind(actor.project)
        .bind(slug)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound {
                what: "model",
                name: slug.to_owned(),
            });
        }
        Ok(tx.commit().await?)
    }

    /// Gives a model a vocabulary, and the `preprocess.json` that says how it is used; the bytes of the one before go
    /// where nothing else names them.
    pub async fn set_vocabulary(&self, actor: Actor, slug: &str, preprocess: &Value, hash: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let before: Option<Option<String>> =
            sqlx::query_scalar("SELECT vocabulary_hash FROM model WHERE project_id = ? AND slug = ?")
                .bind(actor.project)
                .bind(slug)
                .fetch_optional(&mut *tx)
                .await?;
        let before = before.ok_or_else(|| StoreError::NotFound {
            what: "model",
            name: slug.to_owned(),
        })?;
        sqlx::query(
            "UPDATE model SET preprocess = ?, preprocess_origin = 'given', vocabulary_hash = ? WHERE project_id = ? AND slug = ?",
        )
        .bind(preprocess.to_string())
        .bind(hash)
        .bind(actor.project)
        .bind(slug)
        .execute(&mut *tx)
        .await?;
        let hashes: Vec<String> = before.into_iter().filter(|old| old != hash).collect();
        self.commit_and_release(tx, &hashes).await
    }

    /// Deletes a model, its checkpoints, their explanations, and bytes nothing else names.
    pub async fn delete_model(&self, actor: Actor, slug: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let id: Option<i64> = sqlx::query_scalar("SELECT id FROM model WHERE project_id = ? AND slug = ?")
            .bind(actor.project)
            .bind(slug)
            .fetch_optional(&mut *tx)
            .await?;
        let id = id.ok_or_else(|| StoreError::NotFound {
            what: "model",
            name: slug.to_owned(),
        })?;
        let mut hashes = crate::comparisons::delete_of_model(&mut tx, id).await?;
        let own: Vec<String> = sqlx::query_scalar(
            "SELECT hash FROM checkpoint WHERE model_id = ?1 \
             UNION SELECT graph_hash FROM checkpoint WHERE model_id = ?1 AND graph_hash IS NOT NULL \
             UNION SELECT run_hash FROM checkpoint WHERE model_id = ?1 AND run_hash IS NOT NULL \
             UNION SELECT vocabulary_hash FROM model WHERE id = ?1 AND vocabulary_hash IS NOT NULL \
             UNION SELECT a.array_hash FROM answer a JOIN checkpoint c ON c.id = a.checkpoint_id \
                   WHERE c.model_id = ?1 AND a.array_hash IS NOT NULL",
        )
        .bind(id)
        .fetch_all(&mut *tx)
        .await?;
        hashes.extend(own);
        sqlx::query("DELETE FROM model WHERE id = ?")
            .bind(id)
            .execute(&mut *tx)
            .await?;
        self.commit_and_release(tx, &hashes).await
    }
}

impl Tx {
    /// Writes what a scan found. Nothing happens if the checkpoint was deleted meanwhile.
    pub async fn finish_scan(&mut self, checkpoint: CheckpointId, rows: &ScanRows) -> Result<()> {
        let model: Option<i64> = sqlx::query_scalar("SELECT model_id FROM checkpoint WHERE id = ?")
            .bind(checkpoint)
            .fetch_optional(self.connection())
            .await?;
        let Some(model) = model else { return Ok(()) };
        sqlx::query(
            "UPDATE checkpoint SET state = 'ready', error = NULL, format = ?, parameters = ?, summary = ?, \
             graph_hash = ?, run_hash = ? WHERE id = ?",
        )
        .bind(&rows.format)
        .bind(rows.parameters)
        .bind(rows.summary.to_string())
        .bind(rows.graph.as_ref().map(|blob| &blob.hash))
        .bind(rows.run.as_ref().map(|blob| &blob.hash))
        .bind(checkpoint)
        .execute(self.connection())
        .await?;
        sqlx::query("DELETE FROM tensor WHERE checkpoint_id = ?")
            .bind(checkpoint)
            .execute(self.connection())
            .await?;
        for (ordinal, (name, stats)) in rows.tensors.iter().enumerate() {
            sqlx::query("INSERT INTO tensor (checkpoint_id, ordinal, name, stats) VALUES (?, ?, ?, ?)")
                .bind(checkpoint)
                .bind(i64::try_from(ordinal).unwrap_or(i64::MAX))
                .bind(name)
                .bind(stats.to_string())
                .execute(self.connection())
                .await?;
        }
        if let Some((preprocess, origin)) = &rows.preprocess {
            sqlx::query("UPDATE model SET preprocess = ?, preprocess_origin = ? WHERE id = ? AND preprocess IS NULL")
                .bind(preprocess.to_string())
                .bind(origin)
                .bind(model)
                .execute(self.connection())
                .await?;
        }
        Ok(())
    }

    /// Writes that a scan failed, and why.
    pub async fn fail_scan(&mut self, checkpoint: CheckpointId, error: &str) -> Result<()> {
        sqlx::query("UPDATE checkpoint SET state = 'failed', error = ? WHERE id = ?")
            .bind(error)
            .bind(checkpoint)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Remembers which job scans a checkpoint.
    pub async fn set_scan_job(&mut self, checkpoint: CheckpointId, job: &str) -> Result<()> {
        sqlx::query("UPDATE checkpoint SET job_id = ?, state = 'scanning', error = NULL WHERE id = ?")
            .bind(job)
            .bind(checkpoint)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

pub(crate) fn json(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))
}
