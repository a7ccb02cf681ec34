//! Convolutions of one, two and three spatial dimensions, and transposed ones.

use burn_backend::Backend;
use burn_std::ops::{ConvOptions, ConvTransposeOptions};

use super::{Call, Entry, Grad, Out, one, sizes};
use crate::error::OpError;
use crate::float::Float;
use crate::shapes::rules;

pub(super) fn entries<B: Backend>() -> Vec<Entry<B>> {
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
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub kernel: Vec<usize>,
    pub stride: Vec<usize>,
    pub dilation: Vec<usize>,
    /// Before and after, per spatial axis.
    pub pads: Vec<(usize, usize)>,
}

impl Window {
    /// Reads strides, dilations, pads and `auto_pad` for an input of spatial shape `space`.
    pub fn read<B: Backend>(c: &Call<'_, B>, kernel: Vec<usize>, space: &[usize]) -> Result<Self, OpError> {
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

fn conv<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, w) = (c.float(0)?, c.float(1)?);
    let bias = c.opt_float(2)?;
    let groups = usize::try_from(c.int("group", 1)).unwrap_or(0);
    if w.rank() < 2 {
        return Err(OpError::bad("the weight has fewer than two dimensions"));
    }
    check(x.shape(), w.shape(), groups, w.shape()[1].saturating_mul(groups))?;
    let space = x.shape()[2..].to_vec();
    let window = Window::read(c, w.shape()[2..].to_vec(), &space)?;
    let out_space = window.output(&space, false)?;
    let mut shape = vec![x.shape()[0], w.shape()[0]];
    shape.extend(&out_space);
    c.reserve(&shape)?;
    if bias.as_ref().is_some_and(|b| b.shape() != [shape[1]]) {
        return Err(OpError::bad("the bias does not fit the output channels"));
    }
    if shape.contains(&0) || x.numel() == 0 {
        return one(Float::full(0.0, shape, x.elem, c.device));
    }
    let elem = x.elem;
    let (x, mut window) = (x, window);
    let x = if window.pads.iter().any(|(a, b)| a != b) {
        let mut pads = vec![(0, 0); 2];
        pads.append(&mut window.pads);
        window.pads = vec![(0, 0); space.len()];
        let padded: Vec<usize> = x.shape().iter().zip(&pads).map(|(d, (a, b))| d + a + b).collect();
        c.reserve(&padded)?;
        x.pad(&pads, 0.0)
    } else {
        x
    };
    let pads: Vec<usize> = window.pads.iter().map(|p| p.0).collect();
    let bias = bias.map(|b| b.prim);
    let prim = match space.len() {
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
    one(Float::wrap(prim, shape, elem))
}

fn conv_transpose<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, w) = (c.float(0)?, c.float(1)?);
    let bias = c.opt_float(2)?;
    let groups = usize::try_from(c.int("group", 1)).unwrap_or(0);
    if w.rank() < 2 {
        return Err(OpError::bad("the weight has fewer than two dimensions"));
    }
    check(x.shape(), w.shape(), groups, w.shape()[0])?;
    let space = x.shape()[2..].to_vec();
    let n = space.len();
    let mode = c.str("auto_pad", "NOTSET");
    let kernel = w.shape()[2..].to_vec();
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
    let full: Vec<usize> = (0..n)
        .map(|i| (space[i] - 1) * stride[i] + (kernel[i] - 1) * dilation[i] + 1)
        .collect();
    let mut pads = vec![(0i64, 0i64); n];
    let wanted = match c.sizes("output_shape")? {
        Some(v) if v.len() >= n => Some(v[v.len() - n..].to_vec()),
        None if mode.starts_with("SAME") => Some((0..n).map(|i| space[i] * stride[i]).collect()),
        _ => None,
    };
    if let Some(target) = wanted {
        for i in 0..n {
            let total = (full[i] + extra[i]) as i64 - target[i] as i64;
            let half = total.div_euclid(2);
            pads[i] = if mode == "SAME_UPPER" {
                (half, total - half)
            } else {
                (total - half, half)
            };
        }
    } else if let Some(p) = c.ints("pads") {
        if p.len() != 2 * n {
            return Err(OpError::bad(format!("pads should hold {} numbers, got {p:?}", 2 * n)));
        }
        pads = (0..n).map(|i| (p[i], p[i + n])).collect();
    }
    let channels = w.shape()[1] * groups;
    let mut shape = vec![x.shape()[0], channels];
    shape.extend(&full);
    c.reserve(&shape)?;
    let elem = x.elem;
    let none = [0usize; 3];
    let prim = match n {
        1 => B::conv_transpose1d(
            x.prim,
            w.prim,
            None,
            ConvTransposeOptions::new(arr(&stride), arr(&none), arr(&none), arr(&dilation), groups),
        ),
        2 => B::conv_transpose2d(
            x.prim,
            w.prim,
            None,
            ConvTransposeOptions::new(arr(&stride), arr(&none), arr(&none), arr(&dilation), groups),
        ),
        _ => B::conv_transpose3d(
            x.prim,
            w.prim,
            None,
            ConvTransposeOptions::new(arr(&stride), arr(&none), arr(&none), arr(&dilation), groups),
        ),
    };
    let y = Float::wrap(prim, shape, elem);
    // Cropping by `pads`, growing by `output_padding` and by negative pads.
    let mut grow = vec![(0, 0); 2];
    let mut crop: Vec<(usize, usize)> = y.shape()[..2].iter().map(|&d| (0, d)).collect();
    for i in 0..n {
        let before = (-pads[i].0).max(0) as usize;
        let end = full[i] as i64 + extra[i] as i64 - pads[i].1;
        let after = (end - full[i] as i64).max(0) as usize;
        let start = pads[i].0.max(0) as usize;
        let stop = usize::try_from(end).unwrap_or(0) + before;
        if stop < start || before > (1 << 24) || after > (1 << 24) {
            return Err(OpError::bad("pads are larger than the output"));
        }
        grow.push((before, after));
        crop.push((start, stop));
    }
    let grown: Vec<usize> = y.shape().iter().zip(&grow).map(|(d, (a, b))| d + a + b).collect();
    c.reserve(&grown)?;
    let mut y = y.pad(&grow, 0.0).narrow(&crop);
    if let Some(b) = bias {
        let mut dims = vec![1, channels];
        dims.resize(2 + n, 1);
        if b.numel() != channels {
            return Err(OpError::bad("the bias does not fit the output channels"));
        }
        y = y.add(b.reshape(dims))?;
    }
    one(y)
}
