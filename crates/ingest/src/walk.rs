//! Finding event files.

use std::path::{Path, PathBuf};

use tracing::warn;
use walkdir::WalkDir;

/// An event file and the run it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// The folder relative to the root, `/` between its parts; the root itself is `.`.
    pub run: String,
    /// Where the file is.
    pub path: PathBuf,
}

/// Whether TensorBoard would read a file of this name.
pub fn is_event_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.contains("tfevents") && !name.ends_with(".profile-empty")
    })
}

/// Every event file below `root` (or `root` itself, when it is one), by run and name. Links are followed,
/// loops are not; what cannot be listed is logged and left out.
pub(crate) fn walk(root: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    for entry in WalkDir::new(root).follow_links(true) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_event_file(entry.path()) => {
                found.extend(locate(root, entry.path()));
            }
            Ok(_) => {}
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => warn!(%error, "a log folder could not be listed"),
        }
    }
    found.sort();
    found
}

/// A file's run below `root`.
pub(crate) fn locate(root: &Path, path: &Path) -> Option<Found> {
    let folder = if path == root {
        Path::new("")
    } else {
        path.strip_prefix(root).ok()?.parent()?
    };
    let parts: Vec<_> = folder
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    let run = if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    };
    Some(Found {
        run,
        path: path.to_owned(),
    })
}
