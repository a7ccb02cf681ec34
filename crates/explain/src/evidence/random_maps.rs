//! Random maps to compare with.
//!
//! A map of a picture is compared with itself, moved around the torus and mirrored at random: the same
//! values and the same smoothness in other places. Independent pixels would be too easy an opponent for a
//! smooth map, since scattered holes and one big hole are different damage. Features of a row have no
//! neighbours: there the order is shuffled.

use serde::Serialize;

use super::units::{Units, descending};
use crate::random::Counter;

/// Stream of [`Counter`] for random maps.
const STREAM: u64 = 4;

/// How random maps were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Texture {
    /// The map itself, moved and mirrored.
    Moved,
    /// A shuffled order.
    Shuffled,
}

/// `count` random orders matched to `map` (one value a unit).
pub fn random_orders(units: &Units, map: &[f32], count: usize, seed: u64) -> (Texture, Vec<Vec<usize>>) {
    if let Some(size) = units.picture {
        (
            Texture::Moved,
            (0..count).map(|k| descending(&moved(map, size, seed, k))).collect(),
        )
    } else {
        let shuffled = |k| Counter::new(seed, STREAM, k as u64).permutation(units.count);
        (Texture::Shuffled, (0..count).map(shuffled).collect())
    }
}

/// `map` rolled by a random offset that is not zero, and mirrored on each axis by the toss of a coin.
pub(in crate::evidence) fn moved(map: &[f32], (h, w): (usize, usize), seed: u64, index: usize) -> Vec<f32> {
    let mut random = Counter::new(seed, STREAM, index as u64);
    let offset = 1 + random.below((h * w).saturating_sub(1));
    let (dy, dx) = (offset / w, offset % w);
    let (flip_y, flip_x) = (random.uniform() < 0.5, random.uniform() < 0.5);
    let mut out = Vec::with_capacity(h * w);
    for y in 0..h {
        for x in 0..w {
            let (sy, sx) = ((y + dy) % h, (x + dx) % w);
            let (sy, sx) = (
                if flip_y { h - 1 - sy } else { sy },
                if flip_x { w - 1 - sx } else { sx },
            );
            out.push(map[sy * w + sx]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_map_has_the_same_values_elsewhere() {
        let map: Vec<f32> = (0..30u8).map(f32::from).collect();
        for k in 0..50 {
            let other = moved(&map, (5, 6), 9, k);
            let mut sorted = other.clone();
            sorted.sort_by(f32::total_cmp);
            assert_eq!(sorted, map);
            assert_ne!(other, map);
        }
    }
}
