//! Points as files: one row a point, as CSV, JSON or Parquet.

use std::io::{self, Write};
use std::sync::Arc;

use glassboard_series::Columns;
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use serde::Deserialize;

use crate::format::cell;

/// Rows of one group of a Parquet file.
const GROUP: usize = 1 << 17;
const SCHEMA: &str = "message scalars { required binary run (STRING); required binary tag (STRING); \
     required int64 step; required double wall_time; required double value; }";

/// What a file is written as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    #[default]
    Csv,
    Json,
    Parquet,
}

impl FileFormat {
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    pub const fn disposition(self) -> &'static str {
        match self {
            Self::Csv => "attachment; filename=\"glassboard.csv\"",
            Self::Json => "attachment; filename=\"glassboard.json\"",
            Self::Parquet => "attachment; filename=\"glassboard.parquet\"",
        }
    }
}

/// One series.
pub struct Part {
    pub run: String,
    pub id: String,
    pub tag: String,
    pub points: Columns,
}

/// Writes series one after another.
pub enum Encoder<W: Write + Send> {
    Csv(W),
    Json {
        to: W,
        first: bool,
    },
    Parquet {
        to: Box<SerializedFileWriter<W>>,
        held: Vec<Part>,
    },
}

impl<W: Write + Send> Encoder<W> {
    pub fn new(format: FileFormat, mut to: W) -> io::Result<Self> {
        Ok(match format {
            FileFormat::Csv => {
                to.write_all(b"run,tag,step,wall_time,value\n")?;
                Self::Csv(to)
            }
            FileFormat::Json => {
                to.write_all(b"{\"series\":[")?;
                Self::Json { to, first: true }
            }
            FileFormat::Parquet => {
                let schema = Arc::new(parse_message_type(SCHEMA).map_err(broken)?);
                let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
                let to = SerializedFileWriter::new(to, schema, Arc::new(properties)).map_err(broken)?;
                Self::Parquet {
                    to: Box::new(to),
                    held: Vec::new(),
                }
            }
        })
    }

    pub fn write(&mut self, part: Part) -> io::Result<()> {
        match self {
            Self::Csv(to) => {
                let (run, tag) = (cell(&part.run), cell(&part.tag));
                let Columns { steps, walls, values } = &part.points;
                for ((step, wall), value) in steps.iter().zip(walls).zip(values) {
                    writeln!(to, "{run},{tag},{step},{wall},{value}")?;
                }
                Ok(())
            }
            Self::Json { to, first } => {
                if !std::mem::take(first) {
                    to.write_all(b",")?;
                }
                let name = |text: &str| serde_json::Value::from(text);
                write!(
                    to,
                    "\n{{\"run\":{},\"id\":{},\"tag\":{},\"step\":",
                    name(&part.run),
                    name(&part.id),
                    name(&part.tag)
                )?;
                serde_json::to_writer(&mut *to, &part.points.steps)?;
                to.write_all(b",\"wall_time\":")?;
                numbers(to, &part.points.walls)?;
                to.write_all(b",\"value\":")?;
                numbers(to, &part.points.values)?;
                to.write_all(b"}")
            }
            Self::Parquet { to, held } => {
                held.push(part);
                if held.iter().map(|part| part.points.len()).sum::<usize>() >= GROUP {
                    return row_group(to, held).map_err(broken);
                }
                Ok(())
            }
        }
    }

    pub fn finish(self) -> io::Result<()> {
        match self {
            Self::Csv(mut to) => to.flush(),
            Self::Json { mut to, .. } => {
                to.write_all(b"\n]}\n")?;
                to.flush()
            }
            Self::Parquet { mut to, mut held } => {
                row_group(&mut to, &mut held).map_err(broken)?;
                to.into_inner().map_err(broken)?.flush()
            }
        }
    }
}

