//! A model of trees that answers as its library does.

use glassboard_model::trees::Precision;
use glassboard_model::{
    Array, Gradient, InputSpec, LayerGradient, Model, ModelError, Target, TreeEnsemble, ValueInfo, View,
};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::answers::{Answers, refuse_gradient, rows_of, single};
use crate::described::Described;
use crate::layout::Forest;
use crate::response::Response;

/// Rows that go through all trees together, so that a tree stays near while they do.
const BLOCK: usize = 64;

/// An ensemble of trees as a [`Model`].
#[derive(Debug)]
pub struct TreeModel {
    ensemble: TreeEnsemble,
    response: Response,
    described: Described,
    forest: Forest,
    answers: Answers,
}

impl TreeModel {
    /// Lays the trees out.
    pub fn new(ensemble: TreeEnsemble, response: Response, described: Described) -> Self {
        let answers = Answers::new(ensemble.features, ensemble.outputs, response);
        Self {
            forest: Forest::new(&ensemble),
            ensemble,
            response,
            described,
            answers,
        }
    }

    /// What the file says beside the trees.
    pub fn described(&self) -> &Described {
        &self.described
    }

    /// From margins to predictions.
    pub fn response(&self) -> Response {
        self.response
    }

    /// The sums of each row, `[rows, outputs]`, row-major.
    fn margins(&self, rows: &ArrayView2<'_, f64>) -> Vec<f64> {
        let outputs = self.ensemble.outputs;
        let mut sums = vec![0.0f64; rows.nrows() * outputs];
        sums.par_chunks_mut(BLOCK * outputs)
            .enumerate()
            .for_each(|(block, sums)| {
                let from = block * BLOCK;
                let count = sums.len() / outputs;
                self.block(&rows.slice(ndarray::s![from..from + count, ..]), sums);
            });
        sums
    }

    fn block(&self, rows: &ArrayView2<'_, f64>, sums: &mut [f64]) {
        let ensemble = &self.ensemble;
        // A constant model asks about no column; the walk wants one.
        let width = ensemble.features.max(1);
        let mut compared = Vec::with_capacity(rows.nrows() * width);
        for row in rows.rows() {
            match ensemble.precision {
                Precision::Double => compared.extend(row.iter().copied()),
                Precision::Single | Precision::SingleRows => compared.extend(row.iter().map(|v| f64::from(*v as f32))),
            }
            if row.is_empty() {
                compared.push(0.0);
            }
        }
        let single = ensemble.precision == Precision::Single;
        if single {
            sums.chunks_exact_mut(ensemble.outputs)
                .for_each(|sums| sums.copy_from_slice(&ensemble.base));
        }
        let mut leaves = vec![0u32; rows.nrows()];
        for (index, tree) in ensemble.trees.iter().enumerate() {
            self.forest.leaves(index, tree, &compared, width, &mut leaves);
            for (leaf, sums) in leaves.iter().zip(sums.chunks_exact_mut(ensemble.outputs)) {
                for (sum, value) in sums[tree.output..].iter_mut().zip(tree.value(*leaf as usize)) {
                    *sum = if single {
                        f64::from(*sum as f32 + *value as f32)
                    } else {
                        *sum + value
                    };
                }
            }
        }
        if !single {
            for sums in sums.chunks_exact_mut(ensemble.outputs) {
                for (sum, base) in sums.iter_mut().zip(&ensemble.base) {
                    *sum = *sum * ensemble.scale + base;
                }
            }
        }
    }
}

impl Model for TreeModel {
    fn inputs(&self) -> &[InputSpec] {
        &self.answers.inputs
    }

    fn outputs(&self) -> &[String] {
        &self.answers.outputs
    }

    fn notes(&self) -> Vec<String> {
        self.described.notes.clone()
    }

    fn rows_per_pass(&self, _: &[usize]) -> usize {
        1024
    }

    fn forward(&self, x: &View<'_>, output: Option<&str>) -> Result<Array, ModelError> {
        Ok(single(&self.forward_rows(rows_of(x)?.view(), output)?))
    }

    fn values(&self) -> Vec<ValueInfo> {
        self.answers.values("TreeEnsemble")
    }

    fn capture(&self, x: &View<'_>, layers: &[&str]) -> Result<Vec<Array>, ModelError> {
        let rows = rows_of(x)?;
        self.answers.known(layers)?;
        layers
            .iter()
            .map(|layer| Ok(single(&self.forward_rows(rows.view(), Some(layer))?)))
            .collect()
    }

    fn gradient(&self, _: &View<'_>, _: &Target) -> Result<Gradient, ModelError> {
        Err(refuse_gradient("this model is a tree ensemble"))
    }

    fn layer_gradient(&self, _: &View<'_>, _: &str, _: &Target) -> Result<LayerGradient, ModelError> {
        Err(refuse_gradient("this model is a tree ensemble"))
    }

    fn forward_rows(&self, rows: ArrayView2<'_, f64>, output: Option<&str>) -> Result<Array2<f64>, ModelError> {
        let wanted = self.answers.wanted(output, rows.ncols())?;
        let margins = self.margins(&rows);
        let single = self.ensemble.precision == Precision::Single;
        self.answers.finish(wanted, margins, rows.nrows(), single)
    }

    fn trees(&self) -> Option<&TreeEnsemble> {
        Some(&self.ensemble)
    }
}
