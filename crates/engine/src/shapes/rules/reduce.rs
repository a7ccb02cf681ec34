//! Axes that become one element.

use crate::value::Elem;

use super::super::dim::Dim;
use super::super::fact::{Fact, unknown_shape};
use super::super::site::{Gap, Inferred, Site, axes};

/// The reductions with `axes` and `keepdims`.
pub fn reduce(s: &Site<'_>) -> Inferred {
    folded(s, None)
}

/// `ReduceSum`, also of shapes that are values.
pub fn reduce_sum(s: &Site<'_>) -> Inferred {
    folded(s, Some((|a, b| a + b, Some(0))))
}

/// `ReduceProd`.
pub fn reduce_prod(s: &Site<'_>) -> Inferred {
    folded(s, Some((|a, b| a * b, Some(1))))
}

/// `ReduceMax`.
pub fn reduce_max(s: &Site<'_>) -> Inferred {
    folded(s, Some((Dim::larger, None)))
}

/// `ReduceMin`.
pub fn reduce_min(s: &Site<'_>) -> Inferred {
    folded(s, Some((Dim::smaller, None)))
}

/// How elements join, and what nothing joins to.
type Fold = (fn(&Dim, &Dim) -> Dim, Option<i64>);

fn folded(s: &Site<'_>, fold: Option<Fold>) -> Inferred {
    let fact = s.fact(0)?;
    let keep = s.int("keepdims", 1) != 0;
    let noop = s.int("noop_with_empty_axes", 0) != 0;
    let shape = s.shape(0).map_err(|_| Gap::Unknown(vec![fact.elem]))?;
    let over = match s.ints_or_input("axes", 1) {
        Ok(Some(a)) if !a.is_empty() => axes(&a, shape.len())?,
        Ok(_) if noop => return super::identity(s),
        Ok(_) => (0..shape.len()).collect(),
        // Which axes is not known: the rank is, where they stay as ones.
        Err(_) if keep => return Ok(vec![Fact::new(fact.elem, unknown_shape(shape.len()))]),
        Err(_) => return Err(Gap::Unknown(vec![fact.elem])),
    };
    let all = over.len() == shape.len();
    let out = Fact::new(fact.elem, without(shape, &over, keep));
    let content = fold
        .zip(fact.whole())
        .filter(|_| all)
        .and_then(|((join, empty), elements)| {
            let first = elements.first().cloned().or_else(|| empty.map(Dim::from))?;
            Some(vec![elements.iter().skip(1).fold(first, |acc, d| join(&acc, d))])
        });
    Ok(vec![out.holding(content)])
}

/// `shape` without these axes, or with ones in their place.
fn without(shape: &[Dim], over: &[usize], keep: bool) -> Vec<Dim> {
    let dims = shape.iter().enumerate();
    dims.filter_map(|(i, d)| match (over.contains(&i), keep) {
        (false, _) => Some(d.clone()),
        (true, true) => Some(1.into()),
        (true, false) => None,
    })
    .collect()
}

/// `shape` without one axis, or with a one in its place.
pub fn without_axis(shape: &[Dim], axis: usize, keep: bool) -> Vec<Dim> {
    without(shape, &[axis], keep)
}

/// `ArgMax` and `ArgMin`.
pub fn arg(s: &Site<'_>) -> Inferred {
    let elem = Some(Elem::I64);
    let shape = s.shape(0).map_err(|_| Gap::Unknown(vec![elem]))?;
    let at = s.axis(0, shape.len())?;
    Ok(vec![Fact::new(
        elem,
        without_axis(shape, at, s.int("keepdims", 1) != 0),
    )])
}
