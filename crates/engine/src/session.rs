//! A model held ready: its plans and its constants on the backend.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use burn_backend::Backend;
use glassboard_checkpoints::Reach;
use glassboard_checkpoints::onnx::proto::ModelProto;
use glassboard_model::{Array, InputSpec};
use ndarray::{ArrayD, IxDyn};

use crate::alone;
use crate::backend::{self, Taped};
use crate::batch::Rows;
use crate::constants::{Constants, Held};
use crate::error::EngineError;
use crate::fold::fold;
use crate::graph::{Axis, GraphSpec, Node, Program, ValueId};
use crate::import;
use crate::operation::Readable;
use crate::ops::Registry;
use crate::plan::{Known, Plan, Question};
use crate::run::{Ran, Runner, Steps};
use crate::shapes::{Bindings, Fact, Pass, Shapes};
use crate::value::{Elem, Plain, Value};
use crate::weights::Open;

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
pub(crate) const PLANS: usize = 32;

/// A planned model. Opening is the slow part; a session is kept warm and asked many times.
pub struct Session<B: Backend = backend::Default> {
    pub(crate) program: Program,
    pub(crate) plain: Registry<B>,
    pub(crate) taped: Registry<Taped<B>>,
    pub(crate) held: Arc<Held<B>>,
    plans: Mutex<HashMap<Question, Arc<Plan>>>,
    /// Rows a pass, by the shape of a row.
    pub(crate) passes: Mutex<HashMap<Vec<usize>, Rows>>,
    pub(crate) shapes: Shapes,
    /// Whether a row has the same bits in a pass of any size.
    pub(crate) rows_alone: bool,
    pub(crate) device: B::Device,
    pub(crate) options: Options,
    pub(crate) inputs: Vec<InputSpec>,
    pub(crate) outputs: Vec<String>,
    /// The same graph with its weights given, once somebody differentiates by them.
    pub(crate) open: OnceLock<Box<Open<B>>>,
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
        Ok(Self::from_program(Program::build(spec)?, options))
    }

    /// Plans a graph that was validated.
    pub(crate) fn from_program(program: Program, options: Options) -> Self {
        let plain = Registry::new();
        let shapes = Shapes::of(&program, &|node| plain.rule(node));
        let device = backend::device::<B>();
        let held = Held::new(&program, device.clone());
        fold(&program, &plain, &held, &device);
        let rows_alone = alone::rows_alone(&program, &shapes, &|id| held.has(id));
        let inputs = program
            .inputs
            .iter()
            .map(|(_, p)| InputSpec {
                name: p.name.clone(),
                shape: p.shape.iter().flatten().map(Axis::known).collect(),
            })
            .collect();
        let outputs = program.outputs.iter().map(|(_, p)| p.name.clone()).collect();
        Self {
            program,
            plain,
            taped: Registry::new(),
            held: Arc::new(held),
            plans: Mutex::default(),
            passes: Mutex::default(),
            shapes,
            rows_alone,
            device,
            options,
            inputs,
            outputs,
            open: OnceLock::new(),
        }
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

    /// Whether a row of an answer has the same bits whatever other rows were asked with it, so that no pass is filled up.
    pub fn rows_are_alone(&self) -> bool {
        self.rows_alone
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
        }
    }

    /// The plan of a question, made once.
    pub(crate) fn plan(&self, question: &Question) -> Arc<Plan> {
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
    pub(crate) fn forward_pass(
        &self,
        given: Vec<(ValueId, Value<B>)>,
        wanted: &[ValueId],
    ) -> Result<Ran<B>, EngineError> {
        let question = Question::forward(wanted.to_vec(), given.iter().map(|(id, _)| *id).collect());
        let plan = self.plan(&question);
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
}

/// Runs `f` on one of the threads that kernels share: from any other, every kernel would wait to be woken up.
pub(crate) fn within_pool<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    rayon::scope(|_| f())
}

/// Calls `f` with the nodes of a graph and of the graphs inside of it.
pub(crate) fn every_node(program: &Program, f: &mut dyn FnMut(&Node)) {
    for node in &program.nodes {
        f(node);
        for (_, body) in &node.bodies {
            every_node(body, f);
        }
    }
}

pub(crate) fn check_shape(name: &str, declared: &[Axis], given: &[usize]) -> Result<(), EngineError> {
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
