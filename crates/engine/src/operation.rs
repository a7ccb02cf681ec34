//! Operations of our own on plain arrays, with their own backward pass, on any backend.
//!
//! An [`Operation`] sees slices and shapes, never a backend. [`Engine::operate`] runs it on a
//! backend; on one that records a tape it also registers its backward pass, keeping only the arrays
//! that pass reads. Kernels that the backend lacks, or has only in a slower form, come in here.

use std::fmt::Debug;
use std::sync::Arc;

use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::base::Checkpointer;
use burn_autodiff::checkpoint::strategy::CheckpointStrategy;
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn_backend::tensor::FloatTensor;
use burn_backend::{Backend, DType, FloatDType, TensorMetadata};

use crate::float::stored;

/// A borrowed array, row-major.
#[derive(Debug, Clone, Copy)]
pub struct Slice<'a, T = f32> {
    /// The elements.
    pub data: &'a [T],
    /// ONNX shape.
    pub shape: &'a [usize],
}

/// Which arrays of the forward pass the backward pass reads. What it does not name is not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keeps {
    /// Indices of inputs.
    pub inputs: Vec<usize>,
    /// Whether it reads the output.
    pub output: bool,
}

/// What a backward pass is given.
#[derive(Debug)]
pub struct Trace<'a> {
    /// The inputs; `None` where [`Keeps`] did not name one.
    pub inputs: Vec<Option<Slice<'a>>>,
    /// Shapes of all inputs.
    pub shapes: &'a [Vec<usize>],
    /// The output, if asked for.
    pub output: Option<Slice<'a>>,
    /// d target / d output.
    pub gradient: Slice<'a>,
    /// Which inputs need a gradient.
    pub wanted: Vec<bool>,
}

/// An operation with one output. The caller has checked the shapes and reserved the memory.
pub trait Operation: Debug + Send + Sync + 'static {
    /// Shape of the output for inputs of these shapes.
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize>;
    /// The output's elements, row-major.
    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32>;
    /// The same in 64 bits, plainly: what models of doubles run on, and the truth that
    /// [`Operation::backward`] is held to by central differences. An operation whose operator leaves
    /// doubles to the backend does not come here, and keeps this default, which computes in 32 bits.
    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        let narrow: Vec<Vec<f32>> = inputs
            .iter()
            .map(|x| x.data.iter().map(|&v| v as f32).collect())
            .collect();
        let slices: Vec<_> = narrow
            .iter()
            .zip(inputs)
            .map(|(data, x)| Slice { data, shape: x.shape })
            .collect();
        self.forward(&slices).into_iter().map(f64::from).collect()
    }
    /// What [`Operation::backward`] reads.
    fn keeps(&self) -> Keeps;
    /// d target / d input, per input; anything may stand where none is wanted. Gradients of models
    /// of doubles pass through here in 32 bits.
    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>>;
    /// Whether the gradient of input `i` is the output's own, in another shape at most. It is then
    /// handed on without a copy, and [`Operation::backward`] is not asked for it.
    fn passes(&self, _i: usize, _shapes: &[Vec<usize>]) -> bool {
        false
    }
}

/// A backend that runs operations of ours.
pub trait Engine: Backend {
    /// Runs `operation` on `inputs`, whose ONNX shapes are `shapes`.
    fn operate(
        operation: &Arc<dyn Operation>,
        inputs: Vec<FloatTensor<Self>>,
        shapes: &[Vec<usize>],
    ) -> FloatTensor<Self>;
}

/// A plain backend: one whose tensors can be read as slices.
pub trait Readable: Engine {
    /// The tensor with its elements in row-major order.
    fn packed(tensor: FloatTensor<Self>) -> FloatTensor<Self>;
    /// The elements of a packed tensor of `f32`.
    fn read(tensor: &FloatTensor<Self>) -> &[f32];
    /// The elements of a packed tensor of `f64`.
    fn read_doubles(tensor: &FloatTensor<Self>) -> &[f64];
    /// A tensor of these elements (`[1]` for a scalar's `[]`).
    fn write(data: Vec<f32>, shape: &[usize]) -> FloatTensor<Self>;
    /// A tensor of these elements.
    fn write_doubles(data: Vec<f64>, shape: &[usize]) -> FloatTensor<Self>;
}

fn is_double<B: Backend>(tensor: &FloatTensor<B>) -> bool {
    tensor.dtype() == DType::F64
}

/// [`Engine::operate`] for a plain backend. The caller sees to it that all inputs are of one width.
pub fn operate_plain<B: Readable>(
    operation: &Arc<dyn Operation>,
    inputs: Vec<FloatTensor<B>>,
    shapes: &[Vec<usize>],
) -> FloatTensor<B> {
    let inputs: Vec<_> = inputs.into_iter().map(B::packed).collect();
    let shape = operation.shape(shapes);
    if inputs.first().is_some_and(is_double::<B>) {
        let slices: Vec<_> = inputs
            .iter()
            .zip(shapes)
            .map(|(t, shape)| Slice {
                data: B::read_doubles(t),
                shape,
            })
            .collect();
        return B::write_doubles(operation.reference(&slices), &shape);
    }
    let slices: Vec<_> = inputs
        .iter()
        .zip(shapes)
        .map(|(t, shape)| Slice {
            data: B::read(t),
            shape,
        })
        .collect();
    B::write(operation.forward(&slices), &shape)
}

/// The tensor packed, in 32 bits.
fn single<B: Readable>(tensor: FloatTensor<B>) -> FloatTensor<B> {
    if is_double::<B>(&tensor) {
        B::packed(B::float_cast(tensor, FloatDType::F32))
    } else {
        B::packed(tensor)
    }
}

