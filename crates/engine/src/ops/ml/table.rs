//! Columns of a table: scaling, filling gaps, normalising rows, choosing and joining columns.

use std::cmp::Ordering;

use burn_backend::TensorData;

use super::super::{Call, Entry, Grad, Out, one, one_host, sizes};
use super::{entry, matrix, numbers};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::rules;
use crate::value::{Elem, Host, Value};

const FAMILY: &str = "ml/table";

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        entry(FAMILY, "Scaler", Grad::Yes, scaler).shape(|s| rules::same_as(s, Elem::F32)),
        entry(FAMILY, "Imputer", Grad::Yes, imputer).shape(rules::same),
        entry(FAMILY, "Normalizer", Grad::Yes, normalizer)
            .shape(|s| rules::same_as(s, Elem::F32))
            .limits("MAX divides by the largest number, not by the largest size, as in onnxruntime"),
        entry(FAMILY, "Binarizer", Grad::Stops, binarizer).shape(rules::same),
        entry(FAMILY, "ArrayFeatureExtractor", Grad::Yes, extract),
        entry(FAMILY, "FeatureVectorizer", Grad::Yes, vectorize),
    ]
}

/// One number for all columns, or one a column, as `[columns]`.
fn columns<B: Engine>(c: &Call<'_, B>, name: &str, width: usize, default: f32) -> Result<Float<B>, OpError> {
    let v = match c.floats(name) {
        [] => vec![default],
        v => v.to_vec(),
    };
    if v.len() != 1 && v.len() != width {
        return Err(OpError::bad(format!(
            "{name} holds {} numbers for {width} columns",
            v.len()
        )));
    }
    let n = v.len();
    Ok(c.tensor_from(v, vec![n], Elem::F32))
}

fn width(shape: &[usize]) -> usize {
    shape.last().copied().unwrap_or(1)
}

fn scaler<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = numbers(c, 0)?;
    let n = width(x.shape());
    let offset = columns(c, "offset", n, 0.0)?.cast(x.elem);
    let scale = columns(c, "scale", n, 1.0)?.cast(x.elem);
    one(x.sub(offset)?.mul(scale)?.cast(Elem::F32))
}

fn imputer<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let fits = |given: usize, n: usize| {
        if given == 1 || (given == n && n > 0) {
            Ok(())
        } else {
            Err(OpError::bad(format!("{given} values to fill in for {n} columns")))
        }
    };
    match c.value(0)? {
        Value::Float(x) => {
            let fill = c.floats("imputed_value_floats");
            let n = width(x.shape());
            fits(fill.len(), n)?;
            let gap = f64::from(c.f("replaced_value_float", 0.0));
            let is_gap = |v: f64| {
                if gap.is_nan() {
                    v.is_nan()
                } else {
                    v.partial_cmp(&gap) == Some(Ordering::Equal)
                }
            };
            let gaps: Vec<bool> = x.clone().into_doubles()?.into_iter().map(is_gap).collect();
            if !gaps.contains(&true) {
                return one(x);
            }
            let shape = x.shape().to_vec();
            c.reserve(&shape)?;
            let dims = if shape.is_empty() { vec![1] } else { shape.clone() };
            let mask = B::bool_from_data(TensorData::new(gaps, dims), c.device);
            let fill = c.tensor_from(fill.to_vec(), vec![fill.len()], x.elem).expand(&shape);
            one(fill.select_where(mask, x))
        }
        Value::Host(x) => {
            let fill = c.ints("imputed_value_int64s").unwrap_or_default();
            let n = width(&x.shape);
            fits(fill.len(), n)?;
            let gap = c.int("replaced_value_int64", 0);
            let at = |i: usize| fill[if fill.len() == 1 { 0 } else { i % n }];
            let data = x.data.iter().enumerate();
            let data = data
                .map(|(i, &v)| if v == gap { x.elem.wrap(at(i)) } else { v })
                .collect();
            one_host(Host::new(x.shape.clone(), x.elem, data))
        }
        other => Err(other.refuse()),
    }
}

