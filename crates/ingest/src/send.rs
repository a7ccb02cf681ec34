//! Event files on their way to another machine, piece by piece.

use std::io;
use std::path::{Path, PathBuf};

use glassboard_store::logs::FileMark;

use crate::file::EventFile;
use crate::receive::{Piece, whole};
use crate::walk::walk;

/// An event file below a log folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// The run's name: the folder relative to the root.
    pub run: String,
    /// The file relative to the root.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Every event file below `root`, by run and name.
pub fn local_files(root: &Path) -> Vec<Local> {
    let name = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
    walk(root)
        .events
        .into_iter()
        .map(|found| Local {
            run: found.run,
            name: name(&found.path),
            path: found.path,
        })
        .collect()
}

/// The next whole records of a file after what the other side has (`there`), about `most` bytes of them; `None` where
/// there is nothing more. A file that is another than `there` knew begins anew.
pub fn next_piece(file: &Local, there: Option<&FileMark>, most: usize) -> io::Result<Option<Piece>> {
    let mut open = EventFile::open(&file.path)?;
    let replaced = match there {
        Some(mark) => !open.continues(mark)?,
        None => false,
    };
    let from = there.filter(|_| !replaced).map_or(0, |mark| mark.position);
    let mut want = most;
    loop {
        let mut bytes = open.bytes(from, want)?;
        let end = whole(&bytes);
        if end > 0 {
            bytes.truncate(end);
            open.seek(from + end as u64);
            return Ok(Some(Piece {
                run: file.run.clone(),
                path: file.name.clone(),
                from,
                mark: open.mark()?,
                replaced,
                bytes,
            }));
        }
        if bytes.len() < want {
            return Ok(None);
        }
        // One record is longer than a piece should be.
        want *= 2;
    }
}
