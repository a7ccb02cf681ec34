//! A model held ready: its plan, its constants on the backend, and [`Model`] over them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use burn_backend::Backend;
use glassboard_checkpoints::Reach;
use glassboard_checkpoints::onnx::proto::ModelProto;
use glassboard_model::{Array, Gradient, InputSpec, LayerGradient, Model, ModelError, Target, ValueInfo, View};
use ndarray::{ArrayD, IxDyn};
use rayon::prelude::*;

use crate::backend::{self, Taped};
use crate::batch;
use crate::constants::{Constants, Held};
use crate::error::EngineError;
use crate::float::Float;
use crate::fold::fold;
use crate::gradient;
use crate::graph::{Axis, GraphSpec, Node, Program, ValueId};
use crate::import;
use crate::operation::Readable;
use crate::ops::{Grad, Registry};
use crate::plan::{Known, Plan, Question};
use crate::run::{Ran, Runner, Steps};
use crate::shapes::{Bindings, Dim, Fact, Pass, Shapes};
use crate::value::{Elem, Plain, Value};

/// How a session runs.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Bytes that values made during one pass may occupy together.
    pub memory_limit: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { memory_limit: 4 << 30 }
    }
}

/// Answer of [`Session::execute`].
#[derive(Debug)]
pub struct Executed {
    /// The values asked for.
    pub values: Vec<Plain>,
    /// The most bytes that constants and values made during the run occupied together.
    pub peak_bytes: u64,
}

/// Plans held for different questions; beyond that all are dropped, and made again as they are asked for.
const PLANS: usize = 32;

/// A planned model. Opening is the slow part; a session is kept warm and asked many times.
pub struct Session<B: Backend = backend::Default> {
    pub(crate) program: Program,
    pub(crate) plain: Registry<B>,
    pub(crate) taped: Registry<Taped<B>>,
    pub(crate) held: Arc<Held<B>>,
    plans: Mutex<HashMap<Question, Arc<Plan>>>,
    /// Rows a pass, by the shape of a row.
    passes: Mutex<HashMap<Vec<usize>, usize>>,
    pub(crate) shapes: Shapes,
    pub(crate) device: B::Device,
    pub(crate) options: Options,
    inputs: Vec<InputSpec>,
    outputs: Vec<String>,
}

impl<B: Backend> std::fmt::Debug for Session<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Opens an ONNX file, or a zip of one and its data files, on the default backend. No other file is read.
    ///
    /// # Errors
    /// What [`import::read`] and [`Program::build`] say. Unknown operators are no error here, only
    /// where an answer needs them.
    pub fn open(path: &Path, options: Options) -> Result<Self, EngineError> {
        Self::open_on(path, Reach::Upload, options)
    }

    /// The same, with external data read as far as `reach` allows.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn open_with(path: &Path, reach: Reach, options: Options) -> Result<Self, EngineError> {
        Self::open_on(path, reach, options)
    }

    /// Plans an ONNX file that is in memory, on the default backend.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn from_bytes(bytes: &[u8], options: Options) -> Result<Self, EngineError> {
        Self::from_spec(&import::read_bytes(bytes)?, options)
    }
}

impl<B: Readable> Session<B> {
    /// Opens an ONNX file on a chosen backend.
    pub fn open_on(path: &Path, reach: Reach, options: Options) -> Result<Self, EngineError> {
        Self::from_spec(&import::read(path, reach)?, options)
    }

    /// Plans a model whose file has been decoded.
    pub fn from_model(model: &ModelProto, options: Options) -> Result<Self, EngineError> {
        Self::from_spec(&import::from_model(model)?, options)
    }

    /// Plans a graph that is already in memory.
    pub fn from_spec(spec: &GraphSpec, options: Options) -> Result<Self, EngineError> {
        let program = Program::build(spec)?;
        let plain = Registry::new();
        let shapes = Shapes::of(&program, &|node| plain.rule(node));
        let device = backend::device::<B>();
        let held = Held::new(&program, device.clone());
        fold(&program, &plain, &held, &device);
        let inputs = program
            .inputs
            .iter()
            .map(|(_, p)| InputSpec {
                name: p.name.clone(),
                shape: p.shape.iter().flatten().map(Axis::known).collect(),
            })
            .collect();
        let outputs = program.outputs.iter().map(|(_, p)| p.name.clone()).collect();
        Ok(Self {
            program,
            plain,
            taped: Registry::new(),
            held: Arc::new(held),
            plans: Mutex::default(),
            passes: Mutex::default(),
            shapes,
            device,
            options,
            inputs,
            outputs,
        })
    }

