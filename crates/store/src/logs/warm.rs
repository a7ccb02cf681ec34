//! Points that were decoded lately, so that the next zoom reads no chunk.

use std::sync::Arc;

use glassboard_series::{Block, Blocks, CHUNK};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

/// Memory for decoded points, bytes: eight million of them on even steps and times fit into half of it.
const MOST_BYTES: u64 = 64 << 20;
/// Streams the cache is laid out for.
const STREAMS: usize = 4096;

/// Decoded points by stream. A stream only grows, so what is held of it stays right; a file that was replaced has
/// other streams. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Warm(Arc<Cache<i64, Lane, Bytes>>);

/// The decoded beginning of a stream.
#[derive(Clone, Default)]
pub(crate) struct Lane {
    n: i64,
    blocks: Vec<Arc<Block>>,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<i64, Lane> for Bytes {
    fn weight(&self, _stream: &i64, lane: &Lane) -> u64 {
        128 + lane.blocks.iter().map(|block| block.bytes() as u64 + 24).sum::<u64>()
    }
}

impl Default for Warm {
    fn default() -> Self {
        Self(Arc::new(Cache::with_weighter(STREAMS, MOST_BYTES, Bytes)))
    }
}

impl Warm {
    /// What is held of a stream.
    pub fn of(&self, stream: i64) -> Lane {
        self.0.get(&stream).unwrap_or_default()
    }

    /// Keeps it while there is room.
    pub fn keep(&self, stream: i64, lane: &Lane) {
        self.0.insert(stream, lane.clone());
    }
}

impl Lane {
    /// How many points are held.
    pub fn n(&self) -> i64 {
        self.n
    }

    /// Points in full blocks: rows from there on may have changed.
    pub fn full_points(&self) -> i64 {
        let full = self.blocks.iter().take_while(|block| block.len() == CHUNK).count();
        (full * CHUNK) as i64
    }

    /// The full blocks alone.
    pub fn full(mut self) -> Self {
        self.n = self.full_points();
        self.blocks.truncate(self.n as usize / CHUNK);
        self
    }

    /// Adds blocks, with which the lane has `n` points.
    pub fn add(&mut self, n: i64, blocks: impl Iterator<Item = Arc<Block>>) {
        self.blocks.extend(blocks);
        self.n = n;
    }

    /// All points.
    pub fn blocks(&self) -> Blocks {
        let mut all = Blocks::default();
        for block in &self.blocks {
            all.push(block.clone());
        }
        all
    }
}
