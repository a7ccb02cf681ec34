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

/// The whole file, if it is at most `limit` bytes long.
pub fn read_whole(path: &Path, limit: u64, what: &str) -> Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata().map_err(|source| io(path, source))?.len();
    if length > limit {
        return Err(CheckpointError::Limit(format!(
            "this {what} file has {length} bytes; at most {limit} are read"
        )));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(|source| io(path, source))?;
    Ok(bytes)
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