/// What a recorded operation keeps until its backward pass.
#[derive(Debug, Clone)]
struct Kept<B: Backend> {
    operation: Arc<dyn Operation>,
    inputs: Vec<Option<FloatTensor<B>>>,
    output: Option<FloatTensor<B>>,
    shapes: Vec<Vec<usize>>,
}

#[derive(Debug)]
struct Step;

impl<B: Readable, const N: usize> Backward<B, N> for Step {
    type State = Kept<B>;

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let kept = ops.state;
        let gradient = grads.consume::<B>(&ops.node);
        let mut wanted = Vec::with_capacity(N);
        for (i, (parent, shape)) in ops.parents.iter().zip(&kept.shapes).enumerate() {
            let passes = kept.operation.passes(i, &kept.shapes);
            if let (true, Some(parent)) = (passes, parent) {
                let gradient = B::float_reshape(gradient.clone(), stored(shape));
                grads.register::<B>(parent.id, gradient);
            }
            wanted.push(parent.is_some() && !passes);
        }
        if !wanted.contains(&true) {
            return;
        }
        let double = is_double::<B>(&gradient);
        let gradient = single::<B>(gradient);
        let inputs: Vec<_> = kept.inputs.into_iter().map(|t| t.map(single::<B>)).collect();
        let output = kept.output.map(single::<B>);
        let shape = kept.operation.shape(&kept.shapes);
        let trace = Trace {
            inputs: inputs
                .iter()
                .zip(&kept.shapes)
                .map(|(t, shape)| {
                    t.as_ref().map(|t| Slice {
                        data: B::read(t),
                        shape,
                    })
                })
                .collect(),
            shapes: &kept.shapes,
            output: output.as_ref().map(|t| Slice {
                data: B::read(t),
                shape: &shape,
            }),
            gradient: Slice {
                data: B::read(&gradient),
                shape: &shape,
            },
            wanted: wanted.clone(),
        };
        let answers = kept.operation.backward(&trace);
        let parents = ops
            .parents
            .into_iter()
            .zip(wanted)
            .map(|(p, wanted)| p.filter(|_| wanted));
        for ((parent, answer), shape) in parents.zip(answers).zip(&kept.shapes) {
            if let (Some(parent), Some(data)) = (parent, answer) {
                let answer = B::write(data, shape);
                let answer = if double {
                    B::float_cast(answer, FloatDType::F64)
                } else {
                    answer
                };
                grads.register::<B>(parent.id, answer);
            }
        }
    }
}

fn record<B: Readable, C: CheckpointStrategy, const N: usize>(
    operation: &Arc<dyn Operation>,
    inputs: [FloatTensor<Autodiff<B, C>>; N],
    shapes: &[Vec<usize>],
) -> FloatTensor<Autodiff<B, C>> {
    let mut guards = Vec::with_capacity(N);
    let plain: Vec<FloatTensor<B>> = inputs
        .into_iter()
        .map(|t| {
            let (primitive, guard): (_, NodeGuard) = t.into_parts();
            guards.push(guard);
            B::packed(primitive)
        })
        .collect();
    let mut guards = guards.into_iter();
    let guards: [NodeGuard; N] = std::array::from_fn(|_| guards.next()).map(|g| match g {
        Some(g) => g,
        None => unreachable!("one guard an input"),
    });
    match Step.prepare::<C>(guards).compute_bound().stateful() {
        OpsKind::UnTracked(prep) => prep.finish(operate_plain::<B>(operation, plain, shapes)),
        OpsKind::Tracked(prep) => {
            let keeps = operation.keeps();
            let kept: Vec<_> = plain
                .iter()
                .enumerate()
                .map(|(i, t)| keeps.inputs.contains(&i).then(|| t.clone()))
                .collect();
            let output = operate_plain::<B>(operation, plain, shapes);
            let state = Kept {
                operation: Arc::clone(operation),
                inputs: kept,
                output: keeps.output.then(|| output.clone()),
                shapes: shapes.to_vec(),
            };
            prep.finish(state, output)
        }
    }
}

/// Burn's tape wants the number of parents at compile time; no operation here has more than six.
impl<B: Readable, C: CheckpointStrategy> Engine for Autodiff<B, C> {
    fn operate(
        operation: &Arc<dyn Operation>,
        inputs: Vec<FloatTensor<Self>>,
        shapes: &[Vec<usize>],
    ) -> FloatTensor<Self> {
        let inputs = match <[_; 1]>::try_from(inputs) {
            Ok(inputs) => return record::<B, C, _>(operation, inputs, shapes),
            Err(inputs) => inputs,
        };
        let inputs = match <[_; 2]>::try_from(inputs) {
            Ok(inputs) => return record::<B, C, _>(operation, inputs, shapes),
            Err(inputs) => inputs,
        };
        let inputs = match <[_; 3]>::try_from(inputs) {
            Ok(inputs) => return record::<B, C, _>(operation, inputs, shapes),
            Err(inputs) => inputs,
        };
        let inputs = match <[_; 4]>::try_from(inputs) {
            Ok(inputs) => return record::<B, C, _>(operation, inputs, shapes),
            Err(inputs) => inputs,
        };
        let inputs = match <[_; 5]>::try_from(inputs) {
            Ok(inputs) => return record::<B, C, _>(operation, inputs, shapes),
            Err(inputs) => inputs,
        };
        match <[_; 6]>::try_from(inputs) {
            Ok(inputs) => record::<B, C, _>(operation, inputs, shapes),
            Err(inputs) => unreachable!("an operation of {} float inputs", inputs.len()),
        }
    }
}
