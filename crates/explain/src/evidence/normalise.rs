//! Attributions brought to a common scale before they are measured.

use serde::{Deserialize, Serialize};

/// What every value is divided by.
///
/// Quantus divides by the largest magnitude of the whole batch, so that a row's score depends on the rows beside
/// it. Here a row is measured by itself; the batch is there to compare with Quantus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalise {
    /// Nothing.
    None,
    /// The largest magnitude of the row.
    #[default]
    Row,
    /// The largest magnitude of all rows.
    Batch,
}

impl Normalise {
    /// Divides the rows (of `size` values each) in place. Rows of zeros stay.
    pub fn apply(self, values: &mut [f64], size: usize) {
        let piece = match self {
            Self::None => return,
            Self::Row => size,
            Self::Batch => values.len(),
        };
        for row in values.chunks_mut(piece.max(1)) {
            let highest = row.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            if highest > 0.0 {
                for v in row {
                    *v /= highest;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Normalise;

    #[test]
    fn a_row_does_not_feel_its_neighbours_unless_asked() {
        let values = [1.0, -2.0, 8.0, 4.0];
        let done = |how: Normalise| {
            let mut v = values;
            how.apply(&mut v, 2);
            v.to_vec()
        };
        assert_eq!(done(Normalise::Row), [0.5, -1.0, 1.0, 0.5]);
        assert_eq!(done(Normalise::Batch), [0.125, -0.25, 1.0, 0.5]);
        assert_eq!(done(Normalise::None), values);
    }
}
