//! `Einsum`: products summed over named axes.
//!
//! Floats go pair by pair through matrix products; integers through the sum as it is written.

use std::collections::BTreeMap;

use super::pick::pick;
use super::{Call, Entry, Grad, Out, one, one_host};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site, contradiction, only};
use crate::value::{Host, Value, checked_numel, strides};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![Entry::new("einsum", "Einsum", Grad::Yes, einsum).shape(product_shape)]
}

/// A name of an axis: a letter, or a number for what an ellipsis stands for (counted from the back).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Broadcast(usize),
    Letter(char),
}

/// Integer sums of more terms than this are refused.
const MOST_TERMS: u64 = 1 << 32;

/// The labels of one term; `rank` tells how many axes an ellipsis stands for.
fn labels(term: &str, rank: Option<usize>, wide: usize) -> Result<Vec<Label>, OpError> {
    let broken = || OpError::bad(format!("`{term}` is no list of axes"));
    let (before, after) = term.split_once("...").map_or((term, None), |(a, b)| (a, Some(b)));
    let letters = |s: &str| {
        s.chars()
            .map(|ch| {
                if ch.is_ascii_alphabetic() {
                    Ok(Label::Letter(ch))
                } else {
                    Err(broken())
                }
            })
            .collect::<Result<Vec<_>, _>>()
    };
    let mut out = letters(before)?;
    if let Some(after) = after {
        let after = letters(after)?;
        let count = match rank {
            Some(rank) => rank.checked_sub(out.len() + after.len()).ok_or_else(broken)?,
            None => wide,
        };
        out.extend((0..count).rev().map(Label::Broadcast));
        out.extend(after);
    }
    match rank {
        Some(rank) if rank != out.len() => Err(OpError::bad(format!("`{term}` does not name {rank} axes"))),
        _ => Ok(out),
    }
}

/// The axes of the result: as written, or the ellipsis and every letter that stands once, in order.
fn result<'l>(
    left: &str,
    right: Option<&str>,
    all: impl Iterator<Item = &'l Label> + Clone,
) -> Result<Vec<Label>, OpError> {
    let wide = all.clone().filter(|l| matches!(l, Label::Broadcast(_))).count();
    if let Some(term) = right {
        return labels(term, None, wide);
    }
    let once = |l: &&Label| match l {
        Label::Broadcast(_) => false,
        Label::Letter(ch) => left.matches(*ch).count() == 1,
    };
    let ellipsis = (0..wide).rev().map(Label::Broadcast);
    Ok(ellipsis.chain(all.filter(once).copied()).collect())
}

/// One operand with the names of its axes.
struct Term<T> {
    x: T,
    labels: Vec<Label>,
}

fn einsum<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let equation: String = c.str("equation", "").chars().filter(|ch| !ch.is_whitespace()).collect();
    let (left, right) = equation
        .split_once("->")
        .map_or((equation.as_str(), None), |(l, r)| (l, Some(r)));
    let terms: Vec<&str> = left.split(',').collect();
    if terms.len() != c.node.explicit {
        return Err(OpError::bad(format!(
            "`{equation}` names {} operands, {} are given",
            terms.len(),
            c.node.explicit
        )));
    }
    let mut operands = Vec::new();
    let mut sizes: BTreeMap<Label, usize> = BTreeMap::new();
    for (i, term) in terms.iter().enumerate() {
        let x = c.value(i)?;
        let labels = labels(term, Some(x.shape().len()), 0)?;
        for (&label, &d) in labels.iter().zip(x.shape()) {
            let known = sizes.entry(label).or_insert(d);
            if *known == 1 {
                *known = d;
            } else if d != *known && d != 1 {
                return Err(OpError::bad(format!(
                    "`{equation}` gives one axis sizes {known} and {d}"
                )));
            }
        }
        operands.push(diagonal(Term { x, labels })?);
    }
    let output = result(left, right, sizes.keys())?;
    if output
        .iter()
        .enumerate()
        .any(|(i, l)| !sizes.contains_key(l) || output[..i].contains(l))
    {
        return Err(OpError::bad(format!(
            "the result of `{equation}` names an axis twice or out of nowhere"
        )));
    }
    let shape: Vec<usize> = output.iter().map(|l| sizes[l]).collect();
    c.reserve(&shape)?;
    if matches!(operands[0].x, Value::Float(_)) {
        let mut floats = operands
            .into_iter()
            .map(|t| {
                Ok(Term {
                    x: t.x.float()?,
                    labels: t.labels,
                })
            })
            .collect::<Result<Vec<_>, OpError>>()?;
        if floats.iter().any(|t| t.x.numel() == 0) {
            return one(Float::full(0.0, shape, floats[0].x.elem, c.device));
        }
        let mut acc = floats.remove(0);
        for k in 0..floats.len() {
            let kept = |l: &Label| output.contains(l) || floats[k + 1..].iter().any(|t| t.labels.contains(l));
            let next = Term {
                x: floats[k].x.clone(),
                labels: floats[k].labels.clone(),
            };
            acc = contract(c, acc, next, kept)?;
        }
        acc = summed(acc, |l| output.contains(l));
        let order = positions(&output, &acc.labels);
        return one(acc.x.permute(&order).expand(&shape));
    }
    let hosts = operands
        .into_iter()
        .map(|t| {
            Ok(Term {
                x: t.x.host()?,
                labels: t.labels,
            })
        })
        .collect::<Result<Vec<_>, OpError>>()?;
    one_host(whole(&hosts, &output, &shape, &sizes)?)
}

