//! Sessions: what runs were given and what they reached, in two queries however many runs there are.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};
use sqlx::Row;

use super::catalogue::with_parts;
use crate::{Actor, Result, Store, StoreError};

/// One run as the hparams page sees it: its parts count as its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// The run's id.
    pub run: String,
    /// The run's name.
    pub name: String,
    /// Hyperparameters by name: a JSON object, empty where none were logged.
    pub hparams: serde_json::Value,
    /// What the plugin's values said, as bytes of `HParamsPluginData`, of the run and then of its parts.
    pub said: Vec<Vec<u8>>,
    /// What it reached, by tag.
    pub reached: BTreeMap<String, Reached>,
    /// The first event, seconds since 1970.
    pub first_wall: Option<f64>,
    /// The latest event, seconds since 1970.
    pub last_wall: Option<f64>,
}

/// What a run reached in one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reached {
    /// The last value: may be no number.
    pub last: f64,
    /// Its step.
    pub step: i64,
    /// The smallest finite value; infinite where there is none.
    pub min: f64,
    /// The largest finite value; infinite where there is none.
    pub max: f64,
}

impl Store {
    /// The sessions of an experiment, by name of their runs.
    pub async fn sessions(&self, actor: &Actor, experiment: &str) -> Result<Vec<Session>> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let mut tx = self.readers().begin().await?;
        let sql = "SELECT r.id, r.slug, COALESCE(r.title, r.name), r.hparams,
                     COALESCE((SELECT json_group_array(json(p.hparams)) FROM (SELECT hparams FROM live_run
                       WHERE part_of = r.id ORDER BY name) p), '[]')
                   FROM listed_run r WHERE r.experiment_id = ? AND r.part_of IS NULL ORDER BY r.name";
        let mut places = HashMap::new();
        let mut sessions = Vec::new();
        for row in sqlx::query(sql).bind(experiment.0).fetch_all(&mut *tx).await? {
            places.insert(row.try_get::<i64, _>(0)?, sessions.len());
            sessions.push(Session {
                run: row.try_get(1)?,
                name: row.try_get(2)?,
                hparams: with_parts(row.try_get(3)?, row.try_get(4)?)?,
                said: Vec::new(),
                reached: BTreeMap::new(),
                first_wall: None,
                last_wall: None,
            });
        }
        let sql = "SELECT COALESCE(r.part_of, r.id), s.content FROM live_run r JOIN series s ON s.run_id = r.id
                   WHERE r.experiment_id = ? AND s.kind = 'hparams'
                   ORDER BY r.part_of IS NOT NULL, r.name, s.tag";
        for row in sqlx::query(sql).bind(experiment.0).fetch_all(&mut *tx).await? {
            if let Some(&place) = places.get(&row.try_get::<i64, _>(0)?) {
                sessions[place].said.push(row.try_get(1)?);
            }
        }
        let sql =
            "SELECT COALESCE(r.part_of, r.id), s.tag, s.kind, t.last_value, t.last_step, t.min_value, t.max_value,
                     t.min_wall, t.max_wall
                   FROM live_run r JOIN series s ON s.run_id = r.id JOIN stream t ON t.series_id = s.id
                   WHERE r.experiment_id = ? ORDER BY t.max_wall, t.file_id";
        for row in sqlx::query(sql).bind(experiment.0).fetch_all(&mut *tx).await? {
            let Some(&place) = places.get(&row.try_get::<i64, _>(0)?) else {
                continue;
            };
            let session = &mut sessions[place];
            let (first, last): (f64, f64) = (row.try_get(7)?, row.try_get(8)?);
            session.first_wall = Some(session.first_wall.map_or(first, |wall: f64| wall.min(first)));
            session.last_wall = Some(session.last_wall.map_or(last, |wall: f64| wall.max(last)));
            if row.try_get::<&str, _>(2)? != "scalar" {
                continue;
            }
            let (mut min, mut max): (f64, f64) = (row.try_get(5)?, row.try_get(6)?);
            let tag: String = row.try_get(1)?;
            if let Some(before) = session.reached.get(&tag) {
                (min, max) = (min.min(before.min), max.max(before.max));
            }
            let last = row.try_get::<Option<f64>, _>(3)?.unwrap_or(f64::NAN);
            let step = row.try_get(4)?;
            session.reached.insert(tag, Reached { last, step, min, max });
        }
        Ok(sessions)
    }

    /// What each run was given, by run id; runs without any are left out.
    pub async fn hparams(&self, actor: &Actor, experiment: &str) -> Result<BTreeMap<String, Map<String, Value>>> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let sql = "SELECT COALESCE(p.slug, r.slug), r.hparams FROM live_run r LEFT JOIN run p ON p.id = r.part_of
                   WHERE r.experiment_id = ? AND r.hparams <> '{}' ORDER BY r.part_of IS NULL, r.name";
        let rows = sqlx::query(sql).bind(experiment.0).fetch_all(self.readers()).await?;
        // A part comes before its run, whose own word is the last.
        let mut all: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for row in rows {
            let given: Map<String, Value> =
                serde_json::from_str(row.try_get(1)?).map_err(|e| StoreError::Damaged(e.to_string()))?;
            all.entry(row.try_get(0)?).or_default().extend(given);
        }
        Ok(all)
    }
}
