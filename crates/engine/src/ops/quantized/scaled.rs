//! onnxruntime's products of integers with scales at hand: `DynamicQuantizeMatMul`,
//! `MatMulIntegerToFloat`, `QAttention`, `QGemm`.

use super::super::microsoft::attention::attend_projected;
use super::super::{Call, Out, one};
use super::codes::{Affine, Codes, quantize};
use super::grain::Grain;
use super::linear::dynamic;
use super::product::{Sums, integers, product, requantize};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::value::Elem;

/// Scales of one column each, or one for all, times `factor`, as `[columns]` or `[1]`.
fn column_scales(affine: &Affine, factor: f64, columns: usize) -> Result<Vec<f32>, OpError> {
    match affine.scales.len() {
        n if n == 1 || n == columns => Ok(affine.scales.iter().map(|&s| (s * factor) as f32).collect()),
        n => Err(OpError::bad(format!("{n} scales for {columns} columns"))),
    }
}

/// Sums as floats, times the scales of their columns.
fn scaled<B: Engine>(c: &Call<'_, B>, sums: Sums<B>, scales: Vec<f32>) -> Result<Float<B>, OpError> {
    let y = match sums.carrier {
        Some(carrier) => carrier,
        None => c.tensor_from(sums.data.iter().map(|&v| v as f32).collect(), sums.shape, Elem::F32),
    };
    let n = scales.len();
    y.mul(c.tensor_from(scales, vec![n], Elem::F32))
}

fn columns<B: Engine>(b: &Codes<B>) -> usize {
    b.shape().last().copied().unwrap_or(1)
}

fn with_bias<B: Engine>(y: Float<B>, bias: Option<Float<B>>) -> Result<Float<B>, OpError> {
    match bias {
        Some(bias) => y.add(bias),
        None => Ok(y),
    }
}

/// Inputs: a (floats), b, scale of b, zero of b, bias.
pub(super) fn dynamic_quantize_matmul<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (a, b) = (c.float(0)?, Codes::input(c, 1)?);
    let (qb, bias) = (Affine::read(c, 2, 3)?, c.opt_float(4)?);
    let qa = dynamic(&a)?;
    let a = Codes::of(quantize(c, a, &qa, &Grain::Tensor, Elem::U8)?)?;
    let scales = column_scales(&qb, qa.scales[0], columns(&b))?;
    let sums = product(c, a, b, integers(&qa), integers(&qb), &[1, 3])?;
    let y = scaled(c, sums, scales)?;
    one(with_bias(y, bias)?)
}

/// Inputs: a, b, scale of a, scale of b, zero of a, zero of b, bias.
pub(super) fn matmul_integer_to_float<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (a, b) = (Codes::input(c, 0)?, Codes::input(c, 1)?);
    let (qa, qb) = (Affine::read(c, 2, 4)?, Affine::read(c, 3, 5)?);
    let bias = c.opt_float(6)?;
    let scales = column_scales(&qb, qa.single()?.0, columns(&b))?;
    let sums = product(c, a, b, integers(&qa), integers(&qb), &[1, 5])?;
    let y = scaled(c, sums, scales)?;
    one(with_bias(y, bias)?)
}

/// Inputs: input, weights, bias, scale of the input, scale of the weights, mask, zero of the input,
/// zero of the weights, past.
pub(super) fn q_attention<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (a, b, bias) = (Codes::input(c, 0)?, Codes::input(c, 1)?, c.float(2)?);
    let (qa, qb) = (Affine::read(c, 3, 6)?, Affine::read(c, 4, 7)?);
    let scales = column_scales(&qb, qa.single()?.0, columns(&b))?;
    let sums = product(c, a, b, integers(&qa), integers(&qb), &[1, 7])?;
    let projected = scaled(c, sums, scales)?.add(bias)?;
    // There is no bias of the scores here; input 9 does not exist.
    attend_projected(c, &projected, [5, 8, 9])
}

/// The matrix with rows and columns exchanged.
fn turned<B: Engine>(codes: Codes<B>) -> Result<Codes<B>, OpError> {
    match codes {
        Codes::Ints { host, carrier } => {
            let &[m, n] = host.shape.as_slice() else {
                return Err(OpError::bad(format!("shape {:?} is no matrix", host.shape)));
            };
            let index = crate::value::strided_indices(&[n, m], &[1, n], 0);
            Ok(Codes::Ints {
                host: host.pick(vec![n, m], index.into_iter()),
                carrier: carrier.map(|f| f.permute(&[1, 0])),
            })
        }
        Codes::Floats(f) => Err(OpError::unsupported(format!("codes of type {}", f.elem.name()))),
    }
}

/// Inputs: a, its scale and zero, b, its scales and zeros, c, scale and zero of the answer, which is
/// floats where they are absent.
pub(super) fn q_gemm<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (mut a, mut b) = (Codes::input(c, 0)?, Codes::input(c, 3)?);
    let (qa, qb) = (Affine::read(c, 1, 2)?, Affine::read(c, 4, 5)?);
    let add = c.opt_host(6)?;
    let alpha = f64::from(c.f("alpha", 1.0));
    if c.int("transA", 0) != 0 {
        a = turned(a)?;
    }
    if c.int("transB", 0) != 0 {
        b = turned(b)?;
    }
    let n = columns(&b);
    let mut sums = product(c, a, b, integers(&qa), integers(&qb), &[3, 5])?;
    if let Some(add) = add {
        let index = crate::value::broadcast_indices(&add.shape, &sums.shape);
        if crate::value::broadcast(&add.shape, &sums.shape)? != sums.shape {
            return Err(OpError::bad("C does not broadcast to the product"));
        }
        for (sum, i) in sums.data.iter_mut().zip(index) {
            *sum = sum.wrapping_add(add.data[i] as i32);
        }
        if let Some(carrier) = sums.carrier.take() {
            let add = c.tensor_from(add.data.iter().map(|&v| v as f32).collect(), add.shape, Elem::F32);
            sums.carrier = Some(carrier.add(add)?);
        }
    }
    let factor = qa.single()?.0 * alpha;
    if !c.has(7) {
        let scales = column_scales(&qb, factor, n)?;
        return one(scaled(c, sums, scales)?);
    }
    let qy = Affine::read(c, 7, 8)?;
    let (scale, zero) = qy.single()?;
    let factors = column_scales(&qb, factor / scale, n)?;
    let inner = if factors.len() == 1 { usize::MAX } else { 1 };
    requantize(c, sums, &factors, inner, zero, qy.codes.unwrap_or(Elem::U8))
}
