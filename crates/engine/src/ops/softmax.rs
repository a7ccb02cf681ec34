//! Softmax and its relatives.

use burn_backend::Backend;

use super::{Call, Entry, Grad, Out, axis, one};
use crate::float::Float;

pub(super) fn entries<B: Backend>() -> Vec<Entry<B>> {
    vec![
        Entry::new("softmax", "Softmax", Grad::Yes, |c| along(c, B::softmax)),
        Entry::new("softmax", "LogSoftmax", Grad::Yes, |c| along(c, B::log_softmax)),
        Entry::new("softmax", "Hardmax", Grad::Stops, hardmax),
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

fn hardmax<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, at, shape) = flattened(c)?;
    let elem = x.elem;
    let dims = x.shape().to_vec();
    let inner: usize = dims[at + 1..].iter().product();
    let n = dims[at];
    let data = x.into_vec()?;
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