/// Where each of `wanted` stands in `labels`.
fn positions(wanted: &[Label], labels: &[Label]) -> Vec<usize> {
    wanted
        .iter()
        .filter_map(|w| labels.iter().position(|l| l == w))
        .collect()
}

/// An axis that is named twice in one operand stands for its diagonal.
fn diagonal<B: Engine>(term: Term<Value<B>>) -> Result<Term<Value<B>>, OpError> {
    let mut distinct: Vec<Label> = Vec::new();
    for l in &term.labels {
        if !distinct.contains(l) {
            distinct.push(*l);
        }
    }
    if distinct.len() == term.labels.len() {
        return Ok(term);
    }
    let shape = term.x.shape().to_vec();
    let mut dims = vec![1; distinct.len()];
    let mut steps = vec![0; distinct.len()];
    for ((label, &d), step) in term.labels.iter().zip(&shape).zip(strides(&shape)) {
        let k = distinct.iter().position(|l| l == label).unwrap_or(0);
        if d != 1 {
            if dims[k] != 1 && dims[k] != d {
                return Err(OpError::bad("the axes of a diagonal differ"));
            }
            dims[k] = d;
            steps[k] += step;
        }
    }
    let index = crate::value::strided_indices(&dims, &steps, 0);
    Ok(Term {
        x: pick(term.x, dims, &index)?,
        labels: distinct,
    })
}

/// Sums over every axis that is not kept.
fn summed<B: Engine>(mut term: Term<Float<B>>, kept: impl Fn(&Label) -> bool) -> Term<Float<B>> {
    for at in (0..term.labels.len()).rev() {
        if kept(&term.labels[at]) {
            continue;
        }
        let (mut shape, elem) = (term.x.shape().to_vec(), term.x.elem);
        shape[at] = 1;
        let sum = Float::wrap(B::float_sum_dim(term.x.prim, at), shape.clone(), elem);
        shape.remove(at);
        term.x = sum.reshape(shape);
        term.labels.remove(at);
    }
    term
}

