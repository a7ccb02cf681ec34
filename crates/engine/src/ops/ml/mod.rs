//! `ai.onnx.ml`: classical machine learning.
//!
//! Where the specification is silent or onnxruntime differs from it, the operators here do what
//! onnxruntime does, because converters are tested against it; every such place says so. Scores are
//! `float` whatever the input holds, as the specification has it.

mod encode;
mod labels;
mod linear;
mod svm;
mod table;
mod transform;
mod trees;

use super::{Call, Entry, Grad, OpFn};
use crate::error::OpError;
use crate::float::Float;
use crate::graph::Attr;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site, only};
use crate::value::{Elem, Value};

const DOMAIN: &str = "ai.onnx.ml";

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let mut all = Vec::new();
    all.extend(encode::entries());
    all.extend(linear::entries());
    all.extend(svm::entries());
    all.extend(table::entries());
    all.extend(trees::entries());
    all
}

const fn entry<B: Engine>(family: &'static str, op: &'static str, grad: Grad, run: OpFn<B>) -> Entry<B> {
    Entry::new(family, op, grad, run).domain(DOMAIN)
}

/// Rows of the input: one for a vector.
fn rows_of(s: &Site<'_>) -> Result<Dim, Gap> {
    Ok(match s.shape(0)? {
        [_] => 1.into(),
        [rows, _] => rows.clone(),
        _ => Dim::unknown_size(),
    })
}

/// One label and `columns` scores a row.
fn classified(s: &Site<'_>, texts: &str, columns: Dim) -> Inferred {
    let strings = matches!(s.node.attrs.get(texts), Some(Attr::Strs(v)) if !v.is_empty());
    let elem = if strings { Elem::Str } else { Elem::I64 };
    let rows = rows_of(s).map_err(|_| Gap::Unknown(vec![Some(elem), Some(Elem::F32)]))?;
    Ok(vec![
        Fact::new(Some(elem), vec![rows.clone()]),
        Fact::new(Some(Elem::F32), vec![rows, columns]),
    ])
}

/// `[rows, columns]` of floats.
fn scored(s: &Site<'_>, columns: Dim) -> Inferred {
    let rows = rows_of(s).map_err(|_| Gap::Unknown(vec![Some(Elem::F32)]))?;
    only(Fact::new(Some(Elem::F32), vec![rows, columns]))
}

/// Input `i` as floats, whatever numbers it holds.
fn numbers<B: Engine>(c: &mut Call<'_, B>, i: usize) -> Result<Float<B>, OpError> {
    match c.value(i)? {
        Value::Float(x) => Ok(x),
        Value::Host(x) => {
            let wide = |&v: &i64| if x.elem == Elem::U64 { v as u64 as f32 } else { v as f32 };
            Ok(c.tensor_from(x.data.iter().map(wide).collect(), x.shape.clone(), Elem::F32))
        }
        other => Err(OpError::bad(format!(
            "input {i}: expected numbers, got {}",
            other.kind()
        ))),
    }
}

/// Input `i` as a matrix `[rows, features]`; a vector is one row.
fn matrix<B: Engine>(c: &mut Call<'_, B>, i: usize) -> Result<Float<B>, OpError> {
    let x = numbers(c, i)?;
    match *x.shape() {
        [features] => Ok(x.reshape(vec![1, features])),
        [_, _] => Ok(x),
        _ => Err(OpError::bad(format!(
            "expected shape [rows, features], got {:?}",
            x.shape()
        ))),
    }
}
