//! Points of a series as blocks in order, addressed by one index.

use std::cell::Cell;
use std::sync::Arc;

use crate::{Block, CHUNK, Columns};

/// Blocks in order. Cheap to clone: the blocks are shared.
#[derive(Debug, Clone, Default)]
pub struct Blocks {
    parts: Vec<Arc<Block>>,
    /// The index of each block's first point.
    starts: Vec<usize>,
    len: usize,
}

impl Blocks {
    /// Of points in columns, cut into blocks.
    pub fn of(columns: &Columns) -> Self {
        let mut blocks = Self::default();
        for start in (0..columns.len()).step_by(CHUNK) {
            let end = columns.len().min(start + CHUNK);
            blocks.push(Arc::new(Block::of(columns.slice(start..end))));
        }
        blocks
    }

    /// Adds a block at the end.
    pub fn push(&mut self, block: Arc<Block>) {
        if !block.is_empty() {
            self.starts.push(self.len);
            self.len += block.len();
            self.parts.push(block);
        }
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: &Self) {
        for block in &other.parts {
            self.push(block.clone());
        }
    }

    /// How many points.
    pub fn len(&self) -> usize {
        self.len
    }

    /// No points.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The blocks, each with the index of its first point.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Block)> {
        self.starts.iter().copied().zip(self.parts.iter().map(Arc::as_ref))
    }

    /// The blocks that hold points from `start` to `end`, each with the index of its first point.
    pub fn between(&self, start: usize, end: usize) -> impl Iterator<Item = (usize, &Block)> {
        let from = self.starts.partition_point(|&first| first <= start).saturating_sub(1);
        let parts = self.starts[from..].iter().copied().zip(&self.parts[from..]);
        parts
            .take_while(move |(first, _)| *first < end)
            .map(|(first, block)| (first, block.as_ref()))
    }

    /// The block of a point, and the point's index in it.
    pub fn locate(&self, index: usize) -> (&Block, usize) {
        let at = self.starts.partition_point(|&first| first <= index) - 1;
        (&self.parts[at], index - self.starts[at])
    }

    /// A reader for indices that mostly grow.
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor {
            blocks: self,
            at: Cell::new(0),
        }
    }

    /// The first point's step.
    pub fn first_step(&self) -> Option<i64> {
        self.parts.first().map(|block| block.step(0))
    }

    /// The last point's step.
    pub fn last_step(&self) -> Option<i64> {
        self.parts.last().map(|block| block.step(block.len() - 1))
    }

    /// No step is smaller than the one before.
    pub fn steps_in_order(&self) -> bool {
        self.parts.iter().all(|block| block.steps_in_order())
            && self.parts.is_sorted_by(|a, b| a.step(a.len() - 1) <= b.step(0))
    }

    /// No time is NaN or earlier than the one before.
    pub fn walls_in_order(&self) -> bool {
        self.parts.iter().all(|block| block.walls_in_order())
            && self.parts.is_sorted_by(|a, b| a.wall(a.len() - 1) <= b.wall(0))
    }

    /// The earliest time; infinity where there is none.
    pub fn first_wall(&self) -> f64 {
        if self.walls_in_order() {
            return self.parts.first().map_or(f64::INFINITY, |block| block.wall(0));
        }
        self.parts
            .iter()
            .map(|block| block.first_wall())
            .fold(f64::INFINITY, f64::min)
    }

    /// Whether all values have the same bits.
    pub fn is_constant(&self) -> bool {
        let Some(first) = self.parts.first() else { return true };
        let bits = first.value(0).to_bits();
        self.parts
            .iter()
            .all(|block| block.is_constant() && block.value(0).to_bits() == bits)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.parts.iter().map(|block| block.bytes() + 24).sum()
    }

    /// The points as plain columns.
    pub fn columns(&self) -> Columns {
        let mut columns = Columns::default();
        for block in &self.parts {
            columns.extend(&block.columns());
        }
        columns
    }
}

/// Looks first where it looked last: points that are read in order are found without a search.
#[derive(Debug)]
pub struct Cursor<'a> {
    blocks: &'a Blocks,
    /// The block of the point before.
    at: Cell<usize>,
}

impl<'a> Cursor<'a> {
    /// The block of a point, and the point's index in it.
    pub fn locate(&self, index: usize) -> (&'a Block, usize) {
        let Blocks { parts, starts, .. } = self.blocks;
        let mut at = self.at.get();
        let inside = |at: usize| starts[at] <= index && index - starts[at] < parts[at].len();
        if !inside(at) {
            at = starts.partition_point(|&first| first <= index) - 1;
            self.at.set(at);
        }
        (&parts[at], index - starts[at])
    }
}
