//! Bytes that lie in a file or in memory, read by place.
//!
//! Tensors are kept as places and read when somebody asks for them, with positioned reads rather than through a
//! memory map: a map is undefined behaviour (or a SIGBUS) as soon as another process cuts or rewrites the file, needs
//! `unsafe` to make and to give pages back, and counts towards the process' memory. A positioned read of a file that
//! was cut meanwhile is an error with a sentence, and copies from the page cache straight to where the elements are
//! wanted.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use crate::{CheckpointError, Result, files};

/// A stretch of a file or of memory. Cheap to clone; keeps its file open.
#[derive(Debug, Clone, Default)]
pub struct Slice {
    source: Source,
    offset: u64,
    length: u64,
}

#[derive(Debug, Clone)]
enum Source {
    File(Arc<File>),
    Memory(Bytes),
}

impl Default for Source {
    fn default() -> Self {
        Self::Memory(Bytes::new())
    }
}

impl Slice {
    /// A whole file.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = files::open(path)?;
        Self::file(file).map_err(|source| files::io(path, source))
    }

    /// A whole file that is open.
    pub(crate) fn file(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self {
            source: Source::File(Arc::new(file)),
            offset: 0,
            length,
        })
    }

    /// Bytes in memory.
    pub(crate) fn memory(bytes: Bytes) -> Self {
        Self {
            offset: 0,
            length: bytes.len() as u64,
            source: Source::Memory(bytes),
        }
    }

    /// `length` bytes from `offset` on; `None` where they reach past the end.
    pub(crate) fn part(&self, offset: u64, length: u64) -> Option<Self> {
        let end = offset.checked_add(length)?;
        (end <= self.length).then(|| Self {
            source: self.source.clone(),
            offset: self.offset + offset,
            length,
        })
    }

    /// Number of bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The bytes, where they are in memory.
    pub(crate) fn in_memory(&self) -> Option<&[u8]> {
        match &self.source {
            Source::Memory(bytes) => bytes.get(self.offset as usize..(self.offset + self.length) as usize),
            Source::File(_) => None,
        }
    }

    /// Fills `into` from byte `at` on.
    pub(crate) fn read_exact_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let end = at.checked_add(into.len() as u64).filter(|end| *end <= self.length);
        if end.is_none() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match &self.source {
            Source::File(file) => file.read_exact_at(into, self.offset + at),
            Source::Memory(bytes) => {
                let from = (self.offset + at) as usize;
                match bytes.get(from..from + into.len()) {
                    Some(found) => into.copy_from_slice(found),
                    None => return Err(io::ErrorKind::UnexpectedEof.into()),
                }
                Ok(())
            }
        }
    }

    /// All bytes; those in memory are shared, not copied. The caller has checked the length.
    pub(crate) fn bytes(&self) -> io::Result<Bytes> {
        if let Source::Memory(bytes) = &self.source {
            return Ok(bytes.slice(self.offset as usize..(self.offset + self.length) as usize));
        }
        let mut bytes = vec![0; self.length as usize];
        self.read_exact_at(0, &mut bytes)?;
        Ok(bytes.into())
    }

    /// The bytes in order, at most `size` at a time.
    pub(crate) fn pieces(&self, size: usize, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        if let Some(bytes) = self.in_memory() {
            bytes.chunks(size).for_each(each);
            return Ok(());
        }
        let mut piece = vec![0; size.min(self.length as usize)];
        let mut at = 0;
        while at < self.length {
            let n = size.min((self.length - at) as usize);
            self.read_exact_at(at, &mut piece[..n])?;
            each(&piece[..n]);
            at += n as u64;
        }
        Ok(())
    }
}

impl io::Read for Cursor {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = into.len().min((self.slice.length - self.at) as usize);
        self.slice.read_exact_at(self.at, &mut into[..n])?;
        self.at += n as u64;
        Ok(n)
    }
}

impl io::Seek for Cursor {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let target = match to {
            io::SeekFrom::Start(at) => Some(at),
            io::SeekFrom::End(by) => self.slice.length.checked_add_signed(by),
            io::SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        // Past the end nothing is read; the position stays within, so that lengths cannot go below zero.
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?.min(self.slice.length);
        Ok(self.at)
    }
}

/// Reads a [`Slice`] from front to back, for readers that want `Read` and `Seek`.
#[derive(Debug)]
pub(crate) struct Cursor {
    slice: Slice,
    at: u64,
}

impl Cursor {
    pub(crate) fn new(slice: Slice) -> Self {
        Self { slice, at: 0 }
    }
}

/// What a failed read says of `what`.
pub(crate) fn unreadable(what: &str, source: io::Error) -> CheckpointError {
    if source.kind() == io::ErrorKind::UnexpectedEof {
        return CheckpointError::Damaged(format!("{what} ends before its bytes do; was the file cut?"));
    }
    CheckpointError::Io {
        context: format!("reading {what}"),
        source,
    }
}
