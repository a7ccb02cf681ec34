//! Many runs as one line: mean, spread and extremes of a group, step by step, over raw points.

use crate::align::{Align, Reader, one_per_step};
use crate::trace::thin_line;
use crate::{Columns, Grid};

/// What a group has at each of its steps; the columns are of one length, in order of step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bands {
    /// Steps at which at least one run has a value.
    pub steps: Vec<i64>,
    /// Mean of the finite values; NaN where there is none.
    pub mean: Vec<f64>,
    /// Standard deviation of the sample (n − 1); 0 of one value, NaN of none.
    pub std: Vec<f64>,
    /// The smallest finite value.
    pub min: Vec<f64>,
    /// The largest finite value.
    pub max: Vec<f64>,
    /// How many finite values there are.
    pub count: Vec<u32>,
}

impl Bands {
    /// How many steps.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// No steps.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Adds a step from the values of its runs, in the order of the runs.
    fn push(&mut self, step: i64, values: &[f64]) {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let n = finite().count();
        let mean = finite().sum::<f64>() / n as f64;
        let squares: f64 = finite().map(|value| (value - mean) * (value - mean)).sum();
        let std = match n {
            0 => f64::NAN,
            1 => 0.0,
            _ => (squares / (n - 1) as f64).sqrt(),
        };
        self.steps.push(step);
        self.mean.push(mean);
        self.std.push(std);
        self.min.push(finite().reduce(f64::min).unwrap_or(f64::NAN));
        self.max.push(finite().reduce(f64::max).unwrap_or(f64::NAN));
        self.count.push(n as u32);
    }

    /// The steps at these indices.
    #[must_use]
    pub fn pick(&self, indices: &[usize]) -> Self {
        let numbers = |column: &[f64]| indices.iter().map(|&index| column[index]).collect();
        Self {
            steps: indices.iter().map(|&index| self.steps[index]).collect(),
            mean: numbers(&self.mean),
            std: numbers(&self.std),
            min: numbers(&self.min),
            max: numbers(&self.max),
            count: indices.iter().map(|&index| self.count[index]).collect(),
        }
    }

    /// The indices from `start` to `end` that draw like all of them: real steps, and in each column of pixels
    /// every extreme of the mean, of both bands and of both ends.
    #[must_use]
    pub fn thin(&self, start: usize, end: usize, grid: &Grid) -> Vec<usize> {
        let x: Vec<f64> = self.steps[start..end].iter().map(|&step| step as f64).collect();
        let lower: Vec<f64> = (start..end).map(|i| self.mean[i] - self.std[i]).collect();
        let upper: Vec<f64> = (start..end).map(|i| self.mean[i] + self.std[i]).collect();
        let mut kept = Vec::new();
        for line in [
            &self.mean[start..end],
            &lower,
            &upper,
            &self.min[start..end],
            &self.max[start..end],
        ] {
            kept.extend(thin_line(&x, line, grid).into_iter().map(|index| start + index));
        }
        kept.sort_unstable();
        kept.dedup();
        kept
    }
}

/// The bands of these runs, aligned by step. A run counts once a step, with the last value it wrote there.
#[must_use]
pub fn bands(runs: &[Columns], align: Align) -> Bands {
    let runs: Vec<Columns> = runs.iter().map(one_per_step).collect();
    let mut steps: Vec<i64> = runs.iter().flat_map(|run| run.steps.iter().copied()).collect();
    steps.sort_unstable();
    steps.dedup();
    let mut readers: Vec<Reader> = runs.iter().map(|run| Reader::new(run, align)).collect();
    let mut bands = Bands::default();
    let mut values = Vec::with_capacity(runs.len());
    for step in steps {
        values.clear();
        values.extend(readers.iter_mut().filter_map(|reader| reader.read(step)));
        bands.push(step, &values);
    }
    bands
}
