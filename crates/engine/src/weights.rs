//! Weights: what they are, a session with others in their place, and gradients by them, a row at a time.
//!
//! A session keeps its constants packed and folded, and differentiates nothing by them. Whoever asks for gradients by
//! weights gets a twin of the graph in which the weights are inputs, so that nothing of it is packed, folded or joined,
//! and every operator takes the way it takes for inputs. The twin is made once.

use std::collections::{HashMap, HashSet};

use glassboard_model::{Array, ModelError, View, WeightInfo};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::batch;
use crate::constant::Constant;
use crate::error::EngineError;
use crate::float::Float;
use crate::gradient::there_and_back;
use crate::graph::{Axis, Port, Prepared, Program, ValueId};
use crate::operation::{Engine, Readable};
use crate::session::{Session, array_of, within_pool};
use crate::tokens::Feed;
use crate::value::{Elem, Plain, Value};

/// The twin of a session whose weights are inputs, and the weights.
pub(crate) struct Open<B: burn_backend::Backend> {
    session: Session<B>,
    weights: Vec<(ValueId, Value<B>)>,
}

/// One weight.
struct Weight<'a> {
    id: ValueId,
    constant: &'a Constant,
    /// The first node that reads it.
    node: usize,
}

/// Operators whose float inputs of their own say how to compute, and were not trained: sizes, limits, steps of codes.
const SETTINGS: [&str; 12] = [
    "Resize",
    "Upsample",
    "Pad",
    "Clip",
    "Range",
    "OneHot",
    "RoiAlign",
    "NonMaxSuppression",
    "QuantizeLinear",
    "DequantizeLinear",
    "QLinearConv",
    "QLinearMatMul",
];

/// Floats with at least one axis that a node reads, but for those that are settings and the running mean and variance of a batch norm, which no
/// gradient trained; by the node that reads them first, then by the order of its inputs. A number without an axis is
/// part of a formula (an exponent, an epsilon) rather than a weight.
fn weights(program: &Program) -> Vec<Weight<'_>> {
    let known: HashMap<ValueId, &Constant> = program.initializers.iter().map(|(id, c)| (*id, c)).collect();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (at, node) in program.nodes.iter().enumerate() {
        if SETTINGS.contains(&node.op.as_str()) {
            continue;
        }
        let running = node.op == "BatchNormalization" && node.domain.is_empty();
        let read = if running {
            3.min(node.inputs.len())
        } else {
            node.inputs.len()
        };
        for id in node.inputs[..read].iter().flatten() {
            let Some(&constant) = known.get(id) else { continue };
            let trained = matches!(constant.elem, Elem::F32 | Elem::F64 | Elem::F16 | Elem::BF16);
            let shaped = !constant.shape.is_empty() && constant.numel() > 0;
            if trained && shaped && seen.insert(*id) {
                found.push(Weight {
                    id: *id,
                    constant,
                    node: at,
                });
            }
        }
    }
    found
}

/// A copy of which nothing was prepared.
fn fresh(program: &Program) -> Program {
    let mut copy = program.clone();
    for node in &mut copy.nodes {
        node.prepared = Prepared::default();
    }
    copy
}

