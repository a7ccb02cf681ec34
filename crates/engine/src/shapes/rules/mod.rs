//! Shape rules that many operators share, by what happens to the shape. Rules of one operator alone
//! are in the operator's file.

mod elementwise;
mod layout;
mod matmul;
mod pick;
mod reduce;
mod window;

pub use elementwise::{
    add, between, broadcast, broadcast_dims, broadcast_typed, divide, equal, greater, greater_or_equal, largest, less,
    less_or_equal, logical, mapped, modulo, multiply, negative, not, predicate, rounded, select, smallest, subtract,
};
pub use layout::{concat, depth_to_space, flatten, reshape, space_to_depth, squeeze, transpose, unsqueeze};
pub use matmul::{gemm, matmul, matmul_dims, matmul_integer};
pub use pick::{expand, gather, gather_elements, gather_nd, pad, slice, split, tile};
pub use reduce::{arg, reduce, reduce_max, reduce_min, reduce_prod, reduce_sum, without_axis};
pub use window::{conv, conv_transpose, global_pool, pool};

use crate::value::Elem;

use super::dim::Dim;
use super::fact::Fact;
use super::site::{Gap, Inferred, Site};

/// The first output has element type and shape of the first input.
pub fn same(s: &Site<'_>) -> Inferred {
    let fact = s.fact(0)?;
    Ok(vec![Fact {
        content: None,
        ..fact.clone()
    }])
}

/// The first output has the shape of the first input, and element type `elem`.
pub fn same_as(s: &Site<'_>, elem: Elem) -> Inferred {
    let shape = s.shape(0).map_err(|_| Gap::Unknown(vec![Some(elem)]))?;
    Ok(vec![Fact::new(Some(elem), shape.to_vec())])
}

/// Every output has element type and shape of the input in its place.
pub fn same_each(s: &Site<'_>) -> Inferred {
    let strip = |i: usize| {
        let fact = s.fact(i).cloned().unwrap_or_default();
        Fact { content: None, ..fact }
    };
    Ok((0..s.outputs()).map(strip).collect())
}

/// The first output is the first input.
pub fn identity(s: &Site<'_>) -> Inferred {
    Ok(vec![s.fact(0)?.clone()])
}

/// Dropout at inference: the input, and a mask of its shape.
pub fn dropout(s: &Site<'_>) -> Inferred {
    let fact = s.fact(0)?;
    let mask = Fact {
        elem: Some(Elem::Bool),
        shape: fact.shape.clone(),
        content: None,
    };
    Ok(vec![fact.clone(), mask])
}

/// The shape of the first input with `int64` elements.
pub fn same_as_int64(s: &Site<'_>) -> Inferred {
    let shape = s.shape(0).map_err(|_| Gap::Unknown(vec![Some(Elem::I64)]))?;
    Ok(vec![Fact::new(Some(Elem::I64), shape.to_vec())])
}

/// The product of all dimensions from `from` to `to`.
pub(super) fn span(shape: &[Dim], from: usize, to: usize) -> Dim {
    Dim::product(&shape[from..to])
}
