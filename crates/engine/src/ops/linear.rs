//! Matrix products.
//!
//! A product with a constant matrix, which is a linear layer, runs on weights that were packed once
//! ([`Linear`]); one of two computed values on [`Product`].

use std::borrow::Cow;
use std::sync::Arc;

use glassboard_kernels::gemm::{self, Matrix};

use super::tail::{self, Tail};
use super::{Call, Entry, Grad, Out, one, one_host, operate, whole};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::rules;
use crate::value::{Elem, Value, broadcast};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("linear", "MatMul", Grad::Yes, matmul).shape(rules::matmul),
        Entry::new("linear", "Gemm", Grad::Yes, gemm).shape(rules::gemm),
    ]
}

fn matmul<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let a = match c.value(0)? {
        Value::Host(a) => {
            let b = c.host(1)?;
            return one_host(whole::product(c, &a, &b)?);
        }
        a => a.float()?,
    };
    let weight = c.shape(1)?;
    let y = if c.is_constant(1) && weight.len() == 2 && a.rank() >= 2 && a.elem != Elem::F64 {
        if a.shape().last() != Some(&weight[0]) {
            return Err(unfit(a.shape(), &weight));
        }
        match layer(c, a, (weight[0], weight[1]), false, None)? {
            Layered::Whole(y) => return one(y),
            Layered::Bare(y) => y,
        }
    } else {
        let b = c.float(1)?;
        product(c, a, b)?
    };
    finish(c, y)
}

fn unfit(a: &[usize], b: &[usize]) -> OpError {
    OpError::bad(format!("shapes {a:?} and {b:?} do not multiply"))
}

/// `a @ b` as numpy's `matmul`: vectors are lifted to matrices and the added axis dropped again.
pub(super) fn product<B: Engine>(c: &Call<'_, B>, a: Float<B>, b: Float<B>) -> Result<Float<B>, OpError> {
    if a.rank() == 0 || b.rank() == 0 {
        return Err(OpError::bad("a scalar has no matrix product"));
    }
    let (row, column) = (a.rank() == 1, b.rank() == 1);
    let n = a.numel();
    let a = if row { a.reshape(vec![1, n]) } else { a };
    let n = b.numel();
    let b = if column { b.reshape(vec![n, 1]) } else { b };
    let (ra, rb) = (a.rank(), b.rank());
    let (lead_a, lead_b) = (&a.shape()[..ra - 2], &b.shape()[..rb - 2]);
    let same_lead = lead_a == lead_b;
    let mut shape = broadcast(lead_a, lead_b)?;
    shape.extend([a.shape()[ra - 2], b.shape()[rb - 1]]);
    c.reserve(&shape)?;
    let out = if a.shape()[ra - 1] != b.shape()[rb - 2] {
        return Err(unfit(a.shape(), b.shape()));
    } else if a.numel() == 0 || b.numel() == 0 {
        Float::full(0.0, shape, a.elem, c.device)
    } else if same_lead && a.elem != Elem::F64 && b.elem != Elem::F64 {
        operate(Product, vec![a, b])
    } else {
        a.matmul(b)?
    };
    let mut shape = out.shape().to_vec();
    if column {
        shape.pop();
    }
    if row {
        shape.remove(shape.len() - if column { 1 } else { 2 });
    }
    Ok(out.reshape(shape))
}

