//! Precision-recall curves.

use crate::payload::OTHER_KIND;
use crate::tensor::Tensor;
use crate::{Data, Malformed};

/// A curve of more thresholds is damage.
const MAX_THRESHOLDS: usize = 1 << 16;

/// Counts, precision and recall at thresholds from 0 to 1. All lists are of one length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrCurve {
    /// True positives, false positives, true negatives, false negatives, precision, recall: one list each.
    pub rows: [Vec<f64>; 6],
}

impl PrCurve {
    /// How many thresholds.
    pub fn len(&self) -> usize {
        self.rows[0].len()
    }

    /// No thresholds.
    pub fn is_empty(&self) -> bool {
        self.rows[0].is_empty()
    }
}

impl Data<'_> {
    /// A tensor `[6, thresholds]`.
    pub fn pr_curve(&self) -> Result<PrCurve, Malformed> {
        let Self::Tensor(message) = *self else {
            return Err(OTHER_KIND);
        };
        let tensor = Tensor::decode(message)?;
        let [6, n] = *tensor.dims() else {
            return Err(Malformed("a precision-recall curve's tensor is not of six rows"));
        };
        let numbers = tensor.numbers(6 * MAX_THRESHOLDS)?;
        let n = n as usize;
        let row = |index: usize| numbers[index * n..(index + 1) * n].to_vec();
        Ok(PrCurve {
            rows: [row(0), row(1), row(2), row(3), row(4), row(5)],
        })
    }
}
