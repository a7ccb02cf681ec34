//! Softmax and its relatives.

use glassboard_kernels::reference;
use glassboard_kernels::softmax::{self, Softmax};

use super::{Call, Entry, Grad, Out, axis, one, operate};
use crate::error::OpError;
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
        Entry::new("softmax", "LogSoftmax", Grad::Yes, |c| {
            let (x, at, shape) = flattened(c)?;
            one(of(x, at, Softmax::Log).reshape(shape))
        })
        .shape(rules::same),
        Entry::new("softmax", "Hardmax", Grad::Stops, hardmax).shape(rules::same),
    ]
}

/// Before operator set 13 the input is read as a matrix split at `axis` (default 1).
fn flattened<B: Engine>(c: &mut Call<'_, B>) -> Result<(Float<B>, usize, Vec<usize>), OpError> {
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

/// Softmax along axis `at`.
pub(crate) fn apply<B: Engine>(x: Float<B>, at: usize) -> Float<B> {
    of(x, at, Softmax::Plain)
}

fn of<B: Engine>(x: Float<B>, at: usize, form: Softmax) -> Float<B> {
    if x.numel() == 0 {
        return x;
    }
    let n = x.shape().get(at).copied().unwrap_or(1);
    let inner = x.shape().iter().skip(at + 1).product();
    operate(Along { form, n, inner }, vec![x])
}

/// Along the middle axis of `[outer, n, inner]`.
#[derive(Debug)]
struct Along {
    form: Softmax,
    n: usize,
    inner: usize,
}

impl Operation for Along {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        inputs[0].clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        softmax::forward(self.form, inputs[0].data, self.n, self.inner)
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        reference::softmax::forward(self.form, inputs[0].data, self.n, self.inner)
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: Vec::new(),
            output: true,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let y = trace.output.map_or(&[][..], |y| y.data);
        let gradient = trace.gradient.data;
        vec![Some(softmax::backward(self.form, y, gradient, self.n, self.inner))]
    }
}

fn hardmax<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
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