fn gemm<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (alpha, beta) = (f64::from(c.f("alpha", 1.0)), f64::from(c.f("beta", 1.0)));
    let (ta, tb) = (c.int("transA", 0) != 0, c.int("transB", 0) != 0);
    if c.elem(0).is_some_and(|e| !e.is_float()) {
        return whole::gemm(c);
    }
    let mut a = c.float(0)?;
    let weight = c.shape(1)?;
    if a.rank() != 2 || weight.len() != 2 {
        return Err(OpError::bad(format!(
            "Gemm multiplies matrices, got shapes {:?} and {weight:?}",
            a.shape()
        )));
    }
    if ta {
        a = a.permute(&[1, 0]);
    }
    let (k, n) = if tb {
        (weight[1], weight[0])
    } else {
        (weight[0], weight[1])
    };
    if a.shape()[1] != k {
        return Err(unfit(a.shape(), &[k, n]));
    }
    c.reserve(&[a.shape()[0], n])?;
    let plain = (alpha - 1.0).abs() <= 0.0 && (beta - 1.0).abs() <= 0.0;
    let bias = if c.has(2) { Some(c.shape(2)?) } else { None };
    let vector = bias
        .as_ref()
        .is_none_or(|b| c.is_constant(2) && b.last() == Some(&n) && b.iter().product::<usize>() == n);
    if plain && vector && c.is_constant(1) && a.elem != Elem::F64 {
        let own = bias.is_some().then_some(2);
        return match layer(c, a, (k, n), tb, own)? {
            Layered::Whole(y) => one(y),
            Layered::Bare(y) => finish(c, y),
        };
    }
    let mut b = c.float(1)?;
    if tb {
        b = b.permute(&[1, 0]);
    }
    let mut y = product(c, a, b)?;
    if (alpha - 1.0).abs() > 0.0 {
        y = y.mul_scalar(alpha);
    }
    let own = if bias.is_some() { c.opt_float(2)? } else { None };
    if let Some(mut bias) = own {
        if (beta - 1.0).abs() > 0.0 {
            bias = bias.mul_scalar(beta);
        }
        let shape = y.shape().to_vec();
        if broadcast(&shape, bias.shape())? != shape {
            return Err(OpError::bad("C does not broadcast to the product"));
        }
        y = y.add(bias)?;
    }
    finish(c, y)
}

/// What was joined to the node, step by step.
fn finish<B: Engine>(c: &mut Call<'_, B>, y: Float<B>) -> Out<B> {
    match c.node.fused.clone() {
        Some(fused) => one(tail::one_by_one(c, y, &fused)?),
        None => one(y),
    }
}

enum Layered<B: Engine> {
    /// With all that is joined to the node.
    Whole(Float<B>),
    /// The product and the node's own bias alone.
    Bare(Float<B>),
}

/// `a` times the constant input 1, a matrix of `[inputs, outputs]` or that matrix transposed.
fn layer<B: Engine>(
    c: &mut Call<'_, B>,
    a: Float<B>,
    (inputs, outputs): (usize, usize),
    transposed: bool,
    own_bias: Option<usize>,
) -> Result<Layered<B>, OpError> {
    let mut shape = a.shape().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = outputs;
    }
    c.reserve(&shape)?;
    if shape.contains(&0) || a.numel() == 0 {
        let y = Float::full(0.0, shape, a.elem, c.device);
        return match own_bias {
            Some(i) => Ok(Layered::Bare(y.add(c.float(i)?)?)),
            None => Ok(Layered::Bare(y)),
        };
    }
    let packed = c.node.prepared.get(|| -> Result<_, OpError> {
        let lost = || OpError::bad("the weight is no tensor of floats");
        let weight = c.constant(1).ok_or_else(lost)?;
        let bias = own_bias.and_then(|i| c.constant(i)?.as_floats().map(<[f32]>::to_vec));
        let elements = weight.as_floats().ok_or_else(lost)?;
        let matrix = if transposed {
            Matrix::new(elements, outputs, inputs).transposed()
        } else {
            Matrix::new(elements, inputs, outputs)
        };
        Ok(Packed {
            linear: gemm::Linear::new(matrix),
            bias,
        })
    })?;
    let place = c.node.fused.as_ref().and_then(|f| f.residual);
    let residual = match place {
        Some(i) => Some(c.float(i)?),
        None => None,
    };
    let fits = residual
        .as_ref()
        .is_none_or(|r| r.shape() == shape && r.elem != Elem::F64);
    let tail = Tail::of(c, packed.bias.as_deref(), outputs);
    if tail.is_none() || !fits {
        if let (Some(i), Some(r)) = (place, residual) {
            c.inputs[i] = Some(Value::Float(r));
        }
        return Ok(Layered::Bare(operate(Layer { packed, tail: None }, vec![a])));
    }
    let inputs = std::iter::once(a).chain(residual).collect();
    Ok(Layered::Whole(operate(Layer { packed, tail }, inputs)))
}

