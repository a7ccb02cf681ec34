//! One event file, from where it was left.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use glassboard_events::{Frame, frame};
use glassboard_store::logs::FileMark;

use crate::bucket::Object;
use crate::gather::{Gathered, Tags};

/// Read at once from a disk,
const BLOCK: u64 = 1 << 20;
/// and from a bucket, where each request waits for its answer.
const OBJECT_BLOCK: u64 = 8 << 20;
/// How much of a file's head and tail proves that it is the same.
const PROOF: u64 = 4096;

/// An open event file.
pub(crate) struct EventFile {
    source: Source,
    size: u64,
    /// Where the next record starts.
    position: u64,
    /// Bytes from `position` on.
    ahead: Vec<u8>,
    /// How much of `ahead` is used up.
    used: usize,
}

/// Where the bytes come from.
enum Source {
    Disk(File),
    Bucket(Object),
}

impl Source {
    /// Appends a stretch of bytes; fewer where a file was cut.
    fn append(&self, range: Range<u64>, into: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Disk(file) => {
                let mut file = file;
                file.seek(SeekFrom::Start(range.start))?;
                file.take(range.end - range.start).read_to_end(into).map(drop)
            }
            Self::Bucket(object) => object.append(range, into),
        }
    }

    fn block(&self) -> u64 {
        match self {
            Self::Disk(_) => BLOCK,
            Self::Bucket(_) => OBJECT_BLOCK,
        }
    }
}

impl EventFile {
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok(Self::over(Source::Disk(file), size))
    }

    pub fn of_object(object: Object) -> Self {
        let size = object.size;
        Self::over(Source::Bucket(object), size)
    }

    fn over(source: Source, size: u64) -> Self {
        Self {
            source,
            size,
            position: 0,
            ahead: Vec::new(),
            used: 0,
        }
    }

    /// Whether this is the file that `mark` was made of, as long or longer.
    pub fn continues(&self, mark: &FileMark) -> io::Result<bool> {
        let holds = |from: u64, length: u64, crc: u32| -> io::Result<bool> {
            Ok(length == 0 || self.crc(from, length.min(PROOF))? == crc)
        };
        Ok(self.size >= mark.position
            && mark.tail_len <= mark.position
            && holds(0, mark.head_len, mark.head_crc)?
            && holds(mark.position - mark.tail_len, mark.tail_len, mark.tail_crc)?)
    }

    /// Goes on from `position`.
    pub fn seek(&mut self, position: u64) {
        self.position = position;
        self.ahead.clear();
        self.used = 0;
    }

    /// Where it stands, and the proofs.
    pub fn mark(&self) -> io::Result<FileMark> {
        let length = self.position.min(PROOF);
        Ok(FileMark {
            position: self.position,
            size: self.size,
            head_len: length,
            head_crc: self.crc(0, length)?,
            tail_len: length,
            tail_crc: self.crc(self.position - length, length)?,
        })
    }

    /// Gathers records until about `budget` bytes are read; true at the end of what is there.
    pub fn read(&mut self, budget: u64, tags: &mut Tags, into: &mut Gathered) -> io::Result<bool> {
        let end = self.position + budget;
        while self.position < end {
            let rest = &self.ahead[self.used..];
            let taken = match frame(rest) {
                Frame::Record { payload, size } => {
                    into.record(tags, self.position, size as u64, payload);
                    size
                }
                Frame::Skip { bytes, reason } => {
                    into.skip(self.position, bytes as u64, reason);
                    bytes
                }
                Frame::NeedMore { at_least } => {
                    if !self.fill(at_least as u64)? {
                        return Ok(true);
                    }
                    continue;
                }
            };
            self.used += taken;
            self.position += taken as u64;
        }
        Ok(false)
    }

    /// Reads ahead until `at_least` bytes are there; false, reading nothing, where the file is shorter.
    fn fill(&mut self, at_least: u64) -> io::Result<bool> {
        if self.position + at_least > self.size {
            return Ok(false);
        }
        self.ahead.drain(..self.used);
        self.used = 0;
        let have = self.ahead.len() as u64;
        let want = at_least.max(self.source.block()).min(self.size - self.position);
        if want > have {
            self.source
                .append(self.position + have..self.position + want, &mut self.ahead)?;
        }
        Ok(self.ahead.len() as u64 >= at_least)
    }

    /// Up to `most` bytes from `from` on.
    pub fn bytes(&self, from: u64, most: usize) -> io::Result<Vec<u8>> {
        let length = (most as u64).min(self.size.saturating_sub(from));
        let mut bytes = Vec::with_capacity(length as usize);
        self.source.append(from..from + length, &mut bytes)?;
        if bytes.len() as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes)
    }

    fn crc(&self, from: u64, length: u64) -> io::Result<u32> {
        Ok(crc32c::crc32c(&self.bytes(from, length as usize)?))
    }
}
