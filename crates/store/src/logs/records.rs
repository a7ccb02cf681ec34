//! Histograms and pictures.

use sqlx::Row;

use super::types::{HistogramAt, ImageAt, ImageBytes};
use crate::{Actor, Result, Store, StoreError};

impl Store {
    /// At most `max` histograms spread evenly over those logged (the first and the last always), and how many
    /// there are.
    pub async fn histograms(
        &self,
        actor: &Actor,
        experiment: &str,
        run: &str,
        tag: &str,
        max: usize,
    ) -> Result<(Vec<HistogramAt>, i64)> {
        let ids = self.record_ids(actor, experiment, run, tag, "histogram").await?;
        let max = max.max(1).min(ids.len());
        let last = ids.len().saturating_sub(1);
        let spread: Vec<i64> = (0..max)
            .map(|i| ids[if max == 1 { last } else { i * last / (max - 1) }])
            .collect();
        let sql = "SELECT step, wall, body FROM log_record
                   WHERE id IN (SELECT value FROM json_each(?)) ORDER BY step, id";
        let rows = sqlx::query(sql)
            .bind(serde_json::json!(spread).to_string())
            .fetch_all(self.readers())
            .await?;
        let mut histograms = Vec::with_capacity(rows.len());
        for row in rows {
            let body: &[u8] = row.try_get(2)?;
            let numbers: Vec<f64> = body.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
            let bins = numbers.as_chunks::<3>().0.to_vec();
            let wall = row.try_get::<Option<f64>, _>(1)?.unwrap_or(f64::NAN);
            histograms.push(HistogramAt {
                step: row.try_get(0)?,
                wall,
                bins,
            });
        }
        Ok((histograms, ids.len() as i64))
    }

    /// The pictures of a series, in order of step.
    pub async fn images(&self, actor: &Actor, experiment: &str, run: &str, tag: &str) -> Result<Vec<ImageAt>> {
        let ids = self.record_ids(actor, experiment, run, tag, "image").await?;
        let sql = "SELECT id, step, wall, sample, width, height FROM log_record
                   WHERE id IN (SELECT value FROM json_each(?)) ORDER BY step, id";
        let rows = sqlx::query(sql)
            .bind(serde_json::json!(ids).to_string())
            .fetch_all(self.readers())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(ImageAt {
                    id: row.try_get::<i64, _>(0)?.to_string(),
                    step: row.try_get(1)?,
                    wall: row.try_get::<Option<f64>, _>(2)?.unwrap_or(f64::NAN),
                    sample: row.try_get(3)?,
                    width: row.try_get(4)?,
                    height: row.try_get(5)?,
                })
            })
            .collect()
    }

    /// The bytes of a picture.
    pub async fn image(&self, actor: &Actor, id: &str) -> Result<ImageBytes> {
        let sql = "SELECT l.body FROM log_record l JOIN stream t ON t.id = l.stream_id
                     JOIN series s ON s.id = t.series_id JOIN run r ON r.id = s.run_id
                     JOIN experiment e ON e.id = r.experiment_id
                   WHERE l.id = ? AND e.project_id = ? AND s.kind = 'image'";
        let missing = || StoreError::NotFound {
            what: "image",
            name: id.to_owned(),
        };
        let number: i64 = id.parse().map_err(|_| missing())?;
        let row = sqlx::query(sql)
            .bind(number)
            .bind(actor.project)
            .fetch_optional(self.readers())
            .await?;
        let bytes: Vec<u8> = row.ok_or_else(missing)?.try_get(0)?;
        Ok(ImageBytes {
            media_type: media_type(&bytes),
            bytes,
        })
    }

    async fn record_ids(&self, actor: &Actor, experiment: &str, run: &str, tag: &str, kind: &str) -> Result<Vec<i64>> {
        let experiment = self.experiment_id(actor, experiment).await?;
        let run = self.run_row(experiment, run).await?;
        let sql = "SELECT l.id FROM series s JOIN stream t ON t.series_id = s.id
                     JOIN log_record l ON l.stream_id = t.id
                   WHERE s.run_id = ? AND s.tag = ? AND s.kind = ? ORDER BY l.step, l.id";
        let rows = sqlx::query(sql)
            .bind(run)
            .bind(tag)
            .bind(kind)
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}

/// By content: what a log calls a picture may be anything, and is never served as a page.
fn media_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        _ => "application/octet-stream",
    }
}
