//! What a table of runs shows: one record a run, and of the metrics it names their last, lowest and highest value.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};
use sqlx::Row;

use super::types::RunSummary;
use crate::{Actor, Result, Store, StoreError};

/// One run, for a table.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// As in lists.
    pub summary: RunSummary,
    /// Hyperparameters by name.
    pub hparams: Map<String, Value>,
    /// Notes, in Markdown.
    pub notes: String,
    /// By tag, for the tags asked for.
    pub metrics: BTreeMap<String, MetricSummary>,
}

/// A scalar tag of a run in three numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricSummary {
    /// The latest value; may be no number.
    pub last: f64,
    /// The lowest finite value, of a restarted training too; infinity where there is none.
    pub min: f64,
    /// The highest.
    pub max: f64,
}

impl Store {
    /// The runs of an experiment, archived ones too, with summaries of `tags`.
    pub async fn run_records(&self, actor: &Actor, experiment: &str, tags: &[String]) -> Result<Vec<RunRecord>> {
        let summaries = self.runs_and_archived(actor, experiment).await?;
        let id = self.experiment_id(actor, experiment).await?;
        let sql = "SELECT slug, hparams, notes FROM live_run WHERE experiment_id = ?";
        let mut more = HashMap::new();
        for row in sqlx::query(sql).bind(id.0).fetch_all(self.readers()).await? {
            let hparams: Map<String, Value> =
                serde_json::from_str(row.try_get(1)?).map_err(|error| StoreError::Damaged(error.to_string()))?;
            more.insert(row.try_get::<String, _>(0)?, (hparams, row.try_get::<String, _>(2)?));
        }
        let mut metrics: HashMap<String, BTreeMap<String, MetricSummary>> = HashMap::new();
        let sql = "SELECT r.slug, t.last_value, t.min_value, t.max_value
                   FROM series s JOIN live_run r ON r.id = s.run_id JOIN stream t ON t.series_id = s.id
                   WHERE s.tag = ? AND r.experiment_id = ? AND s.kind = 'scalar' AND t.n > 0
                   ORDER BY t.max_wall, t.file_id";
        for tag in tags {
            for row in sqlx::query(sql).bind(tag).bind(id.0).fetch_all(self.readers()).await? {
                let last = row.try_get::<Option<f64>, _>(1)?.unwrap_or(f64::NAN);
                let (min, max): (f64, f64) = (row.try_get(2)?, row.try_get(3)?);
                let of_run = metrics.entry(row.try_get(0)?).or_default();
                of_run
                    .entry(tag.clone())
                    .and_modify(|known| {
                        *known = MetricSummary {
                            last,
                            min: known.min.min(min),
                            max: known.max.max(max),
                        };
                    })
                    .or_insert(MetricSummary { last, min, max });
            }
        }
        Ok(summaries
            .into_iter()
            .map(|summary| {
                let (hparams, notes) = more.remove(&summary.id).unwrap_or_default();
                RunRecord {
                    metrics: metrics.remove(&summary.id).unwrap_or_default(),
                    summary,
                    hparams,
                    notes,
                }
            })
            .collect())
    }

    /// The scalar tags of an experiment, sorted.
    pub async fn scalar_tags(&self, actor: &Actor, experiment: &str) -> Result<Vec<String>> {
        let id = self.experiment_id(actor, experiment).await?;
        let sql = "SELECT DISTINCT s.tag FROM series s JOIN live_run r ON r.id = s.run_id
                   WHERE r.experiment_id = ? AND s.kind = 'scalar' ORDER BY s.tag";
        let mut tags: Vec<String> = sqlx::query_scalar(sql).bind(id.0).fetch_all(self.readers()).await?;
        tags.sort_by_cached_key(|tag| super::catalogue::natural(tag));
        Ok(tags)
    }
}
