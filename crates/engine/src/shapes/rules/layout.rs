//! The same elements in another shape or order.

use super::super::dim::Dim;
use super::super::fact::{Content, Fact, reals, unknown_shape};
use super::super::site::{Gap, Inferred, Site, axes, contradiction};
use super::span;

/// A fact with the element type and the elements of the first input.
fn moved(s: &Site<'_>, shape: Vec<Dim>) -> Inferred {
    let fact = s.fact(0)?;
    Ok(vec![Fact::new(fact.elem, shape).holding_all_of(fact)])
}

/// Nothing but the first input's element type.
fn typed(s: &Site<'_>) -> Gap {
    Gap::Unknown(vec![s.elem(0)])
}

/// `Reshape`: `0` copies, one `-1` takes what is left.
pub fn reshape(s: &Site<'_>) -> Inferred {
    let Ok(target) = s.dims_or_input("shape", 1) else {
        // The target's own length is the rank.
        let rank = s.shape(1).ok().and_then(|v| v.first()?.known()).filter(|&r| r < 64);
        return rank.map_or_else(|| Err(typed(s)), |rank| Ok(vec![Fact::ranked(s.elem(0), rank)]));
    };
    let Some(target) = target else {
        return contradiction("the shape is missing");
    };
    let copies = s.int("allowzero", 0) == 0;
    let x = s.shape(0).ok();
    let mut open = Vec::new();
    let mut shape = Vec::with_capacity(target.len());
    for (i, d) in target.iter().enumerate() {
        shape.push(match (d.number(), x) {
            (Some(0), Some(x)) if copies => match x.get(i) {
                Some(d) => d.clone(),
                None => return contradiction("the shape copies a dimension that the input lacks"),
            },
            (Some(0), None) if copies => Dim::unknown_size(),
            (Some(-1), _) => {
                open.push(i);
                1.into()
            }
            (Some(..-1), _) => return contradiction(format!("the shape holds {d}")),
            // It may turn out to be -1 or 0: then the number of elements decides.
            (None, _) if d.is_unknown() => {
                open.push(i);
                1.into()
            }
            _ => d.clone(),
        });
    }
    let known = Dim::product(&shape);
    let total = x.map(Dim::product);
    if let ([], Some(total)) = (open.as_slice(), &total)
        && total.differs(&known)
    {
        return contradiction(format!("{total} elements do not fit into a shape of {known}"));
    }
    if let ([only], Some(total)) = (open.as_slice(), &total)
        && known.number() != Some(0)
    {
        if let (Some(a), Some(b)) = (total.number(), known.number())
            && a % b != 0
        {
            return contradiction(format!("{a} elements do not divide by {b}"));
        }
        let quotient = total.floor_div(&known);
        shape[*only] = if quotient.is_unknown() && total.exact_div(&known).is_none() {
            Dim::unknown_size()
        } else {
            quotient
        };
    } else {
        for i in open {
            shape[i] = Dim::unknown_size();
        }
    }
    moved(s, shape)
}

/// `Flatten` to a matrix.
pub fn flatten(s: &Site<'_>) -> Inferred {
    let Ok(x) = s.shape(0) else {
        return Ok(vec![Fact::ranked(s.elem(0), 2)]);
    };
    let raw = s.int("axis", 1);
    let at = if raw == x.len() as i64 {
        x.len()
    } else {
        s.axis(1, x.len())?
    };
    moved(s, vec![span(x, 0, at), span(x, at, x.len())])
}

/// `Squeeze`.
pub fn squeeze(s: &Site<'_>) -> Inferred {
    let x = s.shape(0).map_err(|_| typed(s))?;
    let one = Dim::from(1);
    let Ok(given) = s.ints_or_input("axes", 1) else {
        return Err(typed(s));
    };
    let drop = match given {
        Some(a) => axes(&a, x.len())?,
        None if x.iter().all(|d| *d == one || d.differs(&one)) => (0..x.len()).filter(|&i| x[i] == one).collect(),
        None => return Err(typed(s)),
    };
    if let Some(&a) = drop.iter().find(|&&a| x[a].differs(&one)) {
        return contradiction(format!("axis {a} holds {} elements, not one", x[a]));
    }
    let kept = x.iter().enumerate().filter(|(i, _)| !drop.contains(i));
    moved(s, kept.map(|(_, d)| d.clone()).collect())
}

