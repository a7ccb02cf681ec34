//! Rows that stand for "not known".

use glassboard_explain::Column;
use ndarray::Array2;

use crate::table::ForModel;
use crate::trouble::Trouble;

/// Background rows of another table, in the units of `data`: categories by the labels of its columns.
pub(super) fn translated(other: &ForModel, data: &ForModel, count: usize, seed: u64) -> Result<Array2<f64>, Trouble> {
    let mut rows = other.sample(count, seed);
    for (at, (theirs, ours)) in other.columns.kinds.iter().zip(&data.columns.kinds).enumerate() {
        match (theirs, ours) {
            (Column::Category(from), Column::Category(to)) if from != to => {
                let map: Vec<f64> = from
                    .iter()
                    .map(|label| {
                        to.iter()
                            .position(|known| known == label)
                            .map_or(f64::NAN, |i| i as f64)
                    })
                    .collect();
                rows.column_mut(at)
                    .mapv_inplace(|v| map.get(v as usize).copied().filter(|_| v >= 0.0).unwrap_or(f64::NAN));
            }
            (Column::Category(_), Column::Category(_)) => {}
            (Column::Category(_), _) | (_, Column::Category(_)) => {
                return Err(Trouble::input(format!(
                    "column `{}` holds labels in one of table and background and numbers in the other; say its kind in the data set",
                    data.columns.names[at]
                )));
            }
            _ => {}
        }
    }
    Ok(rows)
}
