//! One operator in terms of another.

use super::{Call, Out};
use crate::error::OpError;
use crate::float::Float;
use crate::graph::{Attr, Node, Prepared};
use crate::operation::Engine;
use crate::value::Value;

/// Operator set in which operators are called here.
const OPSET: i64 = 22;

/// Runs operator `op` of ONNX on `inputs`, with this node's attributes and `more` over them.
pub(super) fn through<B: Engine>(
    c: &mut Call<'_, B>,
    op: &str,
    inputs: Vec<Option<Value<B>>>,
    more: &[(&str, Attr)],
) -> Out<B> {
    let mut attrs = c.node.attrs.clone();
    attrs.extend(more.iter().map(|(name, attr)| ((*name).to_owned(), attr.clone())));
    let node = Node {
        name: c.node.name.clone(),
        op: op.to_owned(),
        domain: String::new(),
        inputs: Vec::new(),
        explicit: inputs.len(),
        outputs: vec![Some(0)],
        attrs,
        bodies: Vec::new(),
        opset: OPSET,
        prepared: Prepared::default(),
        fused: None,
    };
    let entry = c
        .runner
        .registry
        .get(&node)
        .ok_or_else(|| OpError::unsupported(format!("`{op}`, which it is made of,")))?;
    let mut call = Call {
        node: &node,
        inputs,
        device: c.device,
        runner: c.runner,
        live: c.live,
        peak: 0,
        stops: Vec::new(),
    };
    let answer = (entry.run)(&mut call);
    let peak = call.peak;
    c.peak = c.peak.max(peak);
    answer
}

/// [`through`] for an operator whose first output is floats.
pub(super) fn through_float<B: Engine>(
    c: &mut Call<'_, B>,
    op: &str,
    inputs: Vec<Float<B>>,
    more: &[(&str, Attr)],
) -> Result<Float<B>, OpError> {
    let inputs = inputs.into_iter().map(|f| Some(Value::Float(f))).collect();
    through(c, op, inputs, more)?
        .into_iter()
        .next()
        .ok_or_else(|| OpError::bad(format!("`{op}` answers nothing")))?
        .float()
}