/// `Unsqueeze`.
pub fn unsqueeze(s: &Site<'_>) -> Inferred {
    let x = s.shape(0).map_err(|_| typed(s))?;
    let Some(given) = s.ints_or_input("axes", 1).map_err(|_| typed(s))? else {
        return contradiction("the axes are missing");
    };
    let rank = x.len() + given.len();
    let new = axes(&given, rank)?;
    let mut old = x.iter();
    let place = |i: usize| if new.contains(&i) { None } else { old.next().cloned() };
    let shape = (0..rank).map(place).map(|d| d.unwrap_or_else(|| 1.into())).collect();
    moved(s, shape)
}

/// `Transpose`.
pub fn transpose(s: &Site<'_>) -> Inferred {
    let perm = s.ints("perm");
    let Ok(x) = s.shape(0) else {
        return perm.map_or_else(|| Err(typed(s)), |p| Ok(vec![Fact::ranked(s.elem(0), p.len())]));
    };
    let order: Vec<i64> = perm.map_or_else(|| (0..x.len() as i64).rev().collect(), <[i64]>::to_vec);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted != (0..x.len() as i64).collect::<Vec<_>>() {
        return contradiction(format!("perm {order:?} is no permutation of {} axes", x.len()));
    }
    let shape = order.iter().map(|&a| x[a as usize].clone()).collect();
    if x.len() < 2 {
        return moved(s, shape);
    }
    Ok(vec![Fact::new(s.elem(0), shape)])
}

/// One dimension that two values share, as well as it is known.
pub(super) fn shared(a: &Dim, b: &Dim) -> Option<Dim> {
    if a.differs(b) {
        return None;
    }
    let better = b.number().is_some() || a.is_unknown() && !b.is_unknown();
    Some(if better { b.clone() } else { a.clone() })
}

/// `Concat`.
pub fn concat(s: &Site<'_>) -> Inferred {
    let facts = (0..s.arity()).map(|i| s.fact(i)).collect::<Result<Vec<_>, _>>()?;
    let Some(rank) = facts.iter().find_map(|f| f.shape.as_ref().map(Vec::len)) else {
        return Err(typed(s));
    };
    let elem = facts.iter().find_map(|f| f.elem);
    let at = s.axis(1, rank)?;
    let mut shape: Option<Vec<Dim>> = None;
    for fact in &facts {
        let part = match &fact.shape {
            Some(part) => part.clone(),
            None => unknown_shape(rank),
        };
        if part.len() != rank {
            return contradiction(format!("inputs of {rank} and of {} dimensions", part.len()));
        }
        let Some(so_far) = shape.take() else {
            shape = Some(part);
            continue;
        };
        let mut joined = Vec::with_capacity(rank);
        for (axis, (a, b)) in so_far.iter().zip(&part).enumerate() {
            if axis == at {
                joined.push(a + b);
            } else if let Some(d) = shared(a, b) {
                joined.push(d);
            } else {
                return contradiction(format!("axis {axis} holds {a} elements in one input, {b} in another"));
            }
        }
        shape = Some(joined);
    }
    let mut out = Fact::new(elem, shape.unwrap_or_default());
    if at == 0 {
        out.content = joined(&facts);
    }
    Ok(vec![out])
}

/// Elements one after the other.
fn joined(facts: &[&Fact]) -> Option<Content> {
    if let Some(parts) = facts.iter().map(|f| f.whole()).collect::<Option<Vec<_>>>() {
        return Some(Content::Whole(parts.concat()));
    }
    let parts = facts.iter().map(|f| f.reals()).collect::<Option<Vec<_>>>()?;
    Some(reals(parts.concat()))
}

/// `DepthToSpace`.
pub fn depth_to_space(s: &Site<'_>) -> Inferred {
    let b = s.int("blocksize", 1).max(1);
    let x = s.shape_of_rank(0, 4)?;
    let channels = x[1].floor_div(&Dim::from(b.saturating_mul(b)));
    Ok(vec![Fact::new(
        s.elem(0),
        vec![x[0].clone(), channels, &x[2] * b, &x[3] * b],
    )])
}

/// `SpaceToDepth`.
pub fn space_to_depth(s: &Site<'_>) -> Inferred {
    let b = s.int("blocksize", 1).max(1);
    let x = s.shape_of_rank(0, 4)?;
    let over = Dim::from(b);
    let shape = vec![
        x[0].clone(),
        &x[1] * b.saturating_mul(b),
        x[2].floor_div(&over),
        x[3].floor_div(&over),
    ];
    Ok(vec![Fact::new(s.elem(0), shape)])
}
