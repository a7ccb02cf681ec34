//! One result per element: numpy's broadcasting, and arithmetic on shapes that are values.

use crate::value::Elem;

use super::super::dim::Dim;
use super::super::fact::{Content, Fact, reals};
use super::super::site::{Gap, Inferred, Site, contradiction};

/// numpy's broadcast of two shapes.
pub fn broadcast_dims(a: &[Dim], b: &[Dim]) -> Result<Vec<Dim>, Gap> {
    let one = Dim::from(1);
    let rank = a.len().max(b.len());
    let at = |s: &[Dim], i: usize| {
        if i + s.len() >= rank {
            s[i + s.len() - rank].clone()
        } else {
            one.clone()
        }
    };
    (0..rank)
        .map(|i| {
            let (x, y) = (at(a, i), at(b, i));
            if x == y || y == one {
                return Ok(x);
            }
            if x == one {
                return Ok(y);
            }
            // One that is surely not 1 decides; the other is then 1 or the same.
            let fixed = |d: &Dim| d.differs(&one);
            match (fixed(&x), fixed(&y)) {
                (true, true) if x.differs(&y) => {
                    contradiction(format!("shapes {} and {} do not broadcast", text(a), text(b)))
                }
                (true, _) if x.number().is_some() || !fixed(&y) => Ok(x),
                (_, true) => Ok(y),
                _ => Ok(x.larger(&y)),
            }
        })
        .collect()
}

fn text(shape: &[Dim]) -> String {
    Fact::new(None, shape.to_vec()).shape_text().unwrap_or_default()
}

/// The broadcast shape of the inputs from `from` to before `to`.
fn joint(s: &Site<'_>, from: usize, to: usize) -> Result<Vec<Dim>, Gap> {
    let mut shape = Vec::new();
    for i in from..to {
        shape = broadcast_dims(&shape, s.shape(i)?)?;
    }
    Ok(shape)
}

/// All inputs broadcast against each other; the element type is the first one's.
pub fn broadcast(s: &Site<'_>) -> Inferred {
    broadcast_typed(s, s.elem(0))
}

/// All inputs broadcast against each other, to elements of that type.
pub fn broadcast_typed(s: &Site<'_>, elem: Option<Elem>) -> Inferred {
    let shape = joint(s, 0, s.arity()).map_err(|gap| typed(gap, elem))?;
    Ok(vec![Fact::new(elem, shape)])
}

fn typed(gap: Gap, elem: Option<Elem>) -> Gap {
    match gap {
        Gap::Unknown(_) => Gap::Unknown(vec![elem]),
        other @ Gap::Contradiction(_) => other,
    }
}

/// Elements of an array of shape `from`, repeated to fill `to`; both shapes are numbers.
pub(super) fn spread<T: Clone>(content: &[T], from: &[Dim], to: &[Dim]) -> Option<Vec<T>> {
    let sizes = |s: &[Dim]| s.iter().map(Dim::known).collect::<Option<Vec<_>>>();
    let (from, to) = (sizes(from)?, sizes(to)?);
    let total: usize = to.iter().try_fold(1usize, |acc, &d| acc.checked_mul(d))?;
    if total > super::super::fact::MAX_CONTENT || from.iter().product::<usize>() != content.len() {
        return None;
    }
    if from == to {
        return Some(content.to_vec());
    }
    let index = crate::value::broadcast_indices(&from, &to);
    Some(index.into_iter().map(|i| content[i].clone()).collect())
}

/// Broadcast of two inputs with arithmetic on their elements: on whole numbers that may be symbolic,
/// else on floats.
fn zip(
    s: &Site<'_>,
    elem: Option<Elem>,
    whole: impl Fn(&Dim, &Dim) -> Dim,
    real: impl Fn(f64, f64) -> Option<f64>,
) -> Inferred {
    let mut out = broadcast_typed(s, elem)?;
    let (a, b) = (s.fact(0)?, s.fact(1)?);
    let (Some(fact), Some(from_a), Some(from_b)) = (out.first_mut(), &a.shape, &b.shape) else {
        return Ok(out);
    };
    let to = fact.shape.clone().unwrap_or_default();
    if let (Some(x), Some(y)) = (a.whole(), b.whole()) {
        if let (Some(x), Some(y)) = (spread(x, from_a, &to), spread(y, from_b, &to)) {
            return Ok(vec![
                out.swap_remove(0)
                    .holding(Some(x.iter().zip(&y).map(|(x, y)| whole(x, y)).collect())),
            ]);
        }
    } else if let (Some(x), Some(y)) = (a.reals(), b.reals())
        && let (Some(x), Some(y)) = (spread(&x, from_a, &to), spread(&y, from_b, &to))
        && let Some(values) = x.iter().zip(&y).map(|(x, y)| real(*x, *y)).collect()
    {
        fact.content = Some(reals(values));
    }
    Ok(out)
}

