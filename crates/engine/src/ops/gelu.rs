//! GELU, of ONNX and of onnxruntime's optimiser.

use glassboard_kernels::gelu::Form;
use glassboard_kernels::unary::Unary;

use super::{Call, Entry, Grad, Out, one};
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::rules;

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("gelu", op, Grad::Yes, run).shape(rules::same);
    vec![
        e("Gelu", |c| {
            let form = if c.str("approximate", "none") == "tanh" {
                Form::Tanh
            } else {
                Form::Exact
            };
            one(apply(c.float(0)?, form))
        }),
        e("Gelu", |c| one(apply(c.float(0)?, Form::Exact))).domain("com.microsoft"),
        e("FastGelu", |c| biased(c, Form::Tanh)).domain("com.microsoft"),
        e("BiasGelu", |c| biased(c, Form::Exact)).domain("com.microsoft"),
    ]
}

fn biased<B: Engine>(c: &mut Call<'_, B>, form: Form) -> Out<B> {
    let mut x = c.float(0)?;
    if let Some(bias) = c.opt_float(1)? {
        x = x.add(bias)?;
    }
    one(apply(x, form))
}

/// GELU of any shape.
pub(super) fn apply<B: Engine>(x: Float<B>, form: Form) -> Float<B> {
    x.unary(Unary::Gelu(form))
}
