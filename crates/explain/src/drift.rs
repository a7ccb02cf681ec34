//! How far two maps of one input lie apart, and the band in which such distances lie when nothing that should matter
//! differs.

use crate::evidence::spearman;
use crate::grid::{quantile, sorted};
use crate::random::Counter;

/// Stream of [`Counter`] of the noise that inputs are redrawn with.
const STREAM: u64 = 90;
/// Share of null distances on either side of the band.
pub const TAIL: f64 = 0.025;

/// 1 − Spearman's correlation of two maps, sign included: 0 for the same order, 1 for no relation, 2 for the opposite
/// order. Equal maps lie 0 apart. None where one of them is the same everywhere, so that it has no order.
pub fn distance(a: &[f32], b: &[f32]) -> Option<f64> {
    if a == b {
        return Some(0.0);
    }
    let wide = |map: &[f32]| map.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>();
    spearman(&wide(a), &wide(b)).map(|r| (1.0 - r).max(0.0))
}

/// Standard normal numbers, one an element, of draw `draw` of input `input`: the same for every model.
pub fn noise(seed: u64, input: u64, draw: u64, count: usize) -> impl Iterator<Item = f64> {
    // A draw has a number below 2^32, so no two share a sequence.
    let mut random = Counter::new(seed, STREAM, (input << 32) | draw);
    (0..count).map(move |_| random.normal())
}

/// Where a distance lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Below the band: smaller than nearly all that nothing makes.
    Below,
    /// In it, its edges included.
    Inside,
    /// Above it.
    Above,
}

impl At {
    /// `below`, `inside` or `above`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Below => "below",
            Self::Inside => "inside",
            Self::Above => "above",
        }
    }
}

/// The middle 95 % of null distances.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// The 2.5 % quantile.
    pub low: f64,
    /// The 97.5 % quantile.
    pub high: f64,
    /// The median.
    pub median: f64,
    sorted: Vec<f64>,
}

impl Band {
    /// Of null distances; none without any.
    pub fn of(distances: impl IntoIterator<Item = f64>) -> Option<Self> {
        let sorted = sorted(distances.into_iter());
        if sorted.is_empty() {
            return None;
        }
        Some(Self {
            low: quantile(&sorted, TAIL),
            high: quantile(&sorted, 1.0 - TAIL),
            median: quantile(&sorted, 0.5),
            sorted,
        })
    }

    /// How many distances it rests on.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// Where `distance` lies.
    pub fn place(&self, distance: f64) -> At {
        if distance > self.high {
            At::Above
        } else if distance < self.low {
            At::Below
        } else {
            At::Inside
        }
    }

    /// How many null distances are smaller than `distance`.
    pub fn smaller(&self, distance: f64) -> usize {
        self.sorted.partition_point(|null| *null < distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_known_maps() {
        let map = [0.1, -0.3, 0.7, 0.0];
        assert_eq!(distance(&map, &map), Some(0.0));
        let opposite: Vec<f32> = map.iter().map(|v| -v).collect();
        assert!(
            (distance(&map, &opposite).unwrap() - 2.0).abs() < 1e-12,
            "the sign counts"
        );
        let stretched: Vec<f32> = map.iter().map(|v| v * 7.0).collect();
        assert!(distance(&map, &stretched).unwrap() < 1e-12, "the scale does not");
        assert_eq!(distance(&map, &[0.5; 4]), None, "a flat map has no order");
        assert_eq!(distance(&[0.5; 4], &[0.5; 4]), Some(0.0));
    }

    #[test]
    fn a_band_leaves_out_its_tails() {
        let band = Band::of((0..=1000).map(|i| f64::from(i) / 1000.0)).unwrap();
        assert!((band.low - 0.025).abs() < 1e-12 && (band.high - 0.975).abs() < 1e-12);
        assert_eq!(
            (band.place(0.98), band.place(0.5), band.place(0.0)),
            (At::Above, At::Inside, At::Below)
        );
        assert_eq!((band.smaller(0.5), band.smaller(2.0), band.count()), (500, 1001, 1001));
        assert_eq!(Band::of([]), None);
        let point = Band::of([0.0; 5]).unwrap();
        assert_eq!(
            point.place(0.0),
            At::Inside,
            "what equals every null distance is no drift"
        );
    }

    #[test]
    fn noise_is_a_function_of_seed_input_and_draw() {
        let of = |s, i, d| noise(s, i, d, 8).collect::<Vec<f64>>();
        assert_eq!(of(1, 2, 3), of(1, 2, 3));
        assert_eq!(of(1, 2, 3)[..4], noise(1, 2, 3, 4).collect::<Vec<f64>>());
        assert!(of(1, 2, 3) != of(2, 2, 3) && of(1, 2, 3) != of(1, 3, 3) && of(1, 2, 3) != of(1, 2, 4));
    }
}
