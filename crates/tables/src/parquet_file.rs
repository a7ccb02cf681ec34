//! Parquet files into typed columns, without arrow.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use crate::column::Column;
use crate::convert::{Origin, named_like_an_identifier, texts_of, typed};
use crate::csv_file::names;
use crate::error::TableError;
use crate::moment;
use crate::options::{Kind, Options};
use crate::texts::Texts;
use crate::words::written;
use crate::{MOST_CELLS, MOST_COLUMNS};

/// Values decoded at once.
const BATCH: usize = 8_192;
/// Most bytes that a file may say it unpacks to, and most bytes of text that are kept.
const MOST_BYTES: usize = 1 << 30;
/// Whole numbers beyond it are not told apart by a double.
const EXACT: i64 = 1 << 53;

/// A Parquet file, read.
pub(crate) struct ParquetFile {
    pub columns: Vec<Column>,
    pub rows: usize,
    pub notes: Vec<String>,
}

type File = SerializedFileReader<Bytes>;

/// Reads `bytes`.
pub(crate) fn read(bytes: &[u8], options: &Options) -> Result<ParquetFile, TableError> {
    let bytes = Bytes::copy_from_slice(bytes);
    // The library answers broken files with errors; a panic that it still holds must not end a worker.
    catch_unwind(AssertUnwindSafe(|| read_within(bytes, options)))
        .unwrap_or_else(|_| Err(TableError::Parquet("it is damaged".to_owned())))
}

fn read_within(bytes: Bytes, options: &Options) -> Result<ParquetFile, TableError> {
    let file = File::new(bytes).map_err(|error| damaged(&error))?;
    let metadata = file.metadata();
    let schema = metadata.file_metadata().schema_descr();
    let rows = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
    let width = schema.num_columns();
    if width == 0 {
        return Err(TableError::Parquet("it has no columns".to_owned()));
    }
    if width > MOST_COLUMNS || rows.saturating_mul(width) > MOST_CELLS {
        return Err(TableError::TooLarge(format!(
            "the table has {rows} rows and {width} columns; at most {MOST_COLUMNS} columns and {MOST_CELLS} cells are read"
        )));
    }
    let sizes = metadata
        .row_groups()
        .iter()
        .flat_map(parquet::file::metadata::RowGroupMetaData::columns);
    let unpacked = sizes.fold(0u64, |sum, chunk| {
        sum.saturating_add(u64::try_from(chunk.uncompressed_size()).unwrap_or(u64::MAX))
    });
    if unpacked > MOST_BYTES as u64 {
        return Err(TableError::TooLarge(format!(
            "the Parquet file unpacks to {unpacked} bytes; at most {MOST_BYTES} are read"
        )));
    }
    let mut notes = Vec::new();
    let mut kept = Vec::new();
    for at in 0..width {
        let column = schema.column(at);
        if column.path().parts().len() > 1 || column.max_rep_level() > 0 {
            notes.push(format!(
                "column `{}` holds lists or structures and is left out",
                column.path().string()
            ));
        } else {
            kept.push(at);
        }
    }
    let called: Vec<String> = kept.iter().map(|at| schema.column(*at).name().to_owned()).collect();
    let called = names(called.iter().map(String::as_str), &mut notes);
    let mut budget = MOST_BYTES;
    let mut columns = Vec::with_capacity(kept.len());
    for (at, name) in kept.into_iter().zip(called) {
        let mut source = Source {
            file: &file,
            at,
            rows,
            budget: &mut budget,
        };
        match source.column(name.clone(), options)? {
            Some(column) => columns.push(column),
            None => notes.push(format!("column `{name}` holds bytes that are no text and is left out")),
        }
    }
    if columns.is_empty() {
        return Err(TableError::Parquet(
            "none of its columns holds numbers or texts".to_owned(),
        ));
    }
    Ok(ParquetFile { columns, rows, notes })
}

fn damaged(error: &ParquetError) -> TableError {
    TableError::Parquet(error.to_string())
}

/// What the numbers of a column are.
enum Means {
    Number,
    Whole,
    Flag,
    /// Parts of a second, or a whole day with the second number.
    Moment {
        scale: f64,
    },
}

struct Source<'a> {
    file: &'a File,
    at: usize,
    rows: usize,
    budget: &'a mut usize,
}

