//! Identity and branches.

use super::body::Body;
use super::{Call, Entry, Grad, Out};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::{Inferred, Site, rules};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("control", "Identity", Grad::Yes, |c| Ok(vec![c.value(0)?])).shape(rules::identity),
        Entry::new("control", "If", Grad::Yes, branch).shape(branch_shape),
    ]
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
