//! A forward pass that is kept, node by node, and nodes of it run alone at inputs of somebody's choice.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use burn_backend::Backend;
use burn_backend::backend::AutodiffBackend;
use burn_backend::ops::FloatTensorOps;
use glassboard_model::propagation::{Arriving, RecordedNode, RecordedValue};
use glassboard_model::{Array, ModelError, Outline, OutputSpace, Recording};
use ndarray::{ArrayD, IxDyn};

use crate::backend::Taped;
use crate::constants::{Constants, Lifted};
use crate::error::EngineError;
use crate::float::Float;
use crate::gradient::lift;
use crate::graph::{Attr, Node, Prepared, ValueId};
use crate::operation::{Engine, Readable};
use crate::ops::{Grad, Registry};
use crate::plan::{Plan, Question};
use crate::replaced::Replaced;
use crate::run::{Made, Runner, Steps};
use crate::session::{Session, array_of};
use crate::shapes::Pass;
use crate::tap::{Seen, seen, tap};
use crate::value::{Elem, Plain, Value};

type Values<B> = Vec<Option<Value<B>>>;

/// The pass (or the two) and the graph it ran.
pub(crate) struct Recorded<'s, B: Backend> {
    session: &'s Session<B>,
    plan: Arc<Plan>,
    /// From the output to what is explained, where that is more than one of its numbers.
    last: Option<Node>,
    /// The value whose numbers are explained.
    pub output: ValueId,
    outline: Outline,
    first: Values<B>,
    second: Option<Values<B>>,
}

impl<'s, B: Readable> Recorded<'s, B> {
    /// Runs `given` (and `beside`) to the output that `space` asks of. Active is what depends on the value `at`.
    pub fn new(
        session: &'s Session<B>,
        given: (ValueId, Value<B>),
        beside: Option<(ValueId, Value<B>)>,
        at: ValueId,
        output: ValueId,
        space: OutputSpace,
    ) -> Result<Self, EngineError> {
        let question = Question {
            wanted: vec![output],
            given: vec![given.0],
            watched: vec![at],
            taped: false,
            apart: true,
        };
        let plan = session.plan(&question);
        let given = vec![given];
        let pass = if beside.is_some() { Pass::Pair } else { Pass::Gradient };
        session.admit(&given, &plan, pass)?;
        let first = keep(session, given, &plan)?;
        let second = beside.map(|b| keep(session, vec![b], &plan)).transpose()?;
        let mut recorded = Self {
            session,
            plan,
            last: None,
            output,
            outline: Outline::default(),
            first,
            second,
        };
        if space == OutputSpace::Probability {
            recorded.end_in_probability()?;
        }
        recorded.outline = recorded.drawn(at);
        Ok(recorded)
    }

    /// The softmax behind the output (the sigmoid, where a row has one number) as one more node.
    fn end_in_probability(&mut self) -> Result<(), EngineError> {
        let shape = self.first[self.output].as_ref().map(|v| v.shape().to_vec());
        let shape = shape.unwrap_or_default();
        let single = shape.len() < 2 || shape.last() == Some(&1);
        let id = self.first.len();
        let node = Node {
            name: String::new(),
            op: if single { "Sigmoid" } else { "Softmax" }.to_owned(),
            domain: String::new(),
            inputs: vec![Some(self.output)],
            explicit: 1,
            outputs: vec![Some(id)],
            attrs: [("axis".to_owned(), Attr::Int(-1))].into(),
            bodies: Vec::new(),
            opset: 13,
            prepared: Prepared::default(),
            fused: None,
        };
        let runner = alone(self.session, &self.session.plain, &*self.session.held, false);
        for pass in std::iter::once(&mut self.first).chain(&mut self.second) {
            let made = runner.node(&node, vec![pass[self.output].clone()])?;
            pass.push(made.into_iter().next());
        }
        self.output = id;
        self.last = Some(node);
        Ok(())
    }

    fn drawn(&self, at: ValueId) -> Outline {
        let held = &self.session.held;
        let name = |id: usize| self.session.program.values.get(id).cloned().unwrap_or_default();
        let mut values: Vec<RecordedValue> = (0..self.first.len())
            .map(|id| RecordedValue {
                name: name(id),
                constant: held.has(id),
                active: id == at,
            })
            .collect();
        let mut nodes = Vec::with_capacity(self.plan.steps.len() + 1);
        for index in 0..self.count() {
            let node = self.at(index);
            let moved = node.inputs.iter().flatten().any(|&id| values[id].active);
            for &id in node.outputs.iter().flatten() {
                values[id].active |= moved && matches!(self.first[id], Some(Value::Float(_)));
            }
            let stops = self.session.plain.get(node).is_some_and(|e| e.grad == Grad::Stops);
            nodes.push(RecordedNode {
                name: node.name.clone(),
                op: node.qualified(),
                inputs: node.inputs.clone(),
                outputs: node.outputs.clone(),
                opset: node.opset,
                stops,
            });
        }
        Outline { values, nodes }
    }

