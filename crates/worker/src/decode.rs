//! What an uploaded input is, told by its content: a picture, an array or a table.

mod dicom;
mod picture;

use glassboard_tables::Table;
use image::DynamicImage;

use crate::npy::{NpyArray, read_npy, read_npz};
use crate::trouble::Trouble;

pub use dicom::{Dicom, Imaging};

/// A decoded input.
#[derive(Debug, Clone)]
pub enum Decoded {
    /// PNG, JPEG, WebP or TIFF.
    Picture(DynamicImage),
    /// The picture of a DICOM file.
    Dicom(Box<Dicom>),
    /// npy or npz.
    Array(NpyArray),
    /// CSV or Parquet: [`read`](crate::table::read) reads it, with what the user said of it.
    Table,
}

/// What kind of picture `bytes` begin as: `png`, `jpeg`, `webp`, `tiff` or `dicom`; none where they are no picture.
pub fn picture_format(bytes: &[u8]) -> Option<&'static str> {
    picture::format(bytes).or_else(|| dicom::is_dicom(bytes).then_some("dicom"))
}

/// Bytes from the start of a file that [`picture_format`] needs.
pub const HEAD: usize = 132;

/// Decodes `bytes`; `wanted` is the name of the model's input (for npz). What is none of the others is a table, if it
/// is text.
pub fn decode(bytes: &[u8], wanted: &str) -> Result<Decoded, Trouble> {
    if bytes.is_empty() {
        return Err(Trouble::input("the input is empty"));
    }
    if picture::format(bytes).is_some() {
        return picture::picture(bytes).map(Decoded::Picture);
    }
    if dicom::is_dicom(bytes) {
        return dicom::dicom(bytes).map(|found| Decoded::Dicom(Box::new(found)));
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
            "the input is neither a picture (PNG, JPEG, WebP, TIFF, DICOM), an array (npy, npz) nor a table (CSV in UTF-8, Parquet)",
        ));
    }
    Ok(Decoded::Table)
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
