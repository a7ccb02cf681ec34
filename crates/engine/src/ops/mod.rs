//! Operators: one file a family, one table from a name to its function.
//!
//! An operator's function reads its inputs and attributes from a [`Call`] and answers its outputs.
//! It checks what the backend would panic on and asks [`Call::reserve`] before it makes a value
//! larger than its inputs.

mod activation;
mod attention;
mod batch_norm;
mod binary;
mod body;
mod cast;
mod control;
mod conv;
mod cumulate;
mod deform;
mod einsum;
mod fourier;
mod gather;
mod gelu;
mod grid;
mod image;
mod linear;
mod loops;
mod loss;
mod math;
mod matrix;
mod microsoft;
mod ml;
mod nms;
mod norm;
mod onehot;
mod optional;
mod pad;
mod pick;
mod pieces;
mod pool;
mod quantized;
mod random;
mod recurrent;
mod reduce;
mod reshape;
mod resize;
mod roi;
mod scatter;
mod sequence;
mod shape;
mod signal;
mod softmax;
mod sort;
mod strings;
mod tail;
mod text;
mod through;
mod training;
mod unique;
mod weighted;
mod whole;
mod windows;

pub(crate) use softmax::apply as softmax;

use burn_backend::Backend;
use std::collections::HashMap;
use std::sync::Arc;

use crate::error::OpError;
use crate::float::Float;
use crate::graph::{Attr, Node, ValueId};
use crate::narrow;
use crate::operation::{Engine, Operation};
use crate::run::Runner;
use crate::shapes::Rule;
use crate::value::{Elem, Host, Plain, Value, checked_numel};

/// What an operator answers: one value per output.
pub type Out<B> = Result<Vec<Value<B>>, OpError>;
/// An operator's function.
pub type OpFn<B> = fn(&mut Call<'_, B>) -> Out<B>;

/// How gradients pass an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grad {
    /// Through its float inputs.
    Yes,
    /// Straight through: what it rounds counts as not rounded within the range of the type, and as
    /// constant outside of it.
    Straight,
    /// Piecewise constant or integer valued: gradients stop here.
    Stops,
}

/// One row of the table.
#[derive(Debug)]
pub struct Entry<B: Backend> {
    /// Operator domain; empty is `ai.onnx`.
    pub domain: &'static str,
    /// Operator name.
    pub op: &'static str,
    /// File under `ops/`.
    pub family: &'static str,
    /// Whether gradients pass.
    pub grad: Grad,
    /// What is left out, for the documentation; empty where nothing is.
    pub limits: &'static str,
    /// The function.
    pub run: OpFn<B>,
    /// What its outputs look like, from what is known of its inputs; every operator has one.
    pub shape: Option<Rule>,
}

impl<B: Backend> Entry<B> {
    const fn new(family: &'static str, op: &'static str, grad: Grad, run: OpFn<B>) -> Self {
        Self {
            domain: "",
            op,
            family,
            grad,
            limits: "",
            run,
            shape: None,
        }
    }

    const fn shape(mut self, rule: Rule) -> Self {
        self.shape = Some(rule);
        self
    }

    const fn domain(mut self, domain: &'static str) -> Self {
        self.domain = domain;
        self
    }

    const fn limits(mut self, limits: &'static str) -> Self {
        self.limits = limits;
        self
    }
}

/// Every operator the engine has.
#[derive(Debug)]
pub struct Registry<B: Backend> {
    map: HashMap<&'static str, HashMap<&'static str, Entry<B>>>,
}

impl<B: Engine> Registry<B> {
    /// The full table.
    pub fn new() -> Self {
        let rows = activation::entries()
            .into_iter()
            .chain(attention::entries())
            .chain(batch_norm::entries())
            .chain(binary::entries())
            .chain(cast::entries())
            .chain(control::entries())
            .chain(conv::entries())
            .chain(cumulate::entries())
            .chain(deform::entries())
            .chain(einsum::entries())
            .chain(gather::entries())
            .chain(gelu::entries())
            .chain(grid::entries())
            .chain(image::entries())
            .chain(linear::entries())
            .chain(loops::entries())
            .chain(loss::entries())
            .chain(math::entries())
            .chain(matrix::entries())
            .chain(microsoft::entries())
            .chain(ml::entries())
            .chain(nms::entries())
            .chain(norm::entries())
            .chain(onehot::entries())
            .chain(optional::entries())
            .chain(pad::entries())
            .chain(pool::entries())
            .chain(quantized::entries())
            .chain(random::entries())
            .chain(recurrent::entries())
            .chain(reduce::entries())
            .chain(reshape::entries())
            .chain(resize::entries())
            .chain(roi::entries())
            .chain(scatter::entries())
            .chain(sequence::entries())
            .chain(shape::entries())
            .chain(signal::entries())
            .chain(softmax::entries())
            .chain(sort::entries())
            .chain(strings::entries())
            .chain(text::entries())
            .chain(training::entries())
            .chain(unique::entries())
            .chain(windows::entries());
        let mut map: HashMap<&'static str, HashMap<&'static str, Entry<B>>> = HashMap::new();
        for row in rows {
            map.entry(row.domain).or_default().insert(row.op, row);
        }
        Self { map }
    }
}

