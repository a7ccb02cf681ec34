//! What an entry of a measurement says.

use serde::Serialize;

use crate::entry::Paper;
use crate::metrics;

/// A measurement that weighs an explanation.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Evidence {
    /// Stable name: the key in the JSON of the evidence.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// What kind of question it answers.
    pub family: EvidenceFamily,
    /// What is measured, and against what.
    pub summary: &'static str,
    /// What a better explanation gives.
    pub reading: &'static str,
    /// Which way is better.
    pub better: Better,
    /// What it does not show.
    pub caution: &'static str,
    /// Forward passes, with `N` for the features; `random` are the random attributions beside it.
    pub cost: &'static str,
    /// Where it was published.
    pub paper: Paper,
}

/// Which question a measurement answers, in the order a page shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceFamily {
    /// Does it keep what the method promises?
    Axiomatic,
    /// Does the model do what the attribution says?
    Faithfulness,
    /// Does it stay where the row hardly moves?
    Robustness,
    /// How much is there to read?
    Complexity,
    /// Does it notice when the model, or the class, is another?
    Randomisation,
    /// Does it lie where somebody says the object is?
    Localisation,
    /// Do other methods say the same?
    Agreement,
}

/// Which way of a number is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Nothing is best.
    Zero,
    /// It describes, and does not judge.
    Neither,
}

/// Every measurement, in the order a page shows them.
pub fn evidence() -> &'static [Evidence] {
    metrics::ALL
}
