//! Class labels of classifiers.

use std::sync::Arc;

use super::super::Call;
use crate::operation::Engine;
use crate::value::{Elem, Host, Text, Value};

/// The labels of a classifier's classes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Labels {
    Ints(Vec<i64>),
    Texts(Vec<String>),
}

impl Labels {
    /// From the two attributes of which one is set.
    pub fn read<B: Engine>(c: &Call<'_, B>, ints: &str, texts: &str) -> Self {
        let strings = c.strs(texts);
        if strings.is_empty() {
            Self::Ints(c.ints(ints).unwrap_or_default())
        } else {
            Self::Texts(strings.to_vec())
        }
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        match self {
            Self::Ints(v) => v.len(),
            Self::Texts(v) => v.len(),
        }
    }

    /// Labels for a score of which only the sign counts: the negative one, then the positive.
    pub fn of_sign(&self) -> Self {
        if self.len() == 2 {
            return self.clone();
        }
        match self {
            Self::Ints(_) => Self::Ints(vec![0, 1]),
            Self::Texts(_) => Self::Texts(vec!["0".into(), "1".into()]),
        }
    }

    /// The labels at these positions, which exist, as a vector.
    pub fn pick<B: Engine>(&self, at: &[usize]) -> Value<B> {
        let shape = vec![at.len()];
        match self {
            Self::Ints(v) => Value::Host(Host::new(shape, Elem::I64, at.iter().map(|&i| v[i]).collect())),
            Self::Texts(v) => Value::Text(Text {
                shape,
                data: Arc::new(at.iter().map(|&i| v[i].clone()).collect()),
            }),
        }
    }
}

/// Position of the largest number of each row of `width`; the first of equals.
pub(super) fn largest(scores: &[f32], width: usize) -> Vec<usize> {
    scores
        .chunks_exact(width.max(1))
        .map(|row| {
            let mut best = 0;
            for (k, v) in row.iter().enumerate() {
                if *v > row[best] {
                    best = k;
                }
            }
            best
        })
        .collect()
}