    fn count(&self) -> usize {
        self.plan.steps.len() + usize::from(self.last.is_some())
    }

    fn at(&self, index: usize) -> &Node {
        match (self.plan.steps.get(index), &self.last) {
            (Some(step), _) => step.node(&self.session.program),
            (None, Some(last)) => last,
            (None, None) => unreachable!("a node of the outline"),
        }
    }

    /// The inputs of a node as it runs: those of the pass, but for what is given instead. Constants that are replaced
    /// come apart from them: kernels are packed for constants.
    fn inputs(&self, node: &Node, given: &[Option<Array>]) -> (Values<B>, Vec<(ValueId, Plain)>) {
        let device = &self.session.device;
        let mut constants = Vec::new();
        let inputs = node.inputs.iter().enumerate().map(|(slot, id)| {
            let id = (*id)?;
            let constant = self.session.held.has(id);
            let Some(array) = given.get(slot).and_then(Option::as_ref) else {
                return if constant { None } else { self.first[id].clone() };
            };
            let known = self.first[id].as_ref().and_then(Value::elem);
            let told = || self.session.held.describe(id)?.1;
            let elem = known.or_else(told).filter(|e| e.is_float()).unwrap_or(Elem::F32);
            let data = elements(array);
            let plain = Plain::float(array.shape().to_vec(), elem, data);
            let once = node.inputs.iter().filter(|other| **other == Some(id)).count() == 1;
            if constant && once {
                constants.push((id, plain));
                return None;
            }
            Some(plain.into_value(device))
        });
        (inputs.collect(), constants)
    }

    /// The node, without what its operator made of constants that are replaced.
    fn afresh(node: &Node, replaced: bool) -> std::borrow::Cow<'_, Node> {
        if !replaced {
            return std::borrow::Cow::Borrowed(node);
        }
        std::borrow::Cow::Owned(Node {
            prepared: Prepared::default(),
            ..node.clone()
        })
    }

    fn array(&self, values: &Values<B>, id: usize) -> Option<Array> {
        let value = match values.get(id)? {
            Some(value) => value.clone(),
            None => self.session.held.value(id)?,
        };
        match value {
            Value::Float(_) => array_of(value).ok(),
            _ => None,
        }
    }

    fn differentiated(
        &self,
        node: &Node,
        inputs: Values<B>,
        constants: &dyn Constants<Taped<B>>,
        active: &[bool],
        incoming: &[Option<Array>],
    ) -> Result<Arriving, EngineError> {
        let mut slots: Vec<Option<(Seen<B>, Vec<usize>)>> = Vec::with_capacity(inputs.len());
        let leaves = inputs
            .into_iter()
            .zip(active)
            .map(|(value, active)| match value.map(lift) {
                Some(Value::Float(f)) if *active => {
                    let shape = f.shape().to_vec();
                    let (leaf, slot) = tap::<B>(&f);
                    slots.push(Some((slot, shape)));
                    Some(Value::Float(leaf))
                }
                other => {
                    slots.push(None);
                    other
                }
            });
        let leaves: Values<Taped<B>> = leaves.collect();
        let runner = alone(self.session, &self.session.taped, constants, true);
        let outputs = runner.node(node, leaves)?;
        let refused = |reason: String| EngineError::Node {
            node: node.name.clone(),
            op: node.qualified(),
            reason,
        };
        let mut total: Option<Float<Taped<B>>> = None;
        for (value, arrived) in outputs.into_iter().zip(incoming) {
            let (Value::Float(y), Some(arrived)) = (value, arrived) else {
                continue;
            };
            if y.shape() != arrived.shape() {
                return Err(refused(format!(
                    "what comes back has shape {:?}, its output {:?}",
                    arrived.shape(),
                    y.shape()
                )));
            }
            let data = elements(arrived);
            let weight = Float::from_vec(data, y.shape().to_vec(), y.elem, &self.session.device);
            let product = y.mul(weight).map_err(|e| refused(format!("{e:?}")))?;
            let sum = product.map(Taped::<B>::float_sum);
            let sum = Float::wrap(sum.prim, Vec::new(), sum.elem);
            total = Some(match total {
                None => sum,
                Some(before) => before.add(sum).map_err(|e| refused(format!("{e:?}")))?,
            });
        }
        let Some(total) = total else {
            return Ok(vec![None; slots.len()]);
        };
        catch_unwind(AssertUnwindSafe(|| Taped::<B>::backward(total.prim)))
            .map_err(|_| refused("a kernel refused its inputs on the way back".to_owned()))?;
        let arrived = slots.into_iter().map(|slot| {
            let Some((slot, shape)) = slot else { return Ok(None) };
            let Some(gradient) = seen::<B>(&slot) else {
                return Ok(None);
            };
            let elem = Elem::F32;
            let gradient = Float::<B>::wrap(B::float_cast(gradient, burn_backend::FloatDType::F32), shape, elem);
            array_of(Value::Float(gradient)).map(Some)
        });
        arrived.collect()
    }
}

