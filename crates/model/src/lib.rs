//! The seam between explanations and whatever runs a model.
//!
//! **What it is.** One trait, [`Model`], and the few plain types that cross it. `explain` asks a
//! `Model` for outputs, gradients and intermediate values; `engine` (and later `glassbox`) answers.
//!
//! **What it promises.** Plain `ndarray` arrays in, plain arrays out, first axis always the batch.
//!
//! **What it must never know.** Burn, ONNX, SQL, HTTP, files.

pub mod columns;
mod linear;
pub mod propagation;
pub mod trees;

use ndarray::{Array2, ArrayD, ArrayView2, ArrayViewD};

pub use linear::LinearModel;
pub use propagation::{Outline, Propagated, Propagation, Recording};
pub use trees::TreeEnsemble;

/// A dense `f32` array, row-major, first axis = batch.
pub type Array = ArrayD<f32>;
/// A borrowed [`Array`].
pub type View<'a> = ArrayViewD<'a, f32>;

/// Which scalar of the model's output is explained, one per row of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutputSpace {
    /// The model's own output, unchanged (for classifiers: the logit, before softmax).
    Raw,
    /// Softmax over the last axis of the output (sigmoid where it has a single column).
    Probability,
}

/// The scalar to explain: output `output` (by name; `None` = the graph's first output), in `space`,
/// at class `targets[row]`.
#[derive(Debug, Clone)]
pub struct Target {
    /// Name of the graph output; `None` is the first.
    pub output: Option<String>,
    /// Before or after softmax.
    pub space: OutputSpace,
    /// One class index per row of the batch (flat index into the row's output).
    pub targets: Vec<usize>,
}

/// What a model's input looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputSpec {
    /// The author's name of the input value.
    pub name: String,
    /// Shape with the batch axis first; `None` where the file leaves the axis free.
    pub shape: Vec<Option<usize>>,
}

/// One value of the graph that can be captured: what computes it and, where known, its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueInfo {
    /// The author's name of the value.
    pub name: String,
    /// Operator that produces it, for example `Conv`.
    pub op: String,
    /// Shape with the batch axis first, `None` per free axis; `None` where the file does not say.
    pub shape: Option<Vec<Option<usize>>>,
}

/// Numbers that the model was trained to: a weight, a bias, a table of embeddings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightInfo {
    /// The author's name of it.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Operator of the first node that reads it, for example `Conv`.
    pub op: String,
}

/// Why a model could not answer.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The graph uses something the engine cannot run. The caller shows the sentence and stops.
    #[error("{0}")]
    Unsupported(String),
    /// The arrays do not fit the model. The caller mends the input.
    #[error("{0}")]
    Input(String),
    /// No value of that name in the graph. The caller picks another layer.
    #[error("the graph has no value named `{0}`")]
    NoSuchValue(String),
    /// The rows would not fit into the memory that one pass may use. The caller sends fewer, or raises the limit.
    #[error("{0}; use a smaller batch or raise the memory limit")]
    TooLarge(String),
    /// The job was cancelled between two batches.
    #[error("cancelled")]
    Cancelled,
    /// The engine failed while running. Not the caller's fault; the sentence names the node.
    #[error("{0}")]
    Failed(String),
}

/// A model that can be run, and where it is differentiable, differentiated.
///
/// Implementations pad batches to a fixed size, so that how a caller batches its rows never changes
/// the bytes of the answer.
pub trait Model {
    /// The inputs that are not initialisers, in graph order.
    fn inputs(&self) -> &[InputSpec];

    /// Names of the graph outputs, in graph order.
    fn outputs(&self) -> &[String];

    /// The floating-point values that nodes of the graph compute, in the order they are computed.
    /// Methods pick a default layer from it; a model without inner values has none.
    fn values(&self) -> Vec<ValueInfo> {
        Vec::new()
    }

    /// What a reader of this model's gradients should know, a sentence each.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Rows that one pass takes, for rows of this shape (without the batch axis): fewer may be padded to
    /// it, so that a caller with many rows does well to ask for a multiple.
    fn rows_per_pass(&self, row_shape: &[usize]) -> usize {
        let _ = row_shape;
        1
    }

