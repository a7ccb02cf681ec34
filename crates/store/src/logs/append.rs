//! Adding what was read: points, summaries, reports and the file's position, in one transaction.

use std::collections::HashMap;

use glassboard_series::{Columns, Head, Summary};
use sqlx::{Row, Sqlite, Transaction};

use super::experiments::{ExperimentId, run_slug};
use super::files::FileMark;
use super::types::Kind;
use super::{chunks, record_blocks};
use crate::{Actor, Result, Store, StoreError};

/// What was read of one file.
#[derive(Debug, Clone)]
pub struct FileBatch {
    /// The run's name.
    pub run: String,
    /// Where the file is.
    pub path: String,
    /// Where it was when it was last read; it has moved (or a copy of it is read now).
    pub moved_from: Option<String>,
    /// The position this batch starts from. If the store knows another, nothing is added.
    pub from: u64,
    /// The file is another than before: what was read of it is dropped first.
    pub replaced: bool,
    /// The position after this batch, and the proofs.
    pub mark: FileMark,
    /// Values by tag.
    pub streams: Vec<StreamBatch>,
    /// What could not be read.
    pub skips: Vec<Skip>,
    /// Where writers started over.
    pub restarts: Vec<Restart>,
    /// Hyperparameters to merge into the run's: a JSON object.
    pub hparams: serde_json::Map<String, serde_json::Value>,
}

/// New values of one tag.
#[derive(Debug, Clone)]
pub struct StreamBatch {
    /// The tag.
    pub tag: String,
    /// What it holds.
    pub kind: Kind,
    /// The plugin its first value named.
    pub plugin: String,
    /// A name for people; may be empty.
    pub title: String,
    /// Markdown; may be empty.
    pub description: String,
    /// The plugin's own bytes.
    pub content: Vec<u8>,
    /// TensorBoard's `DataClass`.
    pub class: i64,
    /// The values.
    pub values: Values,
}

/// New values, in the order written.
#[derive(Debug, Clone)]
pub enum Values {
    /// Of a scalar.
    Scalars(Columns),
    /// Of every other kind: heads, and the bytes of all of them one after the other.
    Records(Vec<Head>, Vec<u8>),
}

/// A stretch that could not be read.
#[derive(Debug, Clone)]
pub struct Skip {
    /// Where it starts.
    pub offset: u64,
    /// How long it is.
    pub bytes: u64,
    /// A sentence.
    pub reason: String,
}

/// A writer that starts over.
#[derive(Debug, Clone, Copy)]
pub struct Restart {
    /// Where in the file.
    pub offset: u64,
    /// What stands at this step and later is superseded.
    pub step: i64,
    /// When, seconds since 1970.
    pub wall: f64,
}

/// What an append changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Appended {
    /// Ids of the runs that got values.
    pub runs: Vec<String>,
    /// Their tags.
    pub tags: Vec<String>,
    /// Values added.
    pub points: u64,
}

impl Store {
    /// Adds what was read of some files, all or nothing. A file that another reader has moved on meanwhile,
    /// or whose run was deleted, is left out: adding twice adds once.
    pub async fn append_logs(
        &self,
        _actor: &Actor,
        experiment: ExperimentId,
        files: Vec<FileBatch>,
    ) -> Result<Appended> {
        let mut tx = self.begin().await?;
        let mut appended = Appended::default();
        let mut tails = Vec::new();
        for file in files {
            append_file(&mut tx, experiment, file, &mut appended, &mut tails).await?;
        }
        write(&mut tx, tails).await?;
        tx.commit().await?;
        for names in [&mut appended.runs, &mut appended.tags] {
            names.sort_unstable();
            names.dedup();
        }
        Ok(appended)
    }
}

pub(super) type Tx = Transaction<'static, Sqlite>;

/// What a stream's rows become, not yet compressed.
enum Tail {
    Points(chunks::Tail),
    Records(record_blocks::Tail),
}

enum Rows {
    Points(chunks::Rows),
    Records(record_blocks::Rows),
}

/// Compresses on every core, off the threads that answer requests, then writes.
async fn write(tx: &mut Tx, tails: Vec<Tail>) -> Result<()> {
    let pack = move || -> Result<Vec<Rows>> {
        use rayon::prelude::*;
        tails
            .into_par_iter()
            .map(|tail| match tail {
                Tail::Points(tail) => tail.pack().map(Rows::Points),
                Tail::Records(tail) => Ok(Rows::Records(tail.pack())),
            })
            .collect()
    };
    for rows in super::off_thread(pack).await? {
        match rows {
            Rows::Points(rows) => rows.write(tx).await?,
            Rows::Records(rows) => rows.write(tx).await?,
        }
    }
    Ok(())
}

