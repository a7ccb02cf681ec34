//! Even cuts.

use std::ops::Range;

/// `0..len * unit` in `parts` parts, cut at multiples of `unit`, whose sizes differ by one unit at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Split {
    pub parts: usize,
    pub unit: usize,
    /// Units of every part, and how many parts have one more: the first ones.
    base: usize,
    more: usize,
}

impl Split {
    /// This many parts, or as many as there are units.
    pub fn into(len: usize, unit: usize, parts: usize) -> Self {
        let parts = parts.min(len).max(1);
        Self {
            parts,
            unit,
            base: len / parts,
            more: len % parts,
        }
    }

    /// As few parts as possible of at most `limit` elements (but at least one unit).
    pub fn at_most(len: usize, unit: usize, limit: usize) -> Self {
        Self::into(len, unit, len.div_ceil((limit / unit.max(1)).max(1)))
    }

    /// Elements.
    pub fn total(self) -> usize {
        (self.parts * self.base + self.more) * self.unit
    }

    /// Where part `i` begins; the total for `i == parts`.
    #[inline(always)]
    pub fn start(self, i: usize) -> usize {
        (i * self.base + i.min(self.more)) * self.unit
    }

    #[inline(always)]
    pub fn range(self, i: usize) -> Range<usize> {
        self.start(i)..self.start(i + 1)
    }

    pub fn largest(self) -> usize {
        (self.base + usize::from(self.more > 0)) * self.unit
    }
}
