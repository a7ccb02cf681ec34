//! npz files of numbers, read as f64.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::Context;
use ndarray::{ArrayD, IxDyn, OwnedRepr};
use ndarray_npy::{NpzReader, NpzWriter};

/// Arrays by name.
pub type Arrays = BTreeMap<String, ArrayD<f64>>;

/// The arrays whose names start with `prefix`; arrays that are not numbers are left out.
pub fn read(path: &Path, prefix: &str) -> anyhow::Result<Arrays> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut npz = NpzReader::new(file).with_context(|| format!("{} is not an npz file", path.display()))?;
    let mut arrays = Arrays::new();
    for full in npz.names()? {
        let name = full.trim_end_matches(".npy").to_owned();
        if !name.starts_with(prefix) {
            continue;
        }
        if let Ok(a) = npz.by_name::<OwnedRepr<f32>, IxDyn>(&full) {
            arrays.insert(name, a.mapv(f64::from));
        } else if let Ok(a) = npz.by_name::<OwnedRepr<f64>, IxDyn>(&full) {
            arrays.insert(name, a);
        } else if let Ok(a) = npz.by_name::<OwnedRepr<i64>, IxDyn>(&full) {
            arrays.insert(name, a.mapv(|v| v as f64));
        } else if let Ok(a) = npz.by_name::<OwnedRepr<bool>, IxDyn>(&full) {
            arrays.insert(name, a.mapv(|v| if v { 1.0 } else { 0.0 }));
        }
    }
    Ok(arrays)
}

/// Writes `arrays` as f64.
#[cfg_attr(test, expect(dead_code, reason = "only the example writes"))]
pub fn write(path: &Path, arrays: &Arrays) -> anyhow::Result<()> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut npz = NpzWriter::new(file);
    for (name, array) in arrays {
        npz.add_array(name.as_str(), array)?;
    }
    npz.finish()?;
    Ok(())
}
