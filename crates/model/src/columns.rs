//! The columns format: named little-endian arrays with a JSON header, read by a browser without copying.
//!
//! Bytes: `GBC1`, `u32` LE header length, header JSON, zero padding to a multiple of 8, then each
//! column's values, each padded to 8. Header: `{"columns":[{"name","dtype","shape"}],"meta":{..}}`.

use serde_json::{Map, Value, json};

/// First four bytes of every file in this format.
pub const MAGIC: &[u8; 4] = b"GBC1";
/// Media type of the format.
pub const MEDIA_TYPE: &str = "application/vnd.glassboard.columns";

/// Collects columns, then writes them in one piece.
#[derive(Debug, Default)]
pub struct Writer {
    columns: Vec<Value>,
    bodies: Vec<Vec<u8>>,
    meta: Map<String, Value>,
}

impl Writer {
    /// An empty file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key of the header's `meta` object.
    #[must_use]
    pub fn meta(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.meta.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a column of `f32`; `shape` must multiply out to `values.len()`.
    #[must_use]
    pub fn f32(self, name: &str, shape: &[usize], values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.push(name, "f32", shape, values.len(), bytes)
    }

    /// Adds a column of `f64`.
    #[must_use]
    pub fn f64(self, name: &str, shape: &[usize], values: &[f64]) -> Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.push(name, "f64", shape, values.len(), bytes)
    }

    /// Adds a column of `i64`.
    #[must_use]
    pub fn i64(self, name: &str, shape: &[usize], values: &[i64]) -> Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.push(name, "i64", shape, values.len(), bytes)
    }

    /// Adds a column of `u32`.
    #[must_use]
    pub fn u32(self, name: &str, shape: &[usize], values: &[u32]) -> Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.push(name, "u32", shape, values.len(), bytes)
    }

    /// Adds a column of bytes.
    #[must_use]
    pub fn u8(self, name: &str, shape: &[usize], values: &[u8]) -> Self {
        self.push(name, "u8", shape, values.len(), values.to_vec())
    }

    fn push(mut self, name: &str, dtype: &str, shape: &[usize], count: usize, bytes: Vec<u8>) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), count, "shape of column {name}");
        self.columns
            .push(json!({ "name": name, "dtype": dtype, "shape": shape }));
        self.bodies.push(bytes);
        self
    }

    /// The whole file.
    pub fn finish(self) -> Vec<u8> {
        let header = json!({ "columns": self.columns, "meta": self.meta }).to_string();
        let body: usize = self.bodies.iter().map(|b| b.len().next_multiple_of(8)).sum();
        let mut out = Vec::with_capacity(16 + header.len() + body);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&u32::try_from(header.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(header.as_bytes());
        pad(&mut out);
        for bytes in &self.bodies {
            out.extend_from_slice(bytes);
            pad(&mut out);
        }
        out
    }
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(8), 0);
}

/// What was found in a file of this format.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns<'a> {
    /// Each column in file order.
    pub columns: Vec<Column<'a>>,
    /// The header's `meta`.
    pub meta: Map<String, Value>,
}

/// One column, still as bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Column<'a> {
    /// Its name.
    pub name: String,
    /// `f32`, `f64`, `i64`, `u32` or `u8`.
    pub dtype: String,
    /// Its shape, row-major.
    pub shape: Vec<usize>,
    /// Its little-endian values, without padding.
    pub bytes: &'a [u8],
}

impl Column<'_> {
    /// The values of an `f32` column; empty for another dtype.
    pub fn to_f32(&self) -> Vec<f32> {
        if self.dtype != "f32" {
            return Vec::new();
        }
        self.bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|c| f32::from_le_bytes(*c))
            .collect()
    }
}

impl Column<'_> {
    /// The values of a column of any dtype.
    pub fn to_f64(&self) -> Vec<f64> {
        fn chunks<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f64) -> Vec<f64> {
            bytes.as_chunks::<N>().0.iter().map(|c| read(*c)).collect()
        }
        match self.dtype.as_str() {
            "f32" => chunks(self.bytes, |b| f64::from(f32::from_le_bytes(b))),
            "f64" => chunks(self.bytes, f64::from_le_bytes),
            "i64" => chunks(self.bytes, |b| i64::from_le_bytes(b) as f64),
            "u32" => chunks(self.bytes, |b| f64::from(u32::from_le_bytes(b))),
            _ => self.bytes.iter().map(|b| f64::from(*b)).collect(),
        }
    }
}

