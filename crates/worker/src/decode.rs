//! What an uploaded input is, told by its content: a picture, an array or a table.

use std::io::Cursor;

use glassboard_tables::Table;
use image::{DynamicImage, ImageReader, Limits};

use crate::npy::{NpyArray, read_npy, read_npz};
use crate::trouble::Trouble;

/// Longest side of a picture.
const MAX_SIDE: u32 = 16_384;
/// Most bytes a decoded picture may take.
const MAX_PICTURE_BYTES: u64 = 256 << 20;

/// A decoded input.
#[derive(Debug, Clone)]
pub enum Decoded {
    /// PNG or JPEG.
    Picture(DynamicImage),
    /// npy or npz.
    Array(NpyArray),
    /// CSV or Parquet: [`read`](crate::table::read) reads it, with what the user said of it.
    Table,
}

/// Decodes `bytes`; `wanted` is the name of the model's input (for npz). What is none of the others is a table, if it
/// is text.
pub fn decode(bytes: &[u8], wanted: &str) -> Result<Decoded, Trouble> {
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
    let zeros = bytes.iter().take(4096).any(|b| *b == 0);
    if !Table::is_parquet(bytes) && zeros && !bytes.starts_with(b"\xff\xfe") {
        return Err(Trouble::unsupported(
            "the input is neither a picture (PNG, JPEG), an array (npy, npz) nor a table (CSV in UTF-8, Parquet)",
        ));
    }
    Ok(Decoded::Table)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_claims_to_be_huge_is_refused() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend_from_slice(&60_000u32.to_be_bytes());
        png.extend_from_slice(&60_000u32.to_be_bytes());
        png.extend_from_slice(&[8, 2, 0, 0, 0]);
        let crc = crc(&png[12..]);
        png.extend_from_slice(&crc.to_be_bytes());
        let why = decode(&png, "x").unwrap_err().message;
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
            decode(b"\0\x01\x02", "x")
                .unwrap_err()
                .message
                .starts_with("the input is neither")
        );
        assert_eq!(decode(b"", "x").unwrap_err().message, "the input is empty");
    }
}
