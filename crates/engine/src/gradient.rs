//! d target / d value, for inputs and any values of the graph.
//!
//! The values asked about are *tapped* as they are made. One that no tape reaches yet becomes a leaf,
//! so that the tape begins there and nothing before it is differentiated. Weights are never leaves, so
//! their gradients are never computed. One pass answers every row of a batch, because the sum over
//! rows has each row's own gradient as its derivative.

use std::collections::HashMap;

use burn_backend::backend::AutodiffBackend;
use burn_backend::ops::FloatTensorOps;
use burn_backend::{Backend, TensorData};
use glassboard_kernels::unary::Unary;
use glassboard_model::{Array, LayerGradient, ModelError, OutputSpace, Target, View};

use crate::backend::Taped;
use crate::batch;
use crate::constants::Lifted;
use crate::error::EngineError;
use crate::float::Float;
use crate::graph::ValueId;
use crate::operation::{Engine, Readable};
use crate::ops::softmax;
use crate::plan::Question;
use crate::run::{Made, Runner, Steps};
use crate::session::{Session, array_of, plain_of, within_pool};
use crate::shapes::Pass;
use crate::tap::{Seen, seen, tap};
use crate::tokens::Feed;
use crate::value::{Plain, Value};

/// The target per row, and value and gradient of each layer asked about.
pub(crate) struct Found {
    pub values: Vec<f32>,
    pub layers: Vec<LayerGradient>,
}

/// Answer of [`Session::differentiate`].
#[derive(Debug)]
pub struct Differentiated {
    /// The explained scalar per row.
    pub scores: Vec<f32>,
    /// The values asked about, in the order asked.
    pub values: Vec<Plain>,
    /// d sum of scores / d value, each of its value's shape; the total over all that read the value.
    pub gradients: Vec<Plain>,
    /// Names of executed nodes at which gradients stop.
    pub stops: Vec<String>,
}

pub(crate) type TapedFloat<B> = Float<Taped<B>>;

pub(crate) fn lift<B: Backend>(value: Value<B>) -> Value<Taped<B>> {
    match value {
        Value::Float(f) => {
            let (shape, elem) = (f.shape().to_vec(), f.elem);
            Value::Float(Float::wrap(Taped::<B>::from_inner(f.prim), shape, elem))
        }
        Value::Host(h) => Value::Host(h),
        Value::Coded(c) => Value::Host(c.codes),
        Value::Text(t) => Value::Text(t),
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(lift).collect()),
        Value::Optional(item) => Value::Optional(item.map(|v| Box::new(lift(*v)))),
    }
}

fn lower<B: Backend>(f: TapedFloat<B>) -> Float<B> {
    let (shape, elem) = (f.shape().to_vec(), f.elem);
    Float::wrap(Taped::<B>::inner(f.prim), shape, elem)
}

impl<B: Readable> Session<B> {
    /// One pass over the inputs as they are, every input of the graph given, and back: the gradient of
    /// the target, summed over rows, with respect to each of the values named in `at`. Inner values can be
    /// `replaced`, as in [`Session::execute_with`]: integrated gradients of an embedding move along
    /// replaced embeddings.
    ///
    /// # Errors
    /// [`EngineError::Input`] for inputs or targets that do not fit; [`EngineError::Unsupported`] where
    /// a value has no gradient, with the reason.
    pub fn differentiate(
        &self,
        inputs: &[Plain],
        replaced: &[(&str, Plain)],
        at: &[&str],
        target: &Target,
    ) -> Result<Differentiated, EngineError> {
        let ids = at.iter().map(|name| self.id(name)).collect::<Result<Vec<_>, _>>()?;
        let given = self.given(inputs, replaced)?;
        let pass = within_pool(|| one_pass(self, given, &ids, target, &target.targets))?;
        let (values, gradients) = pass
            .at
            .into_iter()
            .map(|(v, g)| (Value::Float(v), Value::Float(g)))
            .unzip();
        let plain = |list: Vec<Value<B>>| list.into_iter().map(plain_of).collect::<Result<Vec<_>, _>>();
        Ok(Differentiated {
            scores: pass.scores,
            values: plain(values)?,
            gradients: plain(gradients)?,
            stops: pass.stops,
        })
    }
}