    /// Runs `x` (`[batch, ...]`) and gives the named output (`None`: the first), `[batch, ...]`.
    fn forward(&self, x: &View<'_>, output: Option<&str>) -> Result<Array, ModelError>;

    /// The values of `layers` (by ONNX value name) for `x`, in the order asked.
    fn capture(&self, x: &View<'_>, layers: &[&str]) -> Result<Vec<Array>, ModelError>;

    /// d target / d x, one row each, together with the target's value per row.
    fn gradient(&self, x: &View<'_>, target: &Target) -> Result<Gradient, ModelError>;

    /// The value of `layer` and d target / d `layer` (Grad-CAM and its family).
    fn layer_gradient(&self, x: &View<'_>, layer: &str, target: &Target) -> Result<LayerGradient, ModelError>;

    /// A backward pass by `way` from the target to the input, or to the value named by `at`. Where a reference takes
    /// part, row `i` of it is run beside row `i` of `x`.
    fn propagate(
        &self,
        x: &View<'_>,
        reference: Option<&View<'_>>,
        target: &Target,
        way: &dyn Propagation,
        at: Option<&str>,
    ) -> Result<Propagated, ModelError> {
        let _ = (x, reference, target, way, at);
        Err(ModelError::Unsupported(
            "this model has no nodes to propagate through; choose another method".to_owned(),
        ))
    }

    /// Runs `x` with the value of `layer` replaced by `values` (`[batch, ...]`, the layer's shape): what depends on `x`
    /// by another way is computed from `x`, as the mask of a sentence is while its embeddings are moved. The named output (`None`: the first), `[batch, ...]`.
    fn forward_from(
        &self,
        x: &View<'_>,
        layer: &str,
        values: &View<'_>,
        output: Option<&str>,
    ) -> Result<Array, ModelError> {
        let _ = (x, values, output);
        Err(ModelError::NoSuchValue(layer.to_owned()))
    }

    /// d target / d `layer` where the value of `layer` is replaced by `values`, as in [`Model::forward_from`].
    fn gradient_from(
        &self,
        x: &View<'_>,
        layer: &str,
        values: &View<'_>,
        target: &Target,
    ) -> Result<Gradient, ModelError> {
        let _ = (x, values, target);
        Err(ModelError::NoSuchValue(layer.to_owned()))
    }

    /// The weights, in the order of the nodes that read them; a model whose weights cannot be changed has none.
    fn weights(&self) -> Vec<WeightInfo> {
        Vec::new()
    }

    /// The numbers of the weight called `name`.
    fn weight(&self, name: &str) -> Result<Array, ModelError> {
        Err(ModelError::NoSuchValue(name.to_owned()))
    }

    /// The same model with other numbers in some of its weights.
    fn with_weights(&self, changed: Vec<(String, Array)>) -> Result<Box<dyn Model>, ModelError> {
        let first = changed.into_iter().next().map(|(name, _)| name).unwrap_or_default();
        Err(ModelError::NoSuchValue(first))
    }

    /// For each row of `x`, the sum over the numbers of the named output of `pull` (`[batch, numbers]`) times d number /
    /// d weight: with d loss / d output for `pull`, the gradient of the row's own loss. `[batch, weights]`, the numbers
    /// of [`Model::weights`] one after another.
    fn weight_gradients(
        &self,
        x: &View<'_>,
        output: Option<&str>,
        pull: ArrayView2<'_, f32>,
    ) -> Result<Array2<f32>, ModelError> {
        let _ = (x, output, pull);
        Err(ModelError::Unsupported(
            "this kind of model has no weights to differentiate by".to_owned(),
        ))
    }

    /// The same for several layers at once, in the order asked.
    fn layer_gradients(
        &self,
        x: &View<'_>,
        layers: &[&str],
        target: &Target,
    ) -> Result<Vec<LayerGradient>, ModelError> {
        layers
            .iter()
            .map(|layer| self.layer_gradient(x, layer, target))
            .collect()
    }

    /// The inner value that holds what the input's tokens are looked up to, `[batch, tokens, dimensions]`; `None` where
    /// the model reads no tokens.
    fn embedding(&self) -> Option<String> {
        None
    }

    /// The model as one of token ids alone, where its other inputs (the mask, the kinds of tokens, their places)
    /// follow from the ids and `pad`, the id of the padding. `None` where the model has one input as it is.
    fn of_tokens(&self, pad: i64) -> Option<Box<dyn Model + '_>> {
        let _ = pad;
        None
    }

    /// Runs rows of a table (`[rows, columns]`, missing values NaN) and gives the named output (`None`: the first),
    /// `[rows, outputs]`. A network sees the rows rounded to 32 bits; models that compare doubles answer themselves.
    fn forward_rows(&self, rows: ArrayView2<'_, f64>, output: Option<&str>) -> Result<Array2<f64>, ModelError> {
        let single = rows.mapv(|v| v as f32).into_dyn();
        let answer = self.forward(&single.view(), output)?;
        let count = answer.shape().first().copied().unwrap_or(0);
        let width = answer.len() / count.max(1);
        let flat = answer.as_standard_layout().into_owned();
        let shaped = flat.into_shape_with_order((count, width));
        let shaped = shaped.map_err(|e| ModelError::Failed(format!("the output has no rows: {e}")))?;
        Ok(shaped.mapv(f64::from))
    }

    /// The trees the model is made of, if that is all it is. Their margins are the model's raw output.
    fn trees(&self) -> Option<&TreeEnsemble> {
        None
    }

    /// The linear model it is, if that is all it is. Its margins are the model's raw output.
    fn linear(&self) -> Option<&LinearModel> {
        None
    }
}

/// Answer of [`Model::gradient`].
#[derive(Debug, Clone)]
pub struct Gradient {
    /// The explained scalar per row, `[batch]`.
    pub values: Vec<f32>,
    /// d value / d x, shape of `x`.
    pub gradient: Array,
}

/// Answer of [`Model::layer_gradient`].
#[derive(Debug, Clone)]
pub struct LayerGradient {
    /// The layer's value, `[batch, ...]`.
    pub activation: Array,
    /// d target / d activation, same shape.
    pub gradient: Array,
}
