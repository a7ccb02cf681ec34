//! Windows in any number of dimensions: maxima of what `pool.rs` has no kernel for, and the ways back
//! from windows to images (`MaxUnpool`, `Col2Im`).

use std::sync::Arc;

use super::conv::Window;
use super::pick::{BLANK, along_axes, pick};
use super::weighted::{Rows, Weighted};
use super::{Call, Entry, Grad, Out, one, operate, sizes};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site, only};
use crate::value::{Elem, Host, Value, checked_numel, strides};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("windows", op, Grad::Yes, run);
    vec![
        e("MaxUnpool", max_unpool).shape(unpooled_shape),
        e("Col2Im", col2im).shape(image_shape),
    ]
}

/// The input positions of every window, axis by axis.
struct Reach {
    /// `[axis][output][..]`: positions inside the input.
    lists: Vec<Vec<Vec<usize>>>,
    steps: Vec<usize>,
}

impl Reach {
    fn new(window: &Window, space: &[usize], out: &[usize]) -> Self {
        let mut lists = Vec::with_capacity(space.len());
        for (i, &len) in space.iter().enumerate() {
            let places = |o: usize| {
                (0..window.kernel[i])
                    .map(move |k| (o * window.stride[i] + k * window.dilation[i]) as i64 - window.pads[i].0 as i64)
            };
            lists.push(
                (0..out[i])
                    .map(|o| {
                        places(o)
                            .filter(|&p| (0..len as i64).contains(&p))
                            .map(|p| p as usize)
                            .collect()
                    })
                    .collect(),
            );
        }
        Self {
            lists,
            steps: strides(space),
        }
    }

    /// Flat positions of the window that output `o` (flat, row-major) sees.
    fn window(&self, mut o: usize) -> Vec<usize> {
        let mut at = vec![0usize];
        for (axis, lists) in self.lists.iter().enumerate().rev() {
            let list = &lists[o % lists.len()];
            o /= lists.len();
            at = list
                .iter()
                .flat_map(|p| at.iter().map(move |a| a + p * self.steps[axis]))
                .collect();
        }
        at
    }
}

/// What every pool reads.
struct Pool {
    reach: Reach,
    shape: Vec<usize>,
    space: Vec<usize>,
    /// Outputs of one plane.
    outputs: usize,
}

fn prepare<B: Engine>(c: &Call<'_, B>, shape: &[usize]) -> Result<Pool, OpError> {
    if shape.len() < 3 || shape.contains(&0) {
        return Err(OpError::bad(format!("expected a spatial input, got shape {shape:?}")));
    }
    let space = shape[2..].to_vec();
    let kernel = c
        .sizes("kernel_shape")?
        .ok_or_else(|| OpError::bad("kernel_shape is missing"))?;
    let window = Window::read(c, kernel, &space)?;
    let out = window.output(&space, c.int("ceil_mode", 0) != 0)?;
    let mut result = shape[..2].to_vec();
    result.extend(&out);
    c.reserve(&result)?;
    let outputs = checked_numel(&out)? as usize;
    // Every window is listed once for all planes.
    let area = checked_numel(&window.kernel)?;
    c.reserve_bytes(area.saturating_mul(outputs as u64).saturating_mul(24))?;
    Ok(Pool {
        reach: Reach::new(&window, &space, &out),
        shape: result,
        space,
        outputs,
    })
}

/// `MaxPool` in any number of dimensions, of integers too, with the positions of the maxima.
pub(super) fn max_pool<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let column_major = c.int("storage_order", 0) != 0;
    let x = c.value(0)?;
    let p = prepare(c, x.shape())?;
    let plane: usize = p.space.iter().product();
    let planes = x.numel() / plane;
    c.reserve(&[planes, p.outputs, 8])?;
    let windows: Vec<Vec<usize>> = (0..p.outputs).map(|o| p.reach.window(o)).collect();
    if windows.iter().any(Vec::is_empty) {
        return Err(OpError::bad("a window lies wholly in the padding"));
    }
    let best = match &x {
        Value::Float(f) => largest(&f.clone().into_doubles()?, plane, &windows),
        Value::Host(h) => largest(&h.data, plane, &windows),
        other => return Err(other.refuse()),
    };
    let order = if column_major {
        let reversed: Vec<usize> = p.space.iter().rev().copied().collect();
        strides(&reversed).into_iter().rev().collect()
    } else {
        strides(&p.space)
    };
    let place = |at: usize| {
        let (base, mut rest, mut out) = (at / plane * plane, at % plane, 0);
        for (d, step) in p.space.iter().zip(&order).rev() {
            out += rest % d * step;
            rest /= d;
        }
        (base + out) as i64
    };
    let positions = best.iter().map(|&at| place(at)).collect();
    let values = pick(x, p.shape.clone(), &best)?;
    Ok(vec![values, Value::Host(Host::new(p.shape, Elem::I64, positions))])
}

fn largest<T: Copy + PartialOrd>(data: &[T], plane: usize, windows: &[Vec<usize>]) -> Vec<usize> {
    let mut out = Vec::with_capacity(data.len() / plane * windows.len());
    for base in (0..data.len()).step_by(plane) {
        for window in windows {
            let mut best = base + window[0];
            for at in &window[1..] {
                if data[base + at] > data[best] {
                    best = base + at;
                }
            }
            out.push(best);
        }
    }
    out
}