impl<B: Readable> Session<B> {
    /// What [`glassboard_model::Model::weights`] says.
    pub(crate) fn weight_infos(&self) -> Vec<WeightInfo> {
        let all = weights(&self.program);
        let info = |w: &Weight<'_>| WeightInfo {
            name: self.program.values[w.id].clone(),
            shape: w.constant.shape.clone(),
            op: self.program.nodes[w.node].op.clone(),
        };
        all.iter().map(info).collect()
    }

    /// What [`glassboard_model::Model::weight`] says.
    pub(crate) fn weight_numbers(&self, name: &str) -> Result<Array, ModelError> {
        let id = self.id(name)?;
        let all = weights(&self.program);
        let weight = all.iter().find(|w| w.id == id).ok_or_else(|| no_weight(name))?;
        Ok(array_of(weight.constant.load()?.to_value::<B>(&self.device))?)
    }

    /// A session of the same graph with other numbers in some of its weights.
    pub(crate) fn with_other_weights(&self, changed: Vec<(String, Array)>) -> Result<Self, ModelError> {
        let known: HashMap<ValueId, &Constant> =
            weights(&self.program).into_iter().map(|w| (w.id, w.constant)).collect();
        let mut others: HashMap<ValueId, Constant> = HashMap::new();
        for (name, array) in changed {
            let id = self.id(&name)?;
            let weight = known.get(&id).ok_or_else(|| no_weight(&name))?;
            if weight.shape != array.shape() {
                return Err(ModelError::Input(format!(
                    "weight `{name}` has shape {:?}, the array given is {:?}",
                    weight.shape,
                    array.shape()
                )));
            }
            let shape = array.shape().to_vec();
            let plain = if weight.elem == Elem::F64 {
                Plain::double(shape, array.iter().map(|v| f64::from(*v)).collect())
            } else {
                Plain::float(shape, weight.elem, array.iter().copied().collect())
            };
            others.insert(id, plain.into());
        }
        let mut program = fresh(&self.program);
        for (id, constant) in &mut program.initializers {
            if let Some(other) = others.remove(id) {
                *constant = other;
            }
        }
        Ok(Self::from_program(program, self.options))
    }

    fn open_weights(&self) -> Result<&Open<B>, EngineError> {
        if let Some(open) = self.open.get() {
            return Ok(open);
        }
        let mut program = fresh(&self.program);
        let mut held = Vec::new();
        let all = weights(&self.program);
        let opened: HashSet<ValueId> = all.iter().map(|w| w.id).collect();
        program.initializers.retain(|(id, _)| !opened.contains(id));
        for weight in all {
            let name = self.program.values[weight.id].clone();
            let axes = weight.constant.shape.iter().copied().map(Axis::Known);
            program
                .inputs
                .push((weight.id, Port::tensor(name, weight.constant.elem, axes)));
            held.push((weight.id, weight.constant.load()?.into_value(&self.device)));
        }
        let open = Open {
            session: Self::from_program(program, self.options),
            weights: held,
        };
        Ok(self.open.get_or_init(|| Box::new(open)))
    }

    /// What [`glassboard_model::Model::weight_gradients`] says.
    pub(crate) fn gradients_by_weights(
        &self,
        x: &View<'_>,
        output: Option<&str>,
        pull: &ArrayView2<'_, f32>,
    ) -> Result<Array2<f32>, ModelError> {
        // A graph that fixes its batch gets the row as often as it wants, and only the first is pulled at.
        let fixed = self.single_input(&Feed::default())?.2.shape.first().copied().flatten();
        self.cut(x, &Feed::default(), false)?;
        let rows = x.shape()[0];
        if pull.nrows() != rows {
            return Err(ModelError::Input(format!(
                "{} rows to pull at for {rows} rows",
                pull.nrows()
            )));
        }
        let open = self.open_weights()?;
        let size: usize = weights(&self.program).iter().map(|w| w.constant.numel()).sum();
        let one = |row: usize| {
            let own = x.slice_axis(ndarray::Axis(0), ndarray::Slice::from(row..=row));
            let (chunk, _) = batch::chunk(&own, 0, fixed.unwrap_or(1).max(1))?;
            self.row_by_weights(open, chunk, output, &pull.row(row).to_vec(), size)
        };
        let found = within_pool(|| (0..rows).into_par_iter().map(one).collect::<Result<Vec<_>, _>>())?;
        Array2::from_shape_vec((rows, size), found.concat())
            .map_err(|e| ModelError::Failed(format!("gradients of weights do not line up: {e}")))
    }

    fn row_by_weights(
        &self,
        open: &Open<B>,
        chunk: Array,
        output: Option<&str>,
        pull: &[f32],
        size: usize,
    ) -> Result<Vec<f32>, ModelError> {
        let twin = &open.session;
        let output = twin.output_id(output)?;
        let mut given = vec![self.input_value(chunk, &Feed::default())?];
        given.extend(open.weights.iter().cloned());
        let at: Vec<ValueId> = open.weights.iter().map(|(id, _)| *id).collect();
        let scored = |y, label: &str| pulled(y, label, pull, &twin.device);
        let back = there_and_back(twin, given, &at, output, &scored)?;
        let mut out = Vec::with_capacity(size);
        for (id, value) in &open.weights {
            match back.gradient(*id) {
                Some(gradient) => out.extend(array_of::<B>(Value::Float(gradient))?.iter()),
                // What the output does not depend on moves nothing.
                None => out.resize(out.len() + value.shape().iter().product::<usize>(), 0.0),
            }
        }
        Ok(out)
    }
}

fn no_weight(name: &str) -> ModelError {
    ModelError::Input(format!("value `{name}` is not a weight of the model"))
}

/// The output times the numbers it is pulled at with; those of padded rows are zeros.
fn pulled<B: Engine>(y: Float<B>, label: &str, pull: &[f32], device: &B::Device) -> Result<Float<B>, EngineError> {
    let numbers = y.numel();
    let rows = y.shape().first().copied().unwrap_or(0);
    if pull.is_empty() || rows * pull.len() != numbers {
        return Err(EngineError::Input(format!(
            "output `{label}` has shape {:?}, which {} numbers a row do not fit",
            y.shape(),
            pull.len()
        )));
    }
    let mut all = pull.to_vec();
    all.resize(numbers, 0.0);
    let factor = Float::from_vec(all, y.shape().to_vec(), y.elem, device);
    y.mul(factor)
        .map_err(|error| EngineError::Input(format!("output `{label}`: {error:?}")))
}
