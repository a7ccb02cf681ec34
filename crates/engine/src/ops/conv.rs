//! Convolutions of one, two and three spatial dimensions, and transposed ones.
//!
//! With constant weights, which is nearly always, they run on a kernel of ours that has packed them
//! ([`Convolution`]); with weights that are computed, on the backend, which differentiates both.

use std::borrow::Cow;
use std::sync::Arc;

use burn_std::ops::{ConvOptions, ConvTransposeOptions};
use glassboard_kernels::conv as kernel;
use glassboard_kernels::epilogue::Epilogue;

use super::tail::{self, Tail};
use super::{Call, Entry, Grad, Out, one, operate, sizes};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::rules;
use crate::value::{Elem, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("conv", "Conv", Grad::Yes, conv)
            .shape(rules::conv)
            .limits("1 to 3 spatial dimensions, float inputs"),
        Entry::new("conv", "ConvTranspose", Grad::Yes, conv_transpose)
            .shape(rules::conv_transpose)
            .limits("1 to 3 spatial dimensions, float inputs"),
    ]
}

/// A sliding window as the attributes of `Conv` and the pools describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub kernel: Vec<usize>,
    pub stride: Vec<usize>,
    pub dilation: Vec<usize>,
    /// Before and after, per spatial axis.
    pub pads: Vec<(usize, usize)>,
}

impl Window {
    /// Reads strides, dilations, pads and `auto_pad` for an input of spatial shape `space`.
    pub fn read<B: Engine>(c: &Call<'_, B>, kernel: Vec<usize>, space: &[usize]) -> Result<Self, OpError> {
        let n = space.len();
        let list = |name: &str| -> Result<Vec<usize>, OpError> {
            let v = c.sizes(name)?.unwrap_or_else(|| vec![1; n]);
            if v.len() != n || v.contains(&0) {
                return Err(OpError::bad(format!(
                    "{name} should hold {n} positive numbers, got {v:?}"
                )));
            }
            Ok(v)
        };
        if kernel.len() != n || kernel.contains(&0) {
            return Err(OpError::bad(format!(
                "the kernel {kernel:?} does not fit {n} spatial dimensions"
            )));
        }
        let (stride, dilation) = (list("strides")?, list("dilations")?);
        let mut window = Self {
            kernel,
            stride,
            dilation,
            pads: vec![(0, 0); n],
        };
        match c.str("auto_pad", "NOTSET").as_str() {
            "NOTSET" | "" => {
                if let Some(p) = c.ints("pads") {
                    let p = sizes(&p, "pads")?;
                    if p.len() != 2 * n {
                        return Err(OpError::bad(format!("pads should hold {} numbers, got {p:?}", 2 * n)));
                    }
                    window.pads = (0..n).map(|i| (p[i], p[i + n])).collect();
                }
            }
            "VALID" => {}
            mode @ ("SAME_UPPER" | "SAME_LOWER") => {
                for (i, &size) in space.iter().enumerate().take(n) {
                    let out = size.div_ceil(window.stride[i]);
                    let needed = (out.saturating_sub(1) * window.stride[i] + window.reach(i)).saturating_sub(size);
                    let (small, large) = (needed / 2, needed - needed / 2);
                    window.pads[i] = if mode == "SAME_UPPER" {
                        (small, large)
                    } else {
                        (large, small)
                    };
                }
            }
            other => return Err(OpError::bad(format!("auto_pad `{other}` is unknown"))),
        }
        Ok(window)
    }

    /// Extent of the dilated kernel along axis `i`.
    pub fn reach(&self, i: usize) -> usize {
        (self.kernel[i] - 1).saturating_mul(self.dilation[i]).saturating_add(1)
    }

    /// Output extent along every axis; an error where the kernel is larger than the padded input.
    pub fn output(&self, space: &[usize], ceil: bool) -> Result<Vec<usize>, OpError> {
        (0..space.len())
            .map(|i| {
                let padded = space[i] + self.pads[i].0 + self.pads[i].1;
                let free = padded.checked_sub(self.reach(i)).ok_or_else(|| {
                    OpError::bad(format!(
                        "the kernel reaches over {} but the padded input has {padded}",
                        self.reach(i)
                    ))
                })?;
                let mut out = if ceil {
                    free.div_ceil(self.stride[i])
                } else {
                    free / self.stride[i]
                } + 1;
                // A window that would start in the padding behind the input does not count.
                if ceil && (out - 1) * self.stride[i] >= space[i] + self.pads[i].0 {
                    out -= 1;
                }
                Ok(out)
            })
            .collect()
    }
}

