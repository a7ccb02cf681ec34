//! Hyperparameters of all runs of an experiment at once.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sqlx::Row;

use crate::{Actor, Result, Store, StoreError};

impl Store {
    /// What each run was given, by run id; runs without any are left out.
    pub async fn hparams(&self, actor: &Actor, experiment: &str) -> Result<BTreeMap<String, Map<String, Value>>> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let sql = "SELECT slug, hparams FROM run WHERE experiment_id = ? AND deleted_at IS NULL AND hparams <> '{}'";
        let rows = sqlx::query(sql).bind(experiment.0).fetch_all(self.readers()).await?;
        rows.iter()
            .map(|row| {
                let given = serde_json::from_str(row.try_get(1)?).map_err(|e| StoreError::Damaged(e.to_string()))?;
                Ok((row.try_get(0)?, given))
            })
            .collect()
    }
}
