//! What holds under every baseline, under none, or depends on it.

use serde::Serialize;

/// A comparison with random attributions sets an attribution apart from chance when it beats nine in ten.
fn sets_apart(beaten: usize, total: usize) -> bool {
    total > 0 && beaten * 10 >= total * 9
}

/// How a comparison came out over the baselines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Better than nine in ten random ones, under every baseline.
    Holds,
    /// Under some baselines and not under others.
    DependsOnTheBaseline,
    /// Under none.
    NotShown,
}

/// One comparison under every baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// Which measurement: its name in the catalogue, or `removal`.
    pub measurement: &'static str,
    /// How it came out.
    pub verdict: Verdict,
    /// How many random ones are beaten, a baseline each.
    pub beaten: Vec<usize>,
    /// Of how many, a baseline each.
    pub of: Vec<usize>,
}

impl Claim {
    /// From (beaten, total) under every baseline; none where nothing was compared.
    pub(in crate::evidence) fn of(
        measurement: &'static str,
        counts: impl Iterator<Item = (usize, usize)>,
    ) -> Option<Self> {
        let (beaten, of): (Vec<usize>, Vec<usize>) = counts.unzip();
        if of.is_empty() || of.contains(&0) {
            return None;
        }
        let apart = beaten.iter().zip(&of).filter(|(b, n)| sets_apart(**b, **n)).count();
        let verdict = match apart {
            0 => Verdict::NotShown,
            n if n == of.len() => Verdict::Holds,
            _ => Verdict::DependsOnTheBaseline,
        };
        Some(Self {
            measurement,
            verdict,
            beaten,
            of,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_needs_every_baseline() {
        let verdict = |counts: &[(usize, usize)]| Claim::of("x", counts.iter().copied()).map(|c| c.verdict);
        assert_eq!(verdict(&[(90, 100), (19, 20)]), Some(Verdict::Holds));
        assert_eq!(verdict(&[(90, 100), (17, 20)]), Some(Verdict::DependsOnTheBaseline));
        assert_eq!(verdict(&[(89, 100), (0, 20)]), Some(Verdict::NotShown));
        assert_eq!(verdict(&[(89, 100), (0, 0)]), None);
        assert_eq!(verdict(&[]), None);
    }
}