fn arr<const N: usize>(v: &[usize]) -> [usize; N] {
    std::array::from_fn(|i| v[i])
}

/// Checks shared by both directions: ranks, groups, channels.
fn check(x: &[usize], w: &[usize], groups: usize, w_channels: usize) -> Result<(), OpError> {
    if x.len() < 3 || w.len() != x.len() {
        return Err(OpError::bad(format!(
            "input shape {x:?} and weight shape {w:?} do not make a convolution"
        )));
    }
    if x.len() > 5 {
        return Err(OpError::unsupported("more than 3 spatial dimensions"));
    }
    if groups == 0 || !x[1].is_multiple_of(groups) || !w[0].is_multiple_of(groups) || x[1] != w_channels {
        return Err(OpError::bad(format!(
            "{} channels in {groups} groups do not fit the weight of shape {w:?}",
            x[1]
        )));
    }
    Ok(())
}

fn conv<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.float(0)?;
    let weight = c.shape(1)?;
    let groups = usize::try_from(c.int("group", 1)).unwrap_or(0);
    if weight.len() < 2 {
        return Err(OpError::bad("the weight has fewer than two dimensions"));
    }
    check(x.shape(), &weight, groups, weight[1].saturating_mul(groups))?;
    let space = x.shape()[2..].to_vec();
    let window = Window::read(c, weight[2..].to_vec(), &space)?;
    let mut shape = vec![x.shape()[0], weight[0]];
    shape.extend(&window.output(&space, false)?);
    c.reserve(&shape)?;
    if c.has(2) && c.shape(2)? != [shape[1]] {
        return Err(OpError::bad("the bias does not fit the output channels"));
    }
    if shape.contains(&0) || x.numel() == 0 {
        let y = Float::full(0.0, shape, x.elem, c.device);
        return finish(c, y);
    }
    let constant_bias = !c.has(2) || c.is_constant(2);
    if x.elem == Elem::F64 || !c.is_constant(1) || !constant_bias {
        let y = on_backend(c, x, window, shape, groups)?;
        return finish(c, y);
    }
    let mut packed = c.node.prepared.get(|| Packed::new(c, &window, groups))?;
    if packed.window != window {
        // `auto_pad` gives other pads to an input of another size.
        packed = Arc::new(Packed::new(c, &window, groups)?);
    }
    let residual = match c.node.fused.as_ref().and_then(|f| f.residual) {
        Some(i) => Some(c.float(i)?),
        None => None,
    };
    let tail = Tail::of(c, packed.bias.as_deref(), shape[1]);
    if tail.is_none()
        || residual
            .as_ref()
            .is_some_and(|r| r.shape() != shape || r.elem == Elem::F64)
    {
        let bare = Convolution {
            packed,
            shape,
            tail: None,
        };
        let y = operate(bare, vec![x]);
        if let (Some(i), Some(r)) = (c.node.fused.as_ref().and_then(|f| f.residual), residual) {
            c.inputs[i] = Some(Value::Float(r));
        }
        return finish(c, y);
    }
    let inputs = std::iter::once(x).chain(residual).collect();
    one(operate(Convolution { packed, shape, tail }, inputs))
}

/// What was joined to the node, step by step.
fn finish<B: Engine>(c: &mut Call<'_, B>, y: Float<B>) -> Out<B> {
    match c.node.fused.clone() {
        Some(fused) => one(tail::one_by_one(c, y, &fused)?),
        None => one(y),
    }
}

/// Packed weights, and the node's own bias.
#[derive(Debug)]
struct Packed {
    window: Window,
    conv: kernel::Conv,
    bias: Option<Vec<f32>>,
}

