//! Points of a stream in rows: full chunks, then one packed chunk that is not full, then plain columns of the newest.

use glassboard_series::{CHUNK, ChunkError, Columns, decode, decode_raw, encode, encode_raw};
use rayon::prelude::*;
use sqlx::Row;

use super::append::Tx;
use crate::{Result, StoreError};

/// Points that may stand in plain columns, so that a live append rewrites little.
const HOT: usize = 256;

/// The end of a stream that changes: from `first` on, its rows give way to these points.
pub(super) struct Tail {
    stream: i64,
    first: i64,
    /// There are rows from `first` on.
    replaces: bool,
    points: Columns,
}

/// The rows that come in the place of those from `first` on.
pub(super) struct Rows {
    stream: i64,
    first: i64,
    replaces: bool,
    new: Vec<ChunkRow>,
}

struct ChunkRow {
    first: i64,
    n: i64,
    packed: bool,
    body: Vec<u8>,
}

impl Tail {
    /// `new` points after the first `n`. Few of them join the plain columns; more are packed with all that is not in
    /// full chunks.
    pub async fn read(tx: &mut Tx, stream: i64, n: i64, new: Columns) -> Result<Self> {
        let full = n - n % CHUNK as i64;
        if n == full {
            return Ok(Self {
                stream,
                first: n,
                replaces: false,
                points: new,
            });
        }
        let sql = "SELECT first, n FROM chunk WHERE stream_id = ? AND first >= ? AND packed = 0 ORDER BY first";
        let hot = sqlx::query(sql).bind(stream).bind(full).fetch_all(&mut **tx).await?;
        let mut few = new.len();
        for row in &hot {
            few += row.try_get::<i64, _>(1)? as usize;
        }
        let stays_hot = few < HOT && ((n - full) as usize + new.len()) < CHUNK;
        let first = if stays_hot {
            hot.first().map_or(Ok(n), |row| row.try_get(0))?
        } else {
            full
        };
        let mut points = Columns::default();
        if first < n {
            let sql = "SELECT packed, body FROM chunk WHERE stream_id = ? AND first >= ? ORDER BY first";
            for row in sqlx::query(sql).bind(stream).bind(first).fetch_all(&mut **tx).await? {
                points.extend(&read(row.try_get(0)?, row.try_get(1)?)?);
            }
        }
        points.extend(&new);
        Ok(Self {
            stream,
            first,
            replaces: first < n,
            points,
        })
    }

    /// Compresses, chunks side by side.
    pub fn pack(self) -> Result<Rows> {
        let starts: Vec<usize> = (0..self.points.len()).step_by(CHUNK).collect();
        let row = |start: usize| {
            let points = self.points.slice(start..self.points.len().min(start + CHUNK));
            let n = points.len() as i64;
            let packed = points.len() >= HOT;
            let body = if packed {
                encode(points).map_err(damaged)?
            } else {
                encode_raw(&points)
            };
            Ok(ChunkRow {
                first: self.first + start as i64,
                n,
                packed,
                body,
            })
        };
        Ok(Rows {
            stream: self.stream,
            first: self.first,
            replaces: self.replaces,
            new: starts.into_par_iter().map(row).collect::<Result<_>>()?,
        })
    }
}

impl Rows {
    /// Puts them in their place.
    pub async fn write(self, tx: &mut Tx) -> Result<()> {
        if self.replaces {
            let sql = "DELETE FROM chunk WHERE stream_id = ? AND first >= ?";
            sqlx::query(sql)
                .bind(self.stream)
                .bind(self.first)
                .execute(&mut **tx)
                .await?;
        }
        for row in self.new {
            let sql = "INSERT INTO chunk (stream_id, first, n, packed, body) VALUES (?, ?, ?, ?, ?)";
            let query = sqlx::query(sql)
                .bind(self.stream)
                .bind(row.first)
                .bind(row.n)
                .bind(row.packed)
                .bind(row.body);
            query.execute(&mut **tx).await?;
        }
        Ok(())
    }
}

/// The points of one row.
pub(super) fn read(packed: bool, body: &[u8]) -> Result<Columns> {
    if packed {
        decode(body).map(|block| block.columns()).map_err(damaged)
    } else {
        decode_raw(body).map_err(damaged)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
pub(super) fn damaged(error: ChunkError) -> StoreError {
    StoreError::Damaged(error.to_string())
}
