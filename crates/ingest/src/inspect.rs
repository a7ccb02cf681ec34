//! What one event file holds, without a store.

use std::collections::BTreeMap;
use std::path::Path;

use glassboard_store::logs::{Kind, Skip, Values};

use crate::IngestError;
use crate::file::EventFile;
use crate::gather::{Gathered, Tags};

/// A tag of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectedTag {
    /// Its name.
    pub tag: String,
    /// What it holds.
    pub kind: Kind,
    /// Its values.
    pub points: u64,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// By name.
    pub tags: Vec<InspectedTag>,
    /// What could not be read.
    pub skipped: Vec<Skip>,
    /// Bytes at its end that are no whole record.
    pub unfinished: u64,
}

/// Reads an event file whole, in bounded memory.
pub fn inspect(path: &Path) -> Result<Inspected, IngestError> {
    let failed = |source| IngestError::Path {
        path: path.display().to_string(),
        source,
    };
    let mut file = EventFile::open(path).map_err(failed)?;
    let mut tags = Tags::new();
    let mut gathered = Gathered::default();
    let mut counts: BTreeMap<String, (Kind, u64)> = BTreeMap::new();
    let mut at_end = false;
    while !at_end {
        at_end = file.read(8 << 20, &mut tags, &mut gathered).map_err(failed)?;
        for stream in gathered.take_streams() {
            let added = match &stream.values {
                Values::Scalars(columns) | Values::Listed(columns) => columns.len(),
                Values::Records(records) => records.len(),
            };
            counts.entry(stream.tag).or_insert((stream.kind, 0)).1 += added as u64;
        }
    }
    let mark = file.mark().map_err(failed)?;
    Ok(Inspected {
        tags: counts
            .into_iter()
            .map(|(tag, (kind, points))| InspectedTag { tag, kind, points })
            .collect(),
        skipped: gathered.skips,
        unfinished: mark.size - mark.position,
    })
}
