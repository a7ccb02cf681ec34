//! Pooling over windows of one to three spatial dimensions, and over everything.

use glassboard_kernels::pool::{self, Window};
use glassboard_kernels::reduce::Reduce;
use glassboard_kernels::reference;

use super::{Call, Entry, Grad, Out, one, operate};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::rules;
use crate::value::{Elem, Host, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("pool", op, Grad::Yes, run).shape(rules::pool);
    vec![
        e("MaxPool", max_pool),
        e("AveragePool", |c| {
            let padding_too = c.int("count_include_pad", 0) != 0;
            pooled(c, Kind::Average { padding_too })
        })
        .limits("1 to 3 spatial dimensions"),
        e("LpPool", |c| {
            let p = norm(c)?;
            pooled(c, Kind::Lp { p })
        })
        .limits("1 to 3 spatial dimensions"),
        e("GlobalAveragePool", |c| {
            let x = spatial(c)?;
            let axes = (2..x.rank()).collect();
            one(x.reduce(Reduce::Mean, axes, true))
        })
        .shape(rules::global_pool),
        e("GlobalMaxPool", |c| global(c, Kind::Max)).shape(rules::global_pool),
        e("GlobalLpPool", |c| {
            let p = norm(c)?;
            global(c, Kind::Lp { p })
        })
        .shape(rules::global_pool),
    ]
}

fn norm<B: Engine>(c: &Call<'_, B>) -> Result<i32, OpError> {
    // The first operator set wrote the whole number as a float.
    let p = match c.node.attrs.get("p") {
        Some(crate::graph::Attr::Float(p)) if p.fract() == 0.0 => *p as i64,
        _ => c.int("p", 2),
    };
    match i32::try_from(p) {
        Ok(p) if p >= 1 => Ok(p),
        _ => Err(OpError::bad("p is not positive")),
    }
}

fn spatial<B: Engine>(c: &mut Call<'_, B>) -> Result<Float<B>, OpError> {
    let x = c.float(0)?;
    if x.rank() < 3 || x.numel() == 0 {
        return Err(OpError::bad(format!(
            "expected at least one spatial dimension and no empty one, got shape {:?}",
            x.shape()
        )));
    }
    Ok(x)
}

/// A window over everything.
fn global<B: Engine>(c: &mut Call<'_, B>, kind: Kind) -> Out<B> {
    let x = spatial(c)?;
    let space = &x.shape()[2..];
    let (lead, plane) = space.split_at(space.len().saturating_sub(2));
    let width = plane[plane.len() - 1];
    let size = [lead.iter().product(), plane.iter().product::<usize>() / width, width];
    let window = Window {
        input: size,
        output: [1; 3],
        kernel: size,
        stride: [1; 3],
        dilation: [1; 3],
        pads: [(0, 0); 3],
    };
    let mut shape = x.shape()[..2].to_vec();
    shape.resize(x.rank(), 1);
    one(operate(Pool { kind, window, shape }, vec![x]))
}

/// What a window becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its largest element.
    Max,
    /// Its mean.
    Average {
        /// Whether padding counts.
        padding_too: bool,
    },
    /// Its p-norm.
    Lp {
        /// The exponent.
        p: i32,
    },
}

/// Pooling of `[batch, channels, ...]`.
#[derive(Debug)]
pub(super) struct Pool {
    pub kind: Kind,
    pub window: Window,
    /// Shape of the output.
    pub shape: Vec<usize>,
}

impl Operation for Pool {
    fn shape(&self, _: &[Vec<usize>]) -> Vec<usize> {
        self.shape.clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        let (w, x) = (&self.window, inputs[0].data);
        match self.kind {
            Kind::Max => pool::max(w, x),
            Kind::Average { padding_too } => pool::average(w, x, padding_too),
            Kind::Lp { p } => pool::lp(w, x, p as f32),
        }
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        let (w, x) = (&self.window, inputs[0].data);
        match self.kind {
            Kind::Max => reference::pool::max(w, x),
            Kind::Average { padding_too } => reference::pool::average(w, x, padding_too),
            Kind::Lp { p } => reference::pool::lp(w, x, f64::from(p)),
        }
    }

