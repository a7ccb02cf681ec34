//! What is known of event files: the importer's memory between two starts.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::experiments::ExperimentId;
use super::types::Kind;
use crate::{Actor, Result, Store};

/// How far a file is read, and what proves that it is still the same file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileMark {
    /// Where the next record starts.
    pub position: u64,
    /// Its size when last seen.
    pub size: u64,
    /// The first `head_len` bytes have the CRC-32C `head_crc`.
    pub head_len: u64,
    /// See `head_len`.
    pub head_crc: u32,
    /// The `tail_len` bytes before `position` have the CRC-32C `tail_crc`.
    pub tail_len: u64,
    /// See `tail_len`.
    pub tail_crc: u32,
}

/// A file that was read before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    /// Its run's name.
    pub run: String,
    /// Where it was.
    pub path: String,
    /// How far it is read.
    pub mark: FileMark,
}

/// A series that is there already: the first value of a tag decides what the tag is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSeries {
    /// Its run's name.
    pub run: String,
    /// Its tag.
    pub tag: String,
    /// What it holds.
    pub kind: Kind,
    /// Its plugin.
    pub plugin: String,
    /// Its values so far.
    pub points: i64,
}

impl Store {
    /// Every file known of an experiment.
    pub async fn log_files(&self, _actor: &Actor, experiment: ExperimentId) -> Result<Vec<KnownFile>> {
        let sql = "SELECT r.name, f.path, f.position, f.size, f.head_len, f.head_crc, f.tail_len, f.tail_crc
                   FROM log_file f JOIN run r ON r.id = f.run_id WHERE r.experiment_id = ?";
        let rows = sqlx::query(sql).bind(experiment.0).fetch_all(self.readers()).await?;
        rows.iter().map(known_file).collect()
    }

    /// How far a file of a run is read; 0 where it is not known.
    pub async fn log_position(&self, _actor: &Actor, experiment: ExperimentId, run: &str, path: &str) -> Result<u64> {
        let sql = "SELECT f.position FROM log_file f JOIN run r ON r.id = f.run_id
                   WHERE r.experiment_id = ? AND r.name = ? AND f.path = ?";
        let row = sqlx::query(sql).bind(experiment.0).bind(run).bind(path);
        match row.fetch_optional(self.readers()).await? {
            Some(row) => Ok(row.try_get::<i64, _>(0)? as u64),
            None => Ok(0),
        }
    }

    /// The names of deleted runs: they are not read again.
    pub async fn deleted_runs(&self, _actor: &Actor, experiment: ExperimentId) -> Result<Vec<String>> {
        let sql = "SELECT name FROM run WHERE experiment_id = ? AND deleted_at IS NOT NULL";
        let rows = sqlx::query(sql).bind(experiment.0).fetch_all(self.readers()).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// The series of an experiment, of one run where a name is given, by run and tag.
    pub async fn log_series(
        &self,
        _actor: &Actor,
        experiment: ExperimentId,
        run: Option<&str>,
    ) -> Result<Vec<KnownSeries>> {
        let sql = "SELECT r.name, s.tag, s.kind, s.plugin, COALESCE(SUM(t.n), 0)
                   FROM series s JOIN run r ON r.id = s.run_id LEFT JOIN stream t ON t.series_id = s.id
                   WHERE r.experiment_id = ?1 AND (?2 IS NULL OR r.name = ?2)
                   GROUP BY s.id ORDER BY r.name, s.tag";
        let rows = sqlx::query(sql)
            .bind(experiment.0)
            .bind(run)
            .fetch_all(self.readers())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(KnownSeries {
                    run: row.try_get(0)?,
                    tag: row.try_get(1)?,
                    kind: Kind::parse(row.try_get(2)?).unwrap_or(Kind::Other),
                    plugin: row.try_get(3)?,
                    points: row.try_get(4)?,
                })
            })
            .collect()
    }

    /// What could not be read of an experiment's files: run name, and the stretch.
    pub async fn log_skips(
        &self,
        _actor: &Actor,
        experiment: ExperimentId,
    ) -> Result<Vec<(String, super::SkippedBytes)>> {
        let sql = "SELECT r.name, f.path, k.position, k.bytes, k.reason
                   FROM log_skip k JOIN log_file f ON f.id = k.file_id JOIN run r ON r.id = f.run_id
                   WHERE r.experiment_id = ? ORDER BY f.path, k.position, k.seq";
        let rows = sqlx::query(sql).bind(experiment.0).fetch_all(self.readers()).await?;
        rows.iter()
            .map(|row| {
                let skipped = super::SkippedBytes {
                    file: row.try_get(1)?,
                    offset: row.try_get(2)?,
                    bytes: row.try_get(3)?,
                    reason: row.try_get(4)?,
                };
                Ok((row.try_get(0)?, skipped))
            })
            .collect()
    }
}

fn known_file(row: &SqliteRow) -> Result<KnownFile> {
    let number = |index: usize| -> Result<u64> { Ok(row.try_get::<i64, _>(index)? as u64) };
    Ok(KnownFile {
        run: row.try_get(0)?,
        path: row.try_get(1)?,
        mark: FileMark {
            position: number(2)?,
            size: number(3)?,
            head_len: number(4)?,
            head_crc: number(5)? as u32,
            tail_len: number(6)?,
            tail_crc: number(7)? as u32,
        },
    })
}