async fn append_file(
    tx: &mut Tx,
    experiment: ExperimentId,
    file: FileBatch,
    appended: &mut Appended,
    tails: &mut Vec<Tail>,
) -> Result<()> {
    let slug = run_slug(&file.run);
    let Some(run) = run_row(tx, experiment, &file, &slug).await? else {
        return Ok(());
    };
    let Some(id) = file_row(tx, run, &file).await? else {
        return Ok(());
    };
    for (seq, skip) in file.skips.iter().enumerate() {
        let sql = "INSERT INTO log_skip (file_id, position, seq, bytes, reason) VALUES (?, ?, ?, ?, ?)
                   ON CONFLICT DO NOTHING";
        let query = sqlx::query(sql)
            .bind(id)
            .bind(skip.offset as i64)
            .bind(seq as i64)
            .bind(skip.bytes as i64);
        query.bind(&skip.reason).execute(&mut **tx).await?;
    }
    for restart in file.restarts.iter().filter(|restart| !restart.wall.is_nan()) {
        let sql = "INSERT INTO log_restart (file_id, position, step, wall) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let query = sqlx::query(sql)
            .bind(id)
            .bind(restart.offset as i64)
            .bind(restart.step)
            .bind(restart.wall);
        query.execute(&mut **tx).await?;
    }
    if !file.streams.is_empty() {
        let tags: Vec<&str> = file.streams.iter().map(|stream| stream.tag.as_str()).collect();
        let mut series = series_of(tx, run, &tags).await?;
        let known: Vec<i64> = series.values().copied().collect();
        let mut streams = streams_of(tx, id, &known).await?;
        for mut stream in file.streams {
            let Some(added) = summary(&stream.values) else { continue };
            let series = match series.remove(&stream.tag) {
                Some(series) => series,
                None => insert_series(tx, run, &mut stream).await?,
            };
            let (stream_id, before) = match streams.remove(&series) {
                Some((stream, n)) => {
                    extend_stream(tx, stream, &added).await?;
                    (stream, n)
                }
                None => (insert_stream(tx, series, id, &added).await?, 0),
            };
            tails.push(match stream.values {
                Values::Scalars(points) => Tail::Points(chunks::Tail::read(tx, stream_id, before, points).await?),
                Values::Records(heads, bytes) => {
                    Tail::Records(record_blocks::Tail::read(tx, stream_id, before, heads, bytes).await?)
                }
            });
            appended.points += added.n;
            appended.tags.push(stream.tag);
        }
    }
    appended.runs.push(slug);
    Ok(())
}

/// The run's row with its hyperparameters merged; `None` where it was deleted.
async fn run_row(tx: &mut Tx, experiment: ExperimentId, file: &FileBatch, slug: &str) -> Result<Option<i64>> {
    let sql = "SELECT id, deleted_at IS NOT NULL, hparams FROM run WHERE experiment_id = ? AND name = ?";
    let known = sqlx::query(sql).bind(experiment.0).bind(&file.run);
    let Some(row) = known.fetch_optional(&mut **tx).await? else {
        let sql = "INSERT INTO run (experiment_id, slug, name, hparams) VALUES (?, ?, ?, ?)";
        let hparams = serde_json::Value::Object(file.hparams.clone()).to_string();
        let query = sqlx::query(sql).bind(experiment.0).bind(slug).bind(&file.run);
        let done = query.bind(hparams).execute(&mut **tx).await?;
        let run = done.last_insert_rowid();
        super::parts::fold(tx, experiment, run, &file.run).await?;
        return Ok(Some(run));
    };
    let (run, deleted): (i64, bool) = (row.try_get(0)?, row.try_get(1)?);
    if deleted {
        return Ok(None);
    }
    if !file.hparams.is_empty() {
        let mut merged: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(row.try_get(2)?).map_err(|error| StoreError::Damaged(error.to_string()))?;
        merged.extend(file.hparams.clone());
        let text = serde_json::Value::Object(merged).to_string();
        let query = sqlx::query("UPDATE run SET hparams = ? WHERE id = ?");
        query.bind(text).bind(run).execute(&mut **tx).await?;
    }
    Ok(Some(run))
}