impl<B: Backend> Registry<B> {
    /// The row of an operator.
    pub fn get(&self, node: &Node) -> Option<&Entry<B>> {
        self.map.get(node.domain.as_str())?.get(node.op.as_str())
    }

    /// The shape rule of a node, for [`crate::shapes::Shapes::of`].
    pub fn rule(&self, node: &Node) -> Option<Rule> {
        self.get(node).and_then(|entry| entry.shape)
    }

    /// All rows, by domain and name.
    pub fn rows(&self) -> Vec<&Entry<B>> {
        let mut rows: Vec<_> = self.map.values().flat_map(HashMap::values).collect();
        rows.sort_by_key(|e| (e.domain, e.op));
        rows
    }
}

impl<B: Engine> Default for Registry<B> {
    fn default() -> Self {
        Self::new()
    }
}

/// One execution of one node.
pub struct Call<'a, B: Backend> {
    /// The node.
    pub node: &'a Node,
    /// Its inputs; taken out as they are used. Constants are not among them: they are fetched when
    /// they are asked for.
    pub inputs: Vec<Option<Value<B>>>,
    /// Where tensors live.
    pub device: &'a B::Device,
    /// The interpreter, for subgraphs.
    pub runner: &'a Runner<'a, B>,
    /// Bytes alive: when the node starts, and with what it has made and still holds.
    pub live: u64,
    /// The most bytes that were alive inside the node's subgraphs.
    pub peak: u64,
    /// Names of nodes inside the node's subgraphs at which gradients stop.
    pub stops: Vec<String>,
}

