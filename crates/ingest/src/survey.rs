//! Reading without storing.

use std::collections::BTreeMap;
use std::path::Path;

use glassboard_store::logs::{Kind, Skip, Values};

use crate::IngestError;
use crate::file::EventFile;
use crate::gather::{Gathered, Tags};
use crate::walk::walk;

/// Bytes gathered before they are let go.
const BATCH_BYTES: u64 = 16 << 20;
/// Places of damage that are listed.
const MOST_SKIPS: usize = 1_000;

/// What event files hold.
#[derive(Debug, Default)]
pub struct Survey {
    /// Bytes read.
    pub bytes: u64,
    /// Values of every kind.
    pub values: u64,
    /// What each tag holds, and how many values.
    pub tags: BTreeMap<String, (Kind, u64)>,
    /// What could not be read, at most a thousand places.
    pub skips: Vec<Skip>,
    /// Places more.
    pub more_skips: usize,
    /// Bytes after the last whole record: a writer has not flushed them, or died.
    pub unfinished: u64,
}

/// Reads every event file of a folder, or one file whatever its name, as an import does: checksums, and columns by
/// tag. Keeps nothing. It is what an import costs before the store.
pub fn survey(path: &Path) -> Result<Survey, IngestError> {
    let mut survey = Survey::default();
    if path.is_file() {
        survey.file(path)?;
    } else {
        for found in walk(path).events {
            survey.file(&found.path)?;
        }
    }
    Ok(survey)
}

impl Survey {
    fn file(&mut self, path: &Path) -> Result<(), IngestError> {
        let unreadable = |source| IngestError::Path {
            path: path.display().to_string(),
            source,
        };
        let mut file = EventFile::open(path).map_err(unreadable)?;
        let mut tags = Tags::new();
        loop {
            let mut gathered = Gathered::default();
            let at_end = file.read(BATCH_BYTES, &mut tags, &mut gathered).map_err(unreadable)?;
            self.add(gathered);
            if at_end {
                break;
            }
        }
        let mark = file.mark().map_err(unreadable)?;
        self.bytes += mark.position;
        self.unfinished += mark.size - mark.position;
        Ok(())
    }

    fn add(&mut self, mut gathered: Gathered) {
        for stream in gathered.take_streams() {
            let n = match &stream.values {
                Values::Scalars(columns) => columns.len(),
                Values::Records(heads, _) => heads.len(),
            } as u64;
            self.values += n;
            self.tags.entry(stream.tag).or_insert((stream.kind, 0)).1 += n;
        }
        let room = MOST_SKIPS.saturating_sub(self.skips.len()).min(gathered.skips.len());
        self.more_skips += gathered.skips.len() - room;
        self.skips.extend(gathered.skips.drain(..room));
    }
}
