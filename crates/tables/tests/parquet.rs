//! Parquet files as typed tables: what was written comes back, and damaged files end in a sentence.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::sync::Arc;

use glassboard_tables::{Cell, Kind, Options, Table};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

const SCHEMA: &str = "message rows {
    OPTIONAL DOUBLE income;
    REQUIRED INT64 age;
    OPTIONAL BYTE_ARRAY job (STRING);
    REQUIRED BOOLEAN owner;
    OPTIONAL INT32 since (DATE);
    REQUIRED INT64 account;
}";

fn file(compression: Compression, groups: usize) -> Vec<u8> {
    let properties = WriterProperties::builder().set_compression(compression).build();
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for _ in 0..groups {
        let mut group = writer.next_row_group().unwrap();
        macro_rules! column {
            ($kind:ty, $values:expr, $levels:expr) => {{
                let mut column = group.next_column().unwrap().unwrap();
                column
                    .typed::<$kind>()
                    .write_batch(&$values, $levels, None)
                    .unwrap();
                column.close().unwrap();
            }};
        }
        column!(DoubleType, [0.1, -2.5], Some(&[1, 0, 1][..]));
        column!(Int64Type, [34i64, 5, -1], None);
        column!(
            ByteArrayType,
            [ByteArray::from("driver"), ByteArray::from("clerk")],
            Some(&[1, 1, 0][..])
        );
        column!(BoolType, [true, false, true], None);
        column!(Int32Type, [19_782i32], Some(&[0, 0, 1][..]));
        column!(Int64Type, [9_007_199_254_740_993i64, 1, 2], None);
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

#[test]
fn what_was_written_comes_back() {
    let packed = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(parquet::basic::GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
    ];
    for compression in packed {
        let table = Table::read(&file(compression, 2), &Options::default()).unwrap();
        let kinds: Vec<Kind> = table.columns.iter().map(|c| c.kind).collect();
        use Kind::{Boolean, Category, Date, Integer, Number};
        assert_eq!(kinds, [Number, Integer, Category, Boolean, Date, Category]);
        assert_eq!((table.rows(), table.format), (6, "parquet"));
        let row = table.row(3).unwrap();
        assert_eq!(row[0].to_bits(), 0.1f64.to_bits());
        assert_eq!((row[1], row[2], row[3]), (34.0, 1.0, 1.0));
        assert!(row[4].is_nan() && table.columns[0].values[1].is_nan());
        assert_eq!(table.columns[2].labels, ["clerk", "driver"]);
        assert_eq!(table.columns[2].cell(2), Cell::Missing);
        assert_eq!(table.columns[4].text(2), "2024-02-29");
        // More digits than a double has: kept as it is.
        assert_eq!(table.columns[5].text(0), "9007199254740993");
    }
}

#[test]
fn kinds_can_be_said() {
    let said: Options =
        serde_json::from_str(r#"{"columns":{"age":{"kind":"category"},"income":{"kind":"text"}}}"#).unwrap();
    let table = Table::read(&file(Compression::SNAPPY, 1), &said).unwrap();
    assert_eq!(table.columns[1].labels, ["-1", "5", "34"]);
    assert_eq!(table.columns[0].text(2), "-2.5");
}

#[test]
fn damaged_files_end_in_a_sentence() {
    let whole = file(Compression::SNAPPY, 2);
    for cut in (4..whole.len()).step_by(7) {
        assert!(Table::read(&whole[..cut], &Options::default()).is_err(), "cut at {cut}");
    }
    // Any byte may lie: the answer is a table or an error, never a panic that leaves the reader.
    for at in 4..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x5a;
        if let Ok(table) = Table::read(&bytes, &Options::default()) {
            assert!(table.columns.iter().all(|c| c.values.len() == table.rows()));
        }
    }
}
