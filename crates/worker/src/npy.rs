//! Arrays in npy and npz files, with every size checked before memory is asked for.

use std::io::{Cursor, Read};

use crate::trouble::Trouble;

/// Most bytes of one array.
const MAX_BYTES: u64 = 512 << 20;
/// Most axes.
const MAX_AXES: usize = 8;

/// An array as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct NpyArray {
    /// Row-major shape.
    pub shape: Vec<usize>,
    /// Values, whatever the file's type.
    pub values: Vec<f32>,
    /// Element type in the file, as tensors have it: `f32`, `i64`.
    pub dtype: &'static str,
    /// Bytes of the elements in the file.
    pub bytes: u64,
    /// Whether the file holds bytes (pixels), not numbers ready for a model.
    pub is_bytes: bool,
}

/// Reads one npy file.
pub fn read_npy(bytes: &[u8]) -> Result<NpyArray, Trouble> {
    let bad = |what: &str| Trouble::input(format!("the npy file cannot be read: {what}"));
    let rest = bytes
        .strip_prefix(b"\x93NUMPY")
        .ok_or_else(|| bad("it does not begin as one"))?;
    let (version, rest) = rest
        .split_first_chunk::<2>()
        .ok_or_else(|| bad("it ends inside its header"))?;
    let (length, rest) = if version[0] == 1 {
        let (n, rest) = rest
            .split_first_chunk::<2>()
            .ok_or_else(|| bad("it ends inside its header"))?;
        (u16::from_le_bytes(*n) as usize, rest)
    } else {
        let (n, rest) = rest
            .split_first_chunk::<4>()
            .ok_or_else(|| bad("it ends inside its header"))?;
        (u32::from_le_bytes(*n) as usize, rest)
    };
    let header = rest.get(..length).ok_or_else(|| bad("it ends inside its header"))?;
    let header = std::str::from_utf8(header).map_err(|_| bad("its header is not text"))?;
    let data = &rest[length..];

    let descr = field(header, "descr").ok_or_else(|| bad("its header has no descr"))?;
    let dtype = descr.trim_matches(['\'', '"']);
    let fortran = field(header, "fortran_order").is_some_and(|v| v == "True");
    let shape = shape(header).ok_or_else(|| bad("its header has no shape"))?;
    if shape.len() > MAX_AXES {
        return Err(bad(&format!("it has {} axes; {MAX_AXES} is the limit", shape.len())));
    }
    let big = dtype.starts_with('>');
    let kind = dtype.trim_start_matches(['<', '>', '|', '=']);
    let width: usize = match kind {
        "f8" | "i8" | "u8" => 8,
        "f4" | "i4" | "u4" => 4,
        "f2" | "i2" | "u2" => 2,
        "i1" | "u1" | "b1" => 1,
        _ => {
            return Err(Trouble::unsupported(format!(
                "npy arrays of type {dtype} are not read; save numbers (float32)"
            )));
        }
    };
    let count = shape
        .iter()
        .try_fold(1usize, |n, axis| n.checked_mul(*axis))
        .ok_or_else(|| bad("its shape is too large"))?;
    let size = count.checked_mul(width).ok_or_else(|| bad("its shape is too large"))?;
    if size != data.len() {
        return Err(bad(&format!(
            "its shape {shape:?} needs {size} bytes, but {} follow",
            data.len()
        )));
    }
    let mut values: Vec<f32> = data.chunks_exact(width).map(|raw| number(kind, big, raw)).collect();
    if fortran && shape.len() > 1 {
        values = from_fortran(&values, &shape);
    }
    Ok(NpyArray {
        shape,
        values,
        dtype: dtype_name(kind),
        bytes: size as u64,
        is_bytes: kind == "u1",
    })
}

fn dtype_name(kind: &str) -> &'static str {
    match kind {
        "f8" => "f64",
        "f4" => "f32",
        "f2" => "f16",
        "i8" => "i64",
        "i4" => "i32",
        "i2" => "i16",
        "i1" => "i8",
        "u8" => "u64",
        "u4" => "u32",
        "u2" => "u16",
        "b1" => "bool",
        _ => "u8",
    }
}

/// The value of `key` in the header's dictionary, up to the comma.
fn field<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, after) = header.split_once(&format!("'{key}'"))?;
    Some(after.trim_start().strip_prefix(':')?.split([',', '}']).next()?.trim())
}

fn shape(header: &str) -> Option<Vec<usize>> {
    let (_, after) = header.split_once("'shape'")?;
    let inside = after.split_once('(')?.1.split_once(')')?.0;
    inside
        .split(',')
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(|s| s.trim_end_matches('L').parse().ok())
        .collect()
}

fn number(kind: &str, big: bool, raw: &[u8]) -> f32 {
    let mut bytes = [0u8; 8];
    let n = raw.len();
    bytes[..n].copy_from_slice(raw);
    if big {
        bytes[..n].reverse();
    }
    let word = u64::from_le_bytes(bytes);
    let signed = (word << (64 - 8 * n)) as i64 >> (64 - 8 * n);
    match kind {
        "f8" => f64::from_bits(word) as f32,
        "f4" => f32::from_bits(word as u32),
        "f2" => half(word as u16),
        "i8" | "i4" | "i2" | "i1" => signed as f32,
        _ => word as f32,
    }
}

/// IEEE half to single.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    }
}

