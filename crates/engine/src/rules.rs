//! Backward rules that an explanation method puts in the place of an operator's own.

use std::sync::Arc;

use crate::error::OpError;
use crate::graph::Node;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::ops::{Call, Out, one, operate_shared};

/// Which nodes are differentiated in another way, and how.
pub trait Rules: Send + Sync {
    /// Tells plans apart.
    fn name(&self) -> &'static str;
    /// The operation to run in the place of `node`, on the inputs its author wrote; `None` leaves it
    /// as it is. Its forward pass must be the node's.
    fn operation(&self, node: &Node) -> Option<Arc<dyn Operation>>;
}

/// Runs a node by the operation that the rules give for it.
pub(crate) fn apply<B: Engine>(rules: &dyn Rules, call: &mut Call<'_, B>) -> Option<Out<B>> {
    let operation = rules.operation(call.node)?;
    Some(run(&operation, call))
}

fn run<B: Engine>(operation: &Arc<dyn Operation>, call: &mut Call<'_, B>) -> Out<B> {
    let inputs = (0..call.node.explicit)
        .map(|i| call.float(i))
        .collect::<Result<Vec<_>, OpError>>()?;
    one(operate_shared(operation, inputs))
}

/// How a rectifier passes gradients back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rectifier {
    /// Where its input and the gradient are both positive (guided backpropagation, Springenberg et
    /// al., 2015).
    Guided,
    /// Where the gradient is positive (deconvolution, Zeiler and Fergus, 2014).
    Deconvolution,
}

impl Rules for Rectifier {
    fn name(&self) -> &'static str {
        match self {
            Self::Guided => "guided",
            Self::Deconvolution => "deconvolution",
        }
    }

    fn operation(&self, node: &Node) -> Option<Arc<dyn Operation>> {
        let relu = node.op == "Relu" && node.domain.is_empty();
        relu.then(|| Arc::new(*self) as Arc<dyn Operation>)
    }
}

impl Operation for Rectifier {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        inputs[0].clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        inputs[0].data.iter().map(|&x| if x < 0.0 { 0.0 } else { x }).collect()
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        inputs[0].data.iter().map(|&x| if x < 0.0 { 0.0 } else { x }).collect()
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: Vec::new(),
            output: *self == Self::Guided,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let gradient = trace.gradient.data;
        let passed = |g: f32| g.max(0.0);
        vec![Some(match trace.output {
            Some(y) => {
                let pairs = gradient.iter().zip(y.data);
                pairs.map(|(&g, &y)| if y > 0.0 { passed(g) } else { 0.0 }).collect()
            }
            None => gradient.iter().map(|&g| passed(g)).collect(),
        })]
    }
}
