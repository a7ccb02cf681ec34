//! Convolutions of integers: `ConvInteger`, `QLinearConv`.

use glassboard_kernels::integer;

use super::super::conv::Window;
use super::super::through::through_float;
use super::super::{Call, Out};
use super::codes::{Affine, Codes, coded};
use super::product::{Sums, fixed, integers, once, requantize, small};
use crate::error::OpError;
use crate::operation::Engine;
use crate::value::{Elem, Host, strided_indices, strides};

/// What a convolution reads for one group of one image: for every output position a row of the
/// channels' windows, `[positions, channels * kernel]`.
struct Columns {
    /// Per output position and kernel element, the offset in a channel; `None` in the padding.
    offsets: Vec<Option<usize>>,
    kernel: usize,
    channels: usize,
    /// Elements of a channel.
    plane: usize,
}

impl Columns {
    fn new(window: &Window, space: &[usize], out: &[usize], channels: usize) -> Self {
        let steps = strides(space);
        let grid = |shape: &[usize]| -> Vec<Vec<usize>> {
            // Coordinates of every index, row-major.
            let scaled = strides(shape);
            strided_indices(shape, &scaled, 0)
                .into_iter()
                .map(|flat| scaled.iter().zip(shape).map(|(s, d)| flat / s % d.max(&1)).collect())
                .collect()
        };
        let (positions, elements) = (grid(out), grid(&window.kernel));
        let mut offsets = Vec::with_capacity(positions.len() * elements.len());
        for position in &positions {
            for element in &elements {
                let mut offset = Some(0);
                for axis in 0..space.len() {
                    let at = position[axis] * window.stride[axis] + element[axis] * window.dilation[axis];
                    let inside = at.checked_sub(window.pads[axis].0).filter(|&i| i < space[axis]);
                    offset = offset.zip(inside).map(|(sum, i)| sum + i * steps[axis]);
                }
                offsets.push(offset);
            }
        }
        Self {
            offsets,
            kernel: elements.len(),
            channels,
            plane: space.iter().product(),
        }
    }

    /// Reads one group, whose numbers have their zero point taken away.
    fn read(&self, x: &[i16], rows: &mut Vec<i16>) {
        rows.clear();
        for position in self.offsets.chunks_exact(self.kernel) {
            for channel in 0..self.channels {
                let plane = &x[channel * self.plane..(channel + 1) * self.plane];
                rows.extend(position.iter().map(|offset| offset.map_or(0, |at| plane[at])));
            }
        }
    }
}

