//! `.npy` files of any numeric type, as arrays with their ONNX element type.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use crate::value::{Elem, Plain, PlainData};

/// Largest file that is read.
const MAX_BYTES: u64 = 4 << 30;

/// Why an array could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    /// The operating system's answer.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The file is no array that is understood, or the array has no such file. Save it in another way.
    #[error("{0}")]
    Format(String),
}

fn format(text: impl Into<String>) -> NpyError {
    NpyError::Format(text.into())
}

/// Reads a file.
///
/// # Errors
/// As [`parse`], and for files of more than 4 GiB.
pub fn read(path: &Path) -> Result<Plain, NpyError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > MAX_BYTES {
        return Err(format(format!(
            "the file has {length} bytes; at most {MAX_BYTES} are read"
        )));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    parse(&bytes)
}

/// Reads an array from the bytes of a file.
///
/// # Errors
/// [`NpyError::Format`] for anything that is not one whole little-endian array of numbers.
pub fn parse(bytes: &[u8]) -> Result<Plain, NpyError> {
    let short = || format("this is not a whole .npy file");
    if bytes.get(..6) != Some(b"\x93NUMPY") {
        return Err(format("this is not a .npy file"));
    }
    let (start, length) = match *bytes.get(6).ok_or_else(short)? {
        1 => (10, wide(bytes.get(8..10).ok_or_else(short)?) as usize),
        _ => (12, wide(bytes.get(8..12).ok_or_else(short)?) as usize),
    };
    let end = start + length;
    let header = bytes.get(start..end).ok_or_else(short)?;
    let header = std::str::from_utf8(header).map_err(|_| format("its header is not text"))?;
    let data = &bytes[end..];
    let quoted = |key: &str| -> Option<&str> {
        let rest = &header[header.find(&format!("'{key}'"))? + key.len() + 2..];
        Some(rest[rest.find(':')? + 1..].trim_start())
    };
    let descr = quoted("descr")
        .and_then(|r| r.strip_prefix('\''))
        .and_then(|r| r.split('\'').next())
        .ok_or_else(|| format("its header names no element type"))?;
    let fortran = quoted("fortran_order").is_some_and(|r| r.starts_with("True"));
    let shape = quoted("shape")
        .and_then(|r| r.strip_prefix('('))
        .and_then(|r| r.split(')').next())
        .and_then(dimensions)
        .ok_or_else(|| format("its header names no shape"))?;
    let count = shape
        .iter()
        .try_fold(1usize, |n, &d| n.checked_mul(d))
        .ok_or_else(|| format("its shape is too large"))?;
    let (elem, width) = match descr.trim_start_matches(['<', '|', '=']) {
        "f4" => (Elem::F32, 4),
        "f8" => (Elem::F64, 8),
        "f2" => (Elem::F16, 2),
        "i8" => (Elem::I64, 8),
        "i4" => (Elem::I32, 4),
        "i2" => (Elem::I16, 2),
        "i1" => (Elem::I8, 1),
        "u8" => (Elem::U64, 8),
        "u4" => (Elem::U32, 4),
        "u2" => (Elem::U16, 2),
        "u1" => (Elem::U8, 1),
        "b1" => (Elem::Bool, 1),
        _ => {
            return Err(format(format!(
                "its element type `{descr}` is not a little-endian number"
            )));
        }
    };
    if count.checked_mul(width) != Some(data.len()) {
        return Err(format(format!(
            "its shape {shape:?} of {} does not fit its {} bytes of data",
            elem.name(),
            data.len()
        )));
    }
    let rows;
    let data = if fortran && shape.len() > 1 {
        rows = row_major(data, &shape, width);
        &rows
    } else {
        data
    };
    let chunks = data.chunks_exact(width);
    Ok(if elem == Elem::F64 {
        Plain::double(shape, chunks.map(|c| f64::from_bits(wide(c))).collect())
    } else if elem.is_float() {
        let number = |c: &[u8]| match width {
            2 => half::f16::from_le_bytes([c[0], c[1]]).to_f32(),
            _ => f32::from_le_bytes([c[0], c[1], c[2], c[3]]),
        };
        Plain::float(shape, elem, chunks.map(number).collect())
    } else {
        Plain::int(shape, elem, chunks.map(|c| elem.wrap(wide(c) as i64)).collect())
    })
}

/// The elements of an array whose first axis moves fastest, with the last axis moving fastest.
fn row_major(data: &[u8], shape: &[usize], width: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut at = vec![0; shape.len()];
    for _ in 0..data.len() / width {
        let from = at.iter().zip(shape).rev().fold(0, |n, (i, d)| n * d + i) * width;
        out.extend_from_slice(&data[from..from + width]);
        for (i, d) in at.iter_mut().zip(shape).rev() {
            *i += 1;
            if *i < *d {
                break;
            }
            *i = 0;
        }
    }
    out
}

