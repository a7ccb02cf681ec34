//! Embeddings: points in a space, with what is known of each.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};

use super::experiments::{ExperimentId, run_slug};
use crate::{Actor, Result, Store, StoreError};

/// An embedding that was read; its bytes are blobs already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewEmbedding {
    /// The tensor's name.
    pub name: String,
    /// Points.
    pub n: usize,
    /// Numbers a point.
    pub width: usize,
    /// The points' blob.
    pub tensor: Option<String>,
    /// The metadata's blob.
    pub metadata: Option<String>,
    /// The sprite's blob.
    pub sprite: Option<String>,
    /// Of one image, in pixels.
    pub sprite_size: (u32, u32),
    /// The bookmarks' blob.
    pub bookmarks: Option<String>,
    /// What could not be read, in a sentence.
    pub problem: Option<String>,
}

/// A stored embedding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedding {
    /// Its row.
    pub id: i64,
    /// The run's id.
    pub run: String,
    /// The run's name.
    pub run_name: String,
    /// What was read.
    pub read: NewEmbedding,
}

const EMBEDDING: &str =
    "SELECT m.id, r.slug, r.name, m.name, m.n, m.width, m.tensor_hash, m.metadata_hash, m.sprite_hash,
      m.sprite_width, m.sprite_height, m.bookmarks_hash, m.problem
    FROM embedding m JOIN run r ON r.id = m.run_id JOIN experiment e ON e.id = r.experiment_id
    WHERE r.deleted_at IS NULL AND e.project_id = ?";

impl Store {
    /// Sets the embeddings of a run to these. A run that was deleted gets none; one that has no event file is made.
    pub async fn set_embeddings(
        &self,
        _actor: &Actor,
        experiment: ExperimentId,
        run: &str,
        embeddings: Vec<NewEmbedding>,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO run (experiment_id, slug, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
        let query = sqlx::query(sql).bind(experiment.0).bind(run_slug(run)).bind(run);
        query.execute(&mut *tx).await?;
        let sql = "SELECT id FROM run WHERE experiment_id = ? AND name = ? AND deleted_at IS NULL";
        let row = sqlx::query(sql)
            .bind(experiment.0)
            .bind(run)
            .fetch_optional(&mut *tx)
            .await?;
        let id: Option<i64> = row.map(|row| row.try_get(0)).transpose()?;
        let mut before = match id {
            Some(id) => drop_embeddings(&mut tx, id).await?,
            None => Vec::new(),
        };
        for one in embeddings {
            let hashes = [&one.tensor, &one.metadata, &one.sprite, &one.bookmarks];
            let Some(id) = id else {
                // Nothing names them.
                before.extend(hashes.into_iter().flatten().cloned());
                continue;
            };
            let sql =
                "INSERT INTO embedding (run_id, name, n, width, tensor_hash, metadata_hash, sprite_hash, sprite_width,
                         sprite_height, bookmarks_hash, problem)
                       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
            let query = sqlx::query(sql)
                .bind(id)
                .bind(&one.name)
                .bind(one.n as i64)
                .bind(one.width as i64)
                .bind(&one.tensor)
                .bind(&one.metadata)
                .bind(&one.sprite)
                .bind(one.sprite_size.0)
                .bind(one.sprite_size.1)
                .bind(&one.bookmarks)
                .bind(&one.problem);
            query.execute(&mut *tx).await?;
        }
        before.extend(drop_projections(&mut tx).await?);
        self.commit_and_release(tx, &before).await
    }

    /// The embeddings of an experiment, by run and name.
    pub async fn embeddings(&self, actor: &Actor, experiment: &str) -> Result<Vec<Embedding>> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let sql = format!("{EMBEDDING} AND e.id = ? ORDER BY r.name, m.name");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(actor.project)
            .bind(experiment.0);
        rows.fetch_all(self.readers()).await?.iter().map(embedding).collect()
    }

    /// One of them.
    pub async fn embedding(&self, actor: &Actor, id: i64) -> Result<Embedding> {
        let sql = format!("{EMBEDDING} AND m.id = ?");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(actor.project).bind(id);
        match row.fetch_optional(self.readers()).await? {
            Some(row) => embedding(&row),
            None => Err(StoreError::NotFound {
                what: "embedding",
                name: id.to_string(),
            }),
        }
    }
}

/// Deletes the rows of a run's embeddings; gives the blobs they named.
pub(super) async fn drop_embeddings(tx: &mut Transaction<'static, Sqlite>, run: i64) -> Result<Vec<String>> {
    let sql = "DELETE FROM embedding WHERE run_id IN (SELECT id FROM run WHERE id = ?1 OR part_of = ?1)
               RETURNING tensor_hash, metadata_hash, sprite_hash, bookmarks_hash";
    let mut hashes = Vec::new();
    for row in sqlx::query(sql).bind(run).fetch_all(&mut **tx).await? {
        for column in 0..4 {
            hashes.extend(row.try_get::<Option<String>, _>(column)?);
        }
    }
    Ok(hashes)
}

/// Deletes the pictures of points that no embedding has any more; gives the blobs they named.
pub(super) async fn drop_projections(tx: &mut Transaction<'static, Sqlite>) -> Result<Vec<String>> {
    let sql = "DELETE FROM projection WHERE tensor_hash NOT IN (SELECT tensor_hash FROM embedding WHERE tensor_hash IS NOT NULL)
               RETURNING at_hash";
    let rows = sqlx::query(sql).fetch_all(&mut **tx).await?;
    let hashes = rows.iter().map(|row| row.try_get::<Option<String>, _>(0));
    Ok(hashes
        .collect::<sqlx::Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect())
}

fn embedding(row: &SqliteRow) -> Result<Embedding> {
    Ok(Embedding {
        id: row.try_get(0)?,
        run: row.try_get(1)?,
        run_name: row.try_get(2)?,
        read: NewEmbedding {
            name: row.try_get(3)?,
            n: row.try_get::<i64, _>(4)? as usize,
            width: row.try_get::<i64, _>(5)? as usize,
            tensor: row.try_get(6)?,
            metadata: row.try_get(7)?,
            sprite: row.try_get(8)?,
            sprite_size: (row.try_get(9)?, row.try_get(10)?),
            bookmarks: row.try_get(11)?,
            problem: row.try_get(12)?,
        },
    })
}
