//! Bytes under their BLAKE3 hash: written to scratch space, fsynced, renamed, then given a row.

use std::io::Write;
use std::path::PathBuf;

use sqlx::{Row, Sqlite, Transaction};

use crate::{Result, Store, StoreError};

/// Bytes that are on disk and have their row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// BLAKE3, 64 hex digits.
    pub hash: String,
    /// Length.
    pub bytes: u64,
}

/// Bytes on their way in. Dropping it leaves nothing behind.
pub struct BlobWriter {
    file: tempfile::NamedTempFile,
    hasher: blake3::Hasher,
    bytes: u64,
    limit: u64,
}

impl BlobWriter {
    /// Appends. Blocking: call it from a blocking thread, or with small chunks.
    pub fn write(&mut self, chunk: &[u8]) -> Result<()> {
        self.bytes += chunk.len() as u64;
        if self.bytes > self.limit {
            return Err(StoreError::Conflict(format!(
                "the upload is larger than the {} MiB that one file may have",
                self.limit >> 20
            )));
        }
        self.hasher.update(chunk);
        self.file
            .write_all(chunk)
            .map_err(|source| io("writing an upload", source))
    }

    /// Bytes so far.
    pub fn written(&self) -> u64 {
        self.bytes
    }
}

impl Store {
    /// Begins a blob of at most `limit` bytes.
    pub fn new_blob(&self, limit: u64) -> Result<BlobWriter> {
        let file =
            tempfile::NamedTempFile::new_in(self.scratch()).map_err(|source| io("making a scratch file", source))?;
        Ok(BlobWriter {
            file,
            hasher: blake3::Hasher::new(),
            bytes: 0,
            limit,
        })
    }

    /// Makes the bytes durable and gives them their row. The same bytes twice are one blob.
    pub async fn finish_blob(&self, writer: BlobWriter, media_type: &str) -> Result<Blob> {
        let hash = writer.hasher.finalize().to_hex().to_string();
        let blob = Blob {
            hash: hash.clone(),
            bytes: writer.bytes,
        };
        let target = self.blob_path(&hash)?;
        let file = writer.file;
        // What may take seconds is done before anybody waits.
        let file = tokio::task::spawn_blocking(move || file.as_file().sync_all().map(|()| file))
            .await
            .map_err(|_| StoreError::Damaged("a blob could not be written".into()))?
            .map_err(|source| io("writing a blob to disk", source))?;
        // First the transaction, then the gate, as everywhere: who holds the one never waits for the other.
        let mut tx = self.begin().await?;
        let _gate = self.blob_gate().lock().await;
        tokio::task::spawn_blocking(move || place(file, target))
            .await
            .map_err(|_| StoreError::Damaged("a blob could not be placed".into()))??;
        sqlx::query(
            "INSERT INTO blob (hash, bytes, media_type, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(&blob.hash)
        .bind(i64::try_from(blob.bytes).unwrap_or(i64::MAX))
        .bind(media_type)
        .bind(self.now())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(blob)
    }

    /// Stores bytes that are in memory.
    pub async fn put_blob(&self, bytes: &[u8], media_type: &str) -> Result<Blob> {
        let mut writer = self.new_blob(u64::MAX)?;
        writer.write(bytes)?;
        self.finish_blob(writer, media_type).await
    }

    /// Where the bytes of `hash` live. Fails for anything but 64 lower-case hex digits: no other
    /// string becomes a path.
    pub fn blob_path(&self, hash: &str) -> Result<PathBuf> {
        if hash.len() != 64 || !hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(StoreError::NotFound {
                what: "blob",
                name: hash.chars().take(64).collect(),
            });
        }
        Ok(self.directory().join("blobs").join(&hash[..2]).join(hash))
    }

    /// All bytes of a blob.
    pub async fn read_blob(&self, hash: &str) -> Result<Vec<u8>> {
        let path = self.blob_path(hash)?;
        tokio::fs::read(&path)
            .await
            .map_err(|source| io("reading a blob", source))
    }

    /// The media type a blob was stored under.
    pub async fn blob_media_type(&self, hash: &str) -> Result<String> {
        let row = sqlx::query("SELECT media_type FROM blob WHERE hash = ?")
            .bind(hash)
            .fetch_optional(self.readers())
            .await?;
        let row = row.ok_or_else(|| StoreError::NotFound {
            what: "blob",
            name: hash.to_owned(),
        })?;
        Ok(row.try_get(0)?)
    }

