//! Deleting runs: first with a way back, then for good.

use sqlx::{Row, Sqlite, Transaction};

use super::embeddings::{drop_embeddings, drop_projections};
use super::organise::{DeletedRun, Deletion, GRACE};
use crate::{Actor, Micros, Result, Store, StoreError};

impl Store {
    /// Deletes a run. `Later` keeps its rows for [`GRACE`], out of everybody's sight; `Now` removes them;
    /// a tombstone keeps its files from being read again, unless `Forget`, which removes that too.
    pub async fn delete_run(&self, actor: &Actor, experiment: &str, run: &str, how: Deletion) -> Result<()> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let sql = "SELECT id FROM run WHERE experiment_id = ? AND slug = ?
                   AND (deleted_at IS NULL OR (?3 <> 0 AND purged_at IS NULL) OR ?3 = 2)";
        let row = sqlx::query(sql).bind(experiment.0).bind(run).bind(how as i64);
        let row = row.fetch_optional(self.readers()).await?;
        let row = row.ok_or_else(|| missing("run", run))?;
        let run: i64 = row.try_get(0)?;
        let mut tx = self.begin().await?;
        let mut blobs = Vec::new();
        match how {
            Deletion::Later => {
                let sql = "UPDATE run SET deleted_at = ?1 WHERE id = ?2 OR part_of = ?2";
                sqlx::query(sql).bind(self.now()).bind(run).execute(&mut *tx).await?;
            }
            Deletion::Now => blobs = purge(&mut tx, run, self.now()).await?,
            Deletion::Forget => {
                blobs = drop_embeddings(&mut tx, run).await?;
                blobs.extend(drop_projections(&mut tx).await?);
                let query = sqlx::query("DELETE FROM run WHERE id = ?1 OR part_of = ?1").bind(run);
                query.execute(&mut *tx).await?;
            }
        }
        self.commit_and_release(tx, &blobs).await
    }

    /// Takes a deletion back while its rows are there.
    pub async fn restore_run(&self, actor: &Actor, experiment: &str, run: &str) -> Result<()> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let sql = "UPDATE run SET deleted_at = NULL
                   WHERE experiment_id = ?1 AND deleted_at IS NOT NULL AND purged_at IS NULL
                     AND (slug = ?2 OR part_of IN (SELECT id FROM run WHERE experiment_id = ?1 AND slug = ?2))";
        let mut tx = self.begin().await?;
        let query = sqlx::query(sql).bind(experiment.0).bind(run);
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(missing("recently deleted run", run));
        }
        Ok(tx.commit().await?)
    }

    /// The deleted runs of an experiment, the latest first: those that can be restored, and those of which only the
    /// tombstone is left.
    pub async fn deleted(&self, actor: &Actor, experiment: &str) -> Result<Vec<DeletedRun>> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let sql = "SELECT slug, name, COALESCE(title, name), deleted_at, purged_at IS NOT NULL FROM run
                   WHERE experiment_id = ? AND deleted_at IS NOT NULL AND part_of IS NULL
                   ORDER BY deleted_at DESC, id DESC";
        let rows = sqlx::query(sql).bind(experiment.0).fetch_all(self.readers()).await?;
        rows.iter()
            .map(|row| {
                let deleted_at: Micros = row.try_get(3)?;
                let purged: bool = row.try_get(4)?;
                Ok(DeletedRun {
                    id: row.try_get(0)?,
                    folder: row.try_get(1)?,
                    name: row.try_get(2)?,
                    deleted_at,
                    purged_from: (!purged).then(|| Micros(deleted_at.0.saturating_add(GRACE.0))),
                })
            })
            .collect()
    }

    /// Removes the rows of runs that were deleted [`GRACE`] ago or earlier; how many.
    pub async fn purge_deleted(&self) -> Result<usize> {
        let before = Micros(self.now().0.saturating_sub(GRACE.0));
        let sql = "SELECT id FROM run WHERE deleted_at <= ? AND purged_at IS NULL ORDER BY part_of IS NULL";
        let due: Vec<i64> = sqlx::query_scalar(sql).bind(before).fetch_all(self.readers()).await?;
        for &run in &due {
            let mut tx = self.begin().await?;
            let blobs = purge(&mut tx, run, self.now()).await?;
            self.commit_and_release(tx, &blobs).await?;
        }
        Ok(due.len())
    }
}

/// Removes everything of a run and of its parts but the mark that they were deleted; gives the blobs they named.
async fn purge(tx: &mut Transaction<'static, Sqlite>, run: i64, now: Micros) -> Result<Vec<String>> {
    let mut blobs = drop_embeddings(tx, run).await?;
    blobs.extend(drop_projections(tx).await?);
    for sql in [
        "DELETE FROM series WHERE run_id IN (SELECT id FROM run WHERE id = ?1 OR part_of = ?1)",
        "DELETE FROM log_file WHERE run_id IN (SELECT id FROM run WHERE id = ?1 OR part_of = ?1)",
        "DELETE FROM run_label WHERE run_id IN (SELECT id FROM run WHERE id = ?1 OR part_of = ?1)",
    ] {
        sqlx::query(sql).bind(run).execute(&mut **tx).await?;
    }
    let sql = "UPDATE run SET deleted_at = COALESCE(deleted_at, ?1), purged_at = ?1, hparams = '{}', title = NULL,
                 notes = '', archived = 0, pinned = 0 WHERE id = ?2 OR part_of = ?2";
    sqlx::query(sql).bind(now).bind(run).execute(&mut **tx).await?;
    Ok(blobs)
}

fn missing(what: &'static str, run: &str) -> StoreError {
    StoreError::NotFound {
        what,
        name: run.to_owned(),
    }
}