    fn keeps(&self) -> Keeps {
        let linear = matches!(self.kind, Kind::Average { .. });
        Keeps {
            inputs: if linear { Vec::new() } else { vec![0] },
            output: !linear,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let (w, g) = (&self.window, trace.gradient.data);
        let x = trace.inputs[0].map_or(&[][..], |x| x.data);
        let y = trace.output.map_or(&[][..], |y| y.data);
        vec![Some(match self.kind {
            Kind::Max => pool::max_backward(w, x, y, g),
            Kind::Average { padding_too } => pool::average_backward(w, g, padding_too),
            Kind::Lp { p } => pool::lp_backward(w, x, y, g, p as f32),
        })]
    }
}

/// The input, its window, and the ONNX shape of the output.
fn prepare<B: Engine>(c: &mut Call<'_, B>) -> Result<(Float<B>, Window, Vec<usize>), OpError> {
    let x = spatial(c)?;
    let space = x.shape()[2..].to_vec();
    if space.len() > 3 {
        return Err(OpError::unsupported("pooling over more than 3 spatial dimensions"));
    }
    let kernel = c
        .sizes("kernel_shape")?
        .ok_or_else(|| OpError::bad("kernel_shape is missing"))?;
    let read = super::conv::Window::read(c, kernel, &space)?;
    let ceil = c.int("ceil_mode", 0) != 0;
    let out = read.output(&space, ceil)?;
    let mut shape = x.shape()[..2].to_vec();
    shape.extend(&out);
    c.reserve(&shape)?;
    // Missing axes come first.
    let lead = 3 - space.len();
    let sizes = |v: &[usize]| std::array::from_fn(|i| if i < lead { 1 } else { v[i - lead] });
    let window = Window {
        input: sizes(&space),
        output: sizes(&out),
        kernel: sizes(&read.kernel),
        stride: sizes(&read.stride),
        dilation: sizes(&read.dilation),
        pads: std::array::from_fn(|i| if i < lead { (0, 0) } else { read.pads[i - lead] }),
    };
    Ok((x, window, shape))
}

fn pooled<B: Engine>(c: &mut Call<'_, B>, kind: Kind) -> Out<B> {
    let (x, window, shape) = prepare(c)?;
    one(operate(Pool { kind, window, shape }, vec![x]))
}

fn max_pool<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    if c.elem(0).is_some_and(|e| !e.is_float()) || c.shape(0)?.len() > 5 {
        return super::windows::max_pool(c);
    }
    let wants_positions = c.node.outputs.get(1).is_some_and(Option::is_some);
    let by_column = c.int("storage_order", 0) != 0;
    let (x, window, shape) = prepare(c)?;
    let positions = if wants_positions {
        Some(positions(&x.clone().into_vec()?, &window, shape.clone(), by_column))
    } else {
        None
    };
    let kind = Kind::Max;
    let y = operate(Pool { kind, window, shape }, vec![x]);
    let positions = positions.map(Value::Host);
    Ok([Some(Value::Float(y)), positions].into_iter().flatten().collect())
}

/// Indices into the flattened input; the last two spatial axes swap places where `by_column` is set.
fn positions(x: &[f32], window: &Window, shape: Vec<usize>, by_column: bool) -> Host {
    let plane: usize = window.input.iter().product();
    let each: usize = window.output.iter().product();
    let [_, height, width] = window.input;
    let found = pool::max_positions(window, x);
    let flat = found.iter().enumerate().map(|(i, &at)| {
        let at = usize::try_from(at).unwrap_or(0);
        let (slab, row, column) = (at / (height * width), at / width % height, at % width);
        let at = if by_column {
            (slab * width + column) * height + row
        } else {
            at
        };
        (i / each * plane + at) as i64
    });
    Host::new(shape, Elem::I64, flat.collect())
}
