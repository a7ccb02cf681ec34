//! Values that are no numbers, read back: which there are, and their bytes.

use std::collections::HashMap;

use glassboard_series::{Columns, Head, heads, unpack};
use sqlx::Row;

use super::append::Restart;
use super::lanes::{Lane, resolve};
use super::record_blocks::damaged;
use super::types::{Form, Pick, RecordHead, RecordId, Records, SeriesInfo, StoredRecord};
use super::{Kind, off_thread};
use crate::{Actor, Result, Store, StoreError};

/// Bytes of one answer.
const MOST_BYTES: u64 = 512 << 20;

impl Store {
    /// Values of a series that hold no numbers, in order of time. What a restart superseded is left out.
    pub async fn records(&self, actor: &Actor, experiment: &str, run: &str, tag: &str, pick: Pick) -> Result<Records> {
        let heads = self.record_heads(actor, experiment, run, tag).await?;
        let total = heads.len();
        let records = self.read_records(picked(heads, pick)).await?;
        Ok(Records { total, records })
    }

    /// The heads of a series, in order of time; what a restart superseded is left out. Reads no value.
    pub async fn record_heads(&self, actor: &Actor, experiment: &str, run: &str, tag: &str) -> Result<Vec<RecordHead>> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let run = self.run_row(experiment, run).await?;
        let mut tx = self.readers().begin().await?;
        let sql = "SELECT t.id, t.file_id, t.min_wall, t.max_wall FROM series s JOIN stream t ON t.series_id = s.id
                   WHERE s.run_id = ? AND s.tag = ? AND s.kind <> 'scalar' ORDER BY t.file_id";
        let streams = sqlx::query(sql).bind(run).bind(tag).fetch_all(&mut *tx).await?;
        if streams.is_empty() {
            return Err(StoreError::NotFound {
                what: "tag",
                name: tag.to_owned(),
            });
        }
        // The lanes carry the place of each head as their value.
        let (mut all, mut lanes) = (Vec::new(), Vec::new());
        for row in &streams {
            let stream: i64 = row.try_get(0)?;
            let sql = "SELECT first, heads FROM record_block WHERE stream_id = ? ORDER BY first";
            let mut points = Columns::default();
            for row in sqlx::query(sql).bind(stream).fetch_all(&mut *tx).await? {
                let first: i64 = row.try_get(0)?;
                for (index, head) in (first..).zip(heads(row.try_get(1)?).map_err(damaged)?) {
                    points.push(head.step, head.wall, all.len() as f64);
                    all.push(record_head(RecordId { stream, index }, &head)?);
                }
            }
            lanes.push(Lane {
                file: row.try_get(1)?,
                min_wall: row.try_get(2)?,
                max_wall: row.try_get(3)?,
                points: glassboard_series::Blocks::of(&points),
            });
        }
        let sql = "SELECT k.file_id, k.position, k.step, k.wall
                   FROM log_restart k JOIN log_file f ON f.id = k.file_id WHERE f.run_id = ?";
        let mut restarts = Vec::new();
        for row in sqlx::query(sql).bind(run).fetch_all(&mut *tx).await? {
            let restart = Restart {
                offset: row.try_get::<i64, _>(1)? as u64,
                step: row.try_get(2)?,
                wall: row.try_get(3)?,
            };
            restarts.push((row.try_get(0)?, restart));
        }
        off_thread(move || {
            let shown = resolve(lanes, &restarts, false).columns();
            Ok(shown.values.iter().map(|&place| all[place as usize].clone()).collect())
        })
        .await
    }

    /// One value of the actor's project, wherever it stands.
    pub async fn record(&self, actor: &Actor, id: RecordId) -> Result<(Kind, StoredRecord)> {
        let sql = "SELECT s.kind, b.first, b.heads FROM record_block b JOIN stream t ON t.id = b.stream_id
                     JOIN series s ON s.id = t.series_id JOIN run r ON r.id = s.run_id
                     JOIN experiment e ON e.id = r.experiment_id
                   WHERE b.stream_id = ?1 AND b.first <= ?2 AND e.project_id = ?3 AND r.deleted_at IS NULL
                   ORDER BY b.first DESC LIMIT 1";
        let row = sqlx::query(sql).bind(id.stream).bind(id.index).bind(actor.project);
        let missing = || StoreError::NotFound {
            what: "value",
            name: format!("{}.{}", id.stream, id.index),
        };
        let row = row.fetch_optional(self.readers()).await?.ok_or_else(missing)?;
        let inside = id.index - row.try_get::<i64, _>(1)?;
        let heads = heads(row.try_get(2)?).map_err(damaged)?;
        let head = heads.get(inside as usize).ok_or_else(missing)?;
        let kind = Kind::parse(row.try_get(0)?).unwrap_or(Kind::Other);
        let record = self.read_records(vec![record_head(id, head)?]).await?.pop();
        Ok((kind, record.ok_or_else(missing)?))
    }

    /// The bytes of these values, in their order.
    pub async fn read_records(&self, heads: Vec<RecordHead>) -> Result<Vec<StoredRecord>> {
        if heads.iter().map(|head| u64::from(head.size)).sum::<u64>() > MOST_BYTES {
            return Err(StoreError::TooMuch(
                "these values together are more than 512 MiB: ask for fewer of them".to_owned(),
            ));
        }
        let mut wanted: HashMap<RecordId, Vec<usize>> = HashMap::new();
        for (place, head) in heads.iter().enumerate() {
            wanted.entry(head.id).or_default().push(place);
        }
        let mut ids: Vec<RecordId> = wanted.keys().copied().collect();
        ids.sort_unstable();
        let mut bodies: Vec<Vec<u8>> = vec![Vec::new(); heads.len()];
        let mut ids = ids.into_iter().peekable();
        while let Some(id) = ids.next() {
            let sql = "SELECT first, compressed, heads, body FROM record_block
                       WHERE stream_id = ? AND first <= ? ORDER BY first DESC LIMIT 1";
            let row = sqlx::query(sql).bind(id.stream).bind(id.index);
            let Some(row) = row.fetch_optional(self.readers()).await? else {
                continue;
            };
            let first: i64 = row.try_get(0)?;
            let (compressed, columns, body): (bool, Vec<u8>, Vec<u8>) =
                (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            let (of_block, bytes) = off_thread(move || {
                let of_block = self::heads(&columns).map_err(damaged)?;
                let bytes = unpack(&of_block, body, compressed).map_err(damaged)?;
                Ok((of_block, bytes))
            })
            .await?;
            let last = first + of_block.len() as i64;
            let mut here = vec![id];
            while let Some(next) = ids.next_if(|next| next.stream == id.stream && next.index < last) {
                here.push(next);
            }
            let mut start = 0;
            let mut here = here.into_iter().peekable();
            for (index, head) in (first..).zip(&of_block) {
                let end = start + head.size as usize;
                if let Some(id) = here.next_if(|id| id.index == index) {
                    for &place in wanted.get(&id).into_iter().flatten() {
                        bodies[place] = bytes.get(start..end).unwrap_or_default().to_vec();
                    }
                }
                start = end;
            }
        }
        Ok(heads
            .into_iter()
            .zip(bodies)
            .map(|(head, body)| StoredRecord { head, body })
            .collect())
    }

    /// The series of an experiment with what their tags say of themselves, by run and tag.
    pub async fn series_info(
        &self,
        actor: &Actor,
        experiment: &str,
        kind: Option<Kind>,
        plugin: Option<&str>,
    ) -> Result<Vec<SeriesInfo>> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let sql = "SELECT r.name, r.slug, s.tag, s.kind, s.plugin, s.title, s.description, s.content, s.class,
                     SUM(t.n), MIN(t.first_step), MAX(t.last_step), MIN(t.min_wall), MAX(t.max_wall)
                   FROM run r JOIN series s ON s.run_id = r.id JOIN stream t ON t.series_id = s.id
                   WHERE r.experiment_id = ?1 AND r.deleted_at IS NULL
                     AND (?2 IS NULL OR s.kind = ?2) AND (?3 IS NULL OR s.plugin = ?3)
                   GROUP BY s.id ORDER BY r.name, s.tag";
        let rows = sqlx::query(sql)
            .bind(experiment.0)
            .bind(kind.map(Kind::as_str))
            .bind(plugin)
            .fetch_all(self.readers())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(SeriesInfo {
                    run: row.try_get(0)?,
                    run_id: row.try_get(1)?,
                    tag: row.try_get(2)?,
                    kind: Kind::parse(row.try_get(3)?).unwrap_or(Kind::Other),
                    plugin: row.try_get(4)?,
                    title: row.try_get(5)?,
                    description: row.try_get(6)?,
                    content: row.try_get(7)?,
                    class: row.try_get(8)?,
                    points: row.try_get(9)?,
                    first_step: row.try_get(10)?,
                    last_step: row.try_get(11)?,
                    first_wall: row.try_get(12)?,
                    last_wall: row.try_get(13)?,
                })
            })
            .collect()
    }
}

/// The values asked for, of all.
fn picked(mut heads: Vec<RecordHead>, pick: Pick) -> Vec<RecordHead> {
    let last = heads.len().saturating_sub(1);
    match pick {
        Pick::All => heads,
        Pick::Last => heads.pop().into_iter().collect(),
        Pick::Spread(most) if heads.len() <= most.max(1) => heads,
        Pick::Spread(most) if most <= 1 => heads.pop().into_iter().collect(),
        Pick::Spread(most) => (0..most).map(|i| heads[i * last / (most - 1)].clone()).collect(),
    }
}

fn record_head(id: RecordId, head: &Head) -> Result<RecordHead> {
    let form = Form::parse(head.form)
        .ok_or_else(|| StoreError::Damaged(format!("a stored value is of the unknown form {}", head.form)))?;
    Ok(RecordHead {
        id,
        step: head.step,
        wall: head.wall,
        form,
        size: head.size,
        parts: head.parts,
        width: head.width,
        height: head.height,
    })
}
