//! The rules on a linear layer, by its own forward pass and its own vector-Jacobian product at changed weights and
//! inputs.

use glassboard_model::propagation::Arriving;
use glassboard_model::{Array, ModelError, Recording};
use ndarray::{IxDyn, Zip};

use super::roles::Layer;
use super::rule::{Rule, stable};

/// A layer at work: its weights and bias with what finishes it.
pub(super) struct Linear<'r> {
    recording: &'r dyn Recording,
    node: usize,
    layer: &'r Layer,
    /// The input.
    x: Array,
    /// The output, finished.
    z: Array,
    /// The node as it is needs no weights of ours.
    plain: bool,
    weights: Array,
    /// Of a shape that broadcasts to the output.
    bias: Option<Array>,
}

fn missing(what: &str) -> ModelError {
    ModelError::Unsupported(format!("a linear layer without {what} that is an array of floats"))
}

fn positive(array: &Array) -> Array {
    array.mapv(|v| v.max(0.0))
}

fn negative(array: &Array) -> Array {
    array.mapv(|v| v.min(0.0))
}

/// `arrived` over stabilised `z`.
fn quotient(arrived: &Array, z: &Array, epsilon: f32) -> Array {
    let mut out = arrived.clone();
    Zip::from(&mut out).and(z).for_each(|r, z| *r /= stable(*z, epsilon));
    out
}

impl<'r> Linear<'r> {
    pub fn new(recording: &'r dyn Recording, node: usize, layer: &'r Layer) -> Result<Self, ModelError> {
        let here = &recording.outline().nodes[node];
        let value = |id: Option<usize>, what: &str| id.and_then(|id| recording.value(id)).ok_or_else(|| missing(what));
        let x = value(here.inputs[layer.input], "an input")?;
        let weights = value(here.inputs[layer.weight], "weights")?;
        let last = layer.finish.last().copied().unwrap_or(node);
        let z = value(recording.outline().nodes[last].outputs[0], "an output")?;
        let mut linear = Self {
            recording,
            node,
            layer,
            x,
            z,
            plain: layer.finish.is_empty(),
            weights,
            bias: None,
        };
        linear.bias = linear.own_bias()?;
        for &next in &layer.finish {
            linear.take_in(next)?;
        }
        Ok(linear)
    }

    /// The axis of the output that runs over the layer's outputs.
    fn channel(&self) -> usize {
        if self.layer.place.convolution {
            1
        } else {
            self.z.ndim() - 1
        }
    }

    fn along_channel(&self, values: Vec<f32>) -> Result<Array, ModelError> {
        let mut shape = vec![1; self.z.ndim()];
        shape[self.channel()] = values.len();
        Array::from_shape_vec(IxDyn(&shape), values).map_err(|e| ModelError::Failed(format!("a bias: {e}")))
    }

    fn own_bias(&self) -> Result<Option<Array>, ModelError> {
        let Some(slot) = self.layer.bias else { return Ok(None) };
        let id = self.recording.outline().nodes[self.node].inputs[slot];
        let bias = id
            .and_then(|id| self.recording.value(id))
            .ok_or_else(|| missing("a bias"))?;
        if self.layer.place.convolution {
            return self.along_channel(bias.into_iter().collect()).map(Some);
        }
        // What the product adds to nothing, in whatever shape and scale the node gives it.
        let mut inputs = self.inputs();
        inputs[self.layer.input] = Some(Array::zeros(self.x.raw_dim()));
        self.run(&inputs).map(Some)
    }

    /// Makes scale and shift of a finishing node part of weights and bias.
    fn take_in(&mut self, next: usize) -> Result<(), ModelError> {
        let outline = self.recording.outline();
        let size = self.z.shape()[self.channel()];
        let slot = outline.active_slots(next).first().copied().unwrap_or_default();
        let at = |value: f32| -> Result<Array, ModelError> {
            let mut inputs = vec![None; outline.nodes[next].inputs.len()];
            inputs[slot] = Some(self.along_channel(vec![value; size])?);
            let made = self.recording.forward(next, &inputs)?.into_iter().next().flatten();
            made.ok_or_else(|| missing("an output"))
        };
        let shift = at(0.0)?;
        let scale = at(1.0)? - &shift;
        let mut axes = vec![1; self.weights.ndim()];
        let along = self.layer.outputs.unwrap_or_default();
        axes[along] = size;
        let each: Vec<f32> = scale.iter().copied().collect();
        let wide =
            Array::from_shape_vec(IxDyn(&axes), each).map_err(|e| ModelError::Failed(format!("a scale: {e}")))?;
        self.weights = &self.weights * &wide;
        self.bias = Some(match &self.bias {
            Some(bias) => bias * &scale + &shift,
            None => shift,
        });
        Ok(())
    }

    fn inputs(&self) -> Vec<Option<Array>> {
        vec![None; self.recording.outline().nodes[self.node].inputs.len()]
    }

    fn run(&self, inputs: &[Option<Array>]) -> Result<Array, ModelError> {
        let made = self.recording.forward(self.node, inputs)?.into_iter().next().flatten();
        made.ok_or_else(|| missing("an output"))
    }

    /// weights applied to `x`, without any bias.
    fn forward(&self, weights: &Array, x: &Array) -> Result<Array, ModelError> {
        let mut inputs = self.inputs();
        inputs[self.layer.input] = Some(x.clone());
        inputs[self.layer.weight] = Some(weights.clone());
        if let Some(slot) = self.layer.bias {
            let id = self.recording.outline().nodes[self.node].inputs[slot];
            let bias = id
                .and_then(|id| self.recording.value(id))
                .ok_or_else(|| missing("a bias"))?;
            inputs[slot] = Some(Array::zeros(bias.raw_dim()));
        }
        self.run(&inputs)
    }

