//! Sequences, optionals and bodies.

use crate::harness::Case;

pub fn cases() -> Vec<Case> {
    vec![]
}
