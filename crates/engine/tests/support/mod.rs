//! Reading fixtures.

#![expect(
    clippy::unwrap_used,
    clippy::cast_lossless,
    reason = "a test that cannot go on may say so by panicking, and one macro casts every type"
)]

use std::fs::File;
use std::path::{Path, PathBuf};

use glassboard_engine::{Elem, Plain};
use ndarray::{ArrayD, IxDyn, OwnedRepr};
use ndarray_npy::NpzReader;

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// One array of an npz, whatever its type.
pub fn array(path: &Path, name: &str) -> Option<Plain> {
    let mut npz = NpzReader::new(File::open(path).unwrap()).unwrap();
    let file = format!("{name}.npy");
    macro_rules! int {
        ($($t:ty => $e:expr),*) => {$(
            if let Ok(a) = npz.by_name::<OwnedRepr<$t>, IxDyn>(&file) {
                return Some(Plain::int(a.shape().to_vec(), $e, a.iter().map(|&v| v as i64).collect()));
            }
        )*};
    }
    if let Ok(a) = npz.by_name::<OwnedRepr<f32>, IxDyn>(&file) {
        return Some(Plain::float(a.shape().to_vec(), Elem::F32, a.iter().copied().collect()));
    }
    if let Ok(a) = npz.by_name::<OwnedRepr<f64>, IxDyn>(&file) {
        return Some(Plain::double(a.shape().to_vec(), a.iter().copied().collect()));
    }
    int!(i64 => Elem::I64, i32 => Elem::I32, i16 => Elem::I16, i8 => Elem::I8, u8 => Elem::U8, bool => Elem::Bool);
    None
}

/// An npz array of floats.
pub fn floats(path: &Path, name: &str) -> ArrayD<f32> {
    let p = array(path, name).unwrap_or_else(|| panic!("{} lacks {name}", path.display()));
    let data = match &p.data {
        glassboard_engine::PlainData::Float(v) => v.to_vec(),
        _ => p.to_doubles().unwrap().into_iter().map(|v| v as f32).collect(),
    };
    ArrayD::from_shape_vec(IxDyn(&p.shape), data).unwrap()
}

/// `max|a-b| <= atol + rtol * max|b|`, or the two numbers.
pub fn close(got: &[f32], expected: &[f32], rtol: f64, atol: f64) -> Result<(), String> {
    if got.len() != expected.len() {
        return Err(format!("{} elements, expected {}", got.len(), expected.len()));
    }
    let worst = got
        .iter()
        .zip(expected)
        .map(|(a, b)| {
            if a.to_bits() == b.to_bits() {
                0.0
            } else {
                f64::from((a - b).abs())
            }
        })
        .fold(0.0, |m: f64, d| if d.is_nan() { f64::INFINITY } else { m.max(d) });
    let scale = expected.iter().fold(0.0, |m: f64, b| m.max(f64::from(b.abs())));
    if worst <= atol + rtol * scale {
        Ok(())
    } else {
        Err(format!("off by {worst:e} at scale {scale:e}"))
    }
}
