//! Pooling over windows of one or two spatial dimensions, and over everything.

use burn_backend::Backend;
use burn_std::ops::ConvOptions;

use super::conv::Window;
use super::{Call, Entry, Grad, Out, one};
use crate::error::OpError;
use crate::float::Float;
use crate::shapes::rules;
use crate::operation::Engine;
use crate::value::Elem;

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("pool", op, Grad::Yes, run);
    vec![
        e("MaxPool", max_pool).shape(rules::pool),
        e("AveragePool", average_pool).shape(rules::pool),
        e("GlobalAveragePool", |c| global(c, B::float_mean_dim)).shape(rules::global_pool),
        e("GlobalMaxPool", |c| global(c, B::float_max_dim)).shape(rules::global_pool),
    ]
}

fn global<B: Backend>(c: &mut Call<'_, B>, f: fn(B::FloatTensorPrimitive, usize) -> B::FloatTensorPrimitive) -> Out<B> {
    let x = c.float(0)?;
    if x.rank() < 3 || x.numel() == 0 {
        return Err(OpError::bad(format!(
            "expected at least one spatial dimension, got shape {:?}",
            x.shape()
        )));
    }
    let (n, ch, rank, elem) = (x.shape()[0], x.shape()[1], x.rank(), x.elem);
    let inner = x.shape()[2..].iter().product();
    let mut shape = vec![n, ch];
    shape.resize(rank, 1);
    let y = Float::wrap(f(x.reshape(vec![n * ch, inner]).prim, 1), vec![n * ch, 1], elem);
    one(y.reshape(shape))
}

/// The input as `[n, c, h, w]`, its window, and the ONNX shape of the output.
struct Prepared<B: Backend> {
    x: Float<B>,
    window: Window,
    out: Vec<usize>,
    shape: Vec<usize>,
}

fn prepare<B: Backend>(c: &mut Call<'_, B>) -> Result<Prepared<B>, OpError> {
    let x = c.float(0)?;
    if x.rank() < 3 || x.numel() == 0 {
        return Err(OpError::bad(format!(
            "expected a spatial input, got shape {:?}",
            x.shape()
        )));
    }
    let space = x.shape()[2..].to_vec();
    let kernel = c
        .sizes("kernel_shape")?
        .ok_or_else(|| OpError::bad("kernel_shape is missing"))?;
    let mut window = Window::read(c, kernel, &space)?;
    let ceil = c.int("ceil_mode", 0) != 0;
    let mut out = window.output(&space, ceil)?;
    let mut shape = x.shape()[..2].to_vec();
    shape.extend(&out);
    c.reserve(&shape)?;
    let (n, ch) = (x.shape()[0], x.shape()[1]);
    let x = if space.len() == 1 {
        window.kernel.insert(0, 1);
        window.stride.insert(0, 1);
        window.dilation.insert(0, 1);
        window.pads.insert(0, (0, 0));
        out.insert(0, 1);
        x.reshape(vec![n, ch, 1, space[0]])
    } else {
        x
    };
    Ok(Prepared { x, window, out, shape })
}

/// How far the last window of each axis reaches behind the padded input (`ceil_mode`).
fn overhang<B: Backend>(p: &Prepared<B>) -> [usize; 2] {
    std::array::from_fn(|i| {
        let end = (p.out[i] - 1) * p.window.stride[i] + p.window.reach(i);
        end.saturating_sub(p.x.shape()[2 + i] + p.window.pads[i].0 + p.window.pads[i].1)
    })
}

fn pair(v: &[usize]) -> [usize; 2] {
    [v[0], v[1]]
}

fn padded<B: Backend>(c: &Call<'_, B>, p: &Prepared<B>, extra: [usize; 2], value: f32) -> Result<Float<B>, OpError> {
    let w = &p.window.pads;
    let pads = [(0, 0), (0, 0), (w[0].0, w[0].1 + extra[0]), (w[1].0, w[1].1 + extra[1])];
    let shape: Vec<usize> = p.x.shape().iter().zip(&pads).map(|(d, (a, b))| d + a + b).collect();
    c.reserve(&shape)?;
    Ok(p.x.clone().pad(&pads, value))
}