/// The file's row, moved on to the batch's mark; `None` where the store is elsewhere in the file.
async fn file_row(tx: &mut Tx, run: i64, file: &FileBatch) -> Result<Option<i64>> {
    let before = file.moved_from.as_ref().unwrap_or(&file.path);
    let sql = "SELECT id, position FROM log_file WHERE run_id = ? AND path = ?";
    let row = sqlx::query(sql)
        .bind(run)
        .bind(before)
        .fetch_optional(&mut **tx)
        .await?;
    let mut known = match row {
        Some(row) => Some((row.try_get::<i64, _>(0)?, row.try_get::<i64, _>(1)? as u64)),
        None => None,
    };
    if let (Some((id, _)), true) = (known, file.replaced) {
        sqlx::query("DELETE FROM log_file WHERE id = ?")
            .bind(id)
            .execute(&mut **tx)
            .await?;
        drop_empty_series(tx, run).await?;
        known = None;
    }
    if known.map_or(0, |(_, position)| position) != file.from {
        return Ok(None);
    }
    let mark = file.mark;
    let sql = match known {
        Some(_) => {
            "UPDATE log_file SET path = ?2, position = ?3, size = ?4, head_len = ?5, head_crc = ?6, tail_len = ?7,
             tail_crc = ?8 WHERE id = ?1"
        }
        None => {
            "INSERT INTO log_file (run_id, path, position, size, head_len, head_crc, tail_len, tail_crc)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        }
    };
    let done = sqlx::query(sql)
        .bind(known.map_or(run, |(id, _)| id))
        .bind(&file.path)
        .bind(mark.position as i64)
        .bind(mark.size as i64)
        .bind(mark.head_len as i64)
        .bind(i64::from(mark.head_crc))
        .bind(mark.tail_len as i64)
        .bind(i64::from(mark.tail_crc))
        .execute(&mut **tx)
        .await?;
    Ok(Some(known.map_or_else(|| done.last_insert_rowid(), |(id, _)| id)))
}

/// Series that no file fills any more.
async fn drop_empty_series(tx: &mut Tx, run: i64) -> Result<()> {
    let sql = "DELETE FROM series WHERE run_id = ? AND id NOT IN (SELECT series_id FROM stream)";
    sqlx::query(sql).bind(run).execute(&mut **tx).await?;
    Ok(())
}

/// Series of a run by tag, those of these tags.
async fn series_of(tx: &mut Tx, run: i64, tags: &[&str]) -> Result<HashMap<String, i64>> {
    let sql = "SELECT s.tag, s.id FROM json_each(?) t CROSS JOIN series s ON s.run_id = ? AND s.tag = t.value";
    let rows = sqlx::query(sql).bind(serde_json::json!(tags).to_string()).bind(run);
    let rows = rows.fetch_all(&mut **tx).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Streams of a file by series, those of these series: the row, and how many values it has.
async fn streams_of(tx: &mut Tx, file: i64, series: &[i64]) -> Result<HashMap<i64, (i64, i64)>> {
    let sql = "SELECT t.series_id, t.id, t.n FROM json_each(?) s
               CROSS JOIN stream t ON t.series_id = s.value AND t.file_id = ?";
    let rows = sqlx::query(sql).bind(serde_json::json!(series).to_string()).bind(file);
    let rows = rows.fetch_all(&mut **tx).await?;
    let entry = |row: &sqlx::sqlite::SqliteRow| Ok((row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?)));
    rows.iter().map(entry).collect()
}

async fn insert_series(tx: &mut Tx, run: i64, batch: &mut StreamBatch) -> Result<i64> {
    let sql = "INSERT INTO series (run_id, tag, kind, plugin, title, description, content, class)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let query = sqlx::query(sql)
        .bind(run)
        .bind(&batch.tag)
        .bind(batch.kind.as_str())
        .bind(&batch.plugin)
        .bind(&batch.title)
        .bind(&batch.description)
        .bind(std::mem::take(&mut batch.content))
        .bind(batch.class);
    Ok(query.execute(&mut **tx).await?.last_insert_rowid())
}

async fn insert_stream(tx: &mut Tx, series: i64, file: i64, added: &Summary) -> Result<i64> {
    let sql = "INSERT INTO stream (series_id, file_id, n, first_step, last_step, min_wall, max_wall,
                 last_value, nan, infinite, min_value, max_value)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let query = sqlx::query(sql)
        .bind(series)
        .bind(file)
        .bind(added.n as i64)
        .bind(added.first_step)
        .bind(added.last_step)
        .bind(added.min_wall)
        .bind(added.max_wall)
        .bind(added.last)
        .bind(added.nan as i64)
        .bind(added.infinite as i64)
        .bind(added.min)
        .bind(added.max);
    Ok(query.execute(&mut **tx).await?.last_insert_rowid())
}

async fn extend_stream(tx: &mut Tx, stream: i64, added: &Summary) -> Result<()> {
    let sql = "UPDATE stream SET n = n + ?2, last_step = ?3, min_wall = min(min_wall, ?4),
                 max_wall = max(max_wall, ?5), last_value = ?6, nan = nan + ?7, infinite = infinite + ?8,
                 min_value = min(min_value, ?9), max_value = max(max_value, ?10)
               WHERE id = ?1";
    let query = sqlx::query(sql)
        .bind(stream)
        .bind(added.n as i64)
        .bind(added.last_step)
        .bind(added.min_wall)
        .bind(added.max_wall)
        .bind(added.last)
        .bind(added.nan as i64)
        .bind(added.infinite as i64)
        .bind(added.min)
        .bind(added.max);
    query.execute(&mut **tx).await?;
    Ok(())
}

fn summary(values: &Values) -> Option<Summary> {
    match values {
        Values::Scalars(columns) => Summary::of(columns),
        Values::Records(heads, _) => Summary::of(&Columns {
            steps: heads.iter().map(|head| head.step).collect(),
            walls: heads.iter().map(|head| head.wall).collect(),
            values: vec![0.0; heads.len()],
        }),
    }
}