pub(crate) fn with_respect_to<B: Readable>(
    session: &Session<B>,
    x: &View<'_>,
    at: &[ValueId],
    target: &Target,
    feed: &Feed<'_>,
) -> Result<Found, ModelError> {
    one_target_a_row(x, target)?;
    let cut = session.cut(x, feed, true)?;
    let name = |id: &ValueId| session.program.values[*id].clone();
    let parts = Session::<B>::in_batches(x, cut, |start, real, chunk| {
        let size = chunk.shape()[0];
        let classes = classes(target, start, real, size);
        let given = session.input_values(chunk, start, feed)?;
        let mut pass = one_pass(session, given, at, target, &classes)?;
        pass.scores.truncate(real);
        let mut layers = Vec::with_capacity(at.len());
        for ((value, gradient), id) in pass.at.into_iter().zip(at) {
            let kept = |float| batch::trim(array_of(Value::Float(float))?, size, real, &name(id));
            layers.push((kept(value)?, kept(gradient)?));
        }
        Ok((pass.scores, layers))
    })?;
    let mut values = Vec::new();
    let mut sorted: Vec<(Vec<Array>, Vec<Array>)> = vec![(Vec::new(), Vec::new()); at.len()];
    for (scores, layers) in parts {
        values.extend(scores);
        for ((value, gradient), (activations, gradients)) in layers.into_iter().zip(&mut sorted) {
            activations.push(value);
            gradients.push(gradient);
        }
    }
    let joined = |((activations, gradients), id): (&(Vec<Array>, Vec<Array>), &ValueId)| {
        Ok(LayerGradient {
            activation: batch::join(activations, &name(id))?,
            gradient: batch::join(gradients, &name(id))?,
        })
    };
    let layers = sorted.iter().zip(at).map(joined).collect::<Result<_, ModelError>>()?;
    Ok(Found { values, layers })
}

pub(crate) fn one_target_a_row(x: &View<'_>, target: &Target) -> Result<(), ModelError> {
    let rows = x.shape().first().copied().unwrap_or(0);
    if target.targets.len() == rows {
        return Ok(());
    }
    Err(ModelError::Input(format!(
        "{} targets were given for {rows} rows",
        target.targets.len()
    )))
}

/// The targets of a batch, filled up as its rows are.
pub(crate) fn classes(target: &Target, start: usize, real: usize, size: usize) -> Vec<usize> {
    let mut classes = target.targets[start..start + real].to_vec();
    let last = classes.last().copied().unwrap_or(0);
    classes.resize(size, last);
    classes
}

pub(crate) struct Answer<B: Backend> {
    pub scores: Vec<f32>,
    /// Value and gradient, in the order asked.
    pub at: Vec<(Float<B>, Float<B>)>,
    pub stops: Vec<String>,
}

/// What is known after a pass and back.
pub(crate) struct Back<B: Backend> {
    /// What was summed and differentiated.
    numbers: Vec<f32>,
    taps: HashMap<ValueId, (TapedFloat<B>, Seen<B>)>,
    stops: Vec<String>,
}

impl<B: Backend> Back<B> {
    /// The gradient that arrived at a value; none where the output does not depend on it, or gradients stop before.
    pub(crate) fn gradient(&self, id: ValueId) -> Option<Float<B>> {
        let (value, slot) = self.taps.get(&id)?;
        let gradient = seen::<B>(slot)?;
        Some(Float::wrap(gradient, value.shape().to_vec(), value.elem))
    }
}

/// Makes what is differentiated from the output, given its name.
pub(crate) type Scored<'a, B> = dyn Fn(TapedFloat<B>, &str) -> Result<TapedFloat<B>, EngineError> + 'a;

pub(crate) fn one_pass<B: Readable>(
    session: &Session<B>,
    given: Vec<(ValueId, Value<B>)>,
    at: &[ValueId],
    target: &Target,
    classes: &[usize],
) -> Result<Answer<B>, EngineError> {
    let output = session.output_id(target.output.as_deref())?;
    let label = &session.program.values[output];
    let scored = |y, label: &str| score(y, label, target.space, classes, &session.device);
    let back = there_and_back(session, given, at, output, &scored)?;
    let mut found = Vec::with_capacity(at.len());
    for id in at {
        let name = &session.program.values[*id];
        let (value, slot) = back.taps.get(id).ok_or_else(|| {
            EngineError::Unsupported(if session.is_constant(*id) {
                format!("value `{name}` is a constant of the model")
            } else {
                format!("output `{label}` does not depend on `{name}`")
            })
        })?;
        let Some(gradient) = seen::<B>(slot) else {
            let why = match back.stops.first() {
                Some(node) => format!("gradients stop at nodes such as `{node}`"),
                None => "the output does not depend on it".to_owned(),
            };
            return Err(EngineError::Unsupported(format!(
                "`{label}` has no gradient with respect to `{name}`: {why}"
            )));
        };
        let value = lower(value.clone());
        let gradient = Float::wrap(gradient, value.shape().to_vec(), value.elem);
        found.push((value, gradient));
    }
    Ok(Answer {
        scores: back.numbers,
        at: found,
        stops: back.stops,
    })
}

