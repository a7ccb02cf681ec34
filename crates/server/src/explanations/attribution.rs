//! `GET /explanations/{id}/attribution?format=columns|npy|npz|csv`.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use glassboard_report::Arrays;
use serde::Deserialize;

use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    format: Option<String>,
    /// `1`: of one that still runs, nothing (204) is an answer too.
    partial: Option<u8>,
}

pub async fn attribution(State(app): State<AppState>, Path(id): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let (whole, bytes) = if let Some(passing) = app.work().passing(&id) {
        (passing.whole(), passing.array().map(<[u8]>::to_vec))
    } else {
        let answer = app.store().answer(app.actor(), &id).await?;
        let whole = super::whole(&answer)?;
        let partial = answer.job_id.as_deref().and_then(|job| app.work().partial(job));
        let bytes = match (answer.array_hash, partial) {
            (Some(hash), _) => Some(app.store().read_blob(&hash).await?),
            (None, partial) => partial.and_then(|known| known.answer.attachments.first().cloned()),
        };
        (whole, bytes)
    };
    let bytes = match bytes {
        Some(bytes) => bytes,
        None if asked.partial == Some(1) => return Ok(StatusCode::NO_CONTENT.into_response()),
        None => return Err(not_yet()),
    };
    match asked.format.as_deref() {
        Some("npz") => {
            let arrays = Arrays::read(&bytes).map_err(Problem::internal)?;
            let file = glassboard_report::npz(&whole, &arrays).map_err(Problem::internal)?;
            Ok(([(header::CONTENT_TYPE, "application/octet-stream")], file).into_response())
        }
        Some("csv") if whole["columns"].is_object() => {
            let arrays = Arrays::read(&bytes).map_err(Problem::internal)?;
            let table = glassboard_report::csv(&whole, &arrays);
            Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], table).into_response())
        }
        format => columns(bytes, format, "attribution"),
    }
}

fn not_yet() -> Problem {
    Problem::not_found("This explanation has no array yet: it is still computed, or it failed.")
}

/// A columns file as it is, or one column of it as npy or CSV.
pub fn columns(bytes: Vec<u8>, format: Option<&str>, column: &str) -> Answer {
    let typed = |media: &'static str, body: Vec<u8>| -> Response {
        (
            [
                (header::CONTENT_TYPE, media),
                (header::CACHE_CONTROL, "private, no-cache"),
            ],
            body,
        )
            .into_response()
    };
    let read = || Column::find(&bytes, column).ok_or_else(|| Problem::internal("a stored array does not decode"));
    match format.unwrap_or("columns") {
        "columns" => Ok(typed("application/vnd.glassboard.columns", bytes)),
        "npy" => Ok(typed("application/octet-stream", read()?.npy())),
        "csv" => Ok(typed("text/csv; charset=utf-8", read()?.csv())),
        other => Err(Problem::bad_request(format!(
            "`format` must be columns, npy, npz or csv, not `{other}`."
        ))),
    }
}

/// An `f32` column of a file that a worker of ours wrote.
struct Column {
    shape: Vec<usize>,
    values: Vec<u8>,
}

impl Column {
    fn find(file: &[u8], name: &str) -> Option<Self> {
        let length = u32::from_le_bytes(file.get(4..8)?.try_into().ok()?) as usize;
        let header: serde_json::Value = serde_json::from_slice(file.get(8..8 + length)?).ok()?;
        let mut at = (8 + length).next_multiple_of(8);
        for column in header["columns"].as_array()? {
            let shape: Option<Vec<usize>> = column["shape"]
                .as_array()?
                .iter()
                .map(|n| n.as_u64().map(|n| n as usize))
                .collect();
            let shape = shape?;
            let width = match column["dtype"].as_str()? {
                "f32" => 4,
                "u8" => 1,
                _ => 8,
            };
            let bytes = shape.iter().product::<usize>() * width;
            if column["name"] == name && width == 4 {
                return Some(Self {
                    shape,
                    values: file.get(at..at + bytes)?.to_vec(),
                });
            }
            at += bytes.next_multiple_of(8);
        }
        None
    }

    /// The npy format, version 1.0.
    fn npy(&self) -> Vec<u8> {
        let sizes: String = self.shape.iter().map(|n| format!("{n}, ")).collect();
        let mut head = format!(
            "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}",
            sizes.trim_end()
        );
        // Magic, version and length are 10 bytes; the whole header is a multiple of 64 and ends in a newline.
        while !(10 + head.len() + 1).is_multiple_of(64) {
            head.push(' ');
        }
        head.push('\n');
        let mut out = b"\x93NUMPY\x01\x00".to_vec();
        out.extend_from_slice(&u16::try_from(head.len()).unwrap_or(u16::MAX).to_le_bytes());
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&self.values);
        out
    }

    fn csv(&self) -> Vec<u8> {
        use std::fmt::Write as _;
        let axes = self.shape.len().max(1);
        let mut out: String = (0..axes).map(|i| format!("axis_{i},")).collect();
        out.push_str("value\n");
        for (flat, value) in self.values.chunks_exact(4).enumerate() {
            let mut rest = flat;
            let mut place = vec![0; axes];
            for (axis, size) in self.shape.iter().enumerate().rev() {
                place[axis] = rest % size.max(&1);
                rest /= size.max(&1);
            }
            for at in &place {
                let _ = write!(out, "{at},");
            }
            let value = f32::from_le_bytes([value[0], value[1], value[2], value[3]]);
            let _ = writeln!(out, "{value}");
        }
        out.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[2, 2]` of 1, 2, 3, 4 in the layout of `docs/api.md`.
    fn file() -> Vec<u8> {
        let header = br#"{"columns":[{"name":"x","dtype":"f32","shape":[3]},{"name":"attribution","dtype":"f32","shape":[2,2]}],"meta":{}}"#;
        let mut out = b"GBC1".to_vec();
        out.extend_from_slice(&(header.len() as u32).to_le_bytes());
        out.extend_from_slice(header);
        out.resize(out.len().next_multiple_of(8), 0);
        for v in [9f32, 9.0, 9.0] {
            out.extend_from_slice(&v.to_le_bytes());
        }
        out.resize(out.len().next_multiple_of(8), 0);
        for v in [1f32, 2.0, 3.0, 4.5] {
            out.extend_from_slice(&v.to_le_bytes());
        }
        out
    }

    #[test]
    fn a_column_is_found_and_written_as_csv_and_npy() {
        let column = Column::find(&file(), "attribution").expect("found");
        assert_eq!(
            String::from_utf8(column.csv()).expect("text"),
            "axis_0,axis_1,value\n0,0,1\n0,1,2\n1,0,3\n1,1,4.5\n"
        );
        let npy = column.npy();
        assert_eq!(&npy[..8], b"\x93NUMPY\x01\x00");
        assert_eq!((npy.len() - 16) % 64, 0);
        assert!(String::from_utf8_lossy(&npy).contains("'shape': (2, 2,)"));
        assert!(
            Column::find(&file()[..40], "attribution").is_none(),
            "cut short is no panic"
        );
    }
}
