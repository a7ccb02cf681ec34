//! Element-wise mathematics with one input.

use glassboard_kernels::unary::Unary;

use super::{Call, Entry, Grad, Out, one, one_host};
use crate::operation::Engine;
use crate::shapes::rules;
use crate::value::{Elem, Host, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("math", op, Grad::Yes, run).shape(rules::same);
    let s = |op, run| Entry::new("math", op, Grad::Stops, run).shape(rules::same);
    vec![
        e("Abs", |c| each(c, Unary::Abs, i64::wrapping_abs)),
        e("Neg", |c| each(c, Unary::Neg, i64::wrapping_neg)).shape(rules::negative),
        e("Exp", |c| one(c.float(0)?.unary(Unary::Exp))),
        e("Log", |c| one(c.float(0)?.unary(Unary::Log))),
        e("Sqrt", |c| one(c.float(0)?.unary(Unary::Sqrt))),
        e("Reciprocal", |c| one(c.float(0)?.unary(Unary::Reciprocal))),
        e("Erf", |c| one(c.float(0)?.unary(Unary::Erf))),
        e("Sin", |c| one(c.float(0)?.unary(Unary::Sin))),
        e("Cos", |c| one(c.float(0)?.unary(Unary::Cos))),
        e("Tan", |c| one(c.float(0)?.unary(Unary::Tan))),
        e("Asin", |c| one(c.float(0)?.unary(Unary::Asin))),
        e("Acos", |c| one(c.float(0)?.unary(Unary::Acos))),
        e("Atan", |c| one(c.float(0)?.unary(Unary::Atan))),
        e("Sinh", |c| one(c.float(0)?.unary(Unary::Sinh))),
        e("Cosh", |c| one(c.float(0)?.unary(Unary::Cosh))),
        e("Asinh", |c| one(c.float(0)?.unary(Unary::Asinh))),
        e("Acosh", |c| one(c.float(0)?.unary(Unary::Acosh))),
        e("Atanh", |c| one(c.float(0)?.unary(Unary::Atanh))),
        s("Floor", |c| one(c.float(0)?.unary(Unary::Floor))).shape(rules::rounded),
        s("Ceil", |c| one(c.float(0)?.unary(Unary::Ceil))).shape(rules::rounded),
        s("Round", |c| one(c.float(0)?.unary(Unary::Round))).shape(rules::rounded),
        s("Sign", |c| each(c, Unary::Sign, i64::signum)),
        s("Not", |c| {
            let x = c.host(0)?;
            one_host(Host::new(
                x.shape,
                Elem::Bool,
                x.data.iter().map(|&v| i64::from(v == 0)).collect(),
            ))
        })
        .shape(rules::not),
        s("BitwiseNot", |c| {
            let x = c.host(0)?;
            one_host(Host::new(
                x.shape,
                x.elem,
                x.data.iter().map(|&v| x.elem.wrap(!v)).collect(),
            ))
        }),
        s("IsNaN", |c| test(c, f64::is_nan)).shape(rules::predicate),
        s("IsInf", |c| {
            let (neg, pos) = (c.int("detect_negative", 1) != 0, c.int("detect_positive", 1) != 0);
            test(c, move |v| v.is_infinite() && ((v > 0.0 && pos) || (v < 0.0 && neg)))
        })
        .shape(rules::predicate),
    ]
}

fn each<B: Engine>(c: &mut Call<'_, B>, float: Unary, int: fn(i64) -> i64) -> Out<B> {
    match c.value(0)? {
        Value::Float(x) => one(x.unary(float)),
        Value::Host(x) => one_host(Host::new(
            x.shape,
            x.elem,
            x.data.iter().map(|&v| x.elem.wrap(int(v))).collect(),
        )),
        other => Err(other.refuse()),
    }
}

fn test<B: Engine>(c: &mut Call<'_, B>, f: impl Fn(f64) -> bool) -> Out<B> {
    let x = c.float(0)?;
    let shape = x.shape().to_vec();
    one_host(Host::new(
        shape,
        Elem::Bool,
        x.into_doubles()?.into_iter().map(|v| i64::from(f(v))).collect(),
    ))
}
