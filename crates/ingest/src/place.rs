//! Where logs lie: a folder of this machine, or a prefix of a bucket.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tokio::runtime::Handle;

use crate::bucket::{Bucket, BucketError};
use crate::file::EventFile;
use crate::walk::{Found, Listing, locate, walk};

/// A folder of logs or one event file, here or in a store of objects.
#[derive(Debug, Clone)]
pub enum Place {
    /// On this machine, or mounted.
    Folder(PathBuf),
    /// `s3://bucket/prefix`.
    Bucket(Bucket),
}

/// What tells that a file has changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    /// Bytes.
    pub size: u64,
    /// The time of change, where the file is on this machine.
    pub changed: Option<SystemTime>,
    /// The object's version (its entity tag), where it is in a bucket.
    pub version: Option<String>,
}

impl Stamp {
    fn of_file(path: &Path) -> io::Result<Self> {
        let about = std::fs::metadata(path)?;
        Ok(Self {
            size: about.len(),
            changed: about.modified().ok(),
            version: None,
        })
    }
}

impl Place {
    /// What somebody named: an address with a scheme is a bucket, anything else a path.
    pub fn named(name: &Path) -> Result<Self, BucketError> {
        match name.to_str().filter(|name| name.contains("://")) {
            Some(url) => Ok(Self::Bucket(Bucket::parse(url)?)),
            None => Ok(Self::Folder(name.to_owned())),
        }
    }

    /// Whether its changes are told by the operating system; others have to be looked for.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Self::Folder(_))
    }

    /// The same place by its one true name.
    pub(crate) fn resolved(&self) -> io::Result<Self> {
        match self {
            Self::Folder(path) => Ok(Self::Folder(std::fs::canonicalize(path)?)),
            Self::Bucket(_) => Ok(self.clone()),
        }
    }

    /// The folder that gives an experiment its name, and its address.
    pub(crate) fn folder(&self) -> (String, String) {
        match self {
            Self::Folder(path) => {
                let folder = if path.is_file() {
                    path.parent().unwrap_or(path)
                } else {
                    path
                };
                let name = folder.file_name();
                let name = name.map_or_else(|| "logs".to_owned(), |name| name.to_string_lossy().into_owned());
                (name, folder.to_string_lossy().into_owned())
            }
            Self::Bucket(bucket) => (bucket.name().to_owned(), bucket.to_string()),
        }
    }

    /// What there is to read now. A folder that cannot be listed is left out and logged; a bucket
    /// that cannot be listed is an error.
    pub(crate) fn find(&self, handle: &Handle) -> io::Result<Listing> {
        match self {
            Self::Folder(root) => Ok(walk(root)),
            Self::Bucket(bucket) => bucket.find(handle),
        }
    }

    /// The event file at a path of this machine, if it belongs to this place.
    pub(crate) fn find_one(&self, path: &Path) -> Option<Found> {
        match self {
            Self::Folder(root) => path.is_file().then(|| locate(root, path)).flatten(),
            Self::Bucket(_) => None,
        }
    }

    /// What tells whether the file is still as it was when it was read.
    pub(crate) fn stamp(found: &Found) -> io::Result<Stamp> {
        if let Some(listed) = &found.listed {
            return Ok(listed.clone());
        }
        Stamp::of_file(&found.path)
    }

    /// The same of any file of this place, if it is there.
    pub(crate) fn stamp_of(&self, path: &Path, handle: &Handle) -> Option<Stamp> {
        match self {
            Self::Folder(_) => Stamp::of_file(path).ok(),
            Self::Bucket(bucket) => bucket.stamp_of(path, handle).ok(),
        }
    }

    /// The bytes of a file of at most so many, below `folder` also when links are followed.
    pub(crate) fn read(&self, path: &Path, folder: &Path, most: u64, handle: &Handle) -> io::Result<Vec<u8>> {
        let too_long = || io::Error::other(format!("it is no file of at most {most} bytes"));
        match self {
            Self::Folder(_) => {
                let real = std::fs::canonicalize(path)?;
                if !real.starts_with(std::fs::canonicalize(folder)?) {
                    return Err(io::Error::other("it is a link out of the folder of its config"));
                }
                let about = std::fs::metadata(&real)?;
                if !about.is_file() || about.len() > most {
                    return Err(too_long());
                }
                std::fs::read(&real)
            }
            Self::Bucket(bucket) => {
                let stamp = bucket.stamp_of(path, handle)?;
                if stamp.size > most {
                    return Err(too_long());
                }
                let size = stamp.size;
                let mut bytes = Vec::with_capacity(size as usize);
                bucket.object(path, stamp, handle)?.append(0..size, &mut bytes)?;
                Ok(bytes)
            }
        }
    }

    /// Opens an event file of this place.
    pub(crate) fn open(&self, found: &Found, handle: &Handle) -> io::Result<EventFile> {
        match self {
            Self::Folder(_) => EventFile::open(&found.path),
            Self::Bucket(bucket) => {
                let stamp = Self::stamp(found)?;
                Ok(EventFile::of_object(bucket.object(&found.path, stamp, handle)?))
            }
        }
    }
}

impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Self {
        Self::Folder(path)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(to),
            Self::Bucket(bucket) => bucket.fmt(to),
        }
    }
}
