//! Series beside series: one value a step, and one metric read at the steps of another.

use crate::Columns;

/// How a series is read at a step at which it may have no point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Align {
    /// Only where it has a point of that very step.
    #[default]
    Exact,
    /// Between its neighbours, in proportion; never before its first point or after its last.
    Linear,
}

/// The points in order of step, one a step: of several the last written.
#[must_use]
pub fn one_per_step(points: &Columns) -> Columns {
    let mut order: Vec<usize> = (0..points.len()).collect();
    // Stable, so the last written of one step comes last.
    order.sort_by_key(|&index| points.steps[index]);
    let kept: Vec<usize> = order
        .iter()
        .enumerate()
        .filter(|&(at, &index)| {
            order
                .get(at + 1)
                .is_none_or(|&next| points.steps[next] != points.steps[index])
        })
        .map(|(_, &index)| index)
        .collect();
    points.pick(&kept)
}

/// Reads one series at steps that only go up.
#[derive(Debug)]
pub struct Reader<'a> {
    points: &'a Columns,
    at: usize,
    align: Align,
}

impl<'a> Reader<'a> {
    /// Over points with one value a step, in order (see [`one_per_step`]).
    pub fn new(points: &'a Columns, align: Align) -> Self {
        Self { points, at: 0, align }
    }

    /// The value at `step`, which is no smaller than the one asked for before.
    pub fn read(&mut self, step: i64) -> Option<f64> {
        let steps = &self.points.steps;
        while steps.get(self.at).is_some_and(|&here| here < step) {
            self.at += 1;
        }
        let &here = steps.get(self.at)?;
        let value = self.points.values[self.at];
        if here == step {
            return Some(value);
        }
        if self.align == Align::Exact || self.at == 0 {
            return None;
        }
        let (before, from) = (steps[self.at - 1], self.points.values[self.at - 1]);
        // Steps may span the whole range of an i64: the difference is taken in 128 bits.
        let wide = (i128::from(here) - i128::from(before)) as f64;
        let share = (i128::from(step) - i128::from(before)) as f64 / wide;
        Some(from + (value - from) * share)
    }
}

/// `y` over another metric: the points of `y` at whose step `x` is a number, and that number.
#[must_use]
pub fn join(y: &Columns, x: &Columns, align: Align) -> (Vec<f64>, Columns) {
    let (y, x) = (one_per_step(y), one_per_step(x));
    let mut reader = Reader::new(&x, align);
    let read: Vec<Option<f64>> = y.steps.iter().map(|&step| reader.read(step)).collect();
    let number = |index: usize| read[index].filter(|x| x.is_finite());
    let kept: Vec<usize> = (0..y.len()).filter(|&index| number(index).is_some()).collect();
    (kept.iter().filter_map(|&index| number(index)).collect(), y.pick(&kept))
}