    /// Removes bytes that nothing names: what a crash left between two writes, what a job sent for a row
    /// that was deleted meanwhile, and all scratch. Call once, before anything is uploaded. Gives the number
    /// of files removed.
    pub async fn sweep_blobs(&self) -> Result<usize> {
        let mut tx = self.begin().await?;
        let _gate = self.blob_gate().lock().await;
        sqlx::query(
            "DELETE FROM blob WHERE hash NOT IN (SELECT hash FROM checkpoint UNION SELECT hash FROM input \
             UNION SELECT graph_hash FROM checkpoint WHERE graph_hash IS NOT NULL \
             UNION SELECT run_hash FROM checkpoint WHERE run_hash IS NOT NULL \
             UNION SELECT picture_hash FROM input WHERE picture_hash IS NOT NULL \
             UNION SELECT vocabulary_hash FROM model WHERE vocabulary_hash IS NOT NULL \
             UNION SELECT array_hash FROM answer WHERE array_hash IS NOT NULL \
             UNION SELECT maps_hash FROM comparison WHERE maps_hash IS NOT NULL \
             UNION SELECT at_hash FROM projection WHERE at_hash IS NOT NULL \
             UNION SELECT tensor_hash FROM projection UNION SELECT tensor_hash FROM embedding WHERE tensor_hash IS NOT NULL \
             UNION SELECT metadata_hash FROM embedding WHERE metadata_hash IS NOT NULL \
             UNION SELECT sprite_hash FROM embedding WHERE sprite_hash IS NOT NULL \
             UNION SELECT bookmarks_hash FROM embedding WHERE bookmarks_hash IS NOT NULL)",
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        let known: Vec<String> = sqlx::query_scalar("SELECT hash FROM blob")
            .fetch_all(self.readers())
            .await?;
        let known: std::collections::HashSet<String> = known.into_iter().collect();
        let (blobs, scratch) = (self.directory().join("blobs"), self.scratch());
        tokio::task::spawn_blocking(move || sweep(&blobs, &scratch, &known))
            .await
            .map_err(|_| StoreError::Damaged("the blob folder could not be swept".into()))?
            .map_err(|source| io("sweeping the blob folder", source))
    }

    /// Removes the blobs of `hashes` that no row names any more.
    pub async fn release_blobs(&self, hashes: &[String]) -> Result<()> {
        if hashes.is_empty() {
            return Ok(());
        }
        let tx = self.begin().await?;
        self.commit_and_release(tx, hashes).await
    }

    /// Commits `tx`, in which rows that named `hashes` were deleted, and removes those of the blobs
    /// that nothing names any more, with the ended jobs that were about them: a job's row tells the name
    /// of its input. The foreign keys decide: a blob that is still named cannot go.
    pub(crate) async fn commit_and_release(
        &self,
        mut tx: Transaction<'static, Sqlite>,
        hashes: &[String],
    ) -> Result<()> {
        let _gate = self.blob_gate().lock().await;
        let mut gone = Vec::new();
        for hash in hashes {
            match sqlx::query("DELETE FROM blob WHERE hash = ?")
                .bind(hash)
                .execute(&mut *tx)
                .await
            {
                Ok(done) if done.rows_affected() > 0 => {
                    sqlx::query("DELETE FROM job WHERE state NOT IN ('queued', 'running') AND instr(spec, ?) > 0")
                        .bind(hash)
                        .execute(&mut *tx)
                        .await?;
                    gone.push(self.blob_path(hash)?);
                }
                Ok(_) => {}
                Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {}
                Err(error) => return Err(error.into()),
            }
        }
        tx.commit().await?;
        for path in gone {
            match tokio::fs::remove_file(&path).await {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(io("deleting a blob", source)),
            }
        }
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "both are moved onto the blocking thread")]
fn place(file: tempfile::NamedTempFile, target: PathBuf) -> Result<()> {
    let folder = target.parent().unwrap_or(&target).to_owned();
    crate::private::inner_folder(&folder).map_err(|source| io("making a blob folder", source))?;
    file.persist(&target)
        .map_err(|error| io("placing a blob", error.error))?;
    for directory in [Some(folder.as_path()), folder.parent()].into_iter().flatten() {
        let opened = std::fs::File::open(directory).and_then(|handle| handle.sync_all());
        opened.map_err(|source| io("writing a blob folder to disk", source))?;
    }
    Ok(())
}

fn sweep(
    blobs: &std::path::Path,
    scratch: &std::path::Path,
    known: &std::collections::HashSet<String>,
) -> std::io::Result<usize> {
    let mut removed = 0;
    for entry in std::fs::read_dir(scratch)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    for folder in std::fs::read_dir(blobs)? {
        let folder = folder?;
        if !folder.file_type()?.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(folder.path())? {
            let entry = entry?;
            let named = entry.file_name().to_str().is_some_and(|name| known.contains(name));
            if !named && entry.file_type()?.is_file() {
                std::fs::remove_file(entry.path())?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

pub(crate) fn io(context: &str, source: std::io::Error) -> StoreError {
    StoreError::Io {
        context: context.to_owned(),
        source,
    }
}
