//! Finding event files, and configs of the projector.

use std::path::{Path, PathBuf};

use tracing::warn;
use walkdir::WalkDir;

use crate::place::Stamp;

/// An event file and the run it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// The folder relative to the root, `/` between its parts; the root itself is `.`.
    pub run: String,
    /// Where the file is; an object's address, where it is in a bucket.
    pub path: PathBuf,
    /// What the listing of a bucket said of it.
    pub listed: Option<Stamp>,
}

/// Whether TensorBoard would read a file of this name.
pub fn is_event_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.contains("tfevents") && !name.ends_with(".profile-empty")
    })
}

/// The config of the projector, in a run's folder.
pub(crate) const PROJECTOR_CONFIG: &str = "projector_config.pbtxt";

/// What is to be read below a root, each by run and name.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub events: Vec<Found>,
    /// Configs of the projector.
    pub configs: Vec<Found>,
}

impl Listing {
    /// Takes a file in if it is one that is read.
    pub fn add(&mut self, found: Found) {
        if is_event_file(&found.path) {
            self.events.push(found);
        } else if found.path.file_name().is_some_and(|name| name == PROJECTOR_CONFIG) {
            self.configs.push(found);
        }
    }

    pub fn sorted(mut self) -> Self {
        self.events.sort();
        self.configs.sort();
        self
    }
}

/// Whether [`Listing::add`] takes a file of this name.
pub(crate) fn is_read(path: &Path) -> bool {
    is_event_file(path) || path.file_name().is_some_and(|name| name == PROJECTOR_CONFIG)
}

/// What is to be read below `root` (or `root` itself, when it is an event file). Links are followed,
/// loops are not; what cannot be listed is logged and left out.
pub(crate) fn walk(root: &Path) -> Listing {
    let mut listing = Listing::default();
    for entry in WalkDir::new(root).follow_links(true) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_read(entry.path()) => {
                if let Some(found) = locate(root, entry.path()) {
                    listing.add(found);
                }
            }
            Ok(_) => {}
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => warn!(%error, "a log folder could not be listed"),
        }
    }
    listing.sorted()
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
        listed: None,
    })
}