/// JSON has no words for what is no number: they are strings, so that nothing is lost.
fn numbers(to: &mut impl Write, column: &[f64]) -> io::Result<()> {
    to.write_all(b"[")?;
    for (at, &number) in column.iter().enumerate() {
        if at > 0 {
            to.write_all(b",")?;
        }
        if number.is_nan() {
            to.write_all(b"\"NaN\"")?;
        } else if number.is_infinite() {
            to.write_all(if number > 0.0 {
                b"\"Infinity\""
            } else {
                b"\"-Infinity\""
            })?;
        } else {
            serde_json::to_writer(&mut *to, &number)?;
        }
    }
    to.write_all(b"]")
}

fn row_group<W: Write + Send>(
    to: &mut SerializedFileWriter<W>,
    held: &mut Vec<Part>,
) -> std::result::Result<(), ParquetError> {
    let parts: Vec<Part> = held.drain(..).filter(|part| !part.points.is_empty()).collect();
    if parts.is_empty() {
        return Ok(());
    }
    let words = |of: fn(&Part) -> &str| -> Vec<ByteArray> {
        let mut column = Vec::new();
        for part in &parts {
            let word = ByteArray::from(of(part));
            column.extend(std::iter::repeat_n(word, part.points.len()));
        }
        column
    };
    let steps: Vec<i64> = parts
        .iter()
        .flat_map(|part| part.points.steps.iter().copied())
        .collect();
    let floats = |of: fn(&Columns) -> &Vec<f64>| -> Vec<f64> {
        parts.iter().flat_map(|part| of(&part.points).iter().copied()).collect()
    };
    let mut group = to.next_row_group()?;
    for text in [words(|part| &part.run), words(|part| &part.tag)] {
        if let Some(mut column) = group.next_column()? {
            column.typed::<ByteArrayType>().write_batch(&text, None, None)?;
            column.close()?;
        }
    }
    if let Some(mut column) = group.next_column()? {
        column.typed::<Int64Type>().write_batch(&steps, None, None)?;
        column.close()?;
    }
    for numbers in [floats(|points| &points.walls), floats(|points| &points.values)] {
        if let Some(mut column) = group.next_column()? {
            column.typed::<DoubleType>().write_batch(&numbers, None, None)?;
            column.close()?;
        }
    }
    group.close()?;
    Ok(())
}

fn broken(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    fn part(run: &str, values: &[f64]) -> Part {
        let mut points = Columns::default();
        for (step, &value) in values.iter().enumerate() {
            points.push(step as i64, 0.5, value);
        }
        Part {
            run: run.to_owned(),
            id: "id".to_owned(),
            tag: "loss".to_owned(),
            points,
        }
    }

    fn written(format: FileFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(format, &mut bytes).unwrap();
        encoder.write(part("=a", &[1.5, f64::NAN])).unwrap();
        encoder.write(part("empty", &[])).unwrap();
        encoder.write(part("b", &[f64::NEG_INFINITY])).unwrap();
        encoder.finish().unwrap();
        bytes
    }

    #[test]
    fn csv_and_json_hold_what_is_no_number() {
        let csv = String::from_utf8(written(FileFormat::Csv)).unwrap();
        assert_eq!(
            csv,
            "run,tag,step,wall_time,value\n\"'=a\",\"loss\",0,0.5,1.5\n\"'=a\",\"loss\",1,0.5,NaN\n\"b\",\"loss\",0,0.5,-inf\n"
        );
        let json: serde_json::Value = serde_json::from_slice(&written(FileFormat::Json)).unwrap();
        assert_eq!(json["series"][0]["value"], serde_json::json!([1.5, "NaN"]));
        assert_eq!(json["series"][2]["value"], serde_json::json!(["-Infinity"]));
    }

    #[test]
    fn parquet_gives_back_every_row() {
        let file = SerializedFileReader::new(bytes::Bytes::from(written(FileFormat::Parquet))).unwrap();
        let rows: Vec<_> = file.get_row_iter(None).unwrap().map(|row| row.unwrap()).collect();
        assert_eq!(rows.len(), 3);
        assert_eq!(
            (rows[0].get_string(0).unwrap().as_str(), rows[0].get_long(2).unwrap()),
            ("=a", 0)
        );
        assert!(rows[1].get_double(4).unwrap().is_nan());
        assert!(rows[2].get_double(4).unwrap() < f64::MIN);
    }
}