impl<B: Readable> Recording for Recorded<'_, B> {
    fn outline(&self) -> &Outline {
        &self.outline
    }

    fn value(&self, id: usize) -> Option<Array> {
        self.array(&self.first, id)
    }

    fn reference(&self, id: usize) -> Option<Array> {
        self.array(self.second.as_ref()?, id)
    }

    fn int(&self, node: usize, name: &str) -> Option<i64> {
        match self.at(node).attrs.get(name) {
            Some(Attr::Int(v)) => Some(*v),
            _ => None,
        }
    }

    fn float(&self, node: usize, name: &str) -> Option<f32> {
        match self.at(node).attrs.get(name) {
            Some(Attr::Float(v)) => Some(*v),
            _ => None,
        }
    }

    fn forward(&self, node: usize, inputs: &[Option<Array>]) -> Result<Vec<Option<Array>>, ModelError> {
        let node = self.at(node);
        let (inputs, replaced) = self.inputs(node, inputs);
        let node = Self::afresh(node, !replaced.is_empty());
        let constants = Replaced {
            under: &*self.session.held,
            over: replaced,
            device: self.session.device.clone(),
        };
        let runner = alone(self.session, &self.session.plain, &constants, false);
        let outputs = runner.node(&node, inputs)?.into_iter();
        outputs
            .map(|value| match value {
                Value::Float(_) => Ok(Some(array_of(value)?)),
                _ => Ok(None),
            })
            .collect()
    }

    fn backward(
        &self,
        node: usize,
        inputs: &[Option<Array>],
        incoming: &[Option<Array>],
    ) -> Result<Arriving, ModelError> {
        let slots = 0..self.outline.nodes[node].inputs.len();
        let active: Vec<bool> = slots.map(|slot| self.outline.active(node, slot)).collect();
        let node = self.at(node);
        let (inputs, replaced) = self.inputs(node, inputs);
        let node = Self::afresh(node, !replaced.is_empty());
        let constants = Replaced {
            under: &Lifted(Arc::clone(&self.session.held)),
            over: replaced,
            device: self.session.device.clone(),
        };
        Ok(self.differentiated(&node, inputs, &constants, &active, incoming)?)
    }
}

/// Every value of a run of `plan`.
fn keep<B: Readable>(
    session: &Session<B>,
    given: Vec<(ValueId, Value<B>)>,
    plan: &Plan,
) -> Result<Values<B>, EngineError> {
    let mut values: Values<B> = vec![None; session.program.values.len()];
    let mut hook = |made: Made, value: Value<B>| {
        values[made.value] = Some(value.clone());
        Ok(value)
    };
    let runner = alone(session, &session.plain, &*session.held, true);
    runner.run(given, plan, &mut hook)?;
    Ok(values)
}

/// An interpreter of the session's graph on any backend.
fn alone<'a, B: Readable, E: Engine + Backend<Device = B::Device>>(
    session: &'a Session<B>,
    registry: &'a Registry<E>,
    constants: &'a dyn Constants<E>,
    keeps: bool,
) -> Runner<'a, E> {
    Runner {
        program: &session.program,
        registry,
        device: &session.device,
        constants,
        memory_limit: session.options.memory_limit,
        keeps,
        steps: Steps::new(),
    }
}

/// The elements of an array in order, as one copy where they lie so.
fn elements(array: &Array) -> Vec<f32> {
    match array.as_slice() {
        Some(slice) => slice.to_vec(),
        None => array.iter().copied().collect(),
    }
}

/// An array of that shape.
pub(crate) fn shaped(shape: &[usize], data: Vec<f32>) -> Result<Array, ModelError> {
    ArrayD::from_shape_vec(IxDyn(shape), data).map_err(|e| ModelError::Failed(format!("laying out a share: {e}")))
}
