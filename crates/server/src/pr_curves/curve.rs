//! A stored curve as it is drawn, by TensorBoard's rules.

use glassboard_events::PrCurve;
use glassboard_store::logs::{Pick, RecordHead, StoredRecord};

use crate::problem::{Answer, Problem};
use crate::scalars::off_thread;
use crate::state::AppState;
use crate::values;

/// Precision over recall at thresholds from 0 to 1, of one step. All lists are of one length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// Its step.
    pub step: i64,
    /// Its time, seconds since 1970.
    pub wall: f64,
    /// From 0 to 1, evenly, as many as were logged.
    pub thresholds: Vec<f64>,
    /// Of what is called positive, how much is.
    pub precision: Vec<f64>,
    /// Of what is positive, how much is called so.
    pub recall: Vec<f64>,
    /// True positives, false positives, true negatives, false negatives.
    pub counts: [Vec<i64>; 4],
    /// Average precision over these thresholds.
    pub area: f64,
}

impl Curve {
    /// The curve of a stored value.
    pub fn of(record: &StoredRecord) -> Answer<Self> {
        let stored = values::data(record)
            .pr_curve()
            .map_err(|error| Problem::bad_request(format!("This tag holds no precision-recall curves: {error}.")))?;
        Ok(Self::shown(record.head.step, record.head.wall, &stored))
    }

    /// Thresholds at the end at which nothing is called positive have no precision: TensorBoard leaves them out, and
    /// counts as whole numbers.
    fn shown(step: i64, wall: f64, stored: &PrCurve) -> Self {
        let [tp, fp, tn, fn_, precision, recall] = &stored.rows;
        let all = stored.len();
        let called = |index: usize| tp[index].trunc() + fp[index].trunc() != 0.0;
        let end = (1..all)
            .rev()
            .find(|&index| called(index))
            .map_or(1, |index| index + 1)
            .min(all);
        let whole = |row: &[f64]| row[..end].iter().map(|&count| count as i64).collect();
        let each = 1.0 / (all.max(2) - 1) as f64;
        let (precision, recall) = (precision[..end].to_vec(), recall[..end].to_vec());
        Self {
            step,
            wall,
            thresholds: (0..end)
                .map(|index| {
                    if index + 1 == all && all > 1 {
                        1.0
                    } else {
                        index as f64 * each
                    }
                })
                .collect(),
            area: area(&precision, &recall),
            counts: [whole(tp), whole(fp), whole(tn), whole(fn_)],
            precision,
            recall,
        }
    }
}

/// Average precision: the recall that each threshold adds, at the precision it has. What is no number adds nothing.
fn area(precision: &[f64], recall: &[f64]) -> f64 {
    let below = recall.iter().skip(1).chain([&0.0]);
    recall
        .iter()
        .zip(below)
        .zip(precision)
        .map(|((here, below), precision)| (here - below) * precision)
        .filter(|part| part.is_finite())
        .sum()
}

/// The last curve of a series; `None` where there is none. Reads one value.
pub async fn newest(app: &AppState, experiment: &str, run: &str, tag: &str) -> Answer<Option<Curve>> {
    let records = app
        .store()
        .records(&app.actor(), experiment, run, tag, Pick::Last)
        .await?;
    off_thread(move || records.records.first().map(Curve::of).transpose()).await?
}

/// The curves at these places.
pub async fn read(app: &AppState, heads: Vec<RecordHead>) -> Answer<Vec<Curve>> {
    let records = app.store().read_records(heads).await?;
    off_thread(move || records.iter().map(Curve::of).collect()).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(rows: [[f64; 4]; 6]) -> PrCurve {
        PrCurve {
            rows: rows.map(|row| row.to_vec()),
        }
    }

    #[test]
    fn the_end_where_nothing_is_called_positive_is_left_out() {
        let curve = Curve::shown(
            3,
            4.0,
            &stored([
                [4.0, 3.0, 1.0, 0.0],
                [4.0, 1.0, 0.0, 0.0],
                [0.0, 3.0, 4.0, 4.0],
                [0.0, 1.0, 3.0, 4.0],
                [0.5, 0.75, 1.0, 0.0],
                [1.0, 0.75, 0.25, 0.0],
            ]),
        );
        assert_eq!(curve.thresholds, [0.0, 1.0 / 3.0, 2.0 / 3.0]);
        assert_eq!(curve.counts[0], [4, 3, 1]);
        // 0.25 of recall at 1, 0.5 at 0.75, 0.25 at 0.5.
        assert!((curve.area - 0.75).abs() < 1e-12, "{}", curve.area);
    }

    #[test]
    fn one_threshold_is_kept_whatever_it_says() {
        let curve = Curve::shown(0, 0.0, &stored([[0.0; 4]; 6]));
        assert_eq!(curve.thresholds, [0.0]);
        let none = Curve::shown(0, 0.0, &PrCurve::default());
        assert!(none.thresholds.is_empty() && none.area.abs() < 1e-12);
        let odd = [f64::NAN, f64::INFINITY, -1.0, 1e300];
        let curve = Curve::shown(0, 0.0, &stored([odd; 6]));
        assert_eq!((curve.thresholds.len(), curve.thresholds[3]), (4, 1.0));
    }
}