fn max_unpool<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, index, wanted) = (c.value(0)?, c.host(1)?, c.opt_host(2)?);
    let space = x.shape().get(2..).unwrap_or_default().to_vec();
    if space.is_empty() || index.shape != x.shape() {
        return Err(OpError::bad(format!(
            "positions of shape {:?} do not fit an input of shape {:?}",
            index.shape,
            x.shape()
        )));
    }
    let kernel = c
        .sizes("kernel_shape")?
        .ok_or_else(|| OpError::bad("kernel_shape is missing"))?;
    let window = Window::read(c, kernel, &space)?;
    let mut shape = x.shape()[..2].to_vec();
    for (i, &d) in space.iter().enumerate() {
        let full = d
            .saturating_sub(1)
            .saturating_mul(window.stride[i])
            .saturating_add(window.kernel[i]);
        shape.push(full.saturating_sub(window.pads[i].0 + window.pads[i].1));
    }
    c.reserve(&shape)?;
    c.reserve(&[checked_numel(&shape)? as usize, 4])?;
    let total: usize = shape.iter().product();
    let mut source = vec![BLANK; total];
    for (k, i) in super::gather::in_range(&index.data, total)?.into_iter().enumerate() {
        source[i as usize] = k;
    }
    let y = pick(x, shape.clone(), &source)?;
    let Some(wanted) = wanted else { return Ok(vec![y]) };
    // The positions count in the inferred shape; a larger one is filled up behind.
    let wanted = sizes(&wanted.data, "output_shape")?;
    if wanted.len() != shape.len() {
        return Err(OpError::bad("output_shape does not name every axis"));
    }
    c.reserve(&wanted)?;
    c.reserve(&[checked_numel(&wanted)? as usize, 4])?;
    let maps: Vec<Vec<usize>> = shape
        .iter()
        .zip(&wanted)
        .map(|(&d, &w)| (0..w).map(|i| if i < d { i } else { BLANK }).collect())
        .collect();
    Ok(vec![along_axes(y, &maps)?])
}

fn col2im<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.float(0)?;
    let (image, block) = (
        sizes(&c.host(1)?.data, "image_shape")?,
        sizes(&c.host(2)?.data, "block_shape")?,
    );
    let window = Window::read(c, block.clone(), &image)?;
    let out = window.output(&image, false)?;
    let (area, blocks) = (checked_numel(&block)? as usize, checked_numel(&out)? as usize);
    let channels = match *x.shape() {
        [_, rows, columns] if area > 0 && rows.is_multiple_of(area) && columns == blocks => rows / area,
        _ => {
            return Err(OpError::bad(format!(
                "columns of shape {:?} do not fit blocks {block:?} of an image {image:?}",
                x.shape()
            )));
        }
    };
    let mut shape = vec![x.shape()[0], channels];
    shape.extend(&image);
    c.reserve(&shape)?;
    c.reserve(&[area, blocks, 12])?;
    if shape.contains(&0) || blocks == 0 {
        return one(Float::full(0.0, shape, x.elem, c.device));
    }
    // Which entry of the columns every pixel is the sum of.
    let plane: usize = image.iter().product();
    let steps = strides(&image);
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); plane];
    for k in 0..area {
        'block: for b in 0..blocks {
            let (mut at, mut inner, mut outer) = (0, k, b);
            for i in (0..image.len()).rev() {
                let place = (outer % out[i] * window.stride[i] + inner % block[i] * window.dilation[i]) as i64
                    - window.pads[i].0 as i64;
                inner /= block[i];
                outer /= out[i];
                if !(0..image[i] as i64).contains(&place) {
                    continue 'block;
                }
                at += place as usize * steps[i];
            }
            readers[at].push(k * blocks + b);
        }
    }
    let mut rows = Rows::new();
    for list in readers {
        for at in list {
            rows.entry(at, 1.0);
        }
        rows.finish();
    }
    let batch = shape[0];
    let fold = Weighted {
        rows: Arc::new(rows),
        from: Arc::new((0..batch).collect()),
        outputs: plane,
    };
    one(operate(fold, vec![x.reshape(vec![batch, channels, area * blocks])]).reshape(shape))
}

fn unpooled_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem(0);
    let x = s.shape(0).map_err(|_| Gap::Unknown(vec![elem]))?;
    if s.has(2) {
        return match s.whole(2) {
            Ok(wanted) => only(Fact::new(elem, wanted.to_vec())),
            Err(_) => only(Fact::ranked(elem, x.len())),
        };
    }
    let n = x.len().saturating_sub(2);
    let kernel = s.ints("kernel_shape").unwrap_or_default();
    let stride = s.ints("strides").map_or_else(|| vec![1; n], <[i64]>::to_vec);
    let pads = s.ints("pads").map_or_else(|| vec![0; 2 * n], <[i64]>::to_vec);
    if kernel.len() != n || stride.len() != n || pads.len() != 2 * n || !s.str("auto_pad", "NOTSET").starts_with("NO") {
        return only(Fact::ranked(elem, x.len()));
    }
    let mut shape = x[..2].to_vec();
    for i in 0..n {
        let lost = pads[i].saturating_add(pads[i + n]);
        shape.push(&(&(&x[2 + i] - 1) * stride[i]) + kernel[i].saturating_sub(lost));
    }
    only(Fact::new(elem, shape))
}

fn image_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem(0);
    let unknown = |_| Gap::Unknown(vec![elem]);
    let (x, image) = (s.shape_of_rank(0, 3).map_err(unknown)?, s.whole(1).map_err(unknown)?);
    let channels = match s.whole(2) {
        Ok(block) => x[1].floor_div(&Dim::product(block)),
        Err(_) => Dim::unknown_size(),
    };
    let mut shape = vec![x[0].clone(), channels];
    shape.extend_from_slice(image);
    only(Fact::new(elem, shape))
}
