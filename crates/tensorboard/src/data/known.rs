//! Answers of a moment ago: one reload of a client asks the same things many times.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::scope::{Part, Scope};
use super::series::{Place, Series};

/// A client asks for the same list many times within one reload.
const FRESH: Duration = Duration::from_secs(1);
/// Answers of one kind that are kept.
const KEPT: usize = 8;
/// Series whose longest step is remembered.
const MEASURED: usize = 1 << 16;

/// What was asked a moment ago.
#[derive(Default)]
pub struct Known {
    /// By name.
    pub scopes: Recent<String, Scope>,
    /// Series of an experiment.
    pub lists: Recent<Part, Arc<Vec<Series>>>,
    longest: Mutex<HashMap<(Place, String), (i64, usize)>>,
}

/// The latest answers to a question, oldest first.
pub struct Recent<Q, A>(Mutex<VecDeque<(Q, Instant, A)>>);

impl<Q, A> Default for Recent<Q, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Q: PartialEq, A: Clone> Recent<Q, A> {
    pub fn get(&self, question: &Q) -> Option<A> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = answers
            .iter()
            .find(|(of, at, _)| of == question && at.elapsed() < FRESH);
        found.map(|(_, _, answer)| answer.clone())
    }

    pub fn put(&self, question: Q, answer: A) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|(of, at, _)| *of != question && at.elapsed() < FRESH);
        if answers.len() == KEPT {
            answers.pop_front();
        }
        answers.push_back((question, Instant::now(), answer));
    }
}

impl Known {
    /// The most blobs of a step of this series, if it was measured when it had as many points as now.
    pub fn longest(&self, series: &Series) -> Option<usize> {
        let measured = self.longest.lock().unwrap_or_else(PoisonError::into_inner);
        let (points, longest) = measured.get(&(series.place.clone(), series.tag.clone()))?;
        (*points == series.points).then_some(*longest)
    }

    /// Remembers it.
    pub fn measured(&self, series: &Series, longest: usize) {
        let mut measured = self.longest.lock().unwrap_or_else(PoisonError::into_inner);
        if measured.len() >= MEASURED {
            measured.clear();
        }
        measured.insert((series.place.clone(), series.tag.clone()), (series.points, longest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_too_many_answers_goes() {
        let recent = Recent::default();
        for question in 0..=KEPT {
            recent.put(question, question * 10);
        }
        assert_eq!(
            (recent.get(&0), recent.get(&1), recent.get(&KEPT)),
            (None, Some(10), Some(KEPT * 10))
        );
        recent.put(1, 11);
        assert_eq!(recent.get(&1), Some(11));
    }
}
