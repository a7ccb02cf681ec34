//! Reading points back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use glassboard_series::{Block, Blocks};
use rayon::prelude::*;
use sqlx::Row;

use super::append::Restart;
use super::experiments::ExperimentId;
use super::lanes::{Lane, resolve};
use super::types::{LatestValue, Points, ScalarQuery, ScalarSeries};
use super::view::view;
use super::warm::{Lane as WarmLane, Warm};
use super::{chunks, off_thread};
use crate::{Actor, Result, Store, StoreError};

/// The stored parts of one run's series.
pub(crate) struct Stored {
    run: String,
    lanes: Vec<StoredLane>,
    restarts: Vec<(i64, Restart)>,
}

struct StoredLane {
    stream: i64,
    lane: Lane,
    /// What is decoded already.
    warm: WarmLane,
    /// Rows that are not, in order; true where packed.
    cold: Vec<(bool, Vec<u8>)>,
}

impl Stored {
    /// Decodes what is not decoded yet, and leaves out what is superseded.
    pub(crate) fn resolve(self, warm: &Warm, superseded: bool) -> Result<(String, Blocks)> {
        let lanes = self.lanes.into_iter().map(|stored| stored.decode(warm));
        let lanes = lanes.collect::<Result<Vec<Lane>>>()?;
        Ok((self.run, resolve(lanes, &self.restarts, superseded)))
    }
}

impl StoredLane {
    fn decode(mut self, warm: &Warm) -> Result<Lane> {
        let fresh = self.cold.into_par_iter().map(|(packed, body)| {
            if packed {
                glassboard_series::decode(&body).map_err(chunks::damaged)
            } else {
                Ok(Block::of(chunks::read(packed, &body)?))
            }
        });
        let fresh = fresh.collect::<Result<Vec<Block>>>()?;
        warm.extend(self.stream, &mut self.warm, fresh.into_iter().map(Arc::new).collect());
        self.lane.points = self.warm.into_blocks();
        Ok(self.lane)
    }
}

