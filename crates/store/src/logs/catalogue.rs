//! Lists: experiments, runs, tags.

use std::collections::HashMap;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::types::{ExperimentSummary, Kind, RunDetail, RunFile, RunRestart, RunSummary, SkippedBytes, TagSummary};
use crate::{Actor, Result, Store, StoreError};

/// A run with an event in the last minute is running.
const RUNNING_SECONDS: f64 = 60.0;

const RUNS: &str = "SELECT r.slug, r.name, COALESCE(SUM(t.n), 0), MIN(t.min_wall), MAX(t.max_wall),
      (SELECT COUNT(*) FROM log_skip k JOIN log_file f ON f.id = k.file_id JOIN run p ON p.id = f.run_id
       WHERE p.id = r.id OR p.part_of = r.id), r.hparams,
      COALESCE(r.title, r.name), r.archived, r.pinned,
      (SELECT json_group_array(label) FROM (SELECT label FROM run_label WHERE run_id = r.id ORDER BY label)),
      COALESCE((SELECT json_group_array(json(p.hparams)) FROM (SELECT hparams FROM live_run
        WHERE part_of = r.id ORDER BY name) p), '[]')
    FROM live_run r JOIN run p ON p.id = r.id OR p.part_of = r.id
      LEFT JOIN series s ON s.run_id = p.id LEFT JOIN stream t ON t.series_id = s.id
    WHERE r.experiment_id = ?1
      AND (?2 = r.slug OR r.part_of IS NULL AND (?2 IS NULL AND r.archived = 0 OR ?2 = '*'))
    GROUP BY r.id";

impl Store {
    /// Every experiment of the actor's project, the latest event first.
    pub async fn experiments(&self, actor: &Actor) -> Result<Vec<ExperimentSummary>> {
        self.experiment_summaries(actor, None).await
    }

    /// One experiment, by slug.
    pub async fn experiment(&self, actor: &Actor, experiment: &str) -> Result<ExperimentSummary> {
        let found = self.experiment_summaries(actor, Some(experiment)).await?.pop();
        found.ok_or_else(|| StoreError::NotFound {
            what: "experiment",
            name: experiment.to_owned(),
        })
    }

