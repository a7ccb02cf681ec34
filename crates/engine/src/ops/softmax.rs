//! Softmax and its relatives.

use burn_backend::Backend;
use glassboard_kernels::{reference, softmax};

use super::{Call, Entry, Grad, Out, axis, one, operate};
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::rules;

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("softmax", "Softmax", Grad::Yes, |c| {
            let (x, at, shape) = flattened(c)?;
            one(apply(x, at).reshape(shape))
        })
        .shape(rules::same),
        Entry::new("softmax", "LogSoftmax", Grad::Yes, |c| along(c, B::log_softmax)).shape(rules::same),
        Entry::new("softmax", "Hardmax", Grad::Stops, hardmax).shape(rules::same),
    ]
}

/// Before operator set 13 the input is read as a matrix split at `axis` (default 1).
fn flattened<B: Backend>(c: &mut Call<'_, B>) -> Result<(Float<B>, usize, Vec<usize>), crate::error::OpError> {
    let x = c.float(0)?;
    let shape = x.shape().to_vec();
    if c.opset() >= 13 {
        let at = axis(c.int("axis", -1), x.rank())?;
        return Ok((x, at, shape));
    }
    let raw = c.int("axis", 1);
    let at = if raw == x.rank() as i64 {
        x.rank()
    } else {
        axis(raw, x.rank())?
    };
    let outer = shape[..at].iter().product();
    let inner = shape[at..].iter().product();
    Ok((x.reshape(vec![outer, inner]), 1, shape))
}

fn along<B: Backend>(c: &mut Call<'_, B>, f: fn(B::FloatTensorPrimitive, usize) -> B::FloatTensorPrimitive) -> Out<B> {
    let (x, at, shape) = flattened(c)?;
    if x.numel() == 0 || x.rank() == 0 {
        return one(x.reshape(shape));
    }
    one(x.map(|t| f(t, at)).reshape(shape))
}

/// Softmax along axis `at`; the kernel works on the last one.
pub(super) fn apply<B: Engine>(x: Float<B>, at: usize) -> Float<B> {
    if x.numel() == 0 || x.rank() == 0 {
        return if x.rank() == 0 { operate(Softmax, vec![x]) } else { x };
    }
    let mut order: Vec<usize> = (0..x.rank()).collect();
    let last = order.len() - 1;
    order.swap(at, last);
    operate(Softmax, vec![x.permute(&order)]).permute(&order)
}

/// Softmax over the last axis.
#[derive(Debug)]
struct Softmax;

fn width(shape: &[usize]) -> usize {
    shape.last().copied().unwrap_or(1)
}

impl Operation for Softmax {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        inputs[0].clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        let x = inputs[0];
        let mut y = vec![0.0; x.data.len()];
        softmax::forward(width(x.shape), x.data, &mut y);
        y
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        let x = inputs[0];
        x.data
            .chunks_exact(width(x.shape).max(1))
            .flat_map(reference::softmax)
            .collect()
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: Vec::new(),
            output: true,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let y = trace.output.map_or(&[][..], |y| y.data);
        let mut dx = vec![0.0; y.len()];
        softmax::backward(width(&trace.shapes[0]), y, trace.gradient.data, &mut dx);
        vec![Some(dx)]
    }
}

fn hardmax<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, at, shape) = flattened(c)?;
    let elem = x.elem;
    let dims = x.shape().to_vec();
    let inner: usize = dims[at + 1..].iter().product();
    let n = dims[at];
    let data = x.into_doubles()?;
    let mut out = vec![0.0; data.len()];
    for start in (0..data.len()).filter(|i| (i / inner.max(1)).is_multiple_of(n.max(1))) {
        let mut best = 0;
        for k in 1..n {
            if data[start + k * inner] > data[start + best * inner] {
                best = k;
            }
        }
        out[start + best * inner] = 1.0;
    }
    one(c.tensor_from(out, shape, elem))
}