/// The sums of a convolution of codes: `[batch, outputs, space...]`. `weight` are the positions of the
/// weight and its zero points among the inputs.
fn convolve<B: Engine>(
    c: &mut Call<'_, B>,
    x: Codes<B>,
    w: &Codes<B>,
    zero_x: &[i64],
    zero_w: &[i64],
    weight: &[usize],
) -> Result<Sums<B>, OpError> {
    let (hx, hw) = (x.ints()?, w.ints()?);
    let (sx, sw) = (hx.shape.clone(), hw.shape.clone());
    let groups = usize::try_from(c.int("group", 1)).unwrap_or(0);
    if sx.len() < 3 || sw.len() != sx.len() || groups == 0 {
        return Err(OpError::bad(format!(
            "input shape {sx:?} and weight shape {sw:?} do not make a convolution"
        )));
    }
    let (batch, channels, outputs) = (sx[0], sw[1], sw[0]);
    if channels.checked_mul(groups) != Some(sx[1]) || !outputs.is_multiple_of(groups) || zero_x.len() > 1 {
        return Err(OpError::bad(format!(
            "{} channels in {groups} groups do not fit {sw:?}",
            sx[1]
        )));
    }
    if zero_w.len() > 1 && zero_w.len() != outputs {
        return Err(OpError::bad(format!(
            "{} zero points for {outputs} outputs",
            zero_w.len()
        )));
    }
    let space = &sx[2..];
    let window = Window::read(c, sw[2..].to_vec(), space)?;
    let out = window.output(space, false)?;
    let mut shape = vec![batch, outputs];
    shape.extend(&out);
    c.reserve(&shape)?;
    let positions = out
        .iter()
        .try_fold(1usize, |a, &b| a.checked_mul(b))
        .unwrap_or(usize::MAX);
    let depth: usize = sw[1..].iter().product();
    // The rows of one group, and the offsets, of sixteen bytes each.
    c.reserve(&[positions, depth])?;
    c.reserve(&[positions, window.kernel.iter().product(), 4])?;
    c.reserve(&sw)?;
    let zero = zero_x.first().copied().unwrap_or(0);
    let numbers = hx
        .data
        .iter()
        .map(|&v| small(v.wrapping_sub(zero)))
        .collect::<Result<Vec<_>, _>>()?;
    let weights = once(c, fixed(c, weight), || {
        let centred = hw.data.iter().enumerate().map(|(i, &v)| {
            let zero = match zero_w.len() {
                0 => 0,
                1 => zero_w[0],
                _ => zero_w[i / depth.max(1)],
            };
            small(v.wrapping_sub(zero))
        });
        centred.collect::<Result<Vec<_>, _>>()
    })?;
    let mut data = vec![0i32; shape.iter().product()];
    if !data.is_empty() && depth > 0 {
        let columns = Columns::new(&window, space, &out, channels);
        let mut rows = Vec::with_capacity(positions * depth);
        let each = outputs / groups;
        for (item, answer) in data.chunks_mut(each * positions).enumerate() {
            let group = item % groups;
            let start = item * channels * columns.plane;
            columns.read(&numbers[start..start + channels * columns.plane], &mut rows);
            let weights = &weights[group * each * depth..(group + 1) * each * depth];
            integer::product(depth, weights, &rows, answer);
        }
    }
    let carrier = if c.runner.keeps {
        let x = x.floats(c)?.add_scalar(-(zero as f64));
        let data = weights.iter().map(|&v| f32::from(v)).collect();
        let w = c.tensor_from(data, sw, Elem::F32);
        Some(through_float(c, "Conv", vec![x, w], &[])?)
    } else {
        None
    };
    Ok(Sums { shape, data, carrier })
}

pub(super) fn conv_integer<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, w) = (Codes::input(c, 0)?, Codes::input(c, 1)?);
    let (zx, zw) = (c.opt_host(2)?, c.opt_host(3)?);
    let zx = zx.map_or_else(Vec::new, |h| h.data.to_vec());
    let zw = zw.map_or_else(Vec::new, |h| h.data.to_vec());
    let sums = convolve(c, x, &w, &zx, &zw, &[1, 3])?;
    let data = sums.data.iter().map(|&v| i64::from(v)).collect();
    Ok(vec![coded(c, Host::new(sums.shape, Elem::I32, data), sums.carrier)?])
}

pub(super) fn qlinear_conv<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, w) = (Codes::input(c, 0)?, Codes::input(c, 3)?);
    let (qx, qw, qy) = (Affine::read(c, 1, 2)?, Affine::read(c, 4, 5)?, Affine::read(c, 6, 7)?);
    let bias = c.opt_host(8)?;
    let ((scale_x, _), (scale_y, zero_y)) = (qx.single()?, qy.single()?);
    let to = qy.codes.ok_or_else(|| OpError::bad("input 7 is missing"))?;
    let outputs = w.shape().first().copied().unwrap_or(0);
    if qw.scales.len() != 1 && qw.scales.len() != outputs {
        return Err(OpError::bad(format!(
            "{} scales for {outputs} outputs",
            qw.scales.len()
        )));
    }
    let mut sums = convolve(c, x, &w, &integers(&qx), &integers(&qw), &[3, 5])?;
    let inner: usize = sums.shape[2..].iter().product();
    if let Some(bias) = bias {
        if bias.data.len() != outputs {
            return Err(OpError::bad("the bias does not fit the outputs"));
        }
        for (k, chunk) in sums.data.chunks_mut(inner.max(1)).enumerate() {
            let add = bias.data[k % outputs] as i32;
            for v in chunk {
                *v = v.wrapping_add(add);
            }
        }
        if let Some(carrier) = sums.carrier.take() {
            let mut dims = vec![1; sums.shape.len()];
            dims[1] = outputs;
            let add = c.tensor_from(bias.data.iter().map(|&v| v as f32).collect(), dims, Elem::F32);
            sums.carrier = Some(carrier.add(add)?);
        }
    }
    let factors: Vec<f32> = qw.scales.iter().map(|&s| (scale_x * s / scale_y) as f32).collect();
    requantize(c, sums, &factors, inner, zero_y, to)
}