    async fn experiment_summaries(&self, actor: &Actor, slug: Option<&str>) -> Result<Vec<ExperimentSummary>> {
        let sql = "WITH per_run AS (
                     SELECT r.experiment_id AS experiment_id, SUM(t.n) AS n, MAX(t.max_wall) AS last
                     FROM listed_run r JOIN series s ON s.run_id = r.id JOIN stream t ON t.series_id = s.id
                     WHERE r.part_of IS NULL OR r.part_of IN (SELECT id FROM listed_run)
                     GROUP BY COALESCE(r.part_of, r.id))
                   SELECT e.slug, e.name, e.root,
                     (SELECT COUNT(*) FROM listed_run r WHERE r.experiment_id = e.id AND r.part_of IS NULL),
                     COALESCE(SUM(p.n), 0),
                     (SELECT COUNT(DISTINCT s.tag) FROM listed_run r JOIN series s ON s.run_id = r.id
                      WHERE r.experiment_id = e.id),
                     MAX(p.last), COALESCE(SUM(p.last > ?2), 0)
                   FROM experiment e LEFT JOIN per_run p ON p.experiment_id = e.id
                   WHERE e.project_id = ?1 AND (?3 IS NULL OR e.slug = ?3)
                   GROUP BY e.id ORDER BY MAX(p.last) DESC, e.id";
        let recent = self.now().seconds() - RUNNING_SECONDS;
        let rows = sqlx::query(sql)
            .bind(actor.project)
            .bind(recent)
            .bind(slug)
            .fetch_all(self.readers())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(ExperimentSummary {
                    slug: row.try_get(0)?,
                    name: row.try_get(1)?,
                    root: row.try_get(2)?,
                    runs: row.try_get(3)?,
                    points: row.try_get(4)?,
                    tags: row.try_get(5)?,
                    last_wall: row.try_get(6)?,
                    running: row.try_get(7)?,
                })
            })
            .collect()
    }

    /// The runs of an experiment that are not archived: pinned ones first, in natural order of their names.
    pub async fn runs(&self, actor: &Actor, experiment: &str) -> Result<Vec<RunSummary>> {
        self.list_runs(actor, experiment, None).await
    }

    /// The same with archived runs.
    pub async fn runs_and_archived(&self, actor: &Actor, experiment: &str) -> Result<Vec<RunSummary>> {
        self.list_runs(actor, experiment, Some("*")).await
    }

    async fn list_runs(&self, actor: &Actor, experiment: &str, which: Option<&str>) -> Result<Vec<RunSummary>> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let rows = sqlx::query(RUNS)
            .bind(experiment.0)
            .bind(which)
            .fetch_all(self.readers())
            .await?;
        let mut runs = rows
            .iter()
            .map(|row| self.run_summary(row))
            .collect::<Result<Vec<_>>>()?;
        runs.sort_by_cached_key(|run| (!run.pinned, natural(&run.title)));
        Ok(runs)
    }

    /// One run with its files, skipped bytes and hyperparameters.
    pub async fn run(&self, actor: &Actor, experiment: &str, run: &str) -> Result<RunDetail> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let row = sqlx::query(RUNS)
            .bind(experiment.0)
            .bind(run)
            .fetch_optional(self.readers())
            .await?;
        let row = row.ok_or_else(|| StoreError::NotFound {
            what: "run",
            name: run.to_owned(),
        })?;
        let id = self.run_row(experiment, run).await?;
        let notes = sqlx::query_scalar("SELECT notes FROM run WHERE id = ?");
        let notes = notes.bind(id).fetch_one(self.readers()).await?;
        let sql = "SELECT f.path, k.step, k.wall FROM log_restart k JOIN log_file f ON f.id = k.file_id
                   WHERE f.run_id = ? ORDER BY k.wall, k.position";
        let restarts = sqlx::query(sql).bind(id).fetch_all(self.readers()).await?;
        let sql = "SELECT path, size, position FROM log_file WHERE run_id = ? ORDER BY path";
        let files = sqlx::query(sql).bind(id).fetch_all(self.readers()).await?;
        let sql = "SELECT f.path, k.position, k.bytes, k.reason FROM log_skip k JOIN log_file f ON f.id = k.file_id
                   WHERE f.run_id = ? ORDER BY f.path, k.position, k.seq";
        let skips = sqlx::query(sql).bind(id).fetch_all(self.readers()).await?;
        Ok(RunDetail {
            summary: self.run_summary(&row)?,
            files: files.iter().map(run_file).collect::<Result<_>>()?,
            skipped: skips.iter().map(skipped_bytes).collect::<Result<_>>()?,
            notes,
            restarts: restarts.iter().map(run_restart).collect::<Result<_>>()?,
            hparams: with_parts(row.try_get(6)?, row.try_get(11)?)?,
        })
    }

    /// The tags of an experiment, in natural order.
    pub async fn tags(&self, actor: &Actor, experiment: &str, kind: Option<Kind>) -> Result<Vec<TagSummary>> {
        let experiment = self.experiment_id(actor, experiment).await?;
        // Runs once, not with each of their tags.
        let sql = "SELECT id, slug, name FROM run WHERE experiment_id = ?";
        let rows = sqlx::query(sql).bind(experiment.0).fetch_all(self.readers()).await?;
        let mut runs: Vec<(i64, String, String)> = Vec::with_capacity(rows.len());
        for row in rows {
            runs.push((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
        }
        runs.sort_by_cached_key(|(_, slug, name)| (natural(name), slug.clone()));
        let places: HashMap<i64, usize> = runs.iter().enumerate().map(|(place, run)| (run.0, place)).collect();
        // As one value: ten thousand rows would wait for each other ten thousand times.
        let sql = "SELECT json_group_array(json_array(tag, kind, plugin, run, n)) FROM (
                     SELECT s.tag, s.kind, s.plugin, COALESCE(p.id, r.id) AS run, COALESCE(SUM(t.n), 0) AS n
                     FROM listed_run r LEFT JOIN run p ON p.id = r.part_of
                       JOIN series s ON s.run_id = r.id LEFT JOIN stream t ON t.series_id = s.id
                     WHERE r.experiment_id = ?1 AND (?2 IS NULL OR s.kind = ?2) AND COALESCE(p.archived, 0) = 0
                     GROUP BY s.id)";
        let query = sqlx::query_scalar(sql).bind(experiment.0).bind(kind.map(Kind::as_str));
        let all: String = query.fetch_one(self.readers()).await?;
        let all: Vec<(String, String, String, i64, i64)> =
            serde_json::from_str(&all).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let mut found = Vec::with_capacity(all.len());
        for (tag, kind, plugin, run, points) in all {
            let kind = Kind::parse(&kind).unwrap_or(Kind::Other);
            let Some(&run) = places.get(&run) else {
                // Made since the runs were read: it is in the next answer.
                continue;
            };
            found.push((natural(&tag), tag, kind, plugin, run, points));
        }
        found.sort();
        let mut tags: Vec<TagSummary> = Vec::new();
        for (_, tag, kind, plugin, run, points) in found {
            let run = runs[run].1.clone();
            match tags.last_mut() {
                Some(last) if last.tag == tag && last.kind == kind => {
                    // A run and its parts come one after the other.
                    if last.runs.last() != Some(&run) {
                        last.runs.push(run);
                    }
                    last.points += points;
                }
                _ => tags.push(TagSummary {
                    tag,
                    kind,
                    plugin,
                    runs: vec![run],
                    points,
                }),
            }
        }
        Ok(tags)
    }

    fn run_summary(&self, row: &SqliteRow) -> Result<RunSummary> {
        let last_wall: Option<f64> = row.try_get(4)?;
        Ok(RunSummary {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            points: row.try_get(2)?,
            first_wall: row.try_get(3)?,
            last_wall,
            running: last_wall.is_some_and(|last| last > self.now().seconds() - RUNNING_SECONDS),
            skipped: row.try_get(5)?,
            title: row.try_get(7)?,
            archived: row.try_get(8)?,
            pinned: row.try_get(9)?,
            labels: serde_json::from_str(row.try_get(10)?).map_err(|e| StoreError::Damaged(e.to_string()))?,
        })
    }
}

