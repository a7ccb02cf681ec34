//! Values of data directories from before values were kept as the messages they were logged as: carried over once, when
//! the directory is opened, and the old table goes.

use glassboard_series::Head;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::append::Tx;
use super::record_blocks::Tail;
use super::{Form, Kind};
use crate::{Result, Store};

const DOUBLE: u64 = 2;
const STRING: u64 = 7;

impl Store {
    /// Carries the rows of `log_record` over; does nothing where that was done.
    pub(crate) async fn carry_over_values(&self) -> Result<()> {
        let old = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'log_record'";
        let mut tx = self.begin().await?;
        if sqlx::query(old).fetch_optional(&mut *tx).await?.is_none() {
            return Ok(());
        }
        let sql = "SELECT DISTINCT l.stream_id, s.kind FROM log_record l JOIN stream t ON t.id = l.stream_id
                     JOIN series s ON s.id = t.series_id";
        for row in sqlx::query(sql).fetch_all(&mut *tx).await? {
            let kind = Kind::parse(row.try_get(1)?).unwrap_or(Kind::Other);
            stream(&mut tx, row.try_get(0)?, kind).await?;
        }
        sqlx::query("DROP TABLE log_record").execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}

async fn stream(tx: &mut Tx, stream: i64, kind: Kind) -> Result<()> {
    let sql = "SELECT step, wall, sample, width, height, body FROM log_record WHERE stream_id = ? ORDER BY id";
    let rows = sqlx::query(sql).bind(stream).fetch_all(&mut **tx).await?;
    let (mut heads, mut bytes) = (Vec::new(), Vec::new());
    // What was logged together stood in rows of its own, numbered.
    let mut rest = &rows[..];
    while let Some((first, others)) = rest.split_first() {
        let mut together = 1;
        for row in others {
            if row.try_get::<i64, _>(2)? == 0 {
                break;
            }
            together += 1;
        }
        let (these, after) = rest.split_at(together);
        let message = message(kind, these)?;
        heads.push(Head {
            step: first.try_get(0)?,
            wall: first.try_get::<Option<f64>, _>(1)?.unwrap_or(f64::NAN),
            form: Form::Tensor as u8,
            size: message.len() as u32,
            parts: together as u32,
            width: first.try_get::<i64, _>(3)? as u32,
            height: first.try_get::<i64, _>(4)? as u32,
        });
        bytes.extend(message);
        rest = after;
    }
    let n = heads.len() as i64;
    Tail::read(tx, stream, 0, heads, bytes).await?.pack().write(tx).await?;
    let query = sqlx::query("UPDATE stream SET n = ? WHERE id = ?").bind(n).bind(stream);
    query.execute(&mut **tx).await?;
    Ok(())
}

/// The `TensorProto` that says the same.
fn message(kind: Kind, rows: &[SqliteRow]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    if kind == Kind::Histogram {
        // Left, right, count of each bin, as doubles: the content of a tensor `[bins, 3]`.
        let body: &[u8] = rows[0].try_get(5)?;
        number(&mut out, 1, DOUBLE);
        shape(&mut out, &[body.len() as u64 / 24, 3]);
        field(&mut out, 4, body);
        return Ok(out);
    }
    number(&mut out, 1, STRING);
    let mut strings: Vec<Vec<u8>> = Vec::new();
    if kind == Kind::Image {
        for size in [rows[0].try_get::<i64, _>(3)?, rows[0].try_get(4)?] {
            strings.push(size.to_string().into_bytes());
        }
    }
    for row in rows {
        strings.push(row.try_get(5)?);
    }
    if strings.len() > 1 {
        shape(&mut out, &[strings.len() as u64]);
    }
    for string in &strings {
        field(&mut out, 8, string);
    }
    Ok(out)
}

fn shape(out: &mut Vec<u8>, dims: &[u64]) {
    let mut all = Vec::new();
    for &dim in dims {
        let mut size = Vec::new();
        number(&mut size, 1, dim);
        field(&mut all, 2, &size);
    }
    field(out, 2, &all);
}

fn number(out: &mut Vec<u8>, tag: u8, value: u64) {
    out.push(tag << 3);
    varint(out, value);
}

fn field(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend(bytes);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