    /// The validated graph.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// What is known of every value before anything runs: name, element type, shape.
    pub fn shapes(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.program.values.iter().map(String::as_str).zip(&self.shapes.facts)
    }

    /// Nodes that cannot work, each with a sentence.
    pub fn contradictions(&self) -> &[String] {
        &self.shapes.contradictions
    }

    /// Sizes of the named dimensions for inputs of these shapes; `None` where they do not fit.
    pub fn bind(&self, shapes: &[&[usize]]) -> Option<Bindings> {
        self.shapes.bind(&self.program, shapes)
    }

    /// Bytes of the constants that have been needed so far.
    pub fn constant_bytes(&self) -> u64 {
        self.held.bytes()
    }

    /// Element type the graph declares for input `i`.
    pub fn input_elem(&self, i: usize) -> Option<Elem> {
        self.program.inputs.get(i).and_then(|(_, p)| p.elem)
    }

    /// Nodes, by name, whose operator the engine lacks.
    pub fn unsupported(&self) -> Vec<String> {
        let mut lacking = Vec::new();
        every_node(&self.program, &mut |n| {
            if self.plain.get(n).is_none() {
                lacking.push(format!("node `{}` uses `{}`, not supported", n.name, n.qualified()));
            }
        });
        lacking
    }

    fn runner(&self) -> Runner<'_, B> {
        Runner {
            program: &self.program,
            registry: &self.plain,
            device: &self.device,
            constants: &*self.held,
            memory_limit: self.options.memory_limit,
            keeps: false,
            steps: Steps::new(),
            instead: None,
        }
    }

    /// The plan of a question, made once.
    pub(crate) fn plan(&self, question: &Question, alone: &dyn Fn(&Node) -> bool) -> Arc<Plan> {
        let plans = || self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans().get(question) {
            return Arc::clone(plan);
        }
        let number = |id| {
            // Only what is small is read to see what it is.
            let (shape, _) = self.held.describe(id)?;
            let plain = (shape.iter().product::<usize>() == 1).then(|| self.held.plain(id))??;
            plain.to_doubles()?.first().map(|&v| v as f32)
        };
        let known = Known {
            constant: &|id| self.held.has(id),
            number: &number,
            alone,
        };
        let plan = Arc::new(Plan::new(&self.program, question, &known));
        let mut plans = plans();
        if plans.len() >= PLANS {
            plans.clear();
        }
        plans.insert(question.clone(), Arc::clone(&plan));
        plan
    }

    /// Runs forward for some values.
    fn forward_pass(&self, given: Vec<(ValueId, Value<B>)>, wanted: &[ValueId]) -> Result<Ran<B>, EngineError> {
        let question = Question::forward(wanted.to_vec(), given.iter().map(|(id, _)| *id).collect());
        let plan = self.plan(&question, &|_| false);
        self.admit(&given, &plan, Pass::Forward)?;
        self.runner().run(given, &plan, &mut |_, v| Ok(v))
    }

    pub(crate) fn is_constant(&self, id: ValueId) -> bool {
        self.held.has(id)
    }

    pub(crate) fn id(&self, name: &str) -> Result<ValueId, EngineError> {
        self.program
            .value(name)
            .ok_or_else(|| EngineError::NoSuchValue(name.to_owned()))
    }

    pub(crate) fn output_id(&self, name: Option<&str>) -> Result<ValueId, EngineError> {
        match name {
            Some(name) => self.id(name),
            None => self
                .program
                .outputs
                .first()
                .map(|(id, _)| *id)
                .ok_or_else(|| EngineError::Graph("it has no outputs".into())),
        }
    }

    /// Runs the graph once, as it is: every input given, no batching. `wanted` are value names;
    /// empty means the graph's outputs.
    ///
    /// # Errors
    /// [`EngineError::Input`] for a wrong number of inputs or an element type that does not fit;
    /// otherwise what the run says.
    pub fn execute(&self, inputs: &[Plain], wanted: &[&str]) -> Result<Executed, EngineError> {
        self.execute_with(inputs, &[], wanted)
    }

    /// The same with some inner values replaced: what made them is not run, and what reads them sees the
    /// arrays given.
    ///
    /// # Errors
    /// As [`Session::execute`]; [`EngineError::NoSuchValue`] for a name the graph does not have.
    pub fn execute_with(
        &self,
        inputs: &[Plain],
        replaced: &[(&str, Plain)],
        wanted: &[&str],
    ) -> Result<Executed, EngineError> {
        let given = self.given(inputs, replaced)?;
        let ids: Vec<ValueId> = if wanted.is_empty() {
            self.program.outputs.iter().map(|(id, _)| *id).collect()
        } else {
            wanted.iter().map(|name| self.id(name)).collect::<Result<_, _>>()?
        };
        within_pool(|| {
            let ran = self.forward_pass(given, &ids)?;
            let peak_bytes = ran.peak + self.held.bytes();
            let values = ran.values.into_iter().map(plain_of).collect::<Result<_, _>>()?;
            Ok(Executed { values, peak_bytes })
        })
    }

    /// Every input of the graph as a value, checked against what the graph declares, and inner values
    /// that take the place of computed ones.
    pub(crate) fn given(
        &self,
        inputs: &[Plain],
        replaced: &[(&str, Plain)],
    ) -> Result<Vec<(ValueId, Value<B>)>, EngineError> {
        if inputs.len() != self.program.inputs.len() {
            let names: Vec<_> = self.inputs.iter().map(|i| i.name.as_str()).collect();
            return Err(EngineError::Input(format!(
                "the graph has {} inputs ({}), {} were given",
                names.len(),
                names.join(", "),
                inputs.len()
            )));
        }
        let mut given = Vec::with_capacity(inputs.len());
        for ((id, port), plain) in self.program.inputs.iter().zip(inputs) {
            if let Some(shape) = &port.shape {
                check_shape(&port.name, shape, &plain.shape)?;
            }
            if let Some(elem) = port.elem
                && elem != plain.elem
            {
                return Err(EngineError::Input(format!(
                    "input `{}` is {}, the array given is {}",
                    port.name,
                    elem.name(),
                    plain.elem.name()
                )));
            }
            given.push((*id, plain.to_value(&self.device)));
        }
        for (name, plain) in replaced {
            let id = self.id(name)?;
            given.retain(|(other, _)| *other != id);
            given.push((id, plain.to_value(&self.device)));
        }
        Ok(given)
    }

    /// The single input of the graph, which [`Model`] speaks of.
    pub(crate) fn single_input(&self) -> Result<(ValueId, &InputSpec, Elem), EngineError> {
        if let ([(id, port)], [spec]) = (self.program.inputs.as_slice(), self.inputs.as_slice()) {
            Ok((*id, spec, port.elem.unwrap_or(Elem::F32)))
        } else {
            let names: Vec<_> = self.inputs.iter().map(|i| i.name.as_str()).collect();
            Err(EngineError::Unsupported(format!(
                "explanations need a model with one input; this one has {}: {}",
                names.len(),
                names.join(", ")
            )))
        }
    }

    /// Checks `x` against the graph's input and tells the pass size.
    pub(crate) fn batch_size(&self, x: &View<'_>) -> Result<usize, EngineError> {
        let (_, spec, _) = self.single_input()?;
        if x.ndim() == 0 || x.shape()[0] == 0 {
            return Err(EngineError::Input("the input has no rows".into()));
        }
        if let Some(mut declared) = self.program.inputs.first().and_then(|(_, port)| port.shape.clone()) {
            if let Some(first) = declared.first_mut() {
                *first = Axis::Free;
            }
            check_shape(&spec.name, &declared, x.shape())?;
        }
        Ok(match spec.shape.first().copied().flatten() {
            Some(fixed) => fixed.max(1),
            None => self.rows_a_pass(&x.shape()[1..]),
        })
    }

    /// Rows a pass for rows of this shape: a function of the model alone, by what a row is predicted to
    /// need on the way to the first output.
    fn rows_a_pass(&self, row: &[usize]) -> usize {
        let known = || self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&rows) = known().get(row) {
            return rows;
        }
        let need = |rows: usize| {
            let (output, _) = self.program.outputs.first()?;
            let (input, _) = self.program.inputs.first()?;
            let shape: Vec<usize> = std::iter::once(rows).chain(row.iter().copied()).collect();
            let at = self.bind(&[&shape])?;
            let question = Question::forward(vec![*output], vec![*input]);
            let plan = self.plan(&question, &|_| false);
            let need = self.shapes.need(&self.program, &plan, &[*input], &at, Pass::Forward);
            (need.unknown == 0).then_some(need.bytes)
        };
        let rows = match (need(1), need(2)) {
            (Some(one), Some(two)) if two > one => batch::rows_within(two - one),
            _ => batch::rows_of(row.iter().product()),
        };
        let mut known = known();
        if known.len() >= PLANS {
            known.clear();
        }
        known.insert(row.to_vec(), rows);
        rows
    }

    /// A chunk as the graph's input value.
    pub(crate) fn input_value(&self, chunk: Array) -> Result<(ValueId, Value<B>), EngineError> {
        let (id, spec, elem) = self.single_input()?;
        let shape = chunk.shape().to_vec();
        if elem.is_float() {
            let data = chunk.into_raw_vec_and_offset().0;
            return Ok((id, Value::Float(Float::from_vec(data, shape, elem, &self.device))));
        }
        let whole = |v: &f32| {
            if v.fract() == 0.0 && v.abs() < 9.0e15 {
                Ok(elem.wrap(*v as i64))
            } else {
                Err(EngineError::Input(format!(
                    "input `{}` holds {}; {v} is not a whole number",
                    spec.name,
                    elem.name()
                )))
            }
        };
        let data = chunk.iter().map(whole).collect::<Result<Vec<_>, _>>()?;
        Ok((id, Plain::int(shape, elem, data).to_value(&self.device)))
    }

    /// Runs `x` in fixed batches for several values.
    fn batched(&self, x: &View<'_>, wanted: &[ValueId]) -> Result<Vec<Array>, ModelError> {
        let size = self.batch_size(x)?;
        let parts = Self::in_batches(x, size, |_, real, chunk| {
            let ran = self.forward_pass(vec![self.input_value(chunk)?], wanted)?;
            let pairs = ran.values.into_iter().zip(wanted);
            pairs
                .map(|(value, id)| batch::trim(array_of(value)?, size, real, &self.program.values[*id]))
                .collect::<Result<Vec<_>, _>>()
        })?;
        let mut by_value: Vec<Vec<Array>> = vec![Vec::new(); wanted.len()];
        for part in parts {
            for (array, slot) in part.into_iter().zip(&mut by_value) {
                slot.push(array);
            }
        }
        by_value
            .iter()
            .zip(wanted)
            .map(|(p, id)| batch::join(p, &self.program.values[*id]))
            .collect()
    }

    /// Calls `f` with the first row, the number of real rows and the rows of every batch; small ones
    /// several at a time, a thread each.
    pub(crate) fn in_batches<T: Send>(
        x: &View<'_>,
        size: usize,
        f: impl Fn(usize, usize, Array) -> Result<T, ModelError> + Sync,
    ) -> Result<Vec<T>, ModelError> {
        let count = x.shape()[0].div_ceil(size);
        let one = |k: usize| {
            let (chunk, real) = batch::chunk(x, size, k)?;
            f(k * size, real, chunk)
        };
        within_pool(|| {
            if size > 1 {
                (0..count).into_par_iter().map(one).collect()
            } else {
                (0..count).map(one).collect()
            }
        })
    }

    /// Nodes of the whole graph at which gradients stop, by name.
    pub fn gradient_stops(&self) -> Vec<String> {
        let mut stops = Vec::new();
        every_node(&self.program, &mut |n| {
            if self.plain.get(n).is_some_and(|e| e.grad == Grad::Stops) {
                stops.push(n.name.clone());
            }
        });
        stops
    }
}