    /// Transposed weights applied to what is at the outputs.
    fn back(&self, weights: Option<&Array>, at_outputs: Array) -> Result<Array, ModelError> {
        let mut inputs = self.inputs();
        inputs[self.layer.weight] = weights.cloned();
        let back = self.recording.backward(self.node, &inputs, &[Some(at_outputs)])?;
        let back = back.into_iter().nth(self.layer.input).flatten();
        Ok(back.unwrap_or_else(|| Array::zeros(self.x.raw_dim())))
    }

    fn with_bias(&self, z: Array, part: impl Fn(&Array) -> Array) -> Array {
        match &self.bias {
            Some(bias) => z + &part(bias),
            None => z,
        }
    }

    /// What of `arrived` goes to the input.
    pub fn relevance(&self, rule: Rule, arrived: &Array) -> Result<Arriving, ModelError> {
        let x = &self.x;
        let at_input = match rule {
            Rule::Epsilon { epsilon } => {
                let weights = (!self.plain).then_some(&self.weights);
                self.back(weights, quotient(arrived, &self.z, epsilon))? * x
            }
            Rule::PlainGamma { gamma, epsilon } => {
                let more = self.weights.mapv(|w| w + gamma * w.max(0.0));
                self.at_weights(&more, arrived, epsilon)?
            }
            Rule::PositiveWeights { epsilon } => self.at_weights(&positive(&self.weights), arrived, epsilon)?,
            Rule::Flat { epsilon } => {
                let ones = Array::ones(self.weights.raw_dim());
                let z = self.forward(&ones, &Array::ones(x.raw_dim()))?;
                self.back(Some(&ones), quotient(arrived, &z, epsilon))?
            }
            Rule::ZBox { low, high, epsilon } => self.box_rule([low, high], arrived, epsilon)?,
            Rule::AlphaBeta { alpha, beta, epsilon } => self.sides([alpha, beta], arrived, epsilon)?,
            Rule::Gamma { gamma, epsilon } => self.gamma(gamma, arrived, epsilon)?,
        };
        let mut all = vec![None; self.inputs().len()];
        all[self.layer.input] = Some(at_input);
        Ok(all)
    }

    /// The epsilon rule with other weights.
    fn at_weights(&self, weights: &Array, arrived: &Array, epsilon: f32) -> Result<Array, ModelError> {
        let z = self.with_bias(self.forward(weights, &self.x)?, Clone::clone);
        Ok(self.back(Some(weights), quotient(arrived, &z, epsilon))? * &self.x)
    }

    fn box_rule(&self, [low, high]: [f32; 2], arrived: &Array, epsilon: f32) -> Result<Array, ModelError> {
        let (up, down) = (positive(&self.weights), negative(&self.weights));
        let full = |v: f32| Array::from_elem(self.x.raw_dim(), v);
        let lowest = self.with_bias(self.forward(&up, &full(low))?, positive);
        let highest = self.with_bias(self.forward(&down, &full(high))?, negative);
        let z = &self.z - &lowest - &highest;
        let at = quotient(arrived, &z, epsilon);
        let weights = (!self.plain).then_some(&self.weights);
        let own = self.back(weights, at.clone())? * &self.x;
        Ok(own - self.back(Some(&up), at.clone())? * low - self.back(Some(&down), at)? * high)
    }

    fn sides(&self, [alpha, beta]: [f32; 2], arrived: &Array, epsilon: f32) -> Result<Array, ModelError> {
        let (up, down) = (positive(&self.weights), negative(&self.weights));
        let (above, below) = (positive(&self.x), negative(&self.x));
        let mut out = Array::zeros(self.x.raw_dim());
        for (share, with, other, side) in [
            (alpha, &up, &down, positive as fn(&Array) -> Array),
            (-beta, &down, &up, negative),
        ] {
            if share == 0.0 {
                continue;
            }
            let z = self.with_bias(self.forward(with, &above)? + self.forward(other, &below)?, side);
            let at = quotient(arrived, &z, epsilon);
            let parts = self.back(Some(with), at.clone())? * &above + self.back(Some(other), at)? * &below;
            out += &(parts * share);
        }
        Ok(out)
    }

    fn gamma(&self, gamma: f32, arrived: &Array, epsilon: f32) -> Result<Array, ModelError> {
        let more = |array: &Array| array.mapv(|v| v + gamma * v.max(0.0));
        let less = |array: &Array| array.mapv(|v| v + gamma * v.min(0.0));
        let (up, down) = (more(&self.weights), less(&self.weights));
        let (above, below) = (positive(&self.x), negative(&self.x));
        let mut out = Array::zeros(self.x.raw_dim());
        for (upper, with, other, side) in [
            (true, &up, &down, &more as &dyn Fn(&Array) -> Array),
            (false, &down, &up, &less),
        ] {
            let z = self.with_bias(self.forward(with, &above)? + self.forward(other, &below)?, side);
            let mut at = quotient(arrived, &z, epsilon);
            Zip::from(&mut at).and(&self.z).for_each(|at, z| {
                let wanted = if upper { *z > 0.0 } else { *z < 0.0 };
                *at = if wanted { *at } else { 0.0 };
            });
            out += &(self.back(Some(with), at.clone())? * &above + self.back(Some(other), at)? * &below);
        }
        Ok(out)
    }
}
