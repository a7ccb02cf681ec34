//! One step of an optimiser: the operators of `ai.onnx.preview.training`.

use super::{Call, Entry, Grad, Out};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Fact, Site};
use crate::value::Value;

/// The domain of these operators.
const DOMAIN: &str = "ai.onnx.preview.training";

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("training", op, Grad::Yes, run).domain(DOMAIN);
    vec![
        e("Adagrad", adagrad).shape(|s| Ok(stepped(s, 1))),
        e("Adam", adam).shape(|s| Ok(stepped(s, 2))),
        e("Momentum", momentum).shape(|s| Ok(stepped(s, 1))),
    ]
}

/// Learning rate, number of updates, and per optimised tensor its value, gradient and `states`.
struct Step<B: Engine> {
    rate: f64,
    count: f64,
    tensors: Vec<Vec<Float<B>>>,
}

fn read<B: Engine>(c: &mut Call<'_, B>, states: usize) -> Result<Step<B>, OpError> {
    let rate = c
        .scalar(0)?
        .ok_or_else(|| OpError::bad("the learning rate is missing"))?;
    let count = c
        .scalar(1)?
        .ok_or_else(|| OpError::bad("the update count is missing"))?;
    let width = states + 2;
    let given = c.node.explicit.saturating_sub(2);
    if given == 0 || !given.is_multiple_of(width) {
        return Err(OpError::bad(format!(
            "{given} tensors do not come in groups of {width}"
        )));
    }
    let n = given / width;
    let mut tensors = Vec::with_capacity(n);
    for k in 0..n {
        let group = (0..width)
            .map(|j| c.float(2 + j * n + k))
            .collect::<Result<Vec<_>, _>>()?;
        if group.iter().any(|t| t.shape() != group[0].shape()) {
            return Err(OpError::bad("a tensor, its gradient and its state differ in shape"));
        }
        tensors.push(group);
    }
    Ok(Step { rate, count, tensors })
}

/// The results of every tensor, regrouped: all first results, then all second ones.
fn regrouped<B: Engine>(results: Vec<Vec<Float<B>>>) -> Vec<Value<B>> {
    let width = results.first().map_or(0, Vec::len);
    let mut columns: Vec<Vec<Value<B>>> = (0..width).map(|_| Vec::new()).collect();
    for row in results {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(Value::Float(value));
        }
    }
    columns.into_iter().flatten().collect()
}

/// `norm * x + g`.
fn regularised<B: Engine>(x: &Float<B>, g: Float<B>, norm: f64) -> Result<Float<B>, OpError> {
    x.clone().mul_scalar(norm).add(g)
}

fn four<B: Engine>(group: Vec<Float<B>>) -> [Option<Float<B>>; 4] {
    let mut group = group.into_iter();
    std::array::from_fn(|_| group.next())
}

fn lacking() -> OpError {
    OpError::bad("an input is missing")
}

fn adagrad<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (norm, decay, epsilon) = (
        f64::from(c.f("norm_coefficient", 0.0)),
        f64::from(c.f("decay_factor", 0.0)),
        f64::from(c.f("epsilon", 1e-6)),
    );
    let step = read(c, 1)?;
    let rate = step.rate / (1.0 + step.count * decay);
    let mut results = Vec::new();
    for group in step.tensors {
        let [Some(x), Some(g), Some(h), _] = four(group) else {
            return Err(lacking());
        };
        let g = regularised(&x, g, norm)?;
        let h = h.add(g.clone().mul(g.clone())?)?;
        let scale = h.clone().map(B::float_sqrt).add_scalar(epsilon);
        results.push(vec![x.sub(g.mul_scalar(rate).div(scale)?)?, h]);
    }
    Ok(regrouped(results))
}

fn adam<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (alpha, beta) = (f64::from(c.f("alpha", 0.9)), f64::from(c.f("beta", 0.999)));
    let (norm, after, epsilon) = (
        f64::from(c.f("norm_coefficient", 0.0)),
        f64::from(c.f("norm_coefficient_post", 0.0)),
        f64::from(c.f("epsilon", 1e-6)),
    );
    let step = read(c, 2)?;
    let rate = if step.count > 0.0 {
        step.rate * (1.0 - beta.powf(step.count)).sqrt() / (1.0 - alpha.powf(step.count))
    } else {
        step.rate
    };
    let mut results = Vec::new();
    for group in step.tensors {
        let [Some(x), Some(g), Some(v), Some(h)] = four(group) else {
            return Err(lacking());
        };
        let g = regularised(&x, g, norm)?;
        let v = v.mul_scalar(alpha).add(g.clone().mul_scalar(1.0 - alpha))?;
        let h = h.mul_scalar(beta).add(g.clone().mul(g)?.mul_scalar(1.0 - beta))?;
        let scale = h.clone().map(B::float_sqrt).add_scalar(epsilon);
        let x = x.sub(v.clone().mul_scalar(rate).div(scale)?)?.mul_scalar(1.0 - after);
        results.push(vec![x, v, h]);
    }
    Ok(regrouped(results))
}

fn momentum<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (norm, alpha, beta) = (
        f64::from(c.f("norm_coefficient", 0.0)),
        f64::from(c.f("alpha", 0.0)),
        f64::from(c.f("beta", 1.0)),
    );
    let nesterov = match c.str("mode", "standard").as_str() {
        "standard" => false,
        "nesterov" => true,
        other => return Err(OpError::bad(format!("mode `{other}` is unknown"))),
    };
    let step = read(c, 1)?;
    let beta = if step.count > 0.0 { beta } else { 1.0 };
    let mut results = Vec::new();
    for group in step.tensors {
        let [Some(x), Some(g), Some(v), _] = four(group) else {
            return Err(lacking());
        };
        let g = regularised(&x, g, norm)?;
        let v = v.mul_scalar(alpha).add(g.clone().mul_scalar(beta))?;
        let direction = if nesterov {
            g.add(v.clone().mul_scalar(alpha))?
        } else {
            v.clone()
        };
        results.push(vec![x.sub(direction.mul_scalar(step.rate))?, v]);
    }
    Ok(regrouped(results))
}

/// Every result has the shape of the tensor it belongs to.
fn stepped(s: &Site<'_>, states: usize) -> Vec<Fact> {
    let count = s.arity().saturating_sub(2) / (states + 2);
    let like = |k: usize| {
        let fact = s.fact(2 + k % count.max(1)).cloned().unwrap_or_default();
        Fact { content: None, ..fact }
    };
    (0..count * (states + 1)).map(like).collect()
}
