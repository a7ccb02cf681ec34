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
    let mut average = Average {
        weight: weight.min(1.0),
        last: 0.0,
        power: 1.0,
    };
    let mut smoothed = Vec::with_capacity(at.len());
    let mut wanted = at.iter().copied().peekable();
    for (offset, block) in points.iter() {
        if wanted.peek().is_none() {
            break;
        }
        let mut from = 0;
        loop {
            let next = wanted.next_if(|&index| index < offset + block.len());
            let to = next.map_or(block.len(), |index| index - offset + 1);
            match block.values() {
                Numbers::Single(values) => values[from..to].iter().for_each(|&value| average.add(f64::from(value))),
                Numbers::Double(values) => values[from..to].iter().for_each(|&value| average.add(value)),
            }
            from = to;
            let Some(index) = next else { break };
            let value = block.value(index - offset);
            smoothed.push(if value.is_finite() { average.now() } else { value });
        }
    }
    smoothed
}
