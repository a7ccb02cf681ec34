//! d target / d value, for the input or any value of the graph.
//!
//! The value asked about is *cut* as it is made: the rest of the graph sees a fresh leaf with the
//! same numbers, so the tape begins there and nothing before it is differentiated. Weights are never
//! leaves, so their gradients are never computed. One pass answers every row of a batch, because the
//! sum over rows has each row's own gradient as its derivative.

use burn_backend::backend::AutodiffBackend;
use burn_backend::ops::FloatTensorOps;
use burn_backend::{Backend, TensorData};
use glassboard_model::{Array, ModelError, OutputSpace, Target, View};

use crate::backend::Taped;
use crate::batch;
use crate::error::EngineError;
use crate::float::Float;
use crate::graph::ValueId;
use crate::operation::Readable;
use crate::run::{Bodies, Runner, Steps};
use crate::session::{Session, array_of};
use crate::value::Value;

/// Value, gradient and target per row.
pub(crate) struct Found {
    pub values: Vec<f32>,
    pub activation: Array,
    pub gradient: Array,
}

type TapedFloat<B> = Float<Taped<B>>;

fn lift<B: Backend>(value: Value<B>) -> Value<Taped<B>> {
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

pub(crate) fn with_respect_to<B: Readable>(
    session: &Session<B>,
    x: &View<'_>,
    at: ValueId,
    target: &Target,
) -> Result<Found, ModelError> {
    let rows = x.shape().first().copied().unwrap_or(0);
    if target.targets.len() != rows {
        return Err(ModelError::Input(format!(
            "{} targets were given for {rows} rows",
            target.targets.len()
        )));
    }
    let size = session.batch_size(x)?;
    let name = session.program.values[at].clone();
    let weights: Vec<Option<Value<Taped<B>>>> = session.weights.iter().map(|w| w.clone().map(lift)).collect();
    let (mut values, mut activations, mut gradients) = (Vec::new(), Vec::new(), Vec::new());
    for (chunk, real) in batch::chunks(x, size) {
        let start = values.len();
        let mut classes = target.targets[start..start + real].to_vec();
        let last = classes.last().copied().unwrap_or(0);
        classes.resize(size, last);
        let (scores, activation, gradient) = one_pass(session, &weights, &chunk, at, target, &classes)?;
        values.extend_from_slice(&scores[..real]);
        activations.push(batch::trim(activation, size, real, &name)?);
        gradients.push(batch::trim(gradient, size, real, &name)?);
    }
    Ok(Found {
        values,
        activation: batch::join(&activations, &name)?,
        gradient: batch::join(&gradients, &name)?,
    })
}

fn one_pass<B: Readable>(
    session: &Session<B>,
    weights: &[Option<Value<Taped<B>>>],
    chunk: &Array,
    at: ValueId,
    target: &Target,
    classes: &[usize],
) -> Result<(Vec<f32>, Array, Array), EngineError> {
    let name = &session.program.values[at];
    let output = session.output_id(target.output.as_deref())?;
    let bodies = Bodies::new();
    let runner = Runner {
        program: &session.program,
        registry: &session.taped,
        device: &session.device,
        weights,
        memory_limit: session.options.memory_limit,
        keeps: true,
        bodies: &bodies,
        steps: Steps::new(),
    };
    let (id, value) = session.input_value(chunk)?;
    let mut leaf: Option<TapedFloat<B>> = None;
    let mut cut = |made: crate::run::Made, value: Value<Taped<B>>| {
        if made.value != at {
            return Ok(value);
        }
        let Value::Float(f) = value else {
            return Err(EngineError::Unsupported(format!(
                "value `{name}` holds {}, which has no gradient; choose a float value behind it",
                value.kind()
            )));
        };
        let (shape, elem) = (f.shape().to_vec(), f.elem);
        let fresh = Taped::<B>::float_set_require_grad(Taped::<B>::from_inner(Taped::<B>::inner(f.prim)), true);
        let f = Float::wrap(fresh, shape, elem);
        leaf = Some(f.clone());
        Ok(Value::Float(f))
    };
    let ran = runner.run(vec![(id, lift(value))], &[output, at], &mut cut)?;
    let label = &session.program.values[output];
    let mut values = ran.values.into_iter();
    let Some(Value::Float(y)) = values.next() else {
        return Err(EngineError::Unsupported(format!(
            "output `{label}` does not hold floats, so it has no gradient"
        )));
    };
    let leaf = leaf.ok_or_else(|| EngineError::Unsupported(format!("value `{name}` is a constant of the model")))?;
    let scores = score(y, label, target.space, classes, &session.device)?;
    let numbers = array_of(Value::Float(lower(scores.clone())))?
        .into_raw_vec_and_offset()
        .0;
    let activation = array_of(Value::Float(lower(leaf.clone())))?;
    let tape = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let sum = Taped::<B>::float_sum(scores.prim);
        Taped::<B>::backward(sum)
    }))
    .map_err(|_| EngineError::Node {
        node: label.clone(),
        op: "backward pass".into(),
        reason: "a kernel refused its inputs".into(),
    })?;
    let Some(gradient) = Taped::<B>::grad(&leaf.prim, &tape) else {
        let why = match ran.stops.first() {
            Some(node) => format!("gradients stop at nodes such as `{node}`"),
            None => "the output does not depend on it".to_owned(),
        };
        return Err(EngineError::Unsupported(format!(
            "`{label}` has no gradient with respect to `{name}`: {why}"
        )));
    };
    let gradient = array_of(Value::Float(Float::<B>::wrap(
        gradient,
        leaf.shape().to_vec(),
        leaf.elem,
    )))?;
    Ok((numbers, activation, gradient))
}

/// The explained scalar of each row, `[rows]`.
fn score<B: Backend>(
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
        OutputSpace::Probability if last == 1 => y.map(B::sigmoid),
        OutputSpace::Probability => {
            let axis = y.rank() - 1;
            y.map(|t| B::softmax(t, axis))
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
