//! Opening a data directory: SQLite with one writer and a few readers, and the blob folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};

use crate::{Clock, Micros, Result, StoreError};

const READERS: u32 = 4;

/// A data directory: `glassboard.db` and `blobs/`. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    directory: Arc<Path>,
    clock: Arc<dyn Clock>,
    // Held while a blob's file and row appear together, or go together.
    blob_gate: Arc<tokio::sync::Mutex<()>>,
}

impl Store {
    /// Opens `directory`, making it (mode 0700) and bringing the database up to date.
    pub async fn open(directory: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        make_private(directory)?;
        make_private(&directory.join("blobs"))?;
        make_private(&directory.join("tmp"))?;
        let options = SqliteConnectOptions::new()
            .filename(directory.join("glassboard.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("trusted_schema", "OFF")
            .pragma("cache_size", "-16384")
            .pragma("mmap_size", "268435456")
            .pragma("journal_size_limit", "67108864");
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
        Ok(Self {
            writer,
            readers,
            directory: directory.into(),
            clock,
            blob_gate: Arc::default(),
        })
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

fn make_private(directory: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|source| {
            StoreError::Directory(format!(
                "{} cannot be used as a data directory ({source}); give another with --data-dir",
                directory.display()
            ))
        })
}