/// Runs forward to `output` with the values `at` tapped, and back from the sum of what `scored` makes of it.
pub(crate) fn there_and_back<B: Readable>(
    session: &Session<B>,
    given: Vec<(ValueId, Value<B>)>,
    at: &[ValueId],
    output: ValueId,
    scored: &Scored<'_, B>,
) -> Result<Back<B>, EngineError> {
    let question = Question {
        wanted: vec![output],
        given: given.iter().map(|(id, _)| *id).collect(),
        watched: at.to_vec(),
        taped: true,
        apart: false,
    };
    let plan = session.plan(&question);
    session.admit(&given, &plan, Pass::Gradient)?;
    let constants = Lifted(session.held.clone());
    let runner = Runner {
        program: &session.program,
        registry: &session.taped,
        device: &session.device,
        constants: &constants,
        memory_limit: session.options.memory_limit,
        keeps: true,
        steps: Steps::new(),
    };
    let mut taps: HashMap<ValueId, (TapedFloat<B>, Seen<B>)> = HashMap::new();
    let mut hook = |made: Made, value: Value<Taped<B>>| {
        if !at.contains(&made.value) {
            return Ok(value);
        }
        let name = &session.program.values[made.value];
        let Value::Float(f) = value else {
            return Err(EngineError::Unsupported(format!(
                "value `{name}` holds {}, which has no gradient; choose a float value behind it",
                value.kind()
            )));
        };
        let (f, slot) = tap::<B>(&f);
        taps.insert(made.value, (f.clone(), slot));
        Ok(Value::Float(f))
    };
    let given = given.into_iter().map(|(id, value)| (id, lift(value))).collect();
    let ran = runner.run(given, &plan, &mut hook)?;
    let label = &session.program.values[output];
    let Some(Value::Float(y)) = ran.values.into_iter().next() else {
        return Err(EngineError::Unsupported(format!(
            "output `{label}` does not hold floats, so it has no gradient"
        )));
    };
    let scores = scored(y, label)?;
    let numbers = array_of(Value::Float(lower(scores.clone())))?
        .into_raw_vec_and_offset()
        .0;
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let sum = Taped::<B>::float_sum(scores.prim);
        Taped::<B>::backward(sum)
    }))
    .map_err(|_| EngineError::Node {
        node: label.clone(),
        op: "backward pass".into(),
        reason: "a kernel refused its inputs".into(),
    })?;
    Ok(Back {
        numbers,
        taps,
        stops: ran.stops,
    })
}

/// The explained scalar of each row, `[rows]`.
fn score<B: Engine>(
    y: Float<B>,
    label: &str,
    space: OutputSpace,
    classes: &[usize],
    device: &B::Device,
) -> Result<Float<B>, EngineError> {
    let rows = classes.len();
    if y.shape().first() != Some(&rows) || y.numel() == 0 {
        return Err(EngineError::Unsupported(format!(
            "output `{label}` has shape {:?}, whose first axis is not the batch of {rows}",
            y.shape()
        )));
    }
    let columns = y.numel() / rows;
    let last = y.shape().last().copied().filter(|_| y.rank() > 1).unwrap_or(1);
    let y = match space {
        OutputSpace::Raw => y,
        OutputSpace::Probability if last == 1 => y.unary(Unary::Sigmoid),
        OutputSpace::Probability => {
            let axis = y.rank() - 1;
            softmax(y, axis)
        }
    };
    if let Some(bad) = classes.iter().find(|&&k| k >= columns) {
        return Err(EngineError::Input(format!(
            "class {bad} was asked for, but output `{label}` has {columns} numbers a row"
        )));
    }
    let elem = y.elem;
    let flat = y.reshape(vec![rows, columns]);
    let index: Vec<i64> = classes.iter().map(|&k| k as i64).collect();
    let index = B::int_from_data(TensorData::new(index, vec![rows, 1]), device);
    Ok(Float::wrap(B::float_gather(1, flat.prim, index), vec![rows, 1], elem).reshape(vec![rows]))
}