impl<B: Backend> Call<'_, B> {
    /// Version of the node's operator set.
    pub fn opset(&self) -> i64 {
        self.node.opset
    }

    /// Input `i`, if there, taken out; integers without what carries their gradient.
    pub fn take(&mut self, i: usize) -> Option<Value<B>> {
        self.take_carried(i).map(Value::without_carrier)
    }

    /// Input `i`, if there, taken out; integers with what carries their gradient.
    pub fn take_carried(&mut self, i: usize) -> Option<Value<B>> {
        let made = self.inputs.get_mut(i).and_then(Option::take);
        made.or_else(|| self.runner.constants.value(self.id(i)?))
    }

    fn id(&self, i: usize) -> Option<ValueId> {
        self.node.inputs.get(i).copied().flatten()
    }

    /// Shape of input `i`, which stays where it is.
    pub fn shape(&self, i: usize) -> Result<Vec<usize>, OpError> {
        if let Some(Some(value)) = self.inputs.get(i) {
            return Ok(value.shape().to_vec());
        }
        let constant = self.id(i).and_then(|id| self.runner.constants.describe(id));
        constant
            .map(|(shape, _)| shape)
            .ok_or_else(|| OpError::bad(format!("input {i} is missing")))
    }

    /// Element type of input `i`, which stays where it is; `None` where it is absent or no tensor.
    pub fn elem(&self, i: usize) -> Option<Elem> {
        match self.inputs.get(i) {
            Some(Some(value)) => value.elem(),
            _ => self.runner.constants.describe(self.id(i)?)?.1,
        }
    }

    /// Whether the author gave input `i`. What a planner joined comes after the author's inputs.
    pub fn has(&self, i: usize) -> bool {
        i < self.node.explicit && (self.inputs.get(i).is_some_and(Option::is_some) || self.is_constant(i))
    }

    /// Whether input `i` is a constant of the graph.
    pub fn is_constant(&self, i: usize) -> bool {
        self.inputs.get(i).is_some_and(Option::is_none) && self.id(i).is_some_and(|id| self.runner.constants.has(id))
    }

    /// The elements of input `i` if it is a constant, without keeping them on the backend.
    pub fn constant(&self, i: usize) -> Option<Plain> {
        if !self.is_constant(i) {
            return None;
        }
        self.runner.constants.plain(self.id(i)?)
    }

    /// Input `i`, which must be there.
    pub fn value(&mut self, i: usize) -> Result<Value<B>, OpError> {
        let constant = self.is_constant(i);
        self.take(i).ok_or_else(|| {
            OpError::bad(if constant {
                format!(
                    "input {i} cannot be read: damaged numbers, or the model's file was changed since it was opened"
                )
            } else {
                format!("input {i} is missing")
            })
        })
    }

    /// Input `i` as floats.
    pub fn float(&mut self, i: usize) -> Result<Float<B>, OpError> {
        self.value(i)?.float().map_err(|e| at_input(e, i))
    }

    /// Optional input `i` as floats.
    pub fn opt_float(&mut self, i: usize) -> Result<Option<Float<B>>, OpError> {
        self.take(i).map(Value::float).transpose().map_err(|e| at_input(e, i))
    }

    /// Input `i` as integers or bools.
    pub fn host(&mut self, i: usize) -> Result<Host, OpError> {
        self.value(i)?.host().map_err(|e| at_input(e, i))
    }

    /// Optional input `i` as integers or bools.
    pub fn opt_host(&mut self, i: usize) -> Result<Option<Host>, OpError> {
        self.take(i).map(Value::host).transpose().map_err(|e| at_input(e, i))
    }

    /// A list of integers that is an attribute in old operator sets and input `i` in new ones.
    pub fn ints_or_input(&mut self, attr: &str, i: usize) -> Result<Option<Vec<i64>>, OpError> {
        if let Some(host) = self.opt_host(i)? {
            return Ok(Some(host.data.to_vec()));
        }
        Ok(self.ints(attr))
    }

    /// Integer attribute.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        match self.node.attrs.get(name) {
            Some(Attr::Int(v)) => *v,
            _ => default,
        }
    }

    /// Float attribute.
    pub fn f(&self, name: &str, default: f32) -> f32 {
        match self.node.attrs.get(name) {
            Some(Attr::Float(v)) => *v,
            _ => default,
        }
    }

    /// String attribute.
    pub fn str(&self, name: &str, default: &str) -> String {
        match self.node.attrs.get(name) {
            Some(Attr::Str(v)) => v.clone(),
            _ => default.to_owned(),
        }
    }

    /// Integer list attribute.
    pub fn ints(&self, name: &str) -> Option<Vec<i64>> {
        match self.node.attrs.get(name) {
            Some(Attr::Ints(v)) => Some(v.clone()),
            _ => None,
        }
    }

    /// A list of sizes; negative entries are refused.
    pub fn sizes(&self, name: &str) -> Result<Option<Vec<usize>>, OpError> {
        self.ints(name).map(|v| sizes(&v, name)).transpose()
    }

    /// Tensor attribute.
    pub fn tensor(&self, name: &str) -> Option<&Plain> {
        match self.node.attrs.get(name) {
            Some(Attr::Tensor(p)) => Some(p),
            _ => None,
        }
    }

    /// Refuses a value of that shape which would not fit into the memory limit.
    pub fn reserve(&self, shape: &[usize]) -> Result<(), OpError> {
        self.reserve_bytes(checked_numel(shape)?.saturating_mul(4))
    }

    /// Refuses that many bytes if they would not fit into the memory limit.
    pub fn reserve_bytes(&self, bytes: u64) -> Result<(), OpError> {
        if self.live.saturating_add(bytes) > self.runner.memory_limit {
            return Err(OpError::Memory(bytes));
        }
        Ok(())
    }

    /// The only element of optional input `i`, an integer.
    pub fn scalar_int(&mut self, i: usize) -> Result<Option<i64>, OpError> {
        match self.opt_host(i)? {
            None => Ok(None),
            Some(h) if h.data.len() == 1 => Ok(Some(h.data[0])),
            Some(h) => Err(OpError::bad(format!(
                "input {i} holds {} numbers, expected one",
                h.data.len()
            ))),
        }
    }

    /// The only element of optional input `i`, of any number type.
    pub fn scalar(&mut self, i: usize) -> Result<Option<f64>, OpError> {
        let data = match self.take(i) {
            None => return Ok(None),
            Some(Value::Float(f)) => f.into_doubles()?,
            Some(Value::Host(h)) => h.data.iter().map(|&v| v as f64).collect(),
            Some(other) => return Err(at_input(other.refuse(), i)),
        };
        match data.as_slice() {
            [v] => Ok(Some(*v)),
            other => Err(OpError::bad(format!(
                "input {i} holds {} numbers, expected one",
                other.len()
            ))),
        }
    }

    /// Numbers as a tensor of any type but strings; integers are cut off, narrow floats rounded.
    pub fn numbers(&self, data: Vec<f64>, shape: Vec<usize>, elem: Elem) -> Result<Value<B>, OpError> {
        if elem == Elem::Str {
            return Err(OpError::bad("numbers are no strings"));
        }
        if elem.is_float() {
            let rounded = data
                .into_iter()
                .map(|v| narrow::round(elem, v, narrow::Rounding::default()));
            return Ok(Value::Float(Float::of(rounded.collect(), shape, elem, self.device)));
        }
        let whole = data.into_iter().map(|v| elem.wrap(v as i64)).collect();
        Ok(Value::Host(Host::new(shape, elem, whole)))
    }

    /// A float tensor from host data.
    pub fn tensor_from(&self, data: Vec<f32>, shape: Vec<usize>, elem: Elem) -> Float<B> {
        Float::from_vec(data, shape, elem, self.device)
    }
}