impl Source<'_> {
    /// The column, or none where it holds bytes that are no text.
    fn column(&mut self, name: String, options: &Options) -> Result<Option<Column>, TableError> {
        let descriptor = self.file.metadata().file_metadata().schema_descr().column(self.at);
        let (values, means) = match descriptor.physical_type() {
            Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY => {
                return match decimals(&descriptor) {
                    Some(scale) => {
                        let values = self.bytes(|bytes| big_endian(bytes) / scale)?;
                        number_column(name, values, &Means::Number, options).map(Some)
                    }
                    None if descriptor.logical_type_ref() == Some(&LogicalType::Float16) => {
                        let values = self.bytes(|bytes| match *bytes {
                            [low, high] => half::f16::from_le_bytes([low, high]).to_f64(),
                            _ => f64::NAN,
                        })?;
                        number_column(name, values, &Means::Number, options).map(Some)
                    }
                    None => match self.texts(&descriptor)? {
                        Some(texts) => typed(name, texts, options, Origin::Parquet).map(Some),
                        None => Ok(None),
                    },
                };
            }
            Physical::BOOLEAN => (self.numbers()?.0, Means::Flag),
            Physical::FLOAT | Physical::DOUBLE => (self.numbers()?.0, Means::Number),
            Physical::INT96 => (self.numbers()?.0, Means::Moment { scale: 1e3 }),
            Physical::INT32 | Physical::INT64 => {
                let (values, inexact) = self.numbers()?;
                let means = meaning(&descriptor);
                if inexact && matches!(means, Means::Whole) {
                    let texts = self.whole_numbers()?;
                    return typed(name, texts, options, Origin::Parquet).map(Some);
                }
                match decimals(&descriptor) {
                    Some(scale) => (values.into_iter().map(|v| v / scale).collect(), Means::Number),
                    None => (values, means),
                }
            }
        };
        number_column(name, values, &means, options).map(Some)
    }

    /// Every value as a double, and whether some are whole numbers that it cannot hold.
    fn numbers(&self) -> Result<(Vec<f64>, bool), TableError> {
        let unsigned = unsigned(&self.file.metadata().file_metadata().schema_descr().column(self.at));
        let mut values = Vec::new();
        let mut inexact = false;
        for group in 0..self.file.num_row_groups() {
            match self.reader(group)? {
                ColumnReader::BoolColumnReader(reader) => {
                    self.gather(reader, |v| f64::from(u8::from(*v)), &mut values)?;
                }
                ColumnReader::Int32ColumnReader(reader) if unsigned => {
                    self.gather(reader, |v| f64::from(*v as u32), &mut values)?;
                }
                ColumnReader::Int32ColumnReader(reader) => self.gather(reader, |v| f64::from(*v), &mut values)?,
                ColumnReader::Int64ColumnReader(reader) => self.gather(
                    reader,
                    |v| {
                        inexact |= !(-EXACT..=EXACT).contains(v);
                        if unsigned { *v as u64 as f64 } else { *v as f64 }
                    },
                    &mut values,
                )?,
                ColumnReader::Int96ColumnReader(reader) => {
                    self.gather(reader, |v| v.to_millis() as f64, &mut values)?;
                }
                ColumnReader::FloatColumnReader(reader) => self.gather(reader, |v| f64::from(*v), &mut values)?,
                ColumnReader::DoubleColumnReader(reader) => self.gather(reader, |v| *v, &mut values)?,
                ColumnReader::ByteArrayColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_) => {}
            }
        }
        self.counted(values.len())?;
        Ok((values, inexact))
    }

    /// Numbers written in bytes.
    fn bytes(&self, read: impl Fn(&[u8]) -> f64) -> Result<Vec<f64>, TableError> {
        let mut values = Vec::new();
        for group in 0..self.file.num_row_groups() {
            match self.reader(group)? {
                ColumnReader::ByteArrayColumnReader(reader) => self.gather(reader, |v| read(v.data()), &mut values)?,
                ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                    self.gather(reader, |v| read(v.data()), &mut values)?;
                }
                _ => {}
            }
        }
        self.counted(values.len())?;
        Ok(values)
    }

    /// Whole numbers beyond a double's as texts.
    fn whole_numbers(&mut self) -> Result<Texts, TableError> {
        let unsigned = unsigned(&self.file.metadata().file_metadata().schema_descr().column(self.at));
        let write = |v: i64| {
            if unsigned {
                (v as u64).to_string()
            } else {
                v.to_string()
            }
        };
        let mut texts = Texts::default();
        for group in 0..self.file.num_row_groups() {
            if let ColumnReader::Int64ColumnReader(mut reader) = self.reader(group)? {
                each(self.left(texts.len()), &mut reader, |value: Option<&i64>| {
                    texts.push(&value.map(|v| write(*v)).unwrap_or_default());
                    Ok(())
                })?;
            }
        }
        self.counted(texts.len())?;
        Ok(texts)
    }

    /// Texts; none where some are not UTF-8. Bytes of a fixed length are written as hexadecimal digits.
    fn texts(&mut self, descriptor: &ColumnDescriptor) -> Result<Option<Texts>, TableError> {
        let hexadecimal = descriptor.physical_type() == Physical::FIXED_LEN_BYTE_ARRAY;
        let mut texts = Texts::default();
        let mut broken = false;
        let mut left = *self.budget;
        let mut keep = |bytes: Option<&[u8]>| {
            let text = match bytes {
                None => String::new(),
                Some(bytes) if hexadecimal => bytes.iter().map(|b| format!("{b:02x}")).collect(),
                Some(bytes) => {
                    if let Ok(text) = std::str::from_utf8(bytes) {
                        text.trim().to_owned()
                    } else {
                        broken = true;
                        String::new()
                    }
                }
            };
            if text.len() > left || !texts.push(&text) {
                return Err(TableError::TooLarge(format!(
                    "the table holds more than {MOST_BYTES} bytes of text; give a part of its rows or columns"
                )));
            }
            left -= text.len();
            Ok(())
        };
        let mut seen = 0;
        for group in 0..self.file.num_row_groups() {
            let limit = self.left(seen);
            seen += match self.reader(group)? {
                ColumnReader::ByteArrayColumnReader(mut reader) => {
                    each(limit, &mut reader, |v| keep(v.map(parquet::data_type::ByteArray::data)))?
                }
                ColumnReader::FixedLenByteArrayColumnReader(mut reader) => {
                    each(limit, &mut reader, |v| keep(v.map(|v| v.data())))?
                }
                _ => 0,
            };
        }
        *self.budget = left;
        self.counted(texts.len())?;
        Ok((!broken).then_some(texts))
    }

    fn reader(&self, group: usize) -> Result<ColumnReader, TableError> {
        let group = self.file.get_row_group(group).map_err(|error| damaged(&error))?;
        group.get_column_reader(self.at).map_err(|error| damaged(&error))
    }

    /// Rows that may still come: one more than the file says there are is enough to see that it lies.
    fn left(&self, seen: usize) -> usize {
        (self.rows + 1).saturating_sub(seen)
    }

    fn gather<T: DataType>(
        &self,
        mut reader: ColumnReaderImpl<T>,
        mut read: impl FnMut(&T::T) -> f64,
        values: &mut Vec<f64>,
    ) -> Result<(), TableError> {
        each(self.left(values.len()), &mut reader, |value: Option<&T::T>| {
            values.push(value.map_or(f64::NAN, &mut read));
            Ok(())
        })
        .map(|_| ())
    }

    fn counted(&self, found: usize) -> Result<(), TableError> {
        if found == self.rows {
            return Ok(());
        }
        let name = self.file.metadata().file_metadata().schema_descr().column(self.at);
        Err(TableError::Parquet(format!(
            "column `{}` has another number of values than the {} rows that the file says it has",
            name.name(),
            self.rows
        )))
    }
}

