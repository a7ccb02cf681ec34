//! A file as a [`Buf`] that holds one window of it, so that stepping over a tensor's bytes reads nothing.

use std::io;

use bytes::Buf;

use crate::source::Slice;

/// Bytes of a window. Small, because after every tensor that is stepped over one window is read.
const WINDOW: usize = 32 << 10;

/// Reads a [`Slice`] from front to back.
pub(super) struct Reader<'s> {
    slice: &'s Slice,
    /// Where the window starts.
    start: u64,
    window: Vec<u8>,
    /// Bytes of the window that are consumed.
    used: usize,
    /// Where reading ends: the length, or where the system refused.
    end: u64,
    error: Option<io::Error>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(slice: &'s Slice) -> Self {
        let mut reader = Self {
            slice,
            start: 0,
            window: Vec::new(),
            used: 0,
            end: slice.length(),
            error: None,
        };
        if slice.in_memory().is_none() {
            reader.fill(0);
        }
        reader
    }

    /// What the system said, where it refused a read. The bytes then end there.
    pub(super) fn error(self) -> Option<io::Error> {
        self.error
    }

    fn fill(&mut self, at: u64) {
        let n = WINDOW.min((self.end - at) as usize);
        self.window.resize(n, 0);
        if let Err(error) = self.slice.read_exact_at(at, &mut self.window) {
            self.error = Some(error);
            self.window.clear();
            self.end = at;
        }
        (self.start, self.used) = (at, 0);
    }
}

impl Buf for Reader<'_> {
    fn remaining(&self) -> usize {
        (self.end - self.start) as usize - self.used
    }

    fn chunk(&self) -> &[u8] {
        let window = self.slice.in_memory().unwrap_or(&self.window);
        window.get(self.used..).unwrap_or_default()
    }

    fn advance(&mut self, n: usize) {
        assert!(n <= self.remaining(), "cannot advance past the end");
        self.used += n;
        if self.slice.in_memory().is_none() && self.used >= self.window.len() {
            self.fill(self.start + self.used as u64);
        }
    }
}