/// The product of two operands, summed over what is not kept, as one batched matrix product.
fn contract<B: Engine>(
    c: &Call<'_, B>,
    a: Term<Float<B>>,
    b: Term<Float<B>>,
    kept: impl Fn(&Label) -> bool,
) -> Result<Term<Float<B>>, OpError> {
    let a = summed(a, |l| kept(l) || b.labels.contains(l));
    let b = summed(b, |l| kept(l) || a.labels.contains(l));
    let mut sizes: BTreeMap<Label, usize> = BTreeMap::new();
    for (&l, &d) in a.labels.iter().zip(a.x.shape()).chain(b.labels.iter().zip(b.x.shape())) {
        let known = sizes.entry(l).or_insert(d);
        *known = (*known).max(d);
    }
    let shared: Vec<Label> = a.labels.iter().copied().filter(|l| b.labels.contains(l)).collect();
    let (batch, inner): (Vec<Label>, Vec<Label>) = shared.into_iter().partition(|l| kept(l));
    let own = |t: &Term<Float<B>>, other: &Term<Float<B>>| -> Vec<Label> {
        t.labels.iter().copied().filter(|l| !other.labels.contains(l)).collect()
    };
    let (rows, columns) = (own(&a, &b), own(&b, &a));
    let dims = |labels: &[Label]| labels.iter().map(|l| sizes[l]).collect::<Vec<usize>>();
    let product = |labels: &[Label]| dims(labels).iter().product::<usize>();
    let (n, m, k, p) = (product(&batch), product(&rows), product(&inner), product(&columns));
    let mut shape = dims(&batch);
    shape.extend(dims(&rows));
    shape.extend(dims(&columns));
    c.reserve(&shape)?;
    let arranged = |t: Term<Float<B>>, order: &[Label], matrix: Vec<usize>| {
        let x = t.x.permute(&positions(order, &t.labels));
        x.expand(&dims(order)).reshape(matrix)
    };
    let left: Vec<Label> = [batch.as_slice(), &rows, &inner].concat();
    let right: Vec<Label> = [batch.as_slice(), &inner, &columns].concat();
    let labels = [batch.as_slice(), &rows, &columns].concat();
    let (wide_a, wide_b) = (checked_numel(&dims(&left))?, checked_numel(&dims(&right))?);
    let elem = a.x.elem;
    c.reserve_bytes((wide_a.saturating_add(wide_b)).saturating_mul(elem.width()))?;
    let (left, right) = (arranged(a, &left, vec![n, m, k]), arranged(b, &right, vec![n, k, p]));
    let x = left.matmul(right.cast_like(elem))?.reshape(shape);
    Ok(Term { x, labels })
}

/// The sum as it is written, for integers.
fn whole(
    terms: &[Term<Host>],
    output: &[Label],
    shape: &[usize],
    sizes: &BTreeMap<Label, usize>,
) -> Result<Host, OpError> {
    let rest: Vec<Label> = sizes.keys().copied().filter(|l| !output.contains(l)).collect();
    let inner: Vec<usize> = rest.iter().map(|l| sizes[l]).collect();
    let count = checked_numel(&inner)?.saturating_mul(checked_numel(shape)?);
    if count > MOST_TERMS {
        return Err(OpError::unsupported(format!("an integer sum of {count} terms")));
    }
    let elem = terms[0].x.elem;
    let steps = |labels: &[Label], t: &Term<Host>| -> Vec<usize> {
        let own = strides(&t.x.shape);
        let step = |l: &Label| {
            t.labels
                .iter()
                .position(|x| x == l)
                .map_or(0, |i| if t.x.shape[i] == 1 { 0 } else { own[i] })
        };
        labels.iter().map(step).collect()
    };
    let base: Vec<Vec<usize>> = terms
        .iter()
        .map(|t| crate::value::strided_indices(shape, &steps(output, t), 0))
        .collect();
    let offsets: Vec<Vec<usize>> = terms
        .iter()
        .map(|t| crate::value::strided_indices(&inner, &steps(&rest, t), 0))
        .collect();
    let data = (0..shape.iter().product())
        .map(|o| {
            let mut sum = 0i64;
            for k in 0..inner.iter().product::<usize>() {
                let factors = terms.iter().zip(base.iter().zip(&offsets));
                let product = factors.fold(1i64, |p, (t, (b, f))| p.wrapping_mul(t.x.data[b[o] + f[k]]));
                sum = sum.wrapping_add(product);
            }
            elem.wrap(sum)
        })
        .collect();
    Ok(Host::new(shape.to_vec(), elem, data))
}

fn product_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem(0);
    let equation: String = s.str("equation", "").chars().filter(|ch| !ch.is_whitespace()).collect();
    let (left, right) = equation
        .split_once("->")
        .map_or((equation.as_str(), None), |(l, r)| (l, Some(r)));
    let broken = |_| Gap::Contradiction(format!("`{equation}` does not fit its inputs"));
    let mut sizes: BTreeMap<Label, Dim> = BTreeMap::new();
    for (i, term) in left.split(',').enumerate() {
        let shape = s.shape(i).map_err(|_| Gap::Unknown(vec![elem]))?;
        for (label, d) in labels(term, Some(shape.len()), 0)
            .map_err(broken)?
            .into_iter()
            .zip(shape)
        {
            let known = sizes.entry(label).or_insert_with(|| d.clone());
            if *known == Dim::from(1) {
                *known = d.clone();
            }
        }
    }
    let output = result(left, right, sizes.keys()).map_err(broken)?;
    match output.iter().map(|l| sizes.get(l).cloned()).collect() {
        Some(shape) => only(Fact::new(elem, shape)),
        None => contradiction(format!("the result of `{equation}` names an axis out of nowhere")),
    }
}
