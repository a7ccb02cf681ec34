//! Who serves a data directory: one process at a time, and its name for the next one.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use glassboard_store::private;

/// The directory is served, or cannot be.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process serves it. Use that one, or stop it.
    #[error("{directory} is already served by {holder}; open that one, stop it, or give another --data-dir")]
    Held {
        /// The data directory.
        directory: String,
        /// "process 4711 at `http://127.0.0.1:6006`".
        holder: String,
    },
    /// The directory cannot be written. Stop.
    #[error("{directory} cannot be locked: {source}; give another --data-dir")]
    Io {
        /// The data directory.
        directory: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

/// Held while this process serves a data directory; the system frees it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the directory's lock, or says who has it.
    pub fn take(directory: &Path) -> Result<Self, LockError> {
        let io = |source| LockError::Io {
            directory: directory.display().to_string(),
            source,
        };
        private::folder(directory).map_err(io)?;
        let mut file = private::file(&directory.join("serve.lock")).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(io)?;
                let holder = if holder.trim().is_empty() {
                    "another process"
                } else {
                    holder.trim()
                }
                .to_owned();
                Err(LockError::Held {
                    directory: directory.display().to_string(),
                    holder,
                })
            }
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }

    /// The address of the server that holds `directory`, where one does.
    pub fn holder(directory: &Path) -> Option<String> {
        match Self::take(directory) {
            Err(LockError::Held { holder, .. }) => holder.split_once(" at ").map(|(_, url)| url.to_owned()),
            _ => None,
        }
    }

    /// Writes down where this process can be reached.
    pub fn sign(&mut self, url: &str) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "process {} at {url}", std::process::id())?;
        self.file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_refused_and_told_who_the_first_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut first = Lock::take(directory.path()).expect("free");
        first.sign("http://127.0.0.1:6006").expect("writes");
        let refused = Lock::take(directory.path()).expect_err("held").to_string();
        assert!(refused.contains("http://127.0.0.1:6006"), "{refused}");
        assert_eq!(Lock::holder(directory.path()).as_deref(), Some("http://127.0.0.1:6006"));
        drop(first);
        Lock::take(directory.path()).expect("free again");
    }
}
