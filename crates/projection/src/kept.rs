//! How much of the neighbourhoods a picture keeps.

use serde::{Deserialize, Serialize};

use crate::Points;
use crate::neighbours::nearest;

/// Points that are asked.
const MOST_ASKED: usize = 1000;
/// Neighbours of each.
const NEAR: usize = 15;

/// The share of nearest neighbours that are nearest neighbours in the picture too, over points evenly spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// From 0 to 1.
    pub share: f32,
    /// What random places would keep.
    pub chance: f32,
    /// Neighbours of each point.
    pub neighbours: usize,
    /// Points that were asked.
    pub asked: usize,
}

/// Measures a picture `at`, `[points, dimensions]`.
pub(crate) fn measure(points: &Points, at: &[f32], dimensions: usize) -> Kept {
    let n = points.len();
    let k = NEAR.min(n - 1);
    let asked = n.min(MOST_ASKED);
    let of: Vec<u32> = (0..asked).map(|i| (i * n / asked) as u32).collect();
    let nothing = Kept {
        share: 0.0,
        chance: 0.0,
        neighbours: k,
        asked: 0,
    };
    let (Ok(picture), Ok(near)) = (
        Points::new(dimensions, at.to_vec()),
        nearest(points, &of, k, &mut |_| Ok(())),
    ) else {
        return nothing;
    };
    let Ok(seen) = nearest(&picture, &of, k, &mut |_| Ok(())) else {
        return nothing;
    };
    let rows = near.index.chunks_exact(k).zip(seen.index.chunks_exact(k));
    let both: usize = rows
        .map(|(near, seen)| near.iter().filter(|one| seen.contains(one)).count())
        .sum();
    Kept {
        share: both as f32 / (asked * k) as f32,
        chance: k as f32 / (n - 1) as f32,
        neighbours: k,
        asked,
    }
}
