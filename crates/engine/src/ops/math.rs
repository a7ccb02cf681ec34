//! Element-wise mathematics with one input.

use burn_backend::Backend;

use super::{Call, Entry, Grad, Out, one, one_host};
use crate::shapes::rules;
use crate::value::{Elem, Host, Value};

pub(super) fn entries<B: Backend>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("math", op, Grad::Yes, run).shape(rules::same);
    let s = |op, run| Entry::new("math", op, Grad::Stops, run).shape(rules::same);
    vec![
        e("Abs", |c| each(c, B::float_abs, i64::wrapping_abs)),
        e("Neg", |c| each(c, B::float_neg, i64::wrapping_neg)).shape(rules::negative),
        e("Exp", |c| one(c.float(0)?.map(B::float_exp))),
        e("Log", |c| one(c.float(0)?.map(B::float_log))),
        e("Sqrt", |c| one(c.float(0)?.map(B::float_sqrt))),
        e("Reciprocal", |c| one(c.float(0)?.map(B::float_recip))),
        e("Erf", |c| one(c.float(0)?.map(B::float_erf))),
        e("Sin", |c| one(c.float(0)?.map(B::float_sin))),
        e("Cos", |c| one(c.float(0)?.map(B::float_cos))),
        e("Tan", |c| one(c.float(0)?.map(B::float_tan))),
        e("Asin", |c| one(c.float(0)?.map(B::float_asin))),
        e("Acos", |c| one(c.float(0)?.map(B::float_acos))),
        e("Atan", |c| one(c.float(0)?.map(B::float_atan))),
        e("Sinh", |c| one(c.float(0)?.map(B::float_sinh))),
        e("Cosh", |c| one(c.float(0)?.map(B::float_cosh))),
        e("Asinh", |c| one(c.float(0)?.map(B::float_asinh))),
        e("Acosh", |c| one(c.float(0)?.map(B::float_acosh))),
        e("Atanh", |c| one(c.float(0)?.map(B::float_atanh))),
        s("Floor", |c| one(c.float(0)?.map(B::float_floor))).shape(rules::rounded),
        s("Ceil", |c| one(c.float(0)?.map(B::float_ceil))).shape(rules::rounded),
        s("Round", |c| one(c.float(0)?.map(B::float_round))).shape(rules::rounded),
        s("Sign", |c| each(c, B::float_sign, i64::signum)),
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

fn each<B: Backend>(
    c: &mut Call<'_, B>,
    float: fn(B::FloatTensorPrimitive) -> B::FloatTensorPrimitive,
    int: fn(i64) -> i64,
) -> Out<B> {
    match c.value(0)? {
        Value::Float(x) => one(x.map(float)),
        Value::Host(x) => one_host(Host::new(
            x.shape,
            x.elem,
            x.data.iter().map(|&v| x.elem.wrap(int(v))).collect(),
        )),
        other => Err(other.refuse()),
    }
}

fn test<B: Backend>(c: &mut Call<'_, B>, f: impl Fn(f64) -> bool) -> Out<B> {
    let x = c.float(0)?;
    let shape = x.shape().to_vec();
    one_host(Host::new(
        shape,
        Elem::Bool,
        x.into_doubles()?.into_iter().map(|v| i64::from(f(v))).collect(),
    ))
}
