//! TensorBoard's smoothing: an exponential moving average, freed of its start's bias.

use crate::{Blocks, Numbers};

/// The average so far.
#[derive(Debug, Clone, Copy)]
struct Average {
    weight: f64,
    last: f64,
    /// The weight to the power of the values so far.
    power: f64,
}

impl Average {
    fn add(&mut self, value: f64) {
        // What is not finite is skipped; the choice is made without a branch.
        let (last, power) = (
            self.last * self.weight + (1.0 - self.weight) * value,
            self.power * self.weight,
        );
        // So small, it changes no bit of what `now` divides by; and on its way to zero, which it never reaches (the
        // smallest double times 0.6 is itself), every product with it would take the processor's slow path.
        let power = if power < NOTHING { 0.0 } else { power };
        let finite = value.is_finite();
        self.last = if finite { last } else { self.last };
        self.power = if finite { power } else { self.power };
    }

    fn now(&self) -> f64 {
        let debias = if self.weight >= 1.0 { 1.0 } else { 1.0 - self.power };
        self.last / debias
    }
}

/// The smoothed values at the points `at` (indices in order), smoothing over every point before with `weight` in 0..1.
/// What is not finite passes through and is skipped; a constant series stays as it is.
pub fn smooth(points: &Blocks, weight: f64, at: &[usize]) -> Vec<f64> {
    if weight <= 0.0 || !weight.is_finite() || points.is_constant() {
        return at
            .iter()
            .map(|&index| {
                let (block, inside) = points.locate(index);
                block.value(inside)
            })
            .collect();
    }
    let forgets = forgets(weight).filter(|_| points.len() > LONG);
    let mut average = Average {
        weight: weight.min(1.0),
        last: 0.0,
        power: 1.0,
    };
    let mut smoothed = Vec::with_capacity(at.len());
    let cursor = points.cursor();
    let mut next = 0;
    for &index in at {
        if let Some(start) = forgets.and_then(|forgets| skip(points, next, index, forgets)) {
            (average.last, average.power) = (0.0, 0.0);
            next = start;
        }
        while next <= index {
            let (block, first) = cursor.locate(next);
            let end = block.len().min(first + index + 1 - next);
            match block.values() {
                Numbers::Single(values) => values[first..end]
                    .iter()
                    .for_each(|&value| average.add(f64::from(value))),
                Numbers::Double(values) => values[first..end].iter().for_each(|&value| average.add(value)),
            }
            next += end - first;
        }
        let (block, inside) = cursor.locate(index);
        let value = block.value(inside);
        smoothed.push(if value.is_finite() { average.now() } else { value });
    }
    smoothed
}

/// 2^-60: one less this is one.
const NOTHING: f64 = 1.0 / (1_u64 << 60) as f64;

/// A series of more points takes short cuts; up to here every value is added.
const LONG: usize = 1 << 16;

/// Values further back than this weigh less than 2^-60 of one: nothing that a double could show.
fn forgets(weight: f64) -> Option<usize> {
    let back = -60.0 * std::f64::consts::LN_2 / weight.ln();
    (weight < 1.0 && back < 1e9).then_some(back as usize + 1)
}

/// Where the average may begin anew on its way to `index`, as if nothing had been before.
fn skip(points: &Blocks, next: usize, index: usize, forgets: usize) -> Option<usize> {
    let start = (index + 1).checked_sub(forgets)?;
    (start > next
        && points
            .between(start, index + 1)
            .all(|(_, block)| block.nonfinite() == 0))
    .then_some(start)
}