/// The bytes are not in the columns format; the sentence says where they part from it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a columns file: {0}")]
pub struct BadColumns(pub &'static str);

/// Reads a file of this format without copying its values.
pub fn read(bytes: &[u8]) -> Result<Columns<'_>, BadColumns> {
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or(BadColumns("the first four bytes are not GBC1"))?;
    let (length, rest) = rest
        .split_first_chunk::<4>()
        .ok_or(BadColumns("it ends inside the header's length"))?;
    let length = u32::from_le_bytes(*length) as usize;
    let header = rest.get(..length).ok_or(BadColumns("it ends inside the header"))?;
    let mut header: Map<String, Value> =
        serde_json::from_slice(header).map_err(|_| BadColumns("the header is not a JSON object"))?;
    let mut at = (8 + length).next_multiple_of(8);
    let Some(Value::Array(described)) = header.remove("columns") else {
        return Err(BadColumns("the header has no list of columns"));
    };
    let mut columns = Vec::with_capacity(described.len());
    for column in described {
        let name = column["name"]
            .as_str()
            .ok_or(BadColumns("a column has no name"))?
            .to_owned();
        let dtype = column["dtype"]
            .as_str()
            .ok_or(BadColumns("a column has no dtype"))?
            .to_owned();
        let width = match dtype.as_str() {
            "f32" | "u32" => 4,
            "f64" | "i64" => 8,
            "u8" => 1,
            _ => return Err(BadColumns("a column has an unknown dtype")),
        };
        let shape: Vec<usize> = serde_json::from_value(column["shape"].clone())
            .map_err(|_| BadColumns("a column's shape is not a list of sizes"))?;
        let size = shape
            .iter()
            .try_fold(width, |total: usize, n| total.checked_mul(*n))
            .ok_or(BadColumns("a column's shape is too large"))?;
        let end = at
            .checked_add(size)
            .ok_or(BadColumns("a column's shape is too large"))?;
        let bytes = bytes.get(at..end).ok_or(BadColumns("it ends inside a column"))?;
        columns.push(Column {
            name,
            dtype,
            shape,
            bytes,
        });
        at = end.next_multiple_of(8);
    }
    let meta = match header.remove("meta") {
        Some(Value::Object(meta)) => meta,
        _ => Map::new(),
    };
    Ok(Columns { columns, meta })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_aligned() {
        let bytes = Writer::new()
            .f32("a", &[3], &[1.0, f32::NAN, -2.5])
            .u8("b", &[1, 1], &[7])
            .u32("e", &[1], &[u32::MAX])
            .i64("c", &[2], &[-1, 1])
            .f64("d", &[1], &[0.25])
            .meta("step", 4)
            .finish();
        assert_eq!(bytes.len() % 8, 0);
        let read = read(&bytes).unwrap();
        assert_eq!(read.meta["step"], 4);
        assert_eq!(
            read.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
            ["a", "b", "e", "c", "d"]
        );
        let a = read.columns[0].to_f32();
        assert_eq!((a[0], a[1].is_nan(), a[2]), (1.0, true, -2.5));
        assert_eq!(read.columns[1].bytes, [7]);
        for column in &read.columns {
            assert_eq!(
                (column.bytes.as_ptr() as usize - bytes.as_ptr() as usize) % 8,
                0,
                "{} is aligned",
                column.name
            );
        }
    }

    #[test]
    fn every_truncation_is_an_error() {
        let bytes = Writer::new().f32("a", &[2, 3], &[0.0; 6]).finish();
        for n in 0..bytes.len() {
            assert!(read(&bytes[..n]).is_err(), "{n} bytes");
        }
    }

    #[test]
    fn a_shape_that_overflows_is_an_error() {
        let header = format!(
            r#"{{"columns":[{{"name":"a","dtype":"f64","shape":[{},{}]}}]}}"#,
            usize::MAX,
            9
        );
        let mut bytes = b"GBC1".to_vec();
        bytes.extend_from_slice(&u32::try_from(header.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(header.as_bytes());
        assert_eq!(read(&bytes), Err(BadColumns("a column's shape is too large")));
    }
}