/// Whether the input is what the backend pools: floats of one or two spatial dimensions.
fn quick<B: Backend>(c: &Call<'_, B>) -> bool {
    c.elem(0).is_some_and(Elem::is_float) && c.shape(0).is_ok_and(|s| s.len() <= 4)
}

fn max_pool<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    if c.node.outputs.get(1).is_some_and(Option::is_some) || !quick(c) {
        return super::windows::max_pool(c);
    }
    let p = prepare(c)?;
    let extra = overhang(&p);
    let elem = p.x.elem;
    let w = &p.window;
    let plain = extra == [0, 0]
        && w.pads
            .iter()
            .enumerate()
            .all(|(i, (a, b))| a == b && *a <= w.kernel[i] / 2);
    let (x, pads) = if plain {
        (p.x.clone(), [w.pads[0].0, w.pads[1].0])
    } else {
        (padded(c, &p, extra, f32::MIN)?, [0, 0])
    };
    let (n, ch) = (x.shape()[0], x.shape()[1]);
    let prim = B::max_pool2d(x.prim, pair(&w.kernel), pair(&w.stride), pads, pair(&w.dilation), false);
    one(Float::wrap(prim, vec![n, ch, p.out[0], p.out[1]], elem).reshape(p.shape))
}

/// Per output position, how many input positions of one axis its window covers.
fn counts<B: Backend>(p: &Prepared<B>, i: usize, include_pad: bool) -> Vec<f32> {
    let w = &p.window;
    let len = p.x.shape()[2 + i] as i64;
    let (low, high) = if include_pad {
        (-(w.pads[i].0 as i64), len + w.pads[i].1 as i64)
    } else {
        (0, len)
    };
    (0..p.out[i])
        .map(|o| {
            let start = (o * w.stride[i]) as i64 - w.pads[i].0 as i64;
            (0..w.kernel[i])
                .filter(|k| (low..high).contains(&(start + (k * w.dilation[i]) as i64)))
                .count() as f32
        })
        .collect()
}

fn average_pool<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    if !quick(c) {
        return super::windows::average_pool(c);
    }
    let include_pad = c.int("count_include_pad", 0) != 0;
    let p = prepare(c)?;
    let extra = overhang(&p);
    let elem = p.x.elem;
    let (n, ch) = (p.x.shape()[0], p.x.shape()[1]);
    let w = &p.window;
    let x = padded(c, &p, extra, 0.0)?;
    let area = (w.kernel[0] * w.kernel[1]) as f32;
    // The mean over whole windows of the zero-padded input, rescaled where a window is not whole.
    let prim = if w.dilation.iter().all(|&d| d == 1) {
        B::avg_pool2d(x.prim, pair(&w.kernel), pair(&w.stride), [0, 0], true, false)
    } else {
        let kernel = Float::<B>::full(1.0 / area, vec![ch, 1, w.kernel[0], w.kernel[1]], elem, c.device);
        B::conv2d(
            x.prim,
            kernel.prim,
            None,
            ConvOptions::new(pair(&w.stride), [0, 0], pair(&w.dilation), ch),
        )
    };
    let mut y = Float::wrap(prim, vec![n, ch, p.out[0], p.out[1]], elem);
    let (rows, columns) = (counts(&p, 0, include_pad), counts(&p, 1, include_pad));
    let scale: Vec<f32> = rows
        .iter()
        .flat_map(|r| columns.iter().map(move |k| area / (r * k).max(1.0)))
        .collect();
    if scale.iter().any(|s| (s - 1.0).abs() > 0.0) {
        y = y.mul(c.tensor_from(scale, vec![1, 1, p.out[0], p.out[1]], elem))?;
    }
    one(y.reshape(p.shape))
}