impl<'a, B: Backend> Call<'a, B> {
    /// Float list attribute; empty where absent.
    pub fn floats(&self, name: &str) -> &'a [f32] {
        match self.node.attrs.get(name) {
            Some(Attr::Floats(v)) => v,
            _ => &[],
        }
    }

    /// String list attribute; empty where absent.
    pub fn strs(&self, name: &str) -> &'a [String] {
        match self.node.attrs.get(name) {
            Some(Attr::Strs(v)) => v,
            _ => &[],
        }
    }
}

/// Runs an operation of ours on floats whose shapes have been checked.
pub fn operate<B: Engine>(operation: impl Operation, inputs: Vec<Float<B>>) -> Float<B> {
    let operation: Arc<dyn Operation> = Arc::new(operation);
    operate_shared(&operation, inputs)
}

/// [`operate`] for an operation that others hold too.
pub fn operate_shared<B: Engine>(operation: &Arc<dyn Operation>, inputs: Vec<Float<B>>) -> Float<B> {
    let shapes: Vec<Vec<usize>> = inputs.iter().map(|f| f.shape().to_vec()).collect();
    let elem = inputs.first().map_or(Elem::F32, |f| f.elem);
    let inputs: Vec<Float<B>> = inputs.into_iter().map(|f| f.cast_like(elem)).collect();
    let shape = operation.shape(&shapes);
    let primitives = inputs.into_iter().map(|f| f.prim).collect();
    Float::wrap(B::operate(operation, primitives, &shapes), shape, elem)
}

fn at_input(error: OpError, i: usize) -> OpError {
    match error {
        OpError::Bad(text) => OpError::Bad(format!("input {i}: {text}")),
        other => other,
    }
}

/// An axis counted from the front, where negative ones count from the back.
pub fn axis(value: i64, rank: usize) -> Result<usize, OpError> {
    let r = rank as i64;
    if value < -r || value >= r {
        return Err(OpError::bad(format!(
            "axis {value} is out of range for {rank} dimensions"
        )));
    }
    Ok(if value < 0 {
        (value + r) as usize
    } else {
        value as usize
    })
}

/// Several axes, sorted and distinct.
pub fn axes(values: &[i64], rank: usize) -> Result<Vec<usize>, OpError> {
    let mut out = values.iter().map(|&v| axis(v, rank)).collect::<Result<Vec<_>, _>>()?;
    out.sort_unstable();
    if out.windows(2).any(|w| w[0] == w[1]) {
        return Err(OpError::bad(format!("axes {values:?} name one axis twice")));
    }
    Ok(out)
}

/// Non-negative sizes.
pub fn sizes(values: &[i64], what: &str) -> Result<Vec<usize>, OpError> {
    values
        .iter()
        .map(|&v| usize::try_from(v).map_err(|_| OpError::bad(format!("{what} holds the negative number {v}"))))
        .collect()
}

/// One float value as the only output.
#[expect(
    clippy::unnecessary_wraps,
    reason = "an operator ends with it, and operators answer `Out`"
)]
pub fn one<B: Backend>(value: Float<B>) -> Out<B> {
    Ok(vec![Value::Float(value)])
}

/// One host value as the only output.
#[expect(
    clippy::unnecessary_wraps,
    reason = "an operator ends with it, and operators answer `Out`"
)]
pub fn one_host<B: Backend>(value: Host) -> Out<B> {
    Ok(vec![Value::Host(value)])
}
