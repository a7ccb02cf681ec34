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
        /// How to reach it, where it is a server that answers already.
        served: Option<Served>,
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

/// A server that answers for a data directory, as its lock file tells the directory's owner.
#[derive(Clone, PartialEq, Eq)]
pub struct Served {
    /// Where its front page is.
    pub url: String,
    /// What the owner shows as a Bearer token, whatever token the server asks others for.
    pub key: String,
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served").field("url", &self.url).finish_non_exhaustive()
    }
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
            Ok(()) => {
                // What the last holder wrote speaks of a process that is gone.
                file.set_len(0).map_err(io)?;
                Ok(Self { file })
            }
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(io)?;
                let holder = match text.lines().next().map(str::trim) {
                    Some(line) if !line.is_empty() => line.to_owned(),
                    _ => "another process".to_owned(),
                };
                Err(LockError::Held {
                    directory: directory.display().to_string(),
                    holder,
                    served: Served::read(&text),
                })
            }
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }

    /// The server that holds `directory`, where one does.
    pub fn holder(directory: &Path) -> Option<Served> {
        match Self::take(directory) {
            Err(LockError::Held { served, .. }) => served,
            _ => None,
        }
    }

    /// Writes down where this process can be reached, and a fresh key that only the owner of the
    /// directory can read; gives the key.
    pub fn sign(&mut self, url: &str) -> std::io::Result<String> {
        let mut secret = [0u8; 32];
        getrandom::fill(&mut secret).map_err(std::io::Error::other)?;
        let key = blake3::Hash::from_bytes(secret).to_hex().to_string();
        self.file.set_len(0)?;
        self.file.rewind()?;
        // One write: a reader sees all of it or nothing.
        let text = format!("process {} at {url}\nkey {key}\n", std::process::id());
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()?;
        Ok(key)
    }
}

impl Served {
    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (_, url) = lines.next()?.split_once(" at ")?;
        let key = lines.next()?.strip_prefix("key ")?;
        Some(Self {
            url: url.trim().to_owned(),
            key: key.trim().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_refused_and_told_who_the_first_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut first = Lock::take(directory.path()).expect("free");
        assert_eq!(Lock::holder(directory.path()), None, "it does not answer yet");
        let key = first.sign("http://127.0.0.1:6006").expect("writes");
        let refused = Lock::take(directory.path()).expect_err("held").to_string();
        assert!(refused.contains("http://127.0.0.1:6006"), "{refused}");
        assert!(!refused.contains(&key), "{refused}");
        let url = "http://127.0.0.1:6006".to_owned();
        assert_eq!(Lock::holder(directory.path()), Some(Served { url, key }));
        drop(first);
        let _next = Lock::take(directory.path()).expect("free again");
        assert_eq!(
            Lock::holder(directory.path()),
            None,
            "the first one's address is gone with it"
        );
    }
}
