//! Operators on the last two axes: triangles, identities, determinants.

use num_traits::Float as Real;

use super::pick::{BLANK, pick};
use super::{Call, Entry, Grad, Out, one, operate};
use crate::error::OpError;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::{Fact, Gap, Inferred, Site, only, rules};
use crate::value::Elem;

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("matrix", "Trilu", Grad::Yes, trilu).shape(rules::same),
        Entry::new("matrix", "EyeLike", Grad::Stops, eye_like).shape(eye_shape),
        Entry::new("matrix", "Det", Grad::Yes, det).shape(det_shape),
    ]
}

fn trilu<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let upper = c.int("upper", 1) != 0;
    let k = c.scalar_int(1)?.unwrap_or(0);
    let x = c.value(0)?;
    let shape = x.shape().to_vec();
    let [.., rows, columns] = *shape.as_slice() else {
        return Err(OpError::bad(format!("expected matrices, got shape {shape:?}")));
    };
    c.reserve(&[x.numel(), 4])?;
    let index: Vec<usize> = (0..x.numel())
        .map(|i| {
            let (row, column) = ((i / columns.max(1) % rows.max(1)) as i64, (i % columns.max(1)) as i64);
            let above = column.saturating_sub(row);
            let kept = if upper { above >= k } else { above <= k };
            if kept { i } else { BLANK }
        })
        .collect();
    Ok(vec![pick(x, shape, &index)?])
}

fn eye_like<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let k = c.int("k", 0);
    let x = c.value(0)?;
    let [rows, columns] = *x.shape() else {
        return Err(OpError::bad(format!("expected a matrix, got shape {:?}", x.shape())));
    };
    let elem = match c.int("dtype", 0) {
        0 => x.elem().unwrap_or(Elem::F32),
        code => Elem::from_onnx(code as i32)
            .ok_or_else(|| OpError::unsupported(format!("a matrix of element type {code}")))?,
    };
    c.reserve(&[rows, columns, 2])?;
    let mut data = vec![0.0; rows * columns];
    for row in 0..rows {
        let column = (row as i64).saturating_add(k);
        if (0..columns as i64).contains(&column) {
            data[row * columns + column as usize] = 1.0;
        }
    }
    Ok(vec![c.numbers(data, vec![rows, columns], elem)?])
}

fn det<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.float(0)?;
    match x.shape() {
        [.., n, m] if n == m => one(operate(Determinant, vec![x])),
        other => Err(OpError::bad(format!("expected square matrices, got shape {other:?}"))),
    }
}

/// Determinants of `[..., n, n]` by elimination with partial pivoting.
#[derive(Debug)]
struct Determinant;

fn side(shape: &[usize]) -> usize {
    shape.last().copied().unwrap_or(1)
}

fn eliminate<T: Real>(matrix: &[T], n: usize) -> T {
    let mut a = matrix.to_vec();
    let mut product = T::one();
    for k in 0..n {
        let pivot = (k..n).fold(k, |best, r| {
            if a[r * n + k].abs() > a[best * n + k].abs() {
                r
            } else {
                best
            }
        });
        if pivot != k {
            for column in 0..n {
                a.swap(k * n + column, pivot * n + column);
            }
            product = -product;
        }
        let head = a[k * n + k];
        product = product * head;
        if head == T::zero() {
            return T::zero();
        }
        for row in k + 1..n {
            let factor = a[row * n + k] / head;
            for column in k..n {
                a[row * n + column] = a[row * n + column] - factor * a[k * n + column];
            }
        }
    }
    product
}

/// The determinant without one row and one column, with its sign.
fn cofactor(matrix: &[f64], n: usize, row: usize, column: usize) -> f64 {
    let minor: Vec<f64> = (0..n * n)
        .filter(|i| i / n != row && i % n != column)
        .map(|i| matrix[i])
        .collect();
    let sign = if (row + column).is_multiple_of(2) { 1.0 } else { -1.0 };
    sign * eliminate(&minor, n - 1)
}

impl Operation for Determinant {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        inputs[0][..inputs[0].len() - 2].to_vec()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        let wide: Vec<f64> = inputs[0].data.iter().map(|&v| f64::from(v)).collect();
        let wide = Slice {
            data: &wide,
            shape: inputs[0].shape,
        };
        self.reference(&[wide]).into_iter().map(|v| v as f32).collect()
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        let x = inputs[0];
        let n = side(x.shape);
        let count = x.shape[..x.shape.len() - 2].iter().product();
        (0..count)
            .map(|k| eliminate(&x.data[k * n * n..(k + 1) * n * n], n))
            .collect()
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: vec![0],
            output: false,
        }
    }

    /// The matrix of cofactors, which exists where the inverse does not.
    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let Some(x) = trace.inputs[0] else { return vec![None] };
        let n = side(x.shape);
        let mut dx = Vec::with_capacity(x.data.len());
        for (k, &g) in trace.gradient.data.iter().enumerate() {
            let matrix: Vec<f64> = x.data[k * n * n..(k + 1) * n * n]
                .iter()
                .map(|&v| f64::from(v))
                .collect();
            for i in 0..n * n {
                dx.push((f64::from(g) * cofactor(&matrix, n, i / n, i % n)) as f32);
            }
        }
        vec![Some(dx)]
    }
}

fn eye_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem_named("dtype").or(s.elem(0));
    let shape = s.shape(0).map_err(|_| Gap::Unknown(vec![elem]))?;
    only(Fact::new(elem, shape.to_vec()))
}

fn det_shape(s: &Site<'_>) -> Inferred {
    let shape = s.shape(0).map_err(|_| Gap::Unknown(vec![s.elem(0)]))?;
    only(Fact::new(s.elem(0), shape[..shape.len().saturating_sub(2)].to_vec()))
}
