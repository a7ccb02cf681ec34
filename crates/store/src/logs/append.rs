//! Adding what was read: points, summaries, reports and the file's position, in one transaction.

use glassboard_series::{CHUNK, Columns, Summary, decode_raw, encode, encode_raw};
use sqlx::{Row, Sqlite, Transaction};

use super::experiments::{ExperimentId, run_slug};
use super::files::FileMark;
use super::types::Kind;
use crate::{Actor, Result, Store, StoreError};

/// Hot rows grow to this many points before a new one begins, so that a live append rewrites little.
const HOT: i64 = 256;

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
    /// The values.
    pub values: Values,
}

/// New values, in the order written.
#[derive(Debug, Clone)]
pub enum Values {
    /// Of a scalar.
    Scalars(Columns),
    /// Of a histogram, of pictures, of texts.
    Records(Vec<Record>),
    /// Of what is only listed: steps and times, no values.
    Listed(Columns),
}

/// A value that is no number.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its step.
    pub step: i64,
    /// Seconds since 1970.
    pub wall: f64,
    /// Which of the values logged together.
    pub sample: i64,
    /// Of a picture.
    pub width: i64,
    /// Of a picture.
    pub height: i64,
    /// A picture or text as logged; a histogram as little-endian f64 triples (left, right, count).
    pub body: Vec<u8>,
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
    pub async fn append_logs(&self, _actor: &Actor, experiment: ExperimentId, files: &[FileBatch]) -> Result<Appended> {
        let mut tx = self.begin().await?;
        let mut appended = Appended::default();
        for file in files {
            append_file(&mut tx, experiment, file, &mut appended).await?;
        }
        tx.commit().await?;
        for names in [&mut appended.runs, &mut appended.tags] {
            names.sort_unstable();
            names.dedup();
        }
        Ok(appended)
    }
}

type Tx = Transaction<'static, Sqlite>;

