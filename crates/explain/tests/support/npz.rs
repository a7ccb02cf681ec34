//! npz files of numbers, read as f64.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
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

/// The texts (numpy `U` scalars) whose names start with `prefix`.
pub fn texts(path: &Path, prefix: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut zip = zip::ZipArchive::new(file)?;
    let mut texts = BTreeMap::new();
    for i in 0..zip.len() {
        let mut entry = zip.by_index(i)?;
        let name = entry.name().trim_end_matches(".npy").to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        let Some(head) = bytes.get(8..10).map(|b| usize::from(b[0]) + 256 * usize::from(b[1])) else {
            continue;
        };
        let (Some(head), Some(body)) = (bytes.get(10..10 + head), bytes.get(10 + head..)) else {
            continue;
        };
        if name.starts_with(prefix) && String::from_utf8_lossy(head).contains("'<U") {
            let points = body
                .chunks_exact(4)
                .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            texts.insert(name, points.filter(|p| *p != 0).filter_map(char::from_u32).collect());
        }
    }
    Ok(texts)
}

/// Adds `texts` to an npz file, as numpy `S` scalars.
#[cfg_attr(test, expect(dead_code, reason = "only the example writes"))]
pub fn write_texts(path: &Path, texts: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let file = File::options().read(true).write(true).open(path)?;
    let mut zip = zip::ZipWriter::new_append(file)?;
    for (name, text) in texts {
        let mut head = format!(
            "{{'descr': '|S{}', 'fortran_order': False, 'shape': (), }}",
            text.len().max(1)
        );
        // The header with its ten bytes before it ends on a multiple of 64.
        while !(10 + head.len() + 1).is_multiple_of(64) {
            head.push(' ');
        }
        head.push('\n');
        zip.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default())?;
        zip.write_all(b"\x93NUMPY\x01\x00")?;
        zip.write_all(&(head.len() as u16).to_le_bytes())?;
        zip.write_all(head.as_bytes())?;
        zip.write_all(text.as_bytes())?;
    }
    zip.finish()?;
    Ok(())
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