impl Packed {
    fn new<B: Engine>(c: &Call<'_, B>, window: &Window, groups: usize) -> Result<Self, OpError> {
        let lost = || OpError::bad("the weight is no tensor of floats");
        let weight = c.constant(1).ok_or_else(lost)?;
        let (inputs, outputs) = (weight.shape[1] * groups, weight.shape[0]);
        let values = weight.as_floats().ok_or_else(lost)?;
        let bias = c.constant(2).filter(|_| c.has(2));
        let bias = bias.and_then(|p| p.as_floats().map(<[f32]>::to_vec));
        let (kernel, stride, dilation) = (&window.kernel, &window.stride, &window.dilation);
        let fits = kernel::Window::new(kernel, stride, dilation, &window.pads);
        Ok(Self {
            window: window.clone(),
            conv: kernel::Conv::new(fits, inputs, outputs, groups, values),
            bias,
        })
    }
}

/// A convolution with constant weights; its inputs are `x` and, where one is joined, a residual.
#[derive(Debug)]
struct Convolution {
    packed: Arc<Packed>,
    /// `[batch, channels, ...]` of the output.
    shape: Vec<usize>,
    /// What is joined; `None` where that is left to the caller.
    tail: Option<Arc<Tail>>,
}

impl Operation for Convolution {
    fn shape(&self, _: &[Vec<usize>]) -> Vec<usize> {
        self.shape.clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        let x = inputs[0];
        let mut y = vec![0.0; self.shape.iter().product()];
        let epilogue = match &self.tail {
            Some(tail) => tail.epilogue(inputs.get(1).map(|r| r.data)),
            None => Epilogue {
                bias: self.packed.bias.as_deref(),
                ..Epilogue::default()
            },
        };
        let input = kernel::space(&x.shape[2..]);
        self.packed.conv.forward(x.shape[0], input, x.data, &epilogue, &mut y);
        y
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: Vec::new(),
            output: self.tail.as_ref().is_some_and(|t| t.reads_output()),
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let shape = &trace.shapes[0];
        let mut gradient = Cow::Borrowed(trace.gradient.data);
        let mut residual = None;
        if let Some(tail) = &self.tail {
            let mut behind = tail.behind_activation(trace.output.map(|y| y.data), &gradient);
            residual = (trace.shapes.len() > 1).then(|| behind.clone());
            tail.behind_norm(&mut behind, self.shape[2..].iter().product());
            gradient = Cow::Owned(behind);
        }
        let dx = trace.wanted[0].then(|| {
            let mut dx = vec![0.0; shape.iter().product()];
            let input = kernel::space(&shape[2..]);
            self.packed.conv.backward_input(shape[0], input, &gradient, &mut dx);
            dx
        });
        std::iter::once(dx).chain(residual.map(Some)).collect()
    }
}

/// By the backend's own convolution.
fn on_backend<B: Engine>(
    c: &mut Call<'_, B>,
    x: Float<B>,
    mut window: Window,
    shape: Vec<usize>,
    groups: usize,
) -> Result<Float<B>, OpError> {
    let w = c.float(1)?;
    let bias = if c.has(2) { c.opt_float(2)? } else { None };
    let elem = x.elem;
    let n = window.kernel.len();
    let x = if window.pads.iter().any(|(a, b)| a != b) {
        let mut pads = vec![(0, 0); 2];
        pads.append(&mut window.pads);
        window.pads = vec![(0, 0); n];
        let padded: Vec<usize> = x.shape().iter().zip(&pads).map(|(d, (a, b))| d + a + b).collect();
        c.reserve(&padded)?;
        x.pad(&pads, 0.0)
    } else {
        x
    };
    let pads: Vec<usize> = window.pads.iter().map(|p| p.0).collect();
    let bias = bias.map(|b| b.prim);
    let prim = match n {
        1 => B::conv1d(
            x.prim,
            w.prim,
            bias,
            ConvOptions::new(arr(&window.stride), arr(&pads), arr(&window.dilation), groups),
        ),
        2 => B::conv2d(
            x.prim,
            w.prim,
            bias,
            ConvOptions::new(arr(&window.stride), arr(&pads), arr(&window.dilation), groups),
        ),
        _ => B::conv3d(
            x.prim,
            w.prim,
            bias,
            ConvOptions::new(arr(&window.stride), arr(&pads), arr(&window.dilation), groups),
        ),
    };
    Ok(Float::wrap(prim, shape, elem))
}

/// Geometry of a transposed convolution: pads may be negative, which is growth.
struct Spread {
    kernel: Vec<usize>,
    stride: Vec<usize>,
    dilation: Vec<usize>,
    pads: Vec<(i64, i64)>,
    /// Extents before cropping.
    full: Vec<usize>,
    /// Extents of the output.
    out: Vec<usize>,
}