impl Store {
    /// What a chart shows: the runs in the order asked for, or of their names.
    pub async fn scalars(&self, actor: &Actor, experiment: &str, query: &ScalarQuery) -> Result<Vec<ScalarSeries>> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let stored = self.stored(experiment, &query.tag, query.runs.as_deref(), true).await?;
        let (query, warm) = (query.clone(), self.warm().clone());
        off_thread(move || {
            let series = stored.into_par_iter().map(|part| part.resolve(&warm, query.superseded));
            Ok(view(series.collect::<Result<_>>()?, &query))
        })
        .await
    }

    /// Every point of a series in the order written, file by file; without `superseded`, only what is shown.
    pub async fn scalar_points(
        &self,
        actor: &Actor,
        experiment: &str,
        run: &str,
        tag: &str,
        superseded: bool,
    ) -> Result<Points> {
        let id = self.experiment_id(actor, experiment).await?;
        self.run_row(id, run).await?;
        let Some(stored) = self.stored(id, tag, Some(&[run.to_owned()]), false).await?.pop() else {
            return Err(StoreError::NotFound {
                what: "scalar tag",
                name: tag.to_owned(),
            });
        };
        let warm = self.warm().clone();
        off_thread(move || {
            let columns = stored.resolve(&warm, superseded)?.1.columns();
            Ok(Points {
                step: columns.steps,
                wall: columns.walls,
                value: columns.values,
            })
        })
        .await
    }

    /// The latest value of a tag by run id.
    pub async fn latest_values(
        &self,
        actor: &Actor,
        experiment: &str,
        tag: &str,
    ) -> Result<BTreeMap<String, LatestValue>> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let sql = "SELECT COALESCE(p.slug, r.slug), t.last_step, t.max_wall, t.last_value
                   FROM series s JOIN live_run r ON r.id = s.run_id LEFT JOIN run p ON p.id = r.part_of JOIN stream t ON t.series_id = s.id
                   WHERE s.tag = ? AND r.experiment_id = ? AND s.kind = 'scalar' ORDER BY t.max_wall, t.file_id";
        let rows = sqlx::query(sql)
            .bind(tag)
            .bind(experiment.0)
            .fetch_all(self.readers())
            .await?;
        let mut latest = BTreeMap::new();
        for row in rows {
            let value = row.try_get::<Option<f64>, _>(3)?.unwrap_or(f64::NAN);
            latest.insert(
                row.try_get(0)?,
                LatestValue {
                    step: row.try_get(1)?,
                    wall: row.try_get(2)?,
                    value,
                },
            );
        }
        Ok(latest)
    }

    /// The stored parts of a tag, run by run; where `folded`, what a run's parts logged is the run's.
    async fn stored(
        &self,
        experiment: ExperimentId,
        tag: &str,
        runs: Option<&[String]>,
        folded: bool,
    ) -> Result<Vec<Stored>> {
        let wanted = runs.map(|runs| serde_json::json!(runs).to_string());
        let mut tx = self.readers().begin().await?;
        let sql = "SELECT CASE WHEN ?4 THEN COALESCE(p.slug, r.slug) ELSE r.slug END AS shown, r.id, t.id, t.file_id, t.min_wall, t.max_wall, t.n
                   FROM series s JOIN live_run r ON r.id = s.run_id LEFT JOIN run p ON p.id = r.part_of
                     JOIN stream t ON t.series_id = s.id
                   WHERE s.tag = ?1 AND r.experiment_id = ?2 AND s.kind = 'scalar'
                     AND (?3 IS NULL OR shown IN (SELECT value FROM json_each(?3)))
                   ORDER BY COALESCE(p.name, r.name), shown, t.file_id";
        let rows = sqlx::query(sql)
            .bind(tag)
            .bind(experiment.0)
            .bind(&wanted)
            .bind(folded)
            .fetch_all(&mut *tx)
            .await?;
        let mut stored: Vec<Stored> = Vec::new();
        let mut places = HashMap::new();
        // Streams that are not wholly decoded, and from which point on.
        let mut missing: Vec<[i64; 2]> = Vec::new();
        let mut places_of_runs = HashMap::new();
        for row in rows {
            let run: String = row.try_get(0)?;
            if stored.last().is_none_or(|last| last.run != run) {
                stored.push(Stored {
                    run,
                    lanes: Vec::new(),
                    restarts: Vec::new(),
                });
            }
            let at = stored.len() - 1;
            // A run and its parts.
            places_of_runs.insert(row.try_get::<i64, _>(1)?, at);
            places.insert(row.try_get::<i64, _>(2)?, (at, stored[at].lanes.len()));
            let lane = Lane {
                file: row.try_get(3)?,
                min_wall: row.try_get(4)?,
                max_wall: row.try_get(5)?,
                ..Lane::default()
            };
            let (stream, n) = (row.try_get(2)?, row.try_get(6)?);
            let warm = self.warm().of(stream, n);
            if warm.n() < n {
                missing.push([stream, warm.n()]);
            }
            stored[at].lanes.push(StoredLane {
                stream,
                lane,
                warm,
                cold: Vec::new(),
            });
        }
        if !missing.is_empty() {
            let sql = "SELECT c.stream_id, c.packed, c.body FROM json_each(?) m
                       CROSS JOIN chunk c ON c.stream_id = m.value ->> 0 AND c.first >= m.value ->> 1
                       ORDER BY c.stream_id, c.first";
            let missing = serde_json::json!(missing).to_string();
            for row in sqlx::query(sql).bind(missing).fetch_all(&mut *tx).await? {
                if let Some(&(run, lane)) = places.get(&row.try_get::<i64, _>(0)?) {
                    stored[run].lanes[lane].cold.push((row.try_get(1)?, row.try_get(2)?));
                }
            }
        }
        let sql = "SELECT f.run_id, f.id, k.position, k.step, k.wall
                   FROM log_restart k JOIN log_file f ON f.id = k.file_id JOIN run r ON r.id = f.run_id
                   WHERE r.experiment_id = ?";
        for row in sqlx::query(sql).bind(experiment.0).fetch_all(&mut *tx).await? {
            if let Some(&run) = places_of_runs.get(&row.try_get::<i64, _>(0)?) {
                let restart = Restart {
                    offset: row.try_get::<i64, _>(2)? as u64,
                    step: row.try_get(3)?,
                    wall: row.try_get(4)?,
                };
                stored[run].restarts.push((row.try_get(1)?, restart));
            }
        }
        if let Some(runs) = runs {
            stored.sort_by_key(|part| runs.iter().position(|run| *run == part.run));
        }
        Ok(stored)
    }
}