fn from_fortran(values: &[f32], shape: &[usize]) -> Vec<f32> {
    let mut strides = vec![1; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    (0..values.len())
        .map(|flat| {
            let (mut rest, mut at) = (flat, 0);
            for axis in (0..shape.len()).rev() {
                at += rest % shape[axis] * strides[axis];
                rest /= shape[axis];
            }
            values[at]
        })
        .collect()
}

/// Reads the array of an npz file: the only one, or the one called as the model's input, `x`, `input`,
/// `in_x`, `data` or `arr_0`.
pub fn read_npz(bytes: &[u8], wanted: &str) -> Result<NpyArray, Trouble> {
    let bad = |error: zip::result::ZipError| Trouble::input(format!("the npz file cannot be read: {error}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(bad)?;
    let names: Vec<String> = archive
        .file_names()
        .filter(|n| n.strip_suffix(".npy").is_some())
        .map(str::to_owned)
        .collect();
    let stem = |name: &str| name.trim_end_matches(".npy").to_owned();
    let preferred = [wanted, "x", "input", "in_x", "data", "arr_0"];
    let name = match names.as_slice() {
        [] => return Err(Trouble::input("the npz file holds no array")),
        [only] => only,
        several => preferred
            .iter()
            .find_map(|p| several.iter().find(|name| stem(name) == *p))
            .ok_or_else(|| {
                let list = several.iter().map(|n| stem(n)).collect::<Vec<_>>().join(", ");
                Trouble::input(format!(
                    "the npz file holds several arrays ({list}); name the one to use `{wanted}`"
                ))
            })?,
    }
    .clone();
    unpack(&mut archive, &name)
}

/// Every array of an npz file with its name; none where the zip is no npz file.
pub fn npz_arrays(bytes: &[u8]) -> Result<Vec<(String, NpyArray)>, Trouble> {
    let bad = |error: zip::result::ZipError| Trouble::input(format!("the npz file cannot be read: {error}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(bad)?;
    let names: Vec<String> = archive
        .file_names()
        .filter(|n| n.strip_suffix(".npy").is_some())
        .map(str::to_owned)
        .collect();
    let (mut found, mut held) = (Vec::with_capacity(names.len().min(1024)), 0u64);
    for name in names {
        let array = unpack(&mut archive, &name)?;
        held += array.values.len() as u64 * 4;
        if held > MAX_BYTES {
            return Err(Trouble::input(format!(
                "the arrays of the npz file add up to more than {MAX_BYTES} bytes"
            )));
        }
        found.push((name.trim_end_matches(".npy").to_owned(), array));
    }
    Ok(found)
}

fn unpack(archive: &mut zip::ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<NpyArray, Trouble> {
    let stem = name.trim_end_matches(".npy");
    let entry = archive
        .by_name(name)
        .map_err(|error| Trouble::input(format!("the npz file cannot be read: {error}")))?;
    let claimed = entry.size();
    if claimed > MAX_BYTES {
        return Err(Trouble::input(format!(
            "array {stem} claims {claimed} bytes; {MAX_BYTES} is the limit"
        )));
    }
    // The claim is not trusted: a little more than it is read at most, and then refused.
    let mut data = Vec::new();
    let read = entry.take(claimed + 1).read_to_end(&mut data);
    if read.is_err() || data.len() as u64 != claimed {
        return Err(Trouble::input(format!(
            "array {stem} of the npz file does not unpack to its size"
        )));
    }
    read_npy(&data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let mut out = b"\x93NUMPY\x01\x00".to_vec();
        out.extend_from_slice(&u16::try_from(header.len()).unwrap().to_le_bytes());
        out.extend_from_slice(header.as_bytes());
        out.extend_from_slice(data);
        out
    }

    #[test]
    fn types_orders_and_shapes() {
        let a = read_npy(&npy("<i2", "False", "(2,)", &[1, 0, 0xff, 0xff])).unwrap();
        assert_eq!((a.shape, a.values), (vec![2], vec![1.0, -1.0]));
        let a = read_npy(&npy("|u1", "True", "(2, 3)", &[0, 3, 1, 4, 2, 5])).unwrap();
        assert_eq!((a.values, a.is_bytes), (vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0], true));
        let a = read_npy(&npy(">f4", "False", "()", &2.5f32.to_be_bytes())).unwrap();
        assert_eq!((a.shape, a.values), (vec![], vec![2.5]));
        let a = read_npy(&npy("<f2", "False", "(1,)", &[0x00, 0xc2])).unwrap();
        assert_eq!(a.values, [-3.0]);
    }

    #[test]
    fn a_shape_that_lies_is_refused_before_memory_is_asked_for() {
        let say = |shape: &str| read_npy(&npy("<f4", "False", shape, &[0; 8])).unwrap_err().message;
        assert!(say("(1000000000000,)").contains("needs 4000000000000 bytes, but 8 follow"));
        assert!(say("(18446744073709551615, 9)").contains("too large"));
        assert!(say("(1, 1, 1, 1, 1, 1, 1, 1, 2)").contains("9 axes"));
        assert!(
            read_npy(&npy("|O", "False", "(1,)", &[0; 8]))
                .unwrap_err()
                .message
                .contains("type |O")
        );
    }

    #[test]
    fn no_truncation_panics() {
        let whole = npy("<f8", "False", "(3, 2)", &[0; 48]);
        for n in 0..whole.len() {
            assert!(read_npy(&whole[..n]).is_err());
            assert!(read_npz(&whole[..n], "x").is_err());
        }
    }
}