/// Sum.
pub fn add(s: &Site<'_>) -> Inferred {
    zip(s, s.elem(0), |a, b| a + b, |a, b| Some(a + b))
}

/// Difference.
pub fn subtract(s: &Site<'_>) -> Inferred {
    zip(s, s.elem(0), |a, b| a - b, |a, b| Some(a - b))
}

/// Product.
pub fn multiply(s: &Site<'_>) -> Inferred {
    zip(s, s.elem(0), |a, b| a * b, |a, b| Some(a * b))
}

/// Quotient: of integers rounded towards zero. What a shape divides is taken to be not negative.
pub fn divide(s: &Site<'_>) -> Inferred {
    let float = s.elem(0).is_none_or(Elem::is_float);
    let mut out = zip(
        s,
        s.elem(0),
        |a, b| match (a.number(), b.number()) {
            (_, Some(0)) => Dim::unknown(),
            _ if float => a.exact_div(b).unwrap_or_else(Dim::unknown),
            (Some(a), Some(b)) => a.checked_div(b).map_or_else(Dim::unknown, Dim::from),
            _ if a.at_most(-1) || b.at_most(-1) => a.exact_div(b).unwrap_or_else(Dim::unknown),
            _ => a.floor_div(b),
        },
        |a, b| (b != 0.0).then_some(a / b),
    )?;
    // Whole floats whose quotient is not whole.
    if let (true, Some(x), Some(y)) = (float, s.fact(0)?.reals(), s.fact(1)?.reals())
        && let ([x], [y]) = (x.as_slice(), y.as_slice())
        && let Some(fact) = out.first_mut()
        && *y != 0.0
    {
        fact.content = Some(reals(vec![x / y]));
    }
    Ok(out)
}

/// Remainder with the sign of the divisor (`fmod` 0).
pub fn modulo(s: &Site<'_>) -> Inferred {
    let fmod = s.int("fmod", 0) != 0;
    zip(
        s,
        s.elem(0),
        |a, b| {
            if fmod || b.number() == Some(0) {
                Dim::unknown()
            } else {
                a.modulo(b)
            }
        },
        |_, _| None,
    )
}

/// Folds all inputs pairwise.
fn fold(s: &Site<'_>, whole: fn(&Dim, &Dim) -> Dim) -> Inferred {
    if s.arity() == 2 {
        return zip(s, s.elem(0), whole, |_, _| None);
    }
    if s.arity() == 1 {
        return super::identity(s);
    }
    broadcast(s)
}

/// The largest of all inputs.
pub fn largest(s: &Site<'_>) -> Inferred {
    fold(s, Dim::larger)
}

/// The smallest of all inputs.
pub fn smallest(s: &Site<'_>) -> Inferred {
    fold(s, Dim::smaller)
}

/// The first input between the second and the third (either may be absent).
pub fn between(s: &Site<'_>) -> Inferred {
    let fact = s.fact(0)?;
    let mut out = Fact {
        content: None,
        ..fact.clone()
    };
    let bound = |i: usize| {
        if s.has(i) {
            s.whole(i).ok()?.first().cloned().map(Some)
        } else {
            Some(None)
        }
    };
    if let (Some(x), Some(low), Some(high)) = (fact.whole(), bound(1), bound(2))
        && s.opset() >= 11
    {
        let clip = |d: &Dim| {
            let d = low.as_ref().map_or_else(|| d.clone(), |low| d.larger(low));
            high.as_ref().map_or_else(|| d.clone(), |high| d.smaller(high))
        };
        out = out.holding(Some(x.iter().map(clip).collect()));
    }
    Ok(vec![out])
}

/// A truth value where it does not depend on what the sizes are.
fn truth(yes: bool, no: bool) -> Dim {
    match (yes, no) {
        (true, _) => Dim::from(1),
        (_, true) => Dim::from(0),
        _ => Dim::unknown(),
    }
}

fn compare(s: &Site<'_>, whole: impl Fn(&Dim, &Dim) -> Dim, real: fn(f64, f64) -> bool) -> Inferred {
    zip(s, Some(Elem::Bool), whole, |a, b| Some(f64::from(u8::from(real(a, b)))))
}

