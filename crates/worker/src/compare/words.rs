//! What was measured, in sentences that claim no more.

use glassboard_explain::drift::{Band, TAIL};
use glassboard_explain::words::{fixed, percent};

use super::band::{From, Nulls};

/// Fewer distances than this say little about a band's edges: one of them is 2.5 % of 40.
const FEW: usize = 40;

/// The null distances at hand, for sentences.
pub(super) struct Words<'a> {
    pub band: Option<&'a Band>,
    pub nulls: &'a Nulls,
    /// Standard deviation of the noise, of the range.
    pub noise: f64,
    /// Pairs of models that differ in their training seed.
    pub pairs: usize,
}

impl Words<'_> {
    /// What makes the null distances: "redrawing the input with 2 % noise and other seeds make".
    fn makers(&self) -> String {
        let maker = |from: From| {
            (self.nulls.count(from) > 0).then(|| match from {
                From::Noise => format!("redrawing the input with {} noise", percent(self.noise)),
                From::Seed => "another seed of the method".to_owned(),
                From::Training => "another training seed".to_owned(),
            })
        };
        let makers: Vec<String> = From::ALL.into_iter().filter_map(maker).collect();
        let verb = if makers.len() == 1 { "makes" } else { "make" };
        format!("{} {verb}", makers.join(" and "))
    }

    /// Of one input.
    pub(super) fn one(&self, distance: Option<f64>) -> String {
        let Some(distance) = distance else {
            return "For this input one of the maps is the same everywhere, so it has no order to compare.".to_owned();
        };
        let told = format!("For this input the maps differ by {}", fixed(distance, 3));
        let Some(band) = self.band else {
            return format!("{told}; there is no null distance to compare it with.");
        };
        let (all, smaller) = (band.count(), band.smaller(distance));
        let share = smaller as f64 / all as f64;
        let makers = self.makers();
        if smaller == 0 {
            format!("{told}, no more than the smallest of the {all} distances that {makers}.")
        } else if smaller == all {
            format!("{told}, more than every one of the {all} distances that {makers}.")
        } else {
            // Rounded down: 99.6 % is not "more than 100 %".
            format!(
                "{told}, more than {} % of the {all} distances that {makers}.",
                (share * 100.0).floor()
            )
        }
    }

    /// Of all inputs.
    pub(super) fn all(&self, measured: usize, above: usize, undefined: usize) -> Vec<String> {
        let mut said = Vec::new();
        let inputs = |n: usize| format!("{n} input{}", if n == 1 { "" } else { "s" });
        if let Some(band) = self.band.filter(|_| measured > 0) {
            let expected = TAIL * measured as f64;
            let chance = if expected < 1.0 {
                "fewer than one is".to_owned()
            } else {
                let about = expected.round();
                format!("about {about} {}", if about > 1.0 { "are" } else { "is" })
            };
            said.push(format!(
                "Over {}, {above} {} above the band's upper edge ({}); {chance} expected by chance.",
                inputs(measured),
                if above == 1 { "lies" } else { "lie" },
                fixed(band.high, 3)
            ));
        }
        if undefined > 0 {
            said.push(format!(
                "{} could not be measured: one of the maps is the same everywhere.",
                inputs(undefined)
            ));
        }
        said.extend(self.about_band());
        said
    }

    /// What the band is made of.
    fn about_band(&self) -> Vec<String> {
        let Some(band) = self.band else {
            return vec!["There is no null band: none of the maps it needs has an order.".to_owned()];
        };
        let part = |from: From| {
            let count = self.nulls.count(from);
            (count > 0).then(|| match from {
                From::Noise => format!(
                    "{count} between a model's map of an input and its map of the same input redrawn with normal noise of {} of the input's range, in both models",
                    percent(self.noise)
                ),
                From::Seed => format!("{count} between a model's maps of an input under two seeds of the method, in both models"),
                From::Training => format!(
                    "{count} between the maps of {} that were named as differing in their training seed alone",
                    if self.pairs == 1 { "two models".to_owned() } else { format!("{} pairs of models", self.pairs) }
                ),
            })
        };
        let parts: Vec<String> = From::ALL.into_iter().filter_map(part).collect();
        let mut said = vec![format!(
            "The null band, {} to {}, is the middle 95 % of {} distances: {}.",
            fixed(band.low, 3),
            fixed(band.high, 3),
            band.count(),
            parts.join("; ")
        )];
        if band.count() < FEW {
            said.push(format!(
                "{} distances are few: the edges of the band would move if it were made again.",
                band.count()
            ));
        }
        said
    }
}
