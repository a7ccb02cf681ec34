//! Deleting a run.

use crate::{Actor, Result, Store};

impl Store {
    /// Deletes a run's rows. A tombstone keeps its files from being read again, unless `forget`.
    pub async fn delete_run(&self, actor: &Actor, experiment: &str, run: &str, forget: bool) -> Result<()> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let run = self.run_row(experiment, run).await?;
        let mut tx = self.begin().await?;
        if forget {
            sqlx::query("DELETE FROM run WHERE id = ?")
                .bind(run)
                .execute(&mut *tx)
                .await?;
        } else {
            sqlx::query("DELETE FROM series WHERE run_id = ?")
                .bind(run)
                .execute(&mut *tx)
                .await?;
            sqlx::query("DELETE FROM log_file WHERE run_id = ?")
                .bind(run)
                .execute(&mut *tx)
                .await?;
            let sql = "UPDATE run SET deleted_at = ?, hparams = '{}' WHERE id = ?";
            sqlx::query(sql).bind(self.now()).bind(run).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }
}
