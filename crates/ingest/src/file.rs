//! One event file, from where it was left.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

use glassboard_events::{Frame, frame};
use glassboard_store::logs::FileMark;

use crate::gather::{Gathered, Tags};

const BLOCK: u64 = 1 << 20;
/// How much of a file's head and tail proves that it is the same.
const PROOF: u64 = 4096;

/// An open event file.
pub(crate) struct EventFile {
    file: File,
    size: u64,
    /// Where the next record starts.
    position: u64,
    /// Bytes from `position` on.
    ahead: Vec<u8>,
    /// How much of `ahead` is used up.
    used: usize,
}

impl EventFile {
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok(Self {
            file,
            size,
            position: 0,
            ahead: Vec::new(),
            used: 0,
        })
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
    pub fn seek(&mut self, position: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(position))?;
        self.position = position;
        self.ahead.clear();
        self.used = 0;
        Ok(())
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
        let want = at_least.max(BLOCK).min(self.size - self.position).saturating_sub(have);
        (&self.file).take(want).read_to_end(&mut self.ahead)?;
        Ok(self.ahead.len() as u64 >= at_least)
    }

    /// Up to `most` bytes from `from` on.
    pub fn bytes(&self, from: u64, most: usize) -> io::Result<Vec<u8>> {
        let length = (most as u64).min(self.size.saturating_sub(from));
        let mut bytes = vec![0; length as usize];
        self.file.read_exact_at(&mut bytes, from)?;
        Ok(bytes)
    }

    fn crc(&self, from: u64, length: u64) -> io::Result<u32> {
        let mut bytes = vec![0; length as usize];
        self.file.read_exact_at(&mut bytes, from)?;
        Ok(crc32c::crc32c(&bytes))
    }
}