/// Packed weights, and the node's own bias.
#[derive(Debug)]
struct Packed {
    linear: gemm::Linear,
    bias: Option<Vec<f32>>,
}

/// A linear layer over the last axis; its inputs are `x` and, where one is joined, a residual.
#[derive(Debug)]
struct Layer {
    packed: Arc<Packed>,
    /// What is joined; `None` where that is left to the caller.
    tail: Option<Arc<Tail>>,
}

impl Operation for Layer {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        let mut shape = inputs[0].clone();
        if let Some(last) = shape.last_mut() {
            *last = self.packed.linear.outputs();
        }
        shape
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        let x = inputs[0].data;
        let linear = &self.packed.linear;
        let mut y = vec![0.0; x.len() / linear.inputs() * linear.outputs()];
        let epilogue = match &self.tail {
            Some(tail) => tail.epilogue(inputs.get(1).map(|r| r.data)),
            None => glassboard_kernels::epilogue::Epilogue {
                bias: self.packed.bias.as_deref(),
                ..Default::default()
            },
        };
        linear.forward(x, &epilogue, &mut y);
        y
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: Vec::new(),
            output: self.tail.as_ref().is_some_and(|t| t.reads_output()),
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let mut gradient = Cow::Borrowed(trace.gradient.data);
        let mut residual = None;
        if let Some(tail) = &self.tail {
            if tail.reads_output() {
                let output = trace.output.map(|y| y.data);
                gradient = Cow::Owned(tail.behind_activation(output, &gradient));
            }
            residual = (trace.shapes.len() > 1).then(|| gradient.to_vec());
        }
        let dx = trace.wanted[0].then(|| {
            let mut dx = vec![0.0; trace.shapes[0].iter().product()];
            self.packed.linear.backward_input(&gradient, &mut dx);
            dx
        });
        std::iter::once(dx).chain(residual.map(Some)).collect()
    }
}

/// Products of matrices in two stacks of one shape: `[..., m, k]` and `[..., k, n]`.
#[derive(Debug)]
struct Product;

/// Number of matrices, rows and columns of a stack.
fn stack(shape: &[usize]) -> (usize, usize, usize) {
    let (lead, matrix) = shape.split_at(shape.len() - 2);
    (lead.iter().product(), matrix[0], matrix[1])
}

impl Operation for Product {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        let mut shape = inputs[0].clone();
        if let (Some(last), Some(n)) = (shape.last_mut(), inputs[1].last()) {
            *last = *n;
        }
        shape
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        let ((count, m, k), (_, _, n)) = (stack(inputs[0].shape), stack(inputs[1].shape));
        let mut y = vec![0.0; count * m * n];
        let offsets = |size: usize| (0..count).map(|i| i * size).collect::<Vec<_>>();
        let (a, b) = (Matrix::new(inputs[0].data, m, k), Matrix::new(inputs[1].data, k, n));
        gemm::batched(a, &offsets(m * k), b, &offsets(k * n), &mut y);
        y
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: vec![0, 1],
            output: false,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let ((count, m, k), (_, _, n)) = (stack(&trace.shapes[0]), stack(&trace.shapes[1]));
        let [Some(a), Some(b)] = trace.inputs[..] else {
            return vec![None, None];
        };
        let offsets = |size: usize| (0..count).map(|i| i * size).collect::<Vec<_>>();
        let dy = Matrix::new(trace.gradient.data, m, n);
        let da = trace.wanted[0].then(|| {
            let mut da = vec![0.0; count * m * k];
            let b = Matrix::new(b.data, k, n).transposed();
            gemm::batched(dy, &offsets(m * n), b, &offsets(k * n), &mut da);
            da
        });
        let db = trace.wanted[1].then(|| {
            let mut db = vec![0.0; count * k * n];
            let a = Matrix::new(a.data, m, k).transposed();
            gemm::batched(a, &offsets(m * k), dy, &offsets(m * n), &mut db);
            db
        });
        vec![da, db]
    }
}