/// Said of a quantised model.
const STRAIGHT: &str = "This model is quantised: its gradients pass straight through rounding, and stop where a number \
                        is outside the range of its type.";

/// Runs `f` on one of the threads that kernels share: from any other, every kernel would wait to be woken up.
pub(crate) fn within_pool<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    rayon::scope(|_| f())
}

/// Calls `f` with the nodes of a graph and of the graphs inside of it.
fn every_node(program: &Program, f: &mut dyn FnMut(&Node)) {
    for node in &program.nodes {
        f(node);
        for (_, body) in &node.bodies {
            every_node(body, f);
        }
    }
}

fn check_shape(name: &str, declared: &[Axis], given: &[usize]) -> Result<(), EngineError> {
    let fits = declared.len() == given.len()
        && declared
            .iter()
            .zip(given)
            .all(|(d, g)| d.known().is_none_or(|d| d == *g));
    if fits {
        return Ok(());
    }
    let shown: Vec<String> = declared.iter().map(Axis::to_string).collect();
    Err(EngineError::Input(format!(
        "input `{name}` has shape [{}], the array given has {given:?}",
        shown.join(", ")
    )))
}

fn unreadable(error: &crate::error::OpError) -> EngineError {
    EngineError::Input(format!("reading a result back: {error:?}"))
}

