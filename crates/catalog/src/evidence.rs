//! The measurements that weigh an explanation.

use serde::Serialize;

/// A measurement that comes with an explanation.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Evidence {
    /// Stable name.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// What is measured, and against what.
    pub summary: &'static str,
    /// What a better explanation gives.
    pub better: &'static str,
    /// Forward passes.
    pub cost: &'static str,
    /// Where it was published.
    pub paper: &'static str,
}

/// Every measurement.
pub fn evidence() -> &'static [Evidence] {
    &[
        Evidence {
            name: "deletion",
            title: "Deletion",
            summary: "The target's probability while the highest-ranked parts are replaced by the baseline, beside the same for random maps of the same texture.",
            better: "lower area than the random maps",
            cost: "points x (1 + random maps)",
            paper: "Petsiuk et al. 2018 arXiv:1806.07421",
        },
        Evidence {
            name: "insertion",
            title: "Insertion",
            summary: "The target's probability while the highest-ranked parts are put back onto the baseline, beside the same for random maps of the same texture.",
            better: "higher area than the random maps",
            cost: "points x (1 + random maps)",
            paper: "Petsiuk et al. 2018 arXiv:1806.07421",
        },
        Evidence {
            name: "completeness_gap",
            title: "Completeness gap",
            summary: "The sum of the attributions minus f(x) - f(baseline), for methods that promise the two to be equal.",
            better: "near zero",
            cost: "2",
            paper: "Sundararajan et al. 2017 arXiv:1703.01365",
        },
    ]
}
