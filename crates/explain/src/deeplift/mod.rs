//! The rules of DeepLIFT (rescale; Shrikumar et al. 2017), for any graph: what arrives at a value times its difference
//! from the reference sums, over the inputs of every node, to the same over its outputs. So the attributions sum to the
//! difference of the outputs on every net.
//!
//! | operators | rule |
//! |---|---|
//! | linear in what depends on the input | their derivative |
//! | functions of one element ([`elementwise`]) | difference of outputs over difference of inputs; the derivative where that is below 1e-6 |
//! | maxima and minima, pooled, reduced or element by element ([`extremes`]) | winners of both passes, each for its part of the difference |
//! | products of two computed values ([`products`]) | the derivative halfway between the passes; quotients as products with the reciprocal |
//! | choices ([`choice`]) | the chosen side; where the choice changed, the least multipliers that sum to the difference |
//! | softmax and its logarithm ([`softmax`]) | rescale on the exponential, exact for what is normalised away |
//! | normalisations by the data's own deviation ([`normalised`]) | the derivative at values averaged over the passes, exact for product and root |
//! | all others, such as norms of vectors, recurrent cells and fused attention ([`path`]) | their derivative averaged along the straight line between the passes |

pub(crate) mod broadcast;
mod choice;
pub(crate) mod elementwise;
mod extremes;
mod normalised;
mod path;
mod products;
mod softmax;

use glassboard_model::propagation::Arriving;
use glassboard_model::{Array, ModelError, Propagation, Recording};

/// Operators whose outputs are affine in all their float inputs together.
const LINEAR: [&str; 35] = [
    "Add",
    "AveragePool",
    "Cast",
    "CastLike",
    "CenterCropPad",
    "Concat",
    "CumSum",
    "DepthToSpace",
    "Dropout",
    "Expand",
    "Flatten",
    "Gather",
    "GatherElements",
    "GatherND",
    "GlobalAveragePool",
    "Identity",
    "Mean",
    "Neg",
    "Pad",
    "ReduceMean",
    "ReduceSum",
    "Reshape",
    "Resize",
    "ReverseSequence",
    "Slice",
    "SpaceToDepth",
    "Split",
    "Squeeze",
    "Sub",
    "Sum",
    "Tile",
    "Transpose",
    "Trilu",
    "Unsqueeze",
    "Upsample",
];

/// DeepLIFT's way back; needs a reference pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rescale;

/// A node at work.
pub(crate) struct Site<'r> {
    pub recording: &'r dyn Recording,
    pub node: usize,
    pub incoming: &'r [Option<Array>],
}

impl Site<'_> {
    /// Input `slot` in both passes; `None` where it holds no floats or is the same in both.
    fn moved(&self, slot: usize) -> Option<[Array; 2]> {
        let outline = self.recording.outline();
        let id = outline.nodes[self.node].inputs.get(slot).copied().flatten()?;
        if outline.values[id].constant {
            return None;
        }
        Some([self.recording.value(id)?, self.recording.reference(id)?])
    }

    /// Input `slot` in both passes, also where it is a constant.
    fn both(&self, slot: usize) -> Option<[Array; 2]> {
        let outline = self.recording.outline();
        let id = outline.nodes[self.node].inputs.get(slot).copied().flatten()?;
        let value = self.recording.value(id)?;
        let reference = self.recording.reference(id).unwrap_or_else(|| value.clone());
        Some([value, reference])
    }

    /// The first output in both passes.
    fn output(&self) -> Option<[Array; 2]> {
        let id = self.recording.outline().nodes[self.node]
            .outputs
            .first()
            .copied()
            .flatten()?;
        Some([self.recording.value(id)?, self.recording.reference(id)?])
    }

    /// What came to the first output.
    fn arrived(&self) -> Option<&Array> {
        self.incoming.first()?.as_ref()
    }

    /// The inputs that differ between the passes.
    fn moving(&self) -> Vec<usize> {
        (0..self.slots()).filter(|&slot| self.moved(slot).is_some()).collect()
    }

    fn slots(&self) -> usize {
        self.recording.outline().nodes[self.node].inputs.len()
    }

    /// The node's own vector-Jacobian product at `inputs`.
    fn backward(&self, inputs: &[Option<Array>], incoming: &[Option<Array>]) -> Result<Arriving, ModelError> {
        self.recording.backward(self.node, inputs, incoming)
    }
}

impl Propagation for Rescale {
    fn node(
        &self,
        recording: &dyn Recording,
        node: usize,
        incoming: &[Option<Array>],
    ) -> Result<Option<Arriving>, ModelError> {
        let site = Site {
            recording,
            node,
            incoming,
        };
        let here = &recording.outline().nodes[node];
        let op = here.op.as_str();
        if LINEAR.contains(&op) {
            return Ok(None);
        }
        let found = match op {
            "BatchNormalization" if recording.int(node, "training_mode").unwrap_or(0) == 0 => products::halfway(&site)?,
            "Mul" | "MatMul" | "Gemm" | "Conv" | "ConvTranspose" => products::halfway(&site)?,
            // Of more operands, it is no product of two.
            "Einsum" | "com.microsoft.FusedMatMul" if site.moving().len() <= 2 => products::halfway(&site)?,
            "Div" => products::quotient(&site),
            "Where" => choice::choice(&site),
            "Softmax" | "LogSoftmax" => softmax::softmax(&site, op == "LogSoftmax"),
            _ if normalised::OPS.contains(&op) => normalised::normalised(&site),
            _ if extremes::OPS.contains(&op) => extremes::extremes(&site)?,
            _ if elementwise::OPS.contains(&op) => elementwise::rescale(&site)?,
            _ => None,
        };
        match found {
            Some(found) => Ok(Some(found)),
            // A jump that the derivative does not see: nothing to integrate.
            None if here.stops => Ok(None),
            None => path::integral(&site).map(Some),
        }
    }

    fn share(&self, arrived: f32, value: f32, reference: f32) -> f32 {
        arrived * (value - reference)
    }
}
