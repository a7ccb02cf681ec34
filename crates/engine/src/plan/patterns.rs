//! Operators that exporters write as several nodes, put together again: GELU below operator set 20,
//! layer normalisation below 17.

use std::collections::BTreeMap;

use super::draft::Draft;
use crate::graph::{Attr, Node, Prepared, ValueId};

/// Puts together what it knows.
pub(super) fn restore(draft: &mut Draft<'_>) {
    for position in 0..draft.len() {
        let found = gelu(draft, position).or_else(|| layer_norm(draft, position));
        if let Some((node, positions)) = found {
            draft.replace(node, &positions);
        }
    }
}

fn near(value: Option<f32>, wanted: f32) -> bool {
    value.is_some_and(|v| (v - wanted).abs() <= 1e-5 * wanted.abs())
}

/// The other operand of a node of two.
fn other(node: &Node, one: ValueId) -> Option<ValueId> {
    match node.inputs[..] {
        [Some(a), Some(b)] if a == one && b != one => Some(b),
        [Some(a), Some(b)] if b == one && a != one => Some(a),
        _ => None,
    }
}

fn output(node: &Node) -> Option<ValueId> {
    node.outputs.first().copied().flatten()
}

/// The only reader of a hidden value, if it is that operator.
fn next<'d>(draft: &'d Draft<'_>, value: ValueId, op: &str) -> Option<(usize, &'d Node)> {
    if !draft.hidden(value, 1) {
        return None;
    }
    let at = draft.reader(value)?;
    Some((at, draft.find(at, op)?))
}

fn restored(last: &Node, op: &str, inputs: Vec<Option<ValueId>>, attrs: BTreeMap<String, Attr>, opset: i64) -> Node {
    Node {
        name: last.name.clone(),
        op: op.to_owned(),
        domain: String::new(),
        explicit: inputs.len(),
        inputs,
        outputs: last.outputs.clone(),
        attrs,
        bodies: Vec::new(),
        opset,
        prepared: Prepared::default(),
        fused: None,
    }
}

/// `x / sqrt(2) -> Erf -> + 1`, then times `x` and times one half in either order.
fn gelu(draft: &Draft<'_>, position: usize) -> Option<(Node, Vec<usize>)> {
    let scale = draft.find(position, "Div").or_else(|| draft.find(position, "Mul"))?;
    let x = scale.inputs.first().copied().flatten()?;
    let by = draft.number(scale.inputs.get(1).copied().flatten());
    let fits = if scale.op == "Div" {
        near(by, std::f32::consts::SQRT_2)
    } else {
        near(by, std::f32::consts::FRAC_1_SQRT_2)
    };
    if !fits {
        return None;
    }
    let (erf_at, erf) = next(draft, output(scale)?, "Erf")?;
    let (sum_at, sum) = next(draft, output(erf)?, "Add")?;
    if !near(draft.number(other(sum, output(erf)?)), 1.0) {
        return None;
    }
    let (first_at, first) = next(draft, output(sum)?, "Mul")?;
    let (second_at, second) = next(draft, output(first)?, "Mul")?;
    let factors = [other(first, output(sum)?)?, other(second, output(first)?)?];
    let half = |id| near(draft.number(Some(id)), 0.5);
    let [one, another] = factors;
    let halved = (one == x && half(another)) || (another == x && half(one));
    if !halved {
        return None;
    }
    let node = restored(second, "Gelu", vec![Some(x)], BTreeMap::new(), 20);
    Some((node, vec![position, erf_at, sum_at, first_at, second_at]))
}

/// `x - mean`, its mean square, `/ sqrt(. + epsilon)`, `* scale`, `+ bias`, over the last axis.
fn layer_norm(draft: &Draft<'_>, position: usize) -> Option<(Node, Vec<usize>)> {
    let mean = draft.find(position, "ReduceMean").filter(|n| last_axis(draft, n))?;
    let x = mean.inputs.first().copied().flatten()?;
    let (sub_at, sub) = next(draft, output(mean)?, "Sub")?;
    let centred = output(sub)?;
    if sub.inputs[..] != [Some(x), output(mean)] || !draft.hidden(centred, 2) {
        return None;
    }
    // The division reads the centred value last.
    let div_at = draft.reader(centred)?;
    let div = draft
        .find(div_at, "Div")
        .filter(|n| n.inputs.first() == Some(&Some(centred)))?;
    let sqrt_at = draft.maker(div.inputs.get(1).copied().flatten()?)?;
    let sqrt = draft.find(sqrt_at, "Sqrt")?;
    let add_at = draft.maker(sqrt.inputs.first().copied().flatten()?)?;
    let add = draft.find(add_at, "Add")?;
    let variance = add.inputs.iter().flatten().copied().find(|&id| !draft.constant(id))?;
    let epsilon = draft.number(other(add, variance))?;
    let square_mean_at = draft.maker(variance)?;
    let square_mean = draft
        .find(square_mean_at, "ReduceMean")
        .filter(|n| last_axis(draft, n))?;
    let square_at = draft.maker(square_mean.inputs.first().copied().flatten()?)?;
    let square = draft.find(square_at, "Pow").or_else(|| draft.find(square_at, "Mul"))?;
    let squares = match square.op.as_str() {
        "Pow" => {
            square.inputs.first() == Some(&Some(centred))
                && near(draft.number(square.inputs.get(1).copied().flatten()), 2.0)
        }
        _ => false,
    };
    let hidden = [output(square)?, variance, output(add)?, output(sqrt)?];
    if !squares || !hidden.iter().all(|&id| draft.hidden(id, 1)) {
        return None;
    }
    let (mul_at, mul) = next(draft, output(div)?, "Mul")?;
    let scale = other(mul, output(div)?).filter(|&id| draft.constant(id))?;
    let (bias_at, bias_add) = next(draft, output(mul)?, "Add")?;
    let bias = other(bias_add, output(mul)?).filter(|&id| draft.constant(id))?;
    let attrs = BTreeMap::from([
        ("axis".to_owned(), Attr::Int(-1)),
        ("epsilon".to_owned(), Attr::Float(epsilon)),
    ]);
    let inputs = vec![Some(x), Some(scale), Some(bias)];
    let node = restored(bias_add, "LayerNormalization", inputs, attrs, 17);
    let taken = vec![
        position,
        sub_at,
        square_at,
        square_mean_at,
        add_at,
        sqrt_at,
        div_at,
        mul_at,
        bias_at,
    ];
    Some((node, taken))
}

/// Whether a reduction is over the last axis alone and keeps it.
fn last_axis(draft: &Draft<'_>, node: &Node) -> bool {
    let axes = match node.attrs.get("axes") {
        Some(Attr::Ints(v)) => v == &[-1],
        _ => near(draft.number(node.inputs.get(1).copied().flatten()), -1.0),
    };
    axes && !matches!(node.attrs.get("keepdims"), Some(Attr::Int(0)))
}
