//! Classical machine learning: `ai.onnx.ml`.

use crate::harness::Case;

pub fn cases() -> Vec<Case> {
    vec![]
}