/// A run's hyperparameters with those of its parts.
pub(super) fn with_parts(own: &str, parts: &str) -> Result<serde_json::Value> {
    let damaged = |error: serde_json::Error| StoreError::Damaged(error.to_string());
    let mut all: serde_json::Map<String, serde_json::Value> = serde_json::from_str(own).map_err(damaged)?;
    let parts: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(parts).map_err(damaged)?;
    for part in parts {
        all.extend(part);
    }
    Ok(all.into())
}

fn run_file(row: &SqliteRow) -> Result<RunFile> {
    Ok(RunFile {
        path: row.try_get(0)?,
        bytes: row.try_get(1)?,
        read: row.try_get(2)?,
    })
}

fn run_restart(row: &SqliteRow) -> Result<RunRestart> {
    Ok(RunRestart {
        file: row.try_get(0)?,
        step: row.try_get(1)?,
        wall: row.try_get(2)?,
    })
}

fn skipped_bytes(row: &SqliteRow) -> Result<SkippedBytes> {
    Ok(SkippedBytes {
        file: row.try_get(0)?,
        offset: row.try_get(1)?,
        bytes: row.try_get(2)?,
        reason: row.try_get(3)?,
    })
}

/// `run10` after `run9`, and `lr0.1` after `lr0.05`: text pieces, and numbers padded by their length; decimals that
/// begin with a zero come before all others.
pub(crate) fn natural(name: &str) -> String {
    let mut key = String::new();
    let mut digits = String::new();
    for c in name.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            if !digits.is_empty() {
                if key.ends_with('.') && digits.starts_with('0') {
                    key.extend(["0000", &digits]);
                } else {
                    let number = digits.trim_start_matches('0');
                    key.extend([format!("{:04}", number.len()).as_str(), number]);
                }
                digits.clear();
            }
            key.push(c);
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn numbers_in_names_are_in_their_order() {
        let sorted = [
            "lr0.001-s2",
            "lr0.01-s1",
            "lr0.01-s10",
            "lr0.05-s1",
            "lr0.1-s1",
            "lr1.9",
            "lr1.10",
            "run9",
            "run010",
            "run11",
        ];
        let mut names = sorted;
        names.reverse();
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, sorted);
    }
}
