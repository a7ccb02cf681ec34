//! A model that a session runs, and whose trees or weights are known besides.

use glassboard_model::{
    Array, Gradient, InputSpec, LayerGradient, LinearModel, Model, ModelError, Propagated, Propagation, Target,
    TreeEnsemble, ValueInfo, View,
};
use ndarray::{Array2, ArrayView2};

use crate::described::Glass;
use crate::linear_model::LinearGlass;
use crate::response::Response;
use crate::tree_model::TreeModel;

/// The output that is added where the session gives probabilities alone.
const MARGIN: &str = "margin";

/// Runs by the session; explains by the trees.
pub struct Recognised {
    session: Box<dyn Model>,
    inner: Box<dyn Model>,
    outputs: Vec<String>,
    /// Whether `margin` is ours.
    margin: bool,
}

impl Recognised {
    /// `glass` is what [`recognise`](crate::onnx::recognise) found in the graph that `session` runs.
    pub fn new(session: Box<dyn Model>, glass: Glass) -> Self {
        let mut outputs = session.outputs().to_vec();
        let linked = !matches!(glass.response, Response::Identity | Response::Votes);
        let margin = linked && !outputs.iter().any(|output| output == MARGIN);
        if margin {
            outputs.push(MARGIN.to_owned());
        }
        let inner: Box<dyn Model> = match glass.body {
            crate::Body::Trees(trees) => Box::new(TreeModel::new(trees, glass.response, glass.described)),
            crate::Body::Linear(linear) => Box::new(LinearGlass::of_graph(linear, glass.response, glass.described)),
        };
        Self {
            session,
            inner,
            outputs,
            margin,
        }
    }

    fn is_ours(&self, output: Option<&str>) -> bool {
        self.margin && output == Some(MARGIN)
    }
}

impl Model for Recognised {
    fn inputs(&self) -> &[InputSpec] {
        self.session.inputs()
    }

    fn outputs(&self) -> &[String] {
        &self.outputs
    }

    fn values(&self) -> Vec<ValueInfo> {
        self.session.values()
    }

    fn notes(&self) -> Vec<String> {
        self.session.notes()
    }

    fn rows_per_pass(&self, row_shape: &[usize]) -> usize {
        self.session.rows_per_pass(row_shape)
    }

    fn forward(&self, x: &View<'_>, output: Option<&str>) -> Result<Array, ModelError> {
        if self.is_ours(output) {
            self.inner.forward(x, output)
        } else {
            self.session.forward(x, output)
        }
    }

    fn capture(&self, x: &View<'_>, layers: &[&str]) -> Result<Vec<Array>, ModelError> {
        self.session.capture(x, layers)
    }

    fn gradient(&self, x: &View<'_>, target: &Target) -> Result<Gradient, ModelError> {
        self.session.gradient(x, target)
    }

    fn layer_gradient(&self, x: &View<'_>, layer: &str, target: &Target) -> Result<LayerGradient, ModelError> {
        self.session.layer_gradient(x, layer, target)
    }

    fn propagate(
        &self,
        x: &View<'_>,
        reference: Option<&View<'_>>,
        target: &Target,
        way: &dyn Propagation,
        at: Option<&str>,
    ) -> Result<Propagated, ModelError> {
        self.session.propagate(x, reference, target, way, at)
    }

    fn forward_rows(&self, rows: ArrayView2<'_, f64>, output: Option<&str>) -> Result<Array2<f64>, ModelError> {
        if self.is_ours(output) {
            self.inner.forward_rows(rows, output)
        } else {
            self.session.forward_rows(rows, output)
        }
    }

    fn trees(&self) -> Option<&TreeEnsemble> {
        self.inner.trees()
    }

    fn linear(&self) -> Option<&LinearModel> {
        self.inner.linear()
    }
}
