//! Writes npz files: a zip of npy arrays, uncompressed, the same bytes for the same arrays.

use std::io::{Cursor, Write};

use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::arrays::{Arrays, Named};

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
            &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>(),
        )
    }

    /// Adds an array of `i64`.
    pub fn i64(&mut self, name: &str, shape: &[usize], values: &[i64]) -> Result<(), BadNpz> {
        self.entry(
            name,
            "<i8",
            shape,
            &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>(),
        )
    }

    /// Adds a text as a numpy string scalar.
    pub fn text(&mut self, name: &str, text: &str) -> Result<(), BadNpz> {
        let letters: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        self.entry(name, &format!("<U{}", letters.len() / 4), &[], &letters)
    }

    fn entry(&mut self, name: &str, dtype: &str, shape: &[usize], data: &[u8]) -> Result<(), BadNpz> {
        let failed = |e: &dyn std::fmt::Display| BadNpz(format!("{name} cannot be written: {e}"));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.zip
            .start_file(format!("{name}.npy"), options)
            .map_err(|e| failed(&e))?;
        let parts: [&[u8]; 2] = [&header(dtype, shape)?, data];
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

/// Everything before the data of an npy file, version 1.0.
fn header(dtype: &str, shape: &[usize]) -> Result<Vec<u8>, BadNpz> {
    let sizes: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let sizes = if shape.len() > 1 {
        sizes.trim_end_matches(", ")
    } else {
        sizes.trim_end()
    };
    let mut text = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // Magic, version and length take 10 bytes; data begin at a multiple of 64.
    let padded = (10 + text.len() + 1).next_multiple_of(64) - 10;
    text.push_str(&" ".repeat(padded - text.len() - 1));
    text.push('\n');
    let length = u16::try_from(text.len()).map_err(|_| BadNpz("the header of an array is too long".to_owned()))?;
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    Ok(out)
}

/// dtype and bytes of an array, little endian, as it was kept.
fn plain(array: &Named) -> (&'static str, Vec<u8>) {
    match array.dtype.as_str() {
        "f32" => (
            "<f4",
            array.values.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect(),
        ),
        "f64" => ("<f8", array.values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        _ => (
            "<i8",
            array.values.iter().flat_map(|v| (*v as i64).to_le_bytes()).collect(),
        ),
    }
}

/// One array as an npy file.
pub fn npy(array: &Named) -> Result<Vec<u8>, BadNpz> {
    let (dtype, data) = plain(array);
    let mut out = header(dtype, &array.shape)?;
    out.extend_from_slice(&data);
    Ok(out)
}

/// The arrays of answers, below one another, and the answers themselves (`meta`, JSON; a list where there are several)
/// as one npz file: the same bytes for the same answers.
pub fn npz(answers: &[(Value, Arrays)]) -> Result<Vec<u8>, BadNpz> {
    let mut file = NpzFile::default();
    let names = answers.first().map_or(&[][..], |(_, arrays)| arrays.all());
    for (name, first) in names {
        let mut whole = first.clone();
        for (_, arrays) in &answers[1..] {
            let alike = |next: &&Named| !next.shape.is_empty() && next.shape.get(1..) == whole.shape.get(1..);
            let next = arrays.get(name).filter(alike);
            let next = next.ok_or_else(|| BadNpz(format!("{name} is not the same in every answer")))?;
            whole.shape[0] += next.shape[0];
            whole.values.extend_from_slice(&next.values);
        }
        let (dtype, data) = plain(&whole);
        file.entry(name, dtype, &whole.shape, &data)?;
    }
    let mut meta: Vec<Value> = answers.iter().map(|(answer, _)| crate::settled(answer)).collect();
    let meta = if meta.len() == 1 {
        meta.remove(0)
    } else {
        Value::Array(meta)
    };
    file.text("meta", &meta.to_string())?;
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
            npz.i64("target", &[1], &[7]).unwrap();
            npz.text("meta", "{\"é\":1}").unwrap();
            npz.finish().unwrap()
        };
        let bytes = made();
        assert_eq!(bytes, made());
        let text = String::from_utf8_lossy(&bytes);
        for header in [
            "'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)",
            "'descr': '<i8'",
            "'descr': '<U7'",
        ] {
            assert!(text.contains(header), "{header}");
        }
    }
}
