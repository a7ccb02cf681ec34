//! Points that were decoded lately, so that the next zoom reads no chunk.

use std::sync::Arc;

use glassboard_series::{Block, Blocks, CHUNK};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

/// Memory for decoded points, bytes: ten million at even steps, logged in 32 bits, fit.
const MOST_BYTES: u64 = 96 << 20;
/// Pieces the cache is laid out for.
const PIECES: usize = 1 << 14;

/// Decoded points, by stream and the index of the first. A stream only grows, so a full piece stays right, and one
/// that is not full is right as long as nothing was added; a file that was replaced has other streams. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Warm(Arc<Cache<(i64, i64), Piece, Bytes>>);

/// The blocks between two borders of full chunks.
#[derive(Clone, Default)]
struct Piece {
    n: i64,
    blocks: Vec<Arc<Block>>,
}

/// The decoded beginning of a stream.
#[derive(Default)]
pub(crate) struct Lane {
    n: i64,
    blocks: Blocks,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<(i64, i64), Piece> for Bytes {
    fn weight(&self, _place: &(i64, i64), piece: &Piece) -> u64 {
        96 + piece.blocks.iter().map(|block| block.bytes() as u64 + 24).sum::<u64>()
    }
}

impl Default for Warm {
    fn default() -> Self {
        Self(Arc::new(Cache::with_weighter(PIECES, MOST_BYTES, Bytes)))
    }
}

impl Warm {
    /// What is held of the beginning of a stream that has `n` points.
    pub fn of(&self, stream: i64, n: i64) -> Lane {
        let mut lane = Lane::default();
        while lane.n < n {
            let wanted = (n - lane.n).min(CHUNK as i64);
            // A piece that is not full may have grown for a query that began later: then it has more.
            match self.0.get(&(stream, lane.n)) {
                Some(piece) if piece.n >= wanted => lane.add(piece),
                _ => break,
            }
        }
        lane
    }

    /// Adds blocks that were not held to the lane, and holds them while there is room.
    pub fn extend(&self, stream: i64, lane: &mut Lane, blocks: Vec<Arc<Block>>) {
        let mut piece = Piece::default();
        let mut blocks = blocks.into_iter().peekable();
        while let Some(block) = blocks.next() {
            piece.n += block.len() as i64;
            piece.blocks.push(block);
            if piece.n >= CHUNK as i64 || blocks.peek().is_none() {
                let whole = std::mem::take(&mut piece);
                self.0.insert((stream, lane.n), whole.clone());
                lane.add(whole);
            }
        }
    }
}

impl Lane {
    /// How many points it has.
    pub fn n(&self) -> i64 {
        self.n
    }

    /// The points.
    pub fn into_blocks(self) -> Blocks {
        self.blocks
    }

    fn add(&mut self, piece: Piece) {
        self.n += piece.n;
        for block in piece.blocks {
            self.blocks.push(block);
        }
    }
}