impl Spread {
    fn read<B: Engine>(c: &Call<'_, B>, kernel: &[usize], space: &[usize]) -> Result<Self, OpError> {
        let n = space.len();
        let mode = c.str("auto_pad", "NOTSET");
        let one_each = vec![1; n];
        let stride = c.sizes("strides")?.unwrap_or_else(|| one_each.clone());
        let dilation = c.sizes("dilations")?.unwrap_or(one_each);
        let extra = c.sizes("output_padding")?.unwrap_or_else(|| vec![0; n]);
        if [&stride, &dilation, &extra].iter().any(|v| v.len() != n)
            || stride.contains(&0)
            || dilation.contains(&0)
            || space.contains(&0)
            || kernel.contains(&0)
        {
            return Err(OpError::bad(
                "strides, dilations or output_padding do not fit the input",
            ));
        }
        let large = || OpError::bad("strides, dilations or the kernel are too large");
        let full = (0..n)
            .map(|i| {
                let steps = (space[i] - 1).checked_mul(stride[i])?;
                let reach = (kernel[i] - 1).checked_mul(dilation[i])?;
                steps.checked_add(reach)?.checked_add(1).filter(|&d| d < 1 << 40)
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(large)?;
        let mut pads = vec![(0i64, 0i64); n];
        let wanted = match c.sizes("output_shape")? {
            Some(v) if v.len() >= n => Some(v[v.len() - n..].to_vec()),
            None if mode.starts_with("SAME") => Some((0..n).map(|i| space[i] * stride[i]).collect()),
            _ => None,
        };
        if let Some(target) = wanted {
            for i in 0..n {
                let total =
                    (full[i].saturating_add(extra[i])) as i64 - i64::try_from(target[i]).map_err(|_| large())?;
                let half = total.div_euclid(2);
                pads[i] = if mode == "SAME_UPPER" {
                    (half, total - half)
                } else {
                    (total - half, half)
                };
            }
        } else if let Some(p) = c.ints("pads") {
            if p.len() != 2 * n || p.iter().any(|v| v.abs() > 1 << 40) {
                return Err(OpError::bad(format!("pads should hold {} numbers, got {p:?}", 2 * n)));
            }
            pads = (0..n).map(|i| (p[i], p[i + n])).collect();
        }
        let out = (0..n)
            .map(|i| usize::try_from(full[i] as i64 + extra[i] as i64 - pads[i].0 - pads[i].1).ok())
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| OpError::bad("pads are larger than the output"))?;
        Ok(Self {
            kernel: kernel.to_vec(),
            stride,
            dilation,
            pads,
            full,
            out,
        })
    }

    /// For the kernel, if it takes these pads.
    fn window(&self) -> Option<kernel::Window> {
        let pads = self
            .pads
            .iter()
            .map(|&(a, b)| Some((usize::try_from(a).ok()?, usize::try_from(b).unwrap_or(0))))
            .collect::<Option<Vec<_>>>()?;
        Some(kernel::Window::new(&self.kernel, &self.stride, &self.dilation, &pads))
    }
}

fn conv_transpose<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.float(0)?;
    let weight = c.shape(1)?;
    let groups = usize::try_from(c.int("group", 1)).unwrap_or(0);
    if weight.len() < 2 {
        return Err(OpError::bad("the weight has fewer than two dimensions"));
    }
    check(x.shape(), &weight, groups, weight[0])?;
    let spread = Spread::read(c, &weight[2..], &x.shape()[2..])?;
    let channels = weight[1] * groups;
    if c.shape(2).is_ok_and(|b| b != [channels]) {
        return Err(OpError::bad("the bias does not fit the output channels"));
    }
    let mut shape = vec![x.shape()[0], channels];
    shape.extend(&spread.out);
    c.reserve(&shape)?;
    let constant = c.is_constant(1) && (c.shape(2).is_err() || c.is_constant(2));
    let window = spread
        .window()
        .filter(|_| constant && x.elem != Elem::F64 && !shape.contains(&0));
    let Some(window) = window else {
        return one(transposed_on_backend(c, x, &spread, channels, groups)?);
    };
    let pack = |c: &Call<'_, B>| {
        let lost = || OpError::bad("the weight is no tensor of floats");
        let weight = c.constant(1).ok_or_else(lost)?;
        let elements = weight.as_floats().ok_or_else(lost)?;
        Ok(PackedTranspose {
            window,
            conv: kernel::ConvTranspose::new(window, weight.shape[0], channels, groups, elements),
            bias: c.constant(2).and_then(|p| p.as_floats().map(<[f32]>::to_vec)),
        })
    };
    let mut packed = c.node.prepared.get(|| pack(c))?;
    if packed.window != window {
        // `output_shape` gives other pads to an input of another size.
        packed = Arc::new(pack(c)?);
    }
    one(operate(Transposed { packed, shape }, vec![x]))
}

