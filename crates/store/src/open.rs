//! Opening a data directory: SQLite with one writer and a few readers, and the blob folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};

use crate::logs::Warm;
use crate::{Clock, Micros, Result, StoreError, private};

const READERS: u32 = 4;
const DATABASE: &str = "glassboard.db";

/// A data directory: `glassboard.db` and `blobs/`. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    directory: Arc<Path>,
    clock: Arc<dyn Clock>,
    warm: Warm,
    // Held while a blob's file and row appear together, or go together.
    blob_gate: Arc<tokio::sync::Mutex<()>>,
}

/// Rows that wait for the thread that asked for them.
const ROWS: usize = 512;

impl Store {
    /// Opens `directory`, making it (mode 0700) and bringing the database up to date.
    pub async fn open(directory: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        make_private(directory).map_err(|source| {
            StoreError::Directory(format!(
                "{} cannot be used as a data directory ({source}); give another with --data-dir",
                directory.display()
            ))
        })?;
        let options = SqliteConnectOptions::new()
            .filename(directory.join(DATABASE))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("trusted_schema", "OFF")
            // What is deleted is overwritten with zeros: a deleted input must not be readable in the file.
            .pragma("secure_delete", "ON")
            .pragma("cache_size", "-16384")
            // Mapped pages count as memory of the process, and reading is no faster here than by calls.
            .pragma("mmap_size", "0")
            .pragma("journal_size_limit", "67108864");
        // Rows go to the asking thread in larger bundles than by default: each costs a wake-up.
        let options = options.row_buffer_size(ROWS);
        // One writer: SQLite has one write lock, and waiting in our queue is cheaper than in its busy loop.
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        sqlx::migrate!("../../migrations/sqlite").run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true))
            .await?;
        let store = Self {
            writer,
            readers,
            directory: directory.into(),
            clock,
            warm: Warm::default(),
            blob_gate: Arc::default(),
        };
        store.carry_over_values().await?;
        Ok(store)
    }

    /// Where this store lives.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Scratch space on the blobs' own file system.
    pub fn scratch(&self) -> PathBuf {
        self.directory.join("tmp")
    }

    /// The one clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Now, by the store's clock.
    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    pub(crate) fn warm(&self) -> &Warm {
        &self.warm
    }

    pub(crate) fn blob_gate(&self) -> &tokio::sync::Mutex<()> {
        &self.blob_gate
    }

    /// For reads. Never write through it: it is opened read-only.
    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Begins the one write transaction (`BEGIN IMMEDIATE`); others wait their turn.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Closes both pools and checkpoints the log.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Folders and files of `directory`, private and there. SQLite gives its `-wal` and `-shm` the mode
/// of the database, so that one is made before SQLite opens it.
fn make_private(directory: &Path) -> std::io::Result<()> {
    private::folder(directory)?;
    private::inner_folder(&directory.join("blobs"))?;
    private::inner_folder(&directory.join("tmp"))?;
    private::file(&directory.join(DATABASE))?;
    for beside in ["-wal", "-shm"] {
        let path = directory.join(format!("{DATABASE}{beside}"));
        if path.exists() {
            private::file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::SystemClock;

    /// Every path below `folder` that others than its owner may touch.
    fn open_to_others(folder: &Path, found: &mut Vec<PathBuf>) {
        for path in std::fs::read_dir(folder)
            .expect("a folder")
            .map(|e| e.expect("an entry").path())
        {
            if std::fs::metadata(&path).expect("there").permissions().mode() & 0o077 != 0 {
                found.push(path.clone());
            }
            if path.is_dir() {
                open_to_others(&path, found);
            }
        }
    }

    #[tokio::test]
    async fn nothing_in_a_data_directory_is_readable_by_others() {
        let home = tempfile::tempdir().expect("a directory");
        let directory = home.path().join("data");
        let open = || Store::open(&directory, Arc::new(SystemClock));
        let store = open().await.expect("a store");
        store.put_blob(b"bytes", "text/plain").await.expect("a blob");
        let mut found = Vec::new();
        open_to_others(home.path(), &mut found);
        assert!(found.is_empty(), "while it is open: {found:?}");
        assert!(
            directory.join("glassboard.db-wal").exists(),
            "the log was not looked at"
        );
        store.close().await;

        // As an earlier version left it.
        let database = directory.join(DATABASE);
        std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o644)).expect("set");
        open().await.expect("opens again").close().await;
        open_to_others(home.path(), &mut found);
        assert!(found.is_empty(), "after a restart: {found:?}");
    }
}
