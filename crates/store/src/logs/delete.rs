//! Deleting a run.

use crate::{Actor, Result, Store};

impl Store {
    /// Deletes the rows of a run and of its parts. A tombstone keeps its files from being read again, unless `forget`.
    pub async fn delete_run(&self, actor: &Actor, experiment: &str, run: &str, forget: bool) -> Result<()> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let run = self.run_row(experiment, run).await?;
        let mut tx = self.begin().await?;
        let blobs = super::embeddings::drop_embeddings(&mut tx, run).await?;
        if forget {
            sqlx::query("DELETE FROM run WHERE id = ?1 OR part_of = ?1")
                .bind(run)
                .execute(&mut *tx)
                .await?;
        } else {
            sqlx::query("DELETE FROM series WHERE run_id IN (SELECT id FROM run WHERE id = ?1 OR part_of = ?1)")
                .bind(run)
                .execute(&mut *tx)
                .await?;
            sqlx::query("DELETE FROM log_file WHERE run_id IN (SELECT id FROM run WHERE id = ?1 OR part_of = ?1)")
                .bind(run)
                .execute(&mut *tx)
                .await?;
            let sql = "UPDATE run SET deleted_at = ?, hparams = '{}' WHERE id = ?2 OR part_of = ?2";
            sqlx::query(sql).bind(self.now()).bind(run).execute(&mut *tx).await?;
        }
        self.commit_and_release(tx, &blobs).await
    }
}