#[derive(Debug)]
struct PackedTranspose {
    window: kernel::Window,
    conv: kernel::ConvTranspose,
    bias: Option<Vec<f32>>,
}

/// A transposed convolution with constant weights.
#[derive(Debug)]
struct Transposed {
    packed: Arc<PackedTranspose>,
    /// `[batch, channels, ...]` of the output.
    shape: Vec<usize>,
}

impl Operation for Transposed {
    fn shape(&self, _: &[Vec<usize>]) -> Vec<usize> {
        self.shape.clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        let x = inputs[0];
        let mut y = vec![0.0; self.shape.iter().product()];
        let epilogue = Epilogue {
            bias: self.packed.bias.as_deref(),
            ..Epilogue::default()
        };
        let (input, output) = (kernel::space(&x.shape[2..]), kernel::space(&self.shape[2..]));
        let conv = &self.packed.conv;
        conv.forward(x.shape[0], input, output, x.data, &epilogue, &mut y);
        y
    }

    fn keeps(&self) -> Keeps {
        Keeps::default()
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let shape = &trace.shapes[0];
        let mut dx = vec![0.0; shape.iter().product()];
        let (input, output) = (kernel::space(&shape[2..]), kernel::space(&self.shape[2..]));
        let conv = &self.packed.conv;
        conv.backward_input(shape[0], input, output, trace.gradient.data, &mut dx);
        vec![Some(dx)]
    }
}

/// By the backend's own transposed convolution, cropped and grown.
fn transposed_on_backend<B: Engine>(
    c: &mut Call<'_, B>,
    x: Float<B>,
    spread: &Spread,
    channels: usize,
    groups: usize,
) -> Result<Float<B>, OpError> {
    let (w, bias) = (c.float(1)?, c.opt_float(2)?);
    let n = spread.full.len();
    let mut shape = vec![x.shape()[0], channels];
    shape.extend(&spread.full);
    c.reserve(&shape)?;
    let elem = x.elem;
    let (stride, dilation, none) = (&spread.stride, &spread.dilation, [0usize; 3]);
    let prim = match n {
        1 => B::conv_transpose1d(
            x.prim,
            w.prim,
            None,
            ConvTransposeOptions::new(arr(stride), arr(&none), arr(&none), arr(dilation), groups),
        ),
        2 => B::conv_transpose2d(
            x.prim,
            w.prim,
            None,
            ConvTransposeOptions::new(arr(stride), arr(&none), arr(&none), arr(dilation), groups),
        ),
        _ => B::conv_transpose3d(
            x.prim,
            w.prim,
            None,
            ConvTransposeOptions::new(arr(stride), arr(&none), arr(&none), arr(dilation), groups),
        ),
    };
    let y = Float::wrap(prim, shape, elem);
    let mut grow = vec![(0, 0); 2];
    let mut crop: Vec<(usize, usize)> = y.shape()[..2].iter().map(|&d| (0, d)).collect();
    for i in 0..n {
        let start = spread.pads[i].0;
        let before = usize::try_from(-start).unwrap_or(0);
        let first = usize::try_from(start).unwrap_or(0);
        let end = first + spread.out[i];
        grow.push((before, end.saturating_sub(before + spread.full[i])));
        crop.push((first, end));
    }
    let grown: Vec<usize> = y.shape().iter().zip(&grow).map(|(d, (a, b))| d + a + b).collect();
    c.reserve(&grown)?;
    let mut y = y.pad(&grow, 0.0).narrow(&crop);
    if let Some(b) = bias {
        let mut dims = vec![1, channels];
        dims.resize(2 + n, 1);
        y = y.add(b.reshape(dims))?;
    }
    Ok(y)
}
