//! Which step a page of media shows.

use glassboard_store::logs::RecordHead;
use serde::Deserialize;

/// The step in the address.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct AtStep {
    at: Option<i64>,
}

impl AtStep {
    /// The step; none is the newest.
    pub fn get(self) -> Option<i64> {
        self.at.filter(|at| *at >= 0)
    }
}

/// What is shown at a step: the last value up to it, else the first.
pub fn shown(heads: &[RecordHead], at: Option<i64>) -> Option<&RecordHead> {
    heads.iter().max_by_key(|head| order(head.step, at))
}

/// The step shown of these.
pub fn step_of(steps: impl Iterator<Item = i64>, at: Option<i64>) -> Option<i64> {
    steps.max_by_key(|step| order(*step, at))
}

/// Steps up to the one asked for come last, the nearest at the very end; of later ones the first is best.
fn order(step: i64, at: Option<i64>) -> (bool, i64) {
    match at {
        Some(at) if step > at => (false, at.saturating_sub(step)),
        _ => (true, step),
    }
}

#[cfg(test)]
mod tests {
    use super::step_of;

    #[test]
    fn the_nearest_before_else_the_first() {
        let at = |at| step_of([5, 20, 10].into_iter(), at);
        assert_eq!(
            (at(None), at(Some(12)), at(Some(10)), at(Some(99))),
            (Some(20), Some(10), Some(10), Some(20))
        );
        assert_eq!(at(Some(1)), Some(5));
        assert_eq!(step_of([].into_iter(), None), None);
    }
}