/// Calls `take` with every value of a chunk, none for a null; how many there were, at most `limit`.
fn each<T: DataType>(
    limit: usize,
    reader: &mut ColumnReaderImpl<T>,
    mut take: impl FnMut(Option<&T::T>) -> Result<(), TableError>,
) -> Result<usize, TableError> {
    let mut seen = 0;
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    while seen < limit {
        levels.clear();
        values.clear();
        let want = BATCH.min(limit - seen);
        let (records, present, _) = reader
            .read_records(want, Some(&mut levels), None, &mut values)
            .map_err(|error| damaged(&error))?;
        if records == 0 {
            break;
        }
        let mut next = values.iter().take(present);
        for at in 0..records {
            // A column that must be there has no levels; one that may be missing has level 1 where it is there.
            let there = levels.get(at).is_none_or(|level| *level > 0);
            take(if there { next.next() } else { None })?;
        }
        seen += records;
    }
    Ok(seen)
}

fn unsigned(descriptor: &ColumnDescriptor) -> bool {
    matches!(
        descriptor.converted_type(),
        ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
    ) || matches!(descriptor.logical_type_ref(), Some(LogicalType::Integer(kind)) if !kind.is_signed)
}

fn meaning(descriptor: &ColumnDescriptor) -> Means {
    match (descriptor.logical_type_ref(), descriptor.converted_type()) {
        (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => Means::Moment { scale: 1.0 / 86_400.0 },
        (Some(LogicalType::Timestamp(of)), _) => Means::Moment {
            scale: match of.unit {
                TimeUnit::MILLIS => 1e3,
                TimeUnit::MICROS => 1e6,
                TimeUnit::NANOS => 1e9,
            },
        },
        (None, ConvertedType::TIMESTAMP_MILLIS) => Means::Moment { scale: 1e3 },
        (None, ConvertedType::TIMESTAMP_MICROS) => Means::Moment { scale: 1e6 },
        _ => Means::Whole,
    }
}

/// What a decimal's whole number is divided by.
fn decimals(descriptor: &ColumnDescriptor) -> Option<f64> {
    let scale = match (descriptor.logical_type_ref(), descriptor.converted_type()) {
        (Some(LogicalType::Decimal(of)), _) => of.scale,
        (None, ConvertedType::DECIMAL) => descriptor.type_scale(),
        _ => return None,
    };
    Some(10f64.powi(scale))
}

/// A whole number in two's complement, the largest byte first.
fn big_endian(bytes: &[u8]) -> f64 {
    let start = if bytes.first().is_some_and(|b| *b >= 0x80) {
        -1.0
    } else {
        0.0
    };
    bytes.iter().fold(start, |sum, b| sum * 256.0 + f64::from(*b))
}

fn number_column(name: String, values: Vec<f64>, means: &Means, options: &Options) -> Result<Column, TableError> {
    let (values, kind) = match means {
        Means::Number => (values, Kind::Number),
        Means::Whole => (values, Kind::Integer),
        Means::Flag => (values, Kind::Boolean),
        Means::Moment { scale } => (values.into_iter().map(|v| v / scale).collect(), Kind::Date),
    };
    let edit = options.columns.get(&name);
    let wanted = edit.and_then(|edit| match (edit.kind, &edit.labels) {
        (None, Some(_)) if kind != Kind::Boolean => Some(Kind::Category),
        (kind, _) => kind,
    });
    if wanted.is_some_and(|wanted| wanted != kind) {
        let words = |value: f64| match kind {
            Kind::Date => moment::write(value),
            Kind::Boolean => (value > 0.5).to_string(),
            _ => written(value),
        };
        return typed(name, texts_of(&values, words)?, options, Origin::Parquet);
    }
    #[expect(clippy::float_cmp, reason = "whole numbers below 2^53")]
    let counts_up = values.len() > 1 && values.windows(2).all(|pair| pair[1] - pair[0] == 1.0);
    if wanted.is_none() && kind == Kind::Integer && counts_up && named_like_an_identifier(&name) {
        let texts = texts_of(&values, written)?;
        return Ok(Column {
            name,
            kind: Kind::Text,
            reason: "the rows are numbered by it; say `integer` if it is a feature".to_owned(),
            labels: Vec::new(),
            values: (0..values.len()).map(|row| row as f64).collect(),
            unreadable: None,
            texts,
        });
    }
    let labels = if kind == Kind::Boolean {
        vec!["false".to_owned(), "true".to_owned()]
    } else {
        Vec::new()
    };
    Ok(Column {
        name,
        kind,
        reason: if wanted.is_some() {
            "given".to_owned()
        } else {
            "the file says so".to_owned()
        },
        labels,
        values,
        unreadable: None,
        texts: Texts::default(),
    })
}
