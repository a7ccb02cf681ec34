//! Writes npz files: a zip of npy arrays, uncompressed, the same bytes for the same arrays.

use std::io::{Cursor, Write};

use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::arrays::Arrays;

/// The file could not be written. Not the caller's fault.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadNpz(String);

/// Collects arrays, then gives the file.
pub struct NpzFile {
    zip: ZipWriter<Cursor<Vec<u8>>>,
}

impl Default for NpzFile {
    fn default() -> Self {
        Self {
            zip: ZipWriter::new(Cursor::new(Vec::new())),
        }
    }
}

impl NpzFile {
    /// Adds an array of `f32`.
    pub fn f32(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Result<(), BadNpz> {
        self.entry(
            name,
            "<f4",
            shape,
            values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        )
    }

    /// Adds an array of `f64`.
    pub fn f64(&mut self, name: &str, shape: &[usize], values: &[f64]) -> Result<(), BadNpz> {
        self.entry(
            name,
            "<f8",
            shape,
            values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        )
    }

    /// Adds an array of `i64`.
    pub fn i64(&mut self, name: &str, shape: &[usize], values: &[i64]) -> Result<(), BadNpz> {
        self.entry(
            name,
            "<i8",
            shape,
            values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        )
    }

    /// Adds a text as a numpy string scalar.
    pub fn text(&mut self, name: &str, text: &str) -> Result<(), BadNpz> {
        let letters: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        self.entry(name, &format!("<U{}", letters.len() / 4), &[], letters)
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "an array is handed over whole and written once"
    )]
    fn entry(&mut self, name: &str, dtype: &str, shape: &[usize], data: Vec<u8>) -> Result<(), BadNpz> {
        let sizes: String = shape.iter().map(|n| format!("{n}, ")).collect();
        let sizes = if shape.len() > 1 {
            sizes.trim_end_matches(", ")
        } else {
            sizes.trim_end()
        };
        let mut header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({sizes}), }}");
        // Magic, version and length take 10 bytes; data begin at a multiple of 64.
        let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
        header.push_str(&" ".repeat(padded - header.len() - 1));
        header.push('\n');
        let length = u16::try_from(header.len()).map_err(|_| BadNpz(format!("the header of {name} is too long")))?;
        let failed = |e: &dyn std::fmt::Display| BadNpz(format!("{name} cannot be written: {e}"));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.zip
            .start_file(format!("{name}.npy"), options)
            .map_err(|e| failed(&e))?;
        let parts: [&[u8]; 4] = [b"\x93NUMPY\x01\x00", &length.to_le_bytes(), header.as_bytes(), &data];
        parts
            .into_iter()
            .try_for_each(|part| self.zip.write_all(part))
            .map_err(|e| failed(&e))
    }

    /// The whole file.
    pub fn finish(self) -> Result<Vec<u8>, BadNpz> {
        let done = self
            .zip
            .finish()
            .map_err(|e| BadNpz(format!("the npz file cannot be finished: {e}")))?;
        Ok(done.into_inner())
    }
}

/// The arrays of an answer and the answer itself (`meta`, JSON) as one npz file: the same bytes for the same answer.
pub fn npz(answer: &Value, arrays: &Arrays) -> Result<Vec<u8>, BadNpz> {
    let mut file = NpzFile::default();
    for (name, array) in arrays.all() {
        match array.dtype.as_str() {
            "f32" => {
                let values: Vec<f32> = array.values.iter().map(|v| *v as f32).collect();
                file.f32(name, &array.shape, &values)?;
            }
            "f64" => file.f64(name, &array.shape, &array.values)?,
            _ => {
                let values: Vec<i64> = array.values.iter().map(|v| *v as i64).collect();
                file.i64(name, &array.shape, &values)?;
            }
        }
    }
    file.text("meta", &crate::settled(answer).to_string())?;
    file.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_arrays_are_the_same_bytes_in_the_layout_of_numpy() {
        let made = || {
            let mut npz = NpzFile::default();
            npz.f32("attribution", &[1, 2], &[1.5, -2.0]).unwrap();
            npz.f64("input", &[2], &[0.1, 0.2]).unwrap();
            npz.i64("target", &[1], &[7]).unwrap();
            npz.text("meta", "{\"é\":1}").unwrap();
            npz.finish().unwrap()
        };
        let bytes = made();
        assert_eq!(bytes, made());
        let text = String::from_utf8_lossy(&bytes);
        for header in [
            "'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)",
            "'descr': '<f8'",
            "'descr': '<U7'",
        ] {
            assert!(text.contains(header), "{header}");
        }
    }
}
