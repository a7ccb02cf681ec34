//! How many of each thing there are: what the side bar says.

use sqlx::Row;

use crate::{Actor, Result, Store};

/// Counts of the actor's project.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Runs that are not deleted.
    pub runs: i64,
    /// Models.
    pub models: i64,
    /// Explanations that are done.
    pub explanations: i64,
    /// Inputs.
    pub inputs: i64,
    /// Jobs that wait or run.
    pub busy: i64,
}

impl Store {
    /// All of them in one query.
    pub async fn counts(&self, actor: Actor) -> Result<Counts> {
        let sql = "SELECT
            (SELECT COUNT(*) FROM listed_run r JOIN experiment e ON e.id = r.experiment_id
             WHERE e.project_id = ?1),
            (SELECT COUNT(*) FROM model WHERE project_id = ?1),
            (SELECT COUNT(*) FROM answer WHERE project_id = ?1 AND kind = 'explanation' AND state = 'done'),
            (SELECT COUNT(*) FROM input WHERE project_id = ?1),
            (SELECT COUNT(*) FROM job WHERE project_id = ?1 AND state IN ('queued', 'running'))";
        let row = sqlx::query(sql).bind(actor.project).fetch_one(self.readers()).await?;
        Ok(Counts {
            runs: row.try_get(0)?,
            models: row.try_get(1)?,
            explanations: row.try_get(2)?,
            inputs: row.try_get(3)?,
            busy: row.try_get(4)?,
        })
    }
}
