//! Backward passes that an explanation method writes itself: DeepLIFT, layer-wise relevance propagation, guided
//! backpropagation.
//!
//! A model that can be propagated through records a forward pass (or two, where a reference takes part), then asks the
//! [`Propagation`] node by node, from the output back, what goes to each input. The method needs no kernels of its own:
//! the [`Recording`] runs any node at inputs of the method's choice, forward and backward.

use crate::{Array, ModelError};

/// One value of a recorded graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedValue {
    /// The author's name; empty for what the model added.
    pub name: String,
    /// Whether it is the same for every input: a weight, or computed from weights.
    pub constant: bool,
    /// Whether it holds floats and depends on the input, or the layer, that is propagated to.
    pub active: bool,
}

/// One node of a recorded graph. Values are named by their index in [`Outline::values`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedNode {
    /// The author's name.
    pub name: String,
    /// Operator, with its domain before it where that is not ONNX's own: `com.microsoft.FusedConv`.
    pub op: String,
    /// Inputs; `None` where an optional one is absent.
    pub inputs: Vec<Option<usize>>,
    /// Outputs; `None` where not asked for.
    pub outputs: Vec<Option<usize>>,
    /// Version of the operator's set.
    pub opset: i64,
    /// Whether its derivative is zero or undefined, so that gradients stop here.
    pub stops: bool,
}

/// The graph between the input and what is explained. The same for every row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The values.
    pub values: Vec<RecordedValue>,
    /// The nodes, in the order in which they ran.
    pub nodes: Vec<RecordedNode>,
}

impl Outline {
    /// Whether input `slot` of `node` is there and active.
    pub fn active(&self, node: usize, slot: usize) -> bool {
        let id = self.nodes[node].inputs.get(slot).copied().flatten();
        id.is_some_and(|id| self.values[id].active)
    }

    /// The active inputs of `node`.
    pub fn active_slots(&self, node: usize) -> Vec<usize> {
        let slots = 0..self.nodes[node].inputs.len();
        slots.filter(|&slot| self.active(node, slot)).collect()
    }

    /// The nodes that read a value, each as often as it does.
    pub fn readers(&self, value: usize) -> impl Iterator<Item = usize> {
        let nodes = self.nodes.iter().enumerate();
        nodes.flat_map(move |(i, node)| node.inputs.iter().filter(move |id| **id == Some(value)).map(move |_| i))
    }
}

/// A forward pass that was kept, for rows of one batch; where a reference takes part, two of them.
pub trait Recording {
    /// The graph.
    fn outline(&self) -> &Outline;

    /// A value of the pass over the input, `[batch, ...]` or whatever shape the graph gives it; `None` for what holds
    /// no floats or was not made.
    fn value(&self, id: usize) -> Option<Array>;

    /// The same value in the pass over the reference; `None` where no reference takes part.
    fn reference(&self, id: usize) -> Option<Array>;

    /// An attribute of a node that is a whole number.
    fn int(&self, node: usize, name: &str) -> Option<i64>;

    /// An attribute of a node that is a number.
    fn float(&self, node: usize, name: &str) -> Option<f32>;

    /// Runs a node alone: inputs that are `None` are those of the pass over the input. One array an output, empty for
    /// what holds no floats.
    fn forward(&self, node: usize, inputs: &[Option<Array>]) -> Result<Vec<Option<Array>>, ModelError>;

    /// The vector-Jacobian product of a node at inputs chosen as for [`Self::forward`]: for every active input,
    /// sum over outputs of (d output / d input)^T `incoming`. `None` where nothing arrives.
    fn backward(
        &self,
        node: usize,
        inputs: &[Option<Array>],
        incoming: &[Option<Array>],
    ) -> Result<Vec<Option<Array>>, ModelError>;
}

/// What arrives at each input of a node; `None` for nothing.
pub type Arriving = Vec<Option<Array>>;

/// A backward pass of a method's own.
pub trait Propagation: Sync {
    /// What starts at the explained scalar, whose value is `score`.
    fn seed(&self, score: f32) -> f32 {
        let _ = score;
        1.0
    }

    /// What goes to each input of `node`, from what has come to each of its outputs. Called for every node that is
    /// between the input and the output, after all that read its outputs. `Ok(None)` leaves it to the node's derivative
    /// at the input.
    fn node(
        &self,
        recording: &dyn Recording,
        node: usize,
        incoming: &[Option<Array>],
    ) -> Result<Option<Arriving>, ModelError>;

    /// Whether what arrives at a value is by the unit of that value, as a derivative is, and not a share of the output
    /// itself. A model that scales its input before it is run has to know.
    fn by_unit(&self) -> bool {
        true
    }

    /// The share that an element of a value has in the explained scalar, from what came to it, its value and its value in
    /// the reference pass (0 where there is none).
    fn share(&self, arrived: f32, value: f32, reference: f32) -> f32 {
        let _ = (value, reference);
        arrived
    }
}

/// What the elements of one value have together, per row.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// The author's name of the value.
    pub value: String,
    /// Sum of the shares, `[batch]`.
    pub sum: Vec<f64>,
    /// Sum of their magnitudes, `[batch]`.
    pub magnitude: Vec<f64>,
}

/// Answer of [`crate::Model::propagate`].
#[derive(Debug, Clone)]
pub struct Propagated {
    /// The explained scalar per row, `[batch]`.
    pub scores: Vec<f32>,
    /// The same at the reference; empty where none takes part.
    pub reference_scores: Vec<f32>,
    /// What arrived at the input or the layer asked for, `[batch, ...]`.
    pub arrived: Array,
    /// What arrived at every value on the way whose first axis is the batch, in the order they were made.
    pub shares: Vec<Share>,
    /// Names of nodes at which gradients stop and that the method left to their derivative.
    pub stops: Vec<String>,
}
