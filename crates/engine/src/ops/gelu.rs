//! GELU, of ONNX and of onnxruntime's optimiser, on a kernel of our own.

use glassboard_kernels::gelu::{self, Form};
use glassboard_kernels::reference;

use super::{Call, Entry, Grad, Out, one, operate};
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
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
    operate(Gelu(form), vec![x])
}

#[derive(Debug)]
struct Gelu(Form);

impl Operation for Gelu {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        inputs[0].clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        let x = inputs[0].data;
        let mut y = vec![0.0; x.len()];
        gelu::forward(self.0, x, &mut y);
        y
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        inputs[0].data.iter().map(|&x| reference::gelu(self.0, x)).collect()
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: vec![0],
            output: false,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let x = trace.inputs[0].map_or(&[][..], |x| x.data);
        let mut dx = vec![0.0; x.len()];
        gelu::backward(self.0, x, trace.gradient.data, &mut dx);
        vec![Some(dx)]
    }
}