pub(crate) fn plain_of<B: Backend>(value: Value<B>) -> Result<Plain, EngineError> {
    Plain::from_value(value).map_err(|e| unreadable(&e))
}

/// Any value as `f32`; integers and bools are converted.
pub(crate) fn array_of<B: Backend>(value: Value<B>) -> Result<Array, EngineError> {
    let (shape, data) = match value {
        Value::Float(f) => (f.shape().to_vec(), f.into_vec().map_err(|e| unreadable(&e))?),
        Value::Host(h) => (h.shape, h.data.iter().map(|&v| v as f32).collect()),
        other => {
            return Err(EngineError::Unsupported(format!(
                "{} is no array of numbers",
                other.kind()
            )));
        }
    };
    ArrayD::from_shape_vec(IxDyn(&shape), data).map_err(|e| EngineError::Input(format!("reading a result back: {e}")))
}

impl<B: Readable> Model for Session<B> {
    fn inputs(&self) -> &[InputSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[String] {
        &self.outputs
    }

    fn notes(&self) -> Vec<String> {
        let mut quantised = false;
        every_node(&self.program, &mut |n| {
            quantised |= self.plain.get(n).is_some_and(|e| e.grad == Grad::Straight);
        });
        quantised.then(|| STRAIGHT.to_owned()).into_iter().collect()
    }

    fn values(&self) -> Vec<ValueInfo> {
        let name = |id: &ValueId| self.program.values.get(*id).cloned().unwrap_or_default();
        let nodes = self.program.nodes.iter();
        let info = |id: &ValueId, op: &str| ValueInfo {
            name: name(id),
            op: op.to_owned(),
            shape: self.shapes.facts[*id]
                .shape
                .as_ref()
                .map(|dims| dims.iter().map(Dim::known).collect()),
        };
        nodes
            .flat_map(|node| node.outputs.iter().flatten().map(|id| info(id, &node.op)))
            .collect()
    }

    fn rows_per_pass(&self, row_shape: &[usize]) -> usize {
        let fixed = self
            .inputs
            .first()
            .and_then(|spec| spec.shape.first().copied().flatten());
        fixed.map_or_else(|| self.rows_a_pass(row_shape), |n| n.max(1))
    }

    fn forward(&self, x: &View<'_>, output: Option<&str>) -> Result<Array, ModelError> {
        let id = self.output_id(output)?;
        Ok(self.batched(x, &[id])?.swap_remove(0))
    }

    fn capture(&self, x: &View<'_>, layers: &[&str]) -> Result<Vec<Array>, ModelError> {
        let ids = layers.iter().map(|name| self.id(name)).collect::<Result<Vec<_>, _>>()?;
        self.batched(x, &ids)
    }

    fn gradient(&self, x: &View<'_>, target: &Target) -> Result<Gradient, ModelError> {
        let input = self.single_input()?.0;
        let found = gradient::with_respect_to(self, x, input, target)?;
        Ok(Gradient {
            values: found.values,
            gradient: found.gradient,
        })
    }

    fn layer_gradient(&self, x: &View<'_>, layer: &str, target: &Target) -> Result<LayerGradient, ModelError> {
        let found = gradient::with_respect_to(self, x, self.id(layer)?, target)?;
        Ok(LayerGradient {
            activation: found.activation,
            gradient: found.gradient,
        })
    }
}
