//! Null distances, by where they come from, and the band they make.

use glassboard_explain::drift::Band;
use serde_json::{Value, json};

/// Why two maps differ although nothing that should matter does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// The input was redrawn with noise.
    Noise,
    /// The method drew other random numbers.
    Seed,
    /// The model was trained under another seed.
    Training,
}

impl From {
    pub(super) const ALL: [Self; 3] = [Self::Noise, Self::Seed, Self::Training];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::Seed => "seed",
            Self::Training => "training",
        }
    }
}

/// What has been measured so far; a null where a map had no order.
#[derive(Debug, Default)]
pub(super) struct Nulls {
    distances: Vec<(From, Option<f64>)>,
}

impl Nulls {
    pub(super) fn push(&mut self, from: From, distance: Option<f64>) {
        self.distances.push((from, distance));
    }

    /// The band of all of them.
    pub(super) fn band(&self) -> Option<Band> {
        Band::of(self.distances.iter().filter_map(|(_, distance)| *distance))
    }

    /// How many come from `from`.
    pub(super) fn count(&self, from: From) -> usize {
        self.of(from).flatten().count()
    }

    fn of(&self, from: From) -> impl Iterator<Item = Option<f64>> {
        self.distances
            .iter()
            .filter(move |(own, _)| *own == from)
            .map(|(_, distance)| *distance)
    }

    /// Each source with the band it would make alone.
    pub(super) fn sources(&self) -> Vec<Value> {
        let source = |from: From| {
            let undefined = self.of(from).filter(Option::is_none).count();
            let band = Band::of(self.of(from).flatten());
            (undefined > 0 || band.is_some()).then(|| {
                json!({
                    "name": from.name(),
                    "count": band.as_ref().map_or(0, Band::count),
                    "undefined": undefined,
                    "low": band.as_ref().map(|b| b.low),
                    "high": band.as_ref().map(|b| b.high),
                    "median": band.as_ref().map(|b| b.median),
                })
            })
        };
        From::ALL.into_iter().filter_map(source).collect()
    }
}
