//! Identity, dropout at inference, and branches.

use super::body::Body;
use super::{Call, Entry, Grad, Out};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::{Inferred, Site, rules};
use crate::value::{Elem, Host, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("control", "Identity", Grad::Yes, |c| Ok(vec![c.value(0)?])).shape(rules::identity),
        Entry::new("control", "Dropout", Grad::Yes, dropout)
            .shape(rules::dropout)
            .limits("inference, or ratio 0"),
        Entry::new("control", "If", Grad::Yes, branch).shape(branch_shape),
    ]
}

fn dropout<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let training = c.opt_host(2)?.is_some_and(|h| h.data.first().is_some_and(|&v| v != 0));
    if training {
        let ratio = match c.opt_float(1)? {
            Some(f) => f.into_vec()?.first().copied().unwrap_or(0.5),
            None => 0.5,
        };
        if ratio > 0.0 {
            return Err(OpError::unsupported("training mode (its result is random)"));
        }
    }
    let x = c.value(0)?;
    let mask = Host::new(x.shape().to_vec(), Elem::Bool, vec![1; x.numel()]);
    Ok(vec![x, Value::Host(mask)])
}

fn branch<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let condition = c.host(0)?;
    let taken = condition
        .data
        .first()
        .copied()
        .ok_or_else(|| OpError::bad("the condition is empty"))?
        != 0;
    let body = Body::new(c, if taken { "then_branch" } else { "else_branch" })?;
    body.run(c, Vec::new())
}

/// What holds whichever branch is taken; only that branch where the condition is known.
fn branch_shape(s: &Site<'_>) -> Inferred {
    let outcome = |name: &str| s.body(name).map(|(body, captured)| s.infer(body, captured));
    match s.numbers(0).ok().as_deref() {
        Some([0]) => return outcome("else_branch"),
        Some([_]) => return outcome("then_branch"),
        _ => {}
    }
    let (then, other) = (outcome("then_branch")?, outcome("else_branch")?);
    Ok(then.iter().zip(&other).map(|(a, b)| a.or(b)).collect())
}