/// `2, 3` or `2,` or nothing.
fn dimensions(list: &str) -> Option<Vec<usize>> {
    let parts = list.split(',').map(str::trim).filter(|s| !s.is_empty());
    parts.map(|s| s.trim_end_matches('L').parse().ok()).collect()
}

/// Up to eight little-endian bytes.
fn wide(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b))
}

/// Writes a file; floats and integers that numpy lacks in the next wider type.
///
/// # Errors
/// [`NpyError::Format`] for strings.
pub fn write(path: &Path, value: &Plain) -> Result<(), NpyError> {
    let mut out = BufWriter::new(File::create(path)?);
    write_to(&mut out, value)?;
    out.flush()?;
    Ok(())
}

/// Writes the bytes of a file.
///
/// # Errors
/// As [`write`].
pub fn write_to(mut out: impl Write, value: &Plain) -> Result<(), NpyError> {
    let (descr, width) = match value.elem {
        Elem::I8 | Elem::I4 | Elem::I2 => ("|i1", 1),
        Elem::U8 | Elem::U4 | Elem::U2 => ("|u1", 1),
        Elem::F64 => ("<f8", 8),
        Elem::F16 => ("<f2", 2),
        Elem::I64 => ("<i8", 8),
        Elem::I32 => ("<i4", 4),
        Elem::I16 => ("<i2", 2),
        Elem::U64 => ("<u8", 8),
        Elem::U32 => ("<u4", 4),
        Elem::U16 => ("<u2", 2),
        Elem::Bool => ("|b1", 1),
        Elem::Str => return Err(format("strings are not written as .npy files")),
        // The floats that numpy lacks.
        _ => ("<f4", 4),
    };
    let dims: String = value.shape.iter().map(|d| format!("{d}, ")).collect();
    let dims = if value.shape.len() == 1 {
        dims.trim_end().to_owned()
    } else {
        dims.trim_end_matches(", ").to_owned()
    };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({dims}), }}");
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let length = u16::try_from(header.len()).map_err(|_| format("it has too many dimensions"))?;
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    match &value.data {
        PlainData::Float(v) => {
            for x in v.iter() {
                match width {
                    2 => out.write_all(&half::f16::from_f32(*x).to_le_bytes())?,
                    _ => out.write_all(&x.to_le_bytes())?,
                }
            }
        }
        PlainData::Double(v) => {
            for x in v.iter() {
                out.write_all(&x.to_le_bytes())?;
            }
        }
        PlainData::Int(v) => {
            for x in v.iter() {
                out.write_all(&x.to_le_bytes()[..width])?;
            }
        }
        PlainData::Text(_) => return Err(format("strings are not written as .npy files")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{parse, write_to};
    use crate::value::{Elem, Plain};

    /// A file of version 1 with this header.
    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_refused(header in "[ '(),:0-9a-zé]{0,80}", data: Vec<u8>) {
            let _ = parse(&file(&header, &data));
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let arrays = [
            Plain::float(vec![2, 1], Elem::F32, vec![1.5, -0.0]),
            Plain::float(vec![], Elem::F16, vec![0.25]),
            Plain::double(vec![3], vec![1.0, 1.0 + f64::EPSILON, f64::INFINITY]),
            Plain::int(vec![2], Elem::I8, vec![-128, 127]),
            Plain::int(vec![0, 4], Elem::U16, vec![]),
            Plain::int(vec![1], Elem::I64, vec![i64::MIN]),
            Plain::int(vec![1], Elem::U64, vec![-1]),
            Plain::int(vec![2], Elem::Bool, vec![0, 1]),
        ];
        for array in arrays {
            let mut bytes = Vec::new();
            write_to(&mut bytes, &array).unwrap();
            assert_eq!(parse(&bytes).unwrap(), array);
        }
    }

    #[test]
    fn fortran_order_is_read() {
        // numpy.asfortranarray([[0, 1, 2], [3, 4, 5]], dtype=numpy.uint8)
        let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n";
        let bytes = file(header, &[0, 3, 1, 4, 2, 5]);
        let expected = Plain::int(vec![2, 3], Elem::U8, (0..6).collect());
        assert_eq!(parse(&bytes).unwrap(), expected);
    }

    #[test]
    fn a_shape_that_the_data_does_not_fill_is_refused() {
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 4000000000), }\n";
        let bytes = file(header, &[]);
        assert!(parse(&bytes).is_err());
        assert!(parse(&bytes[..12]).is_err());
        assert!(parse(b"\x93NUMPY").is_err());
    }
}
