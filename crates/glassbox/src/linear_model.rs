//! A linear model that answers as its library does.

use glassboard_model::{
    Array, Gradient, InputSpec, LayerGradient, LinearModel, Model, ModelError, Target, ValueInfo, View,
};
use ndarray::{Array2, ArrayView2};

use crate::answers::{Answers, refuse_gradient, rows_of, single};
use crate::described::Described;
use crate::response::Response;

/// XGBoost's linear booster as a [`Model`].
#[derive(Debug)]
pub struct LinearGlass {
    linear: LinearModel,
    response: Response,
    described: Described,
    answers: Answers,
    /// 32 bits, as XGBoost computes; else 64.
    single: bool,
}

impl LinearGlass {
    /// Wraps what was read.
    pub fn new(linear: LinearModel, response: Response, described: Described) -> Self {
        let answers = Answers::new(linear.features, linear.weights.len(), response);
        Self {
            linear,
            response,
            described,
            answers,
            single: true,
        }
    }

    /// The linear model of a graph, summed in 64 bits.
    pub(crate) fn of_graph(linear: LinearModel, response: Response, described: Described) -> Self {
        Self {
            single: false,
            ..Self::new(linear, response, described)
        }
    }

    /// What the file says beside the weights.
    pub fn described(&self) -> &Described {
        &self.described
    }

    /// From margins to predictions.
    pub fn response(&self) -> Response {
        self.response
    }
}

impl Model for LinearGlass {
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
        self.answers.values("LinearRegressor")
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
        Err(refuse_gradient("this model is a linear booster"))
    }

    fn layer_gradient(&self, _: &View<'_>, _: &str, _: &Target) -> Result<LayerGradient, ModelError> {
        Err(refuse_gradient("this model is a linear booster"))
    }

    fn forward_rows(&self, rows: ArrayView2<'_, f64>, output: Option<&str>) -> Result<Array2<f64>, ModelError> {
        let wanted = self.answers.wanted(output, rows.ncols())?;
        if !self.single {
            let margins = rows
                .rows()
                .into_iter()
                .flat_map(|row| self.linear.margins(&row.to_vec()))
                .collect();
            return self.answers.finish(wanted, margins, rows.nrows(), false);
        }
        let mut margins = Vec::with_capacity(rows.nrows() * self.linear.weights.len());
        for row in rows.rows() {
            for (weights, intercept) in self.linear.weights.iter().zip(&self.linear.intercept) {
                // In 32 bits, in the order of the columns; a missing value is left out.
                let mut sum = *intercept as f32;
                for (weight, value) in weights.iter().zip(row) {
                    if !value.is_nan() {
                        sum += *value as f32 * *weight as f32;
                    }
                }
                margins.push(f64::from(sum));
            }
        }
        self.answers.finish(wanted, margins, rows.nrows(), true)
    }

    fn linear(&self) -> Option<&LinearModel> {
        Some(&self.linear)
    }
}
