//! `.npy` files of any numeric type, read within limits.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use anyhow::{Context, bail};
use glassboard_engine::{Elem, Plain, PlainData};

/// Largest file that is read.
const MAX_BYTES: u64 = 4 << 30;

/// Reads an array.
pub fn read(path: &Path) -> anyhow::Result<Plain> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > MAX_BYTES {
        bail!("the file has {length} bytes; at most {MAX_BYTES} are read");
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> anyhow::Result<Plain> {
    let short = "this is not a whole .npy file";
    if bytes.get(..6) != Some(b"\x93NUMPY") {
        bail!("this is not a .npy file");
    }
    let (start, length) = match bytes.get(6).context(short)? {
        1 => (
            10,
            usize::from(u16::from_le_bytes(bytes.get(8..10).context(short)?.try_into()?)),
        ),
        _ => (
            12,
            u32::from_le_bytes(bytes.get(8..12).context(short)?.try_into()?) as usize,
        ),
    };
    let end = start + length;
    let header = std::str::from_utf8(bytes.get(start..end).context(short)?)?;
    let data = &bytes[end..];
    let quoted = |key: &str| -> Option<&str> {
        let rest = &header[header.find(&format!("'{key}'"))? + key.len() + 2..];
        Some(rest[rest.find(':')? + 1..].trim_start())
    };
    let descr = quoted("descr")
        .and_then(|r| r.strip_prefix('\''))
        .and_then(|r| r.split('\'').next())
        .context("its header names no element type")?;
    let fortran = quoted("fortran_order").is_some_and(|r| r.starts_with("True"));
    let list = quoted("shape")
        .and_then(|r| r.strip_prefix('('))
        .and_then(|r| r.split(')').next())
        .context("its header names no shape")?;
    let shape = list
        .split(',')
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(|s| s.trim_end_matches('L').parse::<usize>())
        .collect::<Result<Vec<_>, _>>()
        .context("its header names no shape")?;
    let count = shape
        .iter()
        .try_fold(1usize, |n, &d| n.checked_mul(d))
        .context("its shape is too large")?;
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
        _ => bail!("its element type `{descr}` is not a little-endian number"),
    };
    if count.checked_mul(width) != Some(data.len()) {
        bail!(
            "its shape {shape:?} of {} does not fit its {} bytes of data",
            elem.name(),
            data.len()
        );
    }
    if fortran && shape.len() > 1 {
        bail!("it is in Fortran order; save it with numpy.ascontiguousarray");
    }
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

/// Up to eight little-endian bytes.
fn wide(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b))
}

/// Writes an array in its own element type; floats and integers that numpy lacks in the next wider one.
pub fn write(path: &Path, value: &Plain) -> anyhow::Result<()> {
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
        Elem::Str => bail!("strings are not written as .npy files"),
        // The floats that numpy lacks are written as the next wider one.
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
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&u16::try_from(header.len())?.to_le_bytes())?;
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
        PlainData::Text(_) => bail!("strings are not written as .npy files"),
        PlainData::Int(v) => {
            for x in v.iter() {
                out.write_all(&x.to_le_bytes()[..width])?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{parse, read, write};
    use glassboard_engine::{Elem, Plain};

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let arrays = [
            Plain::float(vec![2, 1], Elem::F32, vec![1.5, -0.0]),
            Plain::float(vec![], Elem::F16, vec![0.25]),
            Plain::float(vec![3], Elem::F64, vec![1.0, 2.0, f32::INFINITY]),
            Plain::int(vec![2], Elem::I8, vec![-128, 127]),
            Plain::int(vec![0, 4], Elem::U16, vec![]),
            Plain::int(vec![1], Elem::I64, vec![i64::MIN]),
            Plain::int(vec![2], Elem::Bool, vec![0, 1]),
        ];
        for array in arrays {
            write(&path, &array).unwrap();
            assert_eq!(read(&path).unwrap(), array);
        }
    }

    #[test]
    fn a_shape_that_the_data_does_not_fill_is_refused() {
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 4000000000), }\n";
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
        bytes.extend(header.as_bytes());
        assert!(parse(&bytes).is_err());
        assert!(parse(&bytes[..12]).is_err());
        assert!(parse(b"\x93NUMPY").is_err());
    }
}
