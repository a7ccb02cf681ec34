//! Attention, position embeddings and causal convolutions.

use crate::harness::Case;

pub fn cases() -> Vec<Case> {
    vec![]
}
