//! Reading files within limits.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::{CheckpointError, Result};

/// The first `n` bytes of a file (fewer if it is shorter), and its length.
pub fn head(path: &Path, n: usize) -> Result<(Vec<u8>, u64)> {
    let file = open(path)?;
    let length = file.metadata().map_err(|source| io(path, source))?.len();
    let mut bytes = Vec::new();
    file.take(n as u64)
        .read_to_end(&mut bytes)
        .map_err(|source| io(path, source))?;
    Ok((bytes, length))
}

pub fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|source| io(path, source))
}

pub fn io(path: &Path, source: std::io::Error) -> CheckpointError {
    CheckpointError::Io {
        context: format!("reading {}", path.display()),
        source,
    }
}
