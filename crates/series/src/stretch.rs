//! What happened in a stretch of a series: where it started and ended, its extremes, and where it went wrong.

/// Finite values before a point that a sudden explosion is measured against.
const BEFORE: usize = 20;
/// How many times the largest of them it must be.
const TIMES: f64 = 10.0;
/// Points that must stay high, the point itself included: one spike is no divergence.
const AFTER: usize = 5;

/// A stretch of points, by index into the series.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stretch {
    /// Points in it, whatever their value.
    pub n: usize,
    /// How many of them are no number.
    pub nonfinite: usize,
    /// The first finite point.
    pub first: Option<usize>,
    /// The last finite point.
    pub last: Option<usize>,
    /// The smallest value's first point.
    pub least: Option<usize>,
    /// The largest value's first point.
    pub most: Option<usize>,
    /// Mean of the finite values; NaN of none.
    pub mean: f64,
}

/// The points from `start` to `end`.
#[must_use]
pub fn stretch(values: &[f64], start: usize, end: usize) -> Stretch {
    let mut found = Stretch {
        n: end.saturating_sub(start),
        ..Stretch::default()
    };
    let (mut sum, mut finite) = (0.0, 0usize);
    for index in start..end.max(start) {
        let value = values[index];
        if !value.is_finite() {
            found.nonfinite += 1;
            continue;
        }
        sum += value;
        finite += 1;
        found.first = found.first.or(Some(index));
        found.last = Some(index);
        if found.least.is_none_or(|least| value < values[least]) {
            found.least = Some(index);
        }
        if found.most.is_none_or(|most| value > values[most]) {
            found.most = Some(index);
        }
    }
    found.mean = sum / finite as f64;
    found
}

/// How a series went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A value that is not a number.
    Nan,
    /// A value that is infinite.
    Infinite,
    /// Ten times the largest size of the twenty values before it, and high for five points.
    Explosion,
}

/// The first point at which a series went wrong, if it did.
#[must_use]
pub fn divergence(values: &[f64]) -> Option<(usize, Fault)> {
    let broken = values.iter().position(|value| !value.is_finite());
    let end = broken.unwrap_or(values.len());
    if let Some(index) = explosion(&values[..end]) {
        return Some((index, Fault::Explosion));
    }
    let index = broken?;
    let fault = if values[index].is_nan() {
        Fault::Nan
    } else {
        Fault::Infinite
    };
    Some((index, fault))
}

fn explosion(values: &[f64]) -> Option<usize> {
    (BEFORE..values.len()).find(|&index| {
        let size = |value: &f64| value.abs();
        let usual = values[index - BEFORE..index].iter().map(size).fold(0.0, f64::max);
        let after = &values[index..values.len().min(index + AFTER)];
        usual > 0.0 && after.len() == AFTER && after.iter().all(|value| value.abs() > TIMES * usual)
    })
}
