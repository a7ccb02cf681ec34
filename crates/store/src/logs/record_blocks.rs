//! Values that are no numbers, in rows of neighbours: small ones share a row, a large one has its own.

use std::ops::Range;

use glassboard_series::{Head, Packed, heads, pack, unpack};
use rayon::prelude::*;
use sqlx::Row;

use super::append::Tx;
use crate::{Result, StoreError};

/// A row of this many bytes is full.
const FULL: usize = 256 << 10;
/// A row of fewer bytes is written anew when values come; a larger one stays.
const SMALL: usize = 32 << 10;
/// Values of a row.
const MOST: usize = 1024;

/// The end of a stream that changes: from `first` on, its rows give way to these values.
pub(super) struct Tail {
    stream: i64,
    first: i64,
    /// There is a row at `first`.
    replaces: bool,
    heads: Vec<Head>,
    bytes: Vec<u8>,
}

/// The rows that come in the place of those from `first` on.
pub(super) struct Rows {
    stream: i64,
    first: i64,
    replaces: bool,
    new: Vec<(usize, Packed)>,
}

impl Tail {
    /// New values after the first `n`; they join the last row while it is small.
    pub async fn read(tx: &mut Tx, stream: i64, n: i64, new: Vec<Head>, bytes: Vec<u8>) -> Result<Self> {
        let mut tail = Self {
            stream,
            first: n,
            replaces: false,
            heads: new,
            bytes,
        };
        if n == 0 || tail.bytes.len() > FULL {
            return Ok(tail);
        }
        let sql = "SELECT first, compressed, heads FROM record_block WHERE stream_id = ? ORDER BY first DESC LIMIT 1";
        let Some(row) = sqlx::query(sql).bind(stream).fetch_optional(&mut **tx).await? else {
            return Ok(tail);
        };
        let mut before = heads(row.try_get(2)?).map_err(damaged)?;
        let size: usize = before.iter().map(|head| head.size as usize).sum();
        if size > SMALL || before.len() >= MOST {
            return Ok(tail);
        }
        let first: i64 = row.try_get(0)?;
        let sql = "SELECT body FROM record_block WHERE stream_id = ? AND first = ?";
        let body = sqlx::query(sql).bind(stream).bind(first).fetch_one(&mut **tx).await?;
        let mut all = unpack(&before, body.try_get(0)?, row.try_get(1)?).map_err(damaged)?;
        before.append(&mut tail.heads);
        all.append(&mut tail.bytes);
        Ok(Self {
            first,
            replaces: true,
            heads: before,
            bytes: all,
            ..tail
        })
    }

    /// Compresses, rows side by side.
    pub fn pack(self) -> Rows {
        let mut cuts = Vec::new();
        let (mut from, mut start) = (0, 0);
        while from < self.heads.len() {
            let (mut to, mut end) = (from, start);
            for head in self.heads[from..].iter().take(MOST) {
                let next = end + head.size as usize;
                if to > from && next - start > FULL {
                    break;
                }
                (to, end) = (to + 1, next);
            }
            cuts.push((from..to, start..end));
            (from, start) = (to, end);
        }
        let row =
            |(heads, bytes): (Range<usize>, Range<usize>)| (heads.len(), pack(&self.heads[heads], &self.bytes[bytes]));
        Rows {
            stream: self.stream,
            first: self.first,
            replaces: self.replaces,
            new: cuts.into_par_iter().map(row).collect(),
        }
    }
}

impl Rows {
    /// Puts them in their place.
    pub async fn write(self, tx: &mut Tx) -> Result<()> {
        if self.replaces {
            let sql = "DELETE FROM record_block WHERE stream_id = ? AND first = ?";
            sqlx::query(sql)
                .bind(self.stream)
                .bind(self.first)
                .execute(&mut **tx)
                .await?;
        }
        let mut first = self.first;
        for (n, packed) in self.new {
            let sql =
                "INSERT INTO record_block (stream_id, first, n, compressed, heads, body) VALUES (?, ?, ?, ?, ?, ?)";
            let query = sqlx::query(sql)
                .bind(self.stream)
                .bind(first)
                .bind(n as i64)
                .bind(packed.compressed)
                .bind(packed.heads)
                .bind(packed.body);
            query.execute(&mut **tx).await?;
            first += n as i64;
        }
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
pub(super) fn damaged(error: glassboard_series::RecordsError) -> StoreError {
    StoreError::Damaged(error.to_string())
}