/// Whether two are equal.
#[expect(clippy::float_cmp, reason = "the operator compares exactly")]
pub fn equal(s: &Site<'_>) -> Inferred {
    compare(s, |a, b| truth(a == b, a.differs(b)), |a, b| a == b)
}

/// Whether the first is greater.
pub fn greater(s: &Site<'_>) -> Inferred {
    let rule = |a: &Dim, b: &Dim| truth((a - b).at_least(1), (a - b).at_most(0));
    compare(s, rule, |a, b| a > b)
}

/// Whether the first is greater or equal.
pub fn greater_or_equal(s: &Site<'_>) -> Inferred {
    let rule = |a: &Dim, b: &Dim| truth((a - b).at_least(0), (a - b).at_most(-1));
    compare(s, rule, |a, b| a >= b)
}

/// Whether the first is less.
pub fn less(s: &Site<'_>) -> Inferred {
    let rule = |a: &Dim, b: &Dim| truth((a - b).at_most(-1), (a - b).at_least(0));
    compare(s, rule, |a, b| a < b)
}

/// Whether the first is less or equal.
pub fn less_or_equal(s: &Site<'_>) -> Inferred {
    let rule = |a: &Dim, b: &Dim| truth((a - b).at_most(0), (a - b).at_least(1));
    compare(s, rule, |a, b| a <= b)
}

/// `And`, `Or` and `Xor` by the operator's name, on truth values.
pub fn logical(s: &Site<'_>) -> Inferred {
    let f: fn(bool, bool) -> bool = match s.node.op.as_str() {
        "And" => |a, b| a && b,
        "Or" => |a, b| a || b,
        _ => |a, b| a != b,
    };
    zip(
        s,
        Some(Elem::Bool),
        |a, b| match (a.number(), b.number()) {
            (Some(a), Some(b)) => Dim::from(i64::from(f(a != 0, b != 0))),
            _ => Dim::unknown(),
        },
        |_, _| None,
    )
}

/// The first input's shape, with truth values.
pub fn predicate(s: &Site<'_>) -> Inferred {
    let elem = Some(Elem::Bool);
    let shape = s.shape(0).map_err(|_| Gap::Unknown(vec![elem]))?;
    Ok(vec![Fact::new(elem, shape.to_vec())])
}

/// One input, element by element.
pub fn mapped(s: &Site<'_>, whole: impl Fn(&Dim) -> Dim, real: impl Fn(f64) -> f64) -> Inferred {
    let fact = s.fact(0)?;
    let content = match &fact.content {
        Some(Content::Whole(v)) => Some(Content::Whole(v.iter().map(whole).collect())),
        Some(Content::Real(v)) => Some(reals(v.iter().map(|&v| real(v)).collect())),
        None => None,
    };
    Ok(vec![Fact {
        content,
        ..fact.clone()
    }])
}

/// `Floor`, `Ceil` and `Round` by the operator's name: whole numbers stay.
pub fn rounded(s: &Site<'_>) -> Inferred {
    let f: fn(f64) -> f64 = match s.node.op.as_str() {
        "Floor" => f64::floor,
        "Ceil" => f64::ceil,
        _ => f64::round_ties_even,
    };
    mapped(s, Dim::clone, f)
}

/// The negative.
pub fn negative(s: &Site<'_>) -> Inferred {
    mapped(s, |d| -d, |v| -v)
}

/// The opposite truth value.
pub fn not(s: &Site<'_>) -> Inferred {
    let opposite = |d: &Dim| d.number().map_or_else(Dim::unknown, |v| Dim::from(i64::from(v == 0)));
    let mut out = mapped(s, opposite, |v| v)?;
    out[0].elem = Some(Elem::Bool);
    Ok(out)
}

/// `Where`: the second input where the first holds, else the third.
pub fn select(s: &Site<'_>) -> Inferred {
    let elem = s.elem(1).or_else(|| s.elem(2));
    let mut out = broadcast_typed(s, elem)?;
    let to = out[0].shape.clone().unwrap_or_default();
    let read = |i: usize| {
        let fact = s.fact(i).ok()?;
        spread(fact.whole()?, fact.shape.as_deref()?, &to)
    };
    if let (Some(mask), Some(a), Some(b)) = (read(0), read(1), read(2)) {
        let pick = |((m, a), b): ((&Dim, &Dim), &Dim)| match m.number() {
            Some(0) => b.clone(),
            Some(_) => a.clone(),
            None if a == b => a.clone(),
            None => Dim::unknown(),
        };
        let content = mask.iter().zip(&a).zip(&b).map(pick).collect();
        return Ok(vec![out.swap_remove(0).holding(Some(content))]);
    }
    Ok(out)
}
