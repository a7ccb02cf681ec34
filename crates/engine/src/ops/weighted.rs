//! Sparse sums: every output is a weighted sum of a few inputs, the same for all channels.
//!
//! Averages over windows, regions and columns are such sums; only their lists of inputs differ.

use std::sync::Arc;

use rayon::prelude::*;

use crate::operation::{Keeps, Operation, Slice, Trace};

/// The inputs of every output, as rows of a sparse matrix.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Where the entries of output `i` start; one more at the end.
    start: Vec<usize>,
    /// Input positions and weights.
    entries: Vec<(usize, f64)>,
}

impl Rows {
    /// No outputs yet.
    pub fn new() -> Self {
        Self {
            start: vec![0],
            entries: Vec::new(),
        }
    }

    /// Adds an entry to the output being made.
    pub fn entry(&mut self, at: usize, weight: f64) {
        self.entries.push((at, weight));
    }

    /// Ends the output being made.
    pub fn finish(&mut self) {
        self.start.push(self.entries.len());
    }

    fn row(&self, i: usize) -> &[(usize, f64)] {
        &self.entries[self.start[i]..self.start[i + 1]]
    }
}

/// `[groups, channels, inputs]` to `[from.len(), channels, outputs]`: group `k` of the output reads
/// group `from[k]` of the input through its own rows, or all groups through one set of rows.
#[derive(Debug, Clone)]
pub(super) struct Weighted {
    /// Rows of each output group in turn; `outputs` of them a group, or `outputs` in all.
    pub rows: Arc<Rows>,
    /// Which input group an output group reads.
    pub from: Arc<Vec<usize>>,
    /// Outputs of one group and channel.
    pub outputs: usize,
}

impl Weighted {
    /// The first row of an output group.
    fn base(&self, group: usize) -> usize {
        if self.rows.start.len() == self.outputs + 1 {
            0
        } else {
            group * self.outputs
        }
    }

    fn run<T: Copy + Into<f64> + Send + Sync>(&self, x: Slice<'_, T>, narrow: fn(f64) -> T) -> Vec<T> {
        let (channels, inputs) = (x.shape[1], x.shape[2]);
        (0..self.from.len() * channels * self.outputs)
            .into_par_iter()
            .map(|k| {
                let (plane, output) = (k / self.outputs, k % self.outputs);
                let (group, channel) = (plane / channels, plane % channels);
                let plane = &x.data[(self.from[group] * channels + channel) * inputs..][..inputs];
                let row = self.rows.row(self.base(group) + output);
                narrow(row.iter().map(|&(at, w)| w * plane[at].into()).sum())
            })
            .collect()
    }
}

impl Operation for Weighted {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        vec![self.from.len(), inputs[0][1], self.outputs]
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        self.run(inputs[0], |v| v as f32)
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        self.run(inputs[0], |v| v)
    }

    fn keeps(&self) -> Keeps {
        Keeps::default()
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let shape = &trace.shapes[0];
        let (groups, channels, inputs) = (shape[0], shape[1], shape[2]);
        let mut readers: Vec<Vec<usize>> = vec![Vec::new(); groups];
        for (group, &from) in self.from.iter().enumerate() {
            readers[from].push(group);
        }
        let g = trace.gradient.data;
        let mut dx = vec![0.0f32; groups * channels * inputs];
        if inputs > 0 {
            dx.par_chunks_mut(inputs).enumerate().for_each(|(plane, dx)| {
                let (from, channel) = (plane / channels, plane % channels);
                for &group in &readers[from] {
                    let g = &g[(group * channels + channel) * self.outputs..][..self.outputs];
                    for (output, &g) in g.iter().enumerate() {
                        for &(at, w) in self.rows.row(self.base(group) + output) {
                            dx[at] += (w * f64::from(g)) as f32;
                        }
                    }
                }
            });
        }
        vec![Some(dx)]
    }
}
