//! What an uploaded input is, told by its content: a picture, an array or a table.

use std::io::Cursor;

use image::{DynamicImage, ImageReader, Limits};

use crate::npy::{NpyArray, read_npy, read_npz};
use crate::trouble::Trouble;

/// Longest side of a picture.
const MAX_SIDE: u32 = 16_384;
/// Most bytes a decoded picture may take.
const MAX_PICTURE_BYTES: u64 = 256 << 20;
/// Most columns of a table.
const MAX_COLUMNS: usize = 65_536;

/// A decoded input.
#[derive(Debug, Clone)]
pub enum Decoded {
    /// PNG or JPEG.
    Picture(DynamicImage),
    /// npy or npz.
    Array(NpyArray),
    /// One row of a CSV file, with its header.
    Row(TableRow),
}

/// A row of a table as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// The header.
    pub columns: Vec<String>,
    /// The cells, one a column.
    pub cells: Vec<String>,
}

/// Decodes `bytes`; `wanted` is the name of the model's input (for npz), `row` the row of a table.
pub fn decode(bytes: &[u8], wanted: &str, row: usize) -> Result<Decoded, Trouble> {
    if bytes.is_empty() {
        return Err(Trouble::input("the input is empty"));
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") || bytes.starts_with(b"\xff\xd8\xff") {
        return picture(bytes).map(Decoded::Picture);
    }
    if bytes.starts_with(b"\x93NUMPY") {
        return read_npy(bytes).map(Decoded::Array);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return read_npz(bytes, wanted).map(Decoded::Array);
    }
    table_row(bytes, row).map(Decoded::Row)
}

fn picture(bytes: &[u8]) -> Result<DynamicImage, Trouble> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_PICTURE_BYTES);
    let mut reader = ImageReader::new(Cursor::new(bytes));
    reader.limits(limits);
    let reader = reader
        .with_guessed_format()
        .map_err(|e| Trouble::input(format!("the picture cannot be read: {e}")))?;
    reader.decode().map_err(|error| match error {
        image::ImageError::Limits(_) => Trouble::input(format!(
            "the picture is too large: {MAX_SIDE} pixels a side and {} MiB decoded are the limits",
            MAX_PICTURE_BYTES >> 20
        )),
        image::ImageError::Unsupported(e) => Trouble::unsupported(format!("this kind of picture is not read: {e}")),
        other => Trouble::input(format!("the picture cannot be read: {other}")),
    })
}

/// Row `row` of a CSV file with a header. Rows before it are read, none are kept.
pub fn table_row(bytes: &[u8], row: usize) -> Result<TableRow, Trouble> {
    let (mut found, seen) = table_rows(bytes, row, 1)?;
    found.pop().ok_or_else(|| {
        Trouble::input(format!(
            "the table has {seen} rows, so there is no row {row} (the first is 0)"
        ))
    })
}

/// At most `count` rows from row `from`, and how many rows were seen.
pub fn table_rows(bytes: &[u8], from: usize, count: usize) -> Result<(Vec<TableRow>, usize), Trouble> {
    if bytes.iter().take(4096).any(|b| *b == 0) || std::str::from_utf8(bytes).is_err() {
        return Err(Trouble::unsupported(
            "the input is neither a picture (PNG, JPEG), an array (npy, npz) nor a CSV table in UTF-8",
        ));
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text);
    let bad = |error: csv::Error| Trouble::input(format!("the table cannot be read: {error}"));
    let columns: Vec<String> = reader
        .headers()
        .map_err(bad)?
        .iter()
        .map(|c| c.trim().to_owned())
        .collect();
    if columns.len() > MAX_COLUMNS {
        return Err(Trouble::input(format!(
            "the table has {} columns; {MAX_COLUMNS} is the limit",
            columns.len()
        )));
    }
    let (mut rows, mut seen) = (Vec::new(), 0);
    let mut record = csv::StringRecord::new();
    while rows.len() < count && reader.read_record(&mut record).map_err(bad)? {
        if seen >= from {
            let cells = record.iter().map(|c| c.trim().to_owned()).collect();
            rows.push(TableRow {
                columns: columns.clone(),
                cells,
            });
        }
        seen += 1;
    }
    Ok((rows, seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_and_named() {
        let csv = b"\xef\xbb\xbfa, b\n1,x\n2,y\n";
        let row = table_row(csv, 1).unwrap();
        assert_eq!(
            (row.columns, row.cells),
            (vec!["a".into(), "b".into()], vec!["2".into(), "y".into()])
        );
        assert_eq!(
            table_row(csv, 2).unwrap_err().message,
            "the table has 2 rows, so there is no row 2 (the first is 0)"
        );
        assert!(table_row(b"a,b\n1\n", 0).is_err());
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_is_refused() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend_from_slice(&60_000u32.to_be_bytes());
        png.extend_from_slice(&60_000u32.to_be_bytes());
        png.extend_from_slice(&[8, 2, 0, 0, 0]);
        let crc = crc(&png[12..]);
        png.extend_from_slice(&crc.to_be_bytes());
        let why = decode(&png, "x", 0).unwrap_err().message;
        assert!(why.contains("picture"), "{why}");
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |crc, b| {
            (0..8).fold(crc ^ u32::from(*b), |c, _| {
                if c & 1 == 1 { (c >> 1) ^ 0xedb8_8320 } else { c >> 1 }
            })
        })
    }

    #[test]
    fn anything_else_is_named_for_what_it_is_not() {
        assert!(
            decode(b"\0\x01\x02", "x", 0)
                .unwrap_err()
                .message
                .starts_with("the input is neither")
        );
        assert_eq!(decode(b"", "x", 0).unwrap_err().message, "the input is empty");
    }
}
