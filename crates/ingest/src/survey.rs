//! Reading without storing.

use std::path::Path;

use crate::IngestError;
use crate::file::EventFile;
use crate::gather::{Gathered, Tags};
use crate::walk::walk;

/// Bytes gathered before they are let go.
const BATCH_BYTES: u64 = 32 << 20;

/// Reads every event file of a folder as an import does, checksums and columns by tag included, and keeps nothing:
/// answers bytes and values. It is what an import costs before the store.
pub fn survey(folder: &Path) -> Result<(u64, u64), IngestError> {
    let (mut bytes, mut values) = (0, 0);
    for found in walk(folder) {
        let unreadable = |source| IngestError::Path {
            path: found.path.display().to_string(),
            source,
        };
        let mut file = EventFile::open(&found.path).map_err(unreadable)?;
        let mut tags = Tags::new();
        loop {
            let mut gathered = Gathered::default();
            let at_end = file.read(BATCH_BYTES, &mut tags, &mut gathered).map_err(unreadable)?;
            values += gathered.values as u64;
            if at_end {
                break;
            }
        }
        bytes += file.mark().map_err(unreadable)?.position;
    }
    Ok((bytes, values))
}