fn normalizer<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = numbers(c, 0)?;
    let original = x.shape().to_vec();
    let rows = match *original.as_slice() {
        [n] => vec![1, n],
        [rows, n] => vec![rows, n],
        _ => {
            return Err(OpError::bad(format!(
                "expected shape [rows, features], got {original:?}"
            )));
        }
    };
    let x = x.cast(Elem::F32);
    if x.numel() == 0 {
        return one(x);
    }
    let x = x.reshape(rows.clone());
    let over = |t: Float<B>, f: fn(B::FloatTensorPrimitive, usize) -> B::FloatTensorPrimitive| {
        Float::<B>::wrap(f(t.prim, 1), vec![rows[0], 1], Elem::F32)
    };
    let norm = match c.str("norm", "MAX").as_str() {
        "MAX" => over(x.clone(), B::float_max_dim),
        "L1" => over(x.clone().map(B::float_abs), B::float_sum_dim),
        "L2" => over(x.clone().mul(x.clone())?, B::float_sum_dim).map(B::float_sqrt),
        other => return Err(OpError::bad(format!("norm `{other}` is unknown"))),
    };
    // A row of nothing stays as it is.
    let none = B::float_equal_elem(
        norm.prim.clone(),
        burn_backend::Scalar::Float(0.0),
        burn_backend::BoolDType::Native,
    );
    let one_ = Float::full(1.0, vec![rows[0], 1], Elem::F32, c.device);
    let norm = one_.select_where(none, norm);
    one(x.div(norm)?.reshape(original))
}

fn binarizer<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let threshold = c.f("threshold", 0.0);
    match c.value(0)? {
        Value::Float(x) => {
            let (shape, elem) = (x.shape().to_vec(), x.elem);
            let threshold = f64::from(threshold);
            let data = x
                .into_doubles()?
                .into_iter()
                .map(|v| f32::from(v > threshold))
                .collect();
            one(c.tensor_from(data, shape, elem))
        }
        Value::Host(x) => {
            let data = x
                .data
                .iter()
                .map(|&v| i64::from(v as f64 > f64::from(threshold)))
                .collect();
            one_host(Host::new(x.shape.clone(), x.elem, data))
        }
        other => Err(other.refuse()),
    }
}

/// Chosen elements of the last axis.
fn extract<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, index) = (c.value(0)?, c.host(1)?);
    let mut shape = x.shape().to_vec();
    let Some(last) = shape.pop() else {
        return Err(OpError::bad("a scalar has no features"));
    };
    if index.data.is_empty() {
        return Err(OpError::bad("no indices are given"));
    }
    if let Some(bad) = index.data.iter().find(|&&i| i < 0 || i as usize >= last) {
        return Err(OpError::bad(format!("index {bad} is out of range for {last} features")));
    }
    if shape.is_empty() {
        shape.push(1);
    }
    shape.push(index.data.len());
    c.reserve(&shape)?;
    let at = x.shape().len() - 1;
    let y = super::super::gather::take_rows(c, x, at, &index.data)?;
    Ok(vec![y.reshaped(shape)?])
}

fn vectorize<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let widths = sizes(&c.ints("inputdimensions").unwrap_or_default(), "inputdimensions")?;
    let mut parts = Vec::new();
    for i in 0..c.inputs.len() {
        let x = matrix(c, i)?.cast(Elem::F32);
        let (rows, n) = (x.shape()[0], x.shape()[1]);
        let wanted = widths.get(i).copied().unwrap_or(n);
        c.reserve(&[rows, wanted])?;
        if wanted == 0 {
            continue;
        }
        parts.push(if wanted <= n {
            x.narrow(&[(0, rows), (0, wanted)])
        } else {
            x.pad(&[(0, 0), (0, wanted - n)], 0.0)
        });
    }
    let total = parts.iter().map(Float::numel).fold(0usize, usize::saturating_add);
    c.reserve(&[total])?;
    one(Float::concat(parts, 1)?)
}
