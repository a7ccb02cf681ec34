//! Inputs: pictures, arrays and tables that models are asked about.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::FromRow;

use crate::slug::free_slug;
use crate::{Actor, Blob, Micros, Result, Store, StoreError, Tx};

/// Row id of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct InputId(pub i64);

/// An input.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns of `docs/api.md`")]
pub struct InputRow {
    pub id: InputId,
    pub slug: String,
    pub name: String,
    /// Slug of the model it was given for.
    pub model: Option<String>,
    pub hash: String,
    pub bytes: i64,
    /// `scanning`, `ready` or `failed`.
    pub state: String,
    pub error: Option<String>,
    pub job_id: Option<String>,
    pub kind: String,
    pub rows: i64,
    /// JSON: `columns`, `width`, `height`, `target_column`.
    pub facts: String,
    /// PNG of at most 512 px, drawn by a worker.
    pub picture_hash: Option<String>,
    pub created_at: Micros,
}

impl InputRow {
    /// [`InputRow::facts`] as JSON.
    pub fn facts(&self) -> Value {
        serde_json::from_str(&self.facts).unwrap_or(Value::Null)
    }

    /// What decides the answers about it: its bytes, and what was said of a table.
    pub fn identity(&self) -> String {
        match &self.facts()["options"] {
            Value::Object(said)
                if said
                    .iter()
                    .any(|(key, value)| key != "label_order" || value != "sorted") =>
            {
                let whole = format!("{} {}", self.hash, Value::Object(said.clone()));
                blake3::hash(whole.as_bytes()).to_hex().to_string()
            }
            _ => self.hash.clone(),
        }
    }
}

const INPUT: &str = "SELECT i.id, i.slug, i.name, m.slug AS model, i.hash, i.bytes, i.state, i.error, i.job_id, i.kind, \
     i.rows, i.facts, i.picture_hash, i.created_at FROM input i LEFT JOIN model m ON m.id = i.model_id";

impl Store {
    /// Adds an input in state `scanning`; the caller enqueues its inspection. The same bytes under
    /// the same name are one input: the second answer is `false`.
    pub async fn add_input(
        &self,
        actor: Actor,
        name: &str,
        model: Option<&str>,
        blob: &Blob,
    ) -> Result<(InputRow, bool)> {
        let mut tx = self.begin().await?;
        let known: Option<String> =
            sqlx::query_scalar("SELECT slug FROM input WHERE project_id = ? AND hash = ? AND name = ?")
                .bind(actor.project)
                .bind(&blob.hash)
                .bind(name)
                .fetch_optional(&mut *tx)
                .await?;
        if let Some(slug) = known {
            drop(tx);
            return Ok((self.input(actor, &slug).await?, false));
        }
        let taken: Vec<String> = sqlx::query_scalar("SELECT slug FROM input WHERE project_id = ?")
            .bind(actor.project)
            .fetch_all(&mut *tx)
            .await?;
        let slug = free_slug(name, &taken);
        sqlx::query(
            "INSERT INTO input (project_id, slug, name, model_id, hash, bytes, state, created_at) VALUES \
             (?1, ?2, ?3, (SELECT id FROM model WHERE project_id = ?1 AND slug = ?4), ?5, ?6, 'scanning', ?7)",
        )
        .bind(actor.project)
        .bind(&slug)
        .bind(name)
        .bind(model)
        .bind(&blob.hash)
        .bind(i64::try_from(blob.bytes).unwrap_or(i64::MAX))
        .bind(self.now())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok((self.input(actor, &slug).await?, true))
    }

    /// All inputs, newest first; `model` keeps those given for that model or for none.
    pub async fn inputs(&self, actor: Actor, model: Option<&str>) -> Result<Vec<InputRow>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{INPUT} WHERE i.project_id = ?1 AND (?2 IS NULL OR m.slug IS NULL OR m.slug = ?2) ORDER BY i.created_at DESC, i.id DESC"
        ));
        Ok(sqlx::query_as(sql)
            .bind(actor.project)
            .bind(model)
            .fetch_all(self.readers())
            .await?)
    }

    /// One input by slug or content hash.
    pub async fn input(&self, actor: Actor, slug: &str) -> Result<InputRow> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{INPUT} WHERE i.project_id = ?1 AND (i.slug = ?2 OR i.hash = ?2) LIMIT 1"
        ));
        let row = sqlx::query_as(sql)
            .bind(actor.project)
            .bind(slug)
            .fetch_optional(self.readers())
            .await?;
        row.ok_or_else(|| StoreError::NotFound {
            what: "input",
            name: slug.to_owned(),
        })
    }

    /// Writes what is known of a table after something was said of it.
    pub async fn set_input_facts(&self, actor: Actor, slug: &str, facts: &Value) -> Result<InputRow> {
        let input = self.input(actor, slug).await?;
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE input SET facts = ?, rows = ? WHERE id = ?")
            .bind(facts.to_string())
            .bind(facts["rows"].as_i64().unwrap_or(1))
            .bind(input.id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        self.input(actor, slug).await
    }

    /// Deletes an input, its explanations, and bytes nothing else names.
    pub async fn delete_input(&self, actor: Actor, slug: &str) -> Result<()> {
        let input = self.input(actor, slug).await?;
        let mut tx = self.begin().await?;
        let mut hashes: Vec<String> =
            sqlx::query_scalar("SELECT array_hash FROM answer WHERE input_id = ? AND array_hash IS NOT NULL")
                .bind(input.id)
                .fetch_all(&mut *tx)
                .await?;
        hashes.extend(crate::comparisons::delete_of_input(&mut tx, input.id).await?);
        sqlx::query("DELETE FROM input WHERE id = ?")
            .bind(input.id)
            .execute(&mut *tx)
            .await?;
        hashes.push(input.hash);
        hashes.extend(input.picture_hash);
        self.commit_and_release(tx, &hashes).await
    }
}

impl Tx {
    /// Writes what an inspection found.
    pub async fn finish_input(&mut self, input: InputId, facts: &Value, picture: Option<&Blob>) -> Result<()> {
        sqlx::query(
            "UPDATE input SET state = 'ready', error = NULL, kind = ?, rows = ?, facts = ?, picture_hash = ? WHERE id = ?",
        )
        .bind(facts["kind"].as_str().unwrap_or("unknown"))
        .bind(facts["rows"].as_i64().unwrap_or(1))
        .bind(facts.to_string())
        .bind(picture.map(|blob| &blob.hash))
        .bind(input)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Puts other bytes in the place of those that were uploaded, and gives the hash of these, to be released once this
    /// is durable.
    pub async fn replace_input(&mut self, input: InputId, kept: &Blob) -> Result<String> {
        let uploaded: String = sqlx::query_scalar("SELECT hash FROM input WHERE id = ?")
            .bind(input)
            .fetch_one(self.connection())
            .await?;
        sqlx::query("UPDATE input SET hash = ?, bytes = ? WHERE id = ?")
            .bind(&kept.hash)
            .bind(i64::try_from(kept.bytes).unwrap_or(i64::MAX))
            .bind(input)
            .execute(self.connection())
            .await?;
        Ok(uploaded)
    }

    /// Writes that an inspection failed, and why.
    pub async fn fail_input(&mut self, input: InputId, error: &str) -> Result<()> {
        sqlx::query("UPDATE input SET state = 'failed', error = ? WHERE id = ?")
            .bind(error)
            .bind(input)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Remembers which job inspects an input.
    pub async fn set_input_job(&mut self, input: InputId, job: &str) -> Result<()> {
        sqlx::query("UPDATE input SET job_id = ? WHERE id = ?")
            .bind(job)
            .bind(input)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