async fn append_file(tx: &mut Tx, experiment: ExperimentId, file: &FileBatch, appended: &mut Appended) -> Result<()> {
    let sql = "INSERT INTO run (experiment_id, slug, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    let slug = run_slug(&file.run);
    sqlx::query(sql)
        .bind(experiment.0)
        .bind(&slug)
        .bind(&file.run)
        .execute(&mut **tx)
        .await?;
    let sql = "SELECT id, deleted_at IS NOT NULL, hparams FROM run WHERE experiment_id = ? AND name = ?";
    let row = sqlx::query(sql)
        .bind(experiment.0)
        .bind(&file.run)
        .fetch_one(&mut **tx)
        .await?;
    let (run, deleted): (i64, bool) = (row.try_get(0)?, row.try_get(1)?);
    if deleted {
        return Ok(());
    }
    let Some(id) = file_row(tx, run, file).await? else {
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
    if !file.hparams.is_empty() {
        let mut merged: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(row.try_get(2)?).map_err(|error| StoreError::Damaged(error.to_string()))?;
        merged.extend(file.hparams.clone());
        let text = serde_json::Value::Object(merged).to_string();
        sqlx::query("UPDATE run SET hparams = ? WHERE id = ?")
            .bind(text)
            .bind(run)
            .execute(&mut **tx)
            .await?;
    }
    for stream in &file.streams {
        appended.points += append_stream(tx, run, id, stream).await?;
        appended.tags.push(stream.tag.clone());
    }
    appended.runs.push(slug);
    Ok(())
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

async fn append_stream(tx: &mut Tx, run: i64, file: i64, batch: &StreamBatch) -> Result<u64> {
    let listed;
    let columns = match &batch.values {
        Values::Scalars(columns) | Values::Listed(columns) => columns,
        Values::Records(records) => {
            listed = Columns {
                steps: records.iter().map(|record| record.step).collect(),
                walls: records.iter().map(|record| record.wall).collect(),
                values: vec![0.0; records.len()],
            };
            &listed
        }
    };
    let Some(added) = Summary::of(columns) else {
        return Ok(0);
    };
    let sql = "INSERT INTO series (run_id, tag, kind, plugin, title, description) VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (run_id, tag) DO UPDATE SET kind = kind RETURNING id";
    let series: i64 = sqlx::query(sql)
        .bind(run)
        .bind(&batch.tag)
        .bind(batch.kind.as_str())
        .bind(&batch.plugin)
        .bind(&batch.title)
        .bind(&batch.description)
        .fetch_one(&mut **tx)
        .await?
        .try_get(0)?;
    // Where the stream is new, `n` is what was added; else the old count is what `n` exceeds it by.
    let sql = "INSERT INTO stream (series_id, file_id, n, sealed, first_step, last_step, min_wall, max_wall,
                 last_value, nan, infinite, min_value, max_value)
               VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
               ON CONFLICT (series_id, file_id) DO UPDATE SET
                 n = n + ?3, last_step = ?5, min_wall = min(min_wall, ?6), max_wall = max(max_wall, ?7),
                 last_value = ?8, nan = nan + ?9, infinite = infinite + ?10,
                 min_value = min(min_value, ?11), max_value = max(max_value, ?12)
               RETURNING id, n, sealed";
    let row = sqlx::query(sql)
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
        .bind(added.max)
        .fetch_one(&mut **tx)
        .await?;
    let (stream, n, sealed): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    match &batch.values {
        Values::Scalars(columns) => append_points(tx, stream, n - added.n as i64, sealed, columns).await?,
        Values::Records(records) => append_records(tx, stream, records).await?,
        Values::Listed(_) => {}
    }
    Ok(added.n)
}

/// Adds points after the first `n`, of which `sealed` are in chunks that never change.
async fn append_points(tx: &mut Tx, stream: i64, n: i64, sealed: i64, new: &Columns) -> Result<()> {
    let damaged = |error: glassboard_series::ChunkError| StoreError::Damaged(error.to_string());
    let seals = (n - sealed) as usize + new.len() >= CHUNK;
    // Sealing takes every hot row; a small append takes only a last row that has room.
    let sql = if seals {
        "DELETE FROM chunk WHERE stream_id = ?1 AND first >= ?2 RETURNING first, body"
    } else {
        "DELETE FROM chunk WHERE stream_id = ?1 AND n < ?3 AND first >= ?2
           AND first = (SELECT max(first) FROM chunk WHERE stream_id = ?1) RETURNING first, body"
    };
    let mut rows = sqlx::query(sql)
        .bind(stream)
        .bind(sealed)
        .bind(HOT)
        .fetch_all(&mut **tx)
        .await?;
    rows.sort_by_key(|row| row.try_get::<i64, _>(0).unwrap_or_default());
    let mut first = match rows.first() {
        Some(row) => row.try_get(0)?,
        None => n,
    };
    let mut points = Columns::default();
    for row in &rows {
        points.extend(&decode_raw(row.try_get(1)?).map_err(damaged)?);
    }
    points.extend(new);
    let sql = "INSERT INTO chunk (stream_id, first, n, sealed, body) VALUES (?, ?, ?, ?, ?)";
    while points.len() >= CHUNK {
        let rest = points.split_off(CHUNK);
        let body = encode(&points).map_err(damaged)?;
        sqlx::query(sql)
            .bind(stream)
            .bind(first)
            .bind(CHUNK as i64)
            .bind(true)
            .bind(body)
            .execute(&mut **tx)
            .await?;
        first += CHUNK as i64;
        points = rest;
    }
    if seals {
        let sql = "UPDATE stream SET sealed = ? WHERE id = ?";
        sqlx::query(sql).bind(first).bind(stream).execute(&mut **tx).await?;
    }
    if !points.is_empty() {
        let body = encode_raw(&points);
        let query = sqlx::query(sql)
            .bind(stream)
            .bind(first)
            .bind(points.len() as i64)
            .bind(false)
            .bind(body);
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

async fn append_records(tx: &mut Tx, stream: i64, records: &[Record]) -> Result<()> {
    for record in records {
        let sql = "INSERT INTO log_record (stream_id, step, wall, sample, width, height, body)
                   VALUES (?, ?, ?, ?, ?, ?, ?)";
        sqlx::query(sql)
            .bind(stream)
            .bind(record.step)
            .bind(record.wall)
            .bind(record.sample)
            .bind(record.width)
            .bind(record.height)
            .bind(&record.body)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
