//! Attention, position embeddings and causal convolutions.

use std::collections::BTreeMap;
use std::sync::Arc;

use glassboard_engine::{Attr, Elem, GraphSpec, NodeSpec, Port};

use crate::draw::Draw;
use crate::harness::{Built, Case, Input, free, positive};

/// Sizes of queries, keys and values.
#[derive(Clone, Copy)]
struct Sizes {
    batch: usize,
    /// Heads of keys and values.
    shared: usize,
    /// Heads of queries.
    heads: usize,
    queries: usize,
    keys: usize,
    size: usize,
    value_size: usize,
}

impl Sizes {
    fn draw(d: &mut Draw) -> Self {
        let shared = d.size(1, 2);
        Self {
            batch: d.size(1, 2),
            shared,
            heads: shared * d.size(1, 2),
            queries: d.size(1, 3),
            keys: d.size(2, 4),
            size: d.size(1, 3),
            value_size: d.size(1, 3),
        }
    }

    /// Queries, keys and values of four dimensions.
    fn operands(self, d: &mut Draw) -> Vec<Input> {
        vec![
            free(d, &[self.batch, self.heads, self.queries, self.size]),
            free(d, &[self.batch, self.shared, self.keys, self.size]),
            free(d, &[self.batch, self.shared, self.keys, self.value_size]),
        ]
    }
}

/// A mask over `[batch, heads, queries, keys]`, some of them smaller: what is added to the scores, with
/// or without places it hides, or what is seen. The first key is never hidden.
fn mask(d: &mut Draw, full: [usize; 4]) -> Input {
    let from = d.size(0, 2);
    let mut shape = full[from..].to_vec();
    let n = shape.len();
    for length in &mut shape[..n - 1] {
        if d.flag() {
            *length = 1;
        }
    }
    let count: usize = shape.iter().product();
    let mut seen = |i: usize| i.is_multiple_of(full[3]) || d.flag();
    let seen: Vec<bool> = (0..count).map(&mut seen).collect();
    match d.size(0, 2) {
        0 => free(d, &shape),
        1 => Input::Whole(Elem::Bool, shape, seen.into_iter().map(i64::from).collect()),
        _ => {
            let numbers = d.away(count, 0.05, 2.0).into_iter().zip(seen);
            let numbers = numbers.map(|(v, seen)| if seen { v } else { f32::NEG_INFINITY });
            Input::Fixed(shape, numbers.collect())
        }
    }
}

/// Four dimensions, a mask, and every rule of which keys a query sees.
fn attention(d: &mut Draw) -> Built {
    let sizes = Sizes::draw(d);
    let Sizes {
        batch, queries, keys, ..
    } = sizes;
    let mut inputs = sizes.operands(d);
    let masked = d.flag();
    inputs.push(if masked {
        mask(d, [batch, sizes.heads, queries, keys])
    } else {
        Input::Absent
    });
    let cut = d.flag();
    if cut {
        // Fewer keys than queries leave the first queries nothing to see where attention is causal.
        let lengths = (0..batch).map(|_| d.int(1, keys as i64)).collect();
        inputs.extend([Input::Absent, Input::Absent]);
        inputs.push(Input::Whole(Elem::I64, vec![batch], lengths));
    }
    let (causal, windowed) = (d.flag(), d.flag());
    // Scores that are shown with the mask hold minus infinity where it hides a key.
    let modes: &[i64] = if masked || cut || causal || windowed {
        &[0, 1, 3]
    } else {
        &[0, 1, 2, 3]
    };
    let mode = d.one(modes);
    let mut built = Built::new(inputs)
        .int("is_causal", i64::from(causal))
        .int("qk_matmul_output_mode", mode)
        .outputs(4, &[0, 1, 2, 3])
        .opset(25);
    if windowed {
        built = built.int("left_window_size", d.int(1, 2)).int("right_window_size", 1);
    }
    if d.flag() {
        built = built.number("softcap", 1.5);
    }
    if d.flag() {
        built = built.number("scale", 0.4);
    }
    built
}

/// Three dimensions, and keys and values of earlier calls.
fn attention_with_past(d: &mut Draw) -> Built {
    let sizes = Sizes::draw(d);
    let (batch, shared, past) = (sizes.batch, sizes.shared, d.size(1, 3));
    let inputs = vec![
        free(d, &[batch, sizes.queries, sizes.heads * sizes.size]),
        free(d, &[batch, sizes.keys, shared * sizes.size]),
        free(d, &[batch, sizes.keys, shared * sizes.value_size]),
        if d.flag() {
            mask(d, [batch, sizes.heads, sizes.queries, past + sizes.keys])
        } else {
            Input::Absent
        },
        free(d, &[batch, shared, past, sizes.size]),
        free(d, &[batch, shared, past, sizes.value_size]),
    ];
    Built::new(inputs)
        .int("q_num_heads", sizes.heads as i64)
        .int("kv_num_heads", shared as i64)
        .int("is_causal", d.int(0, 1))
        .outputs(3, &[0, 1, 2])
        .opset(23)
}

/// A graph from scores to scores: the function `op`, times the scores, times the mean of the values.
fn modifier(op: &str) -> Attr {
    let node = |op: &str, inputs: &[&str], output: &str| NodeSpec {
        op: op.to_owned(),
        inputs: inputs.iter().map(|&name| name.to_owned()).collect(),
        outputs: vec![output.to_owned()],
        ..NodeSpec::default()
    };
    Attr::Graph(Arc::new(GraphSpec {
        inputs: vec![Port::bare("scores")],
        outputs: vec![Port::bare("changed")],
        nodes: vec![
            node(op, &["scores"], "function"),
            node("Mul", &["function", "scores"], "product"),
            // A value from outside of the graph: a gradient passes through it as well.
            node("ReduceMean", &["input2"], "mean"),
            node("Mul", &["product", "mean"], "changed"),
        ],
        opsets: BTreeMap::from([(String::new(), 22)]),
        ..GraphSpec::default()
    }))
}

/// What rotary embeddings turn: `[batch, heads, tokens, size]`, or flat, all or a part of each head.
pub struct Rotated {
    /// Sizes.
    pub batch: usize,
    pub heads: usize,
    pub tokens: usize,
    /// Half of what is turned of a head.
    pub half: usize,
    /// Whether a head is longer than what is turned of it.
    pub part: bool,
    /// Whether the shape is `[batch, tokens, heads * size]`.
    pub flat: bool,
    /// The numbers.
    pub x: Input,
}

pub fn rotated(d: &mut Draw) -> Rotated {
    let (batch, heads, tokens) = (d.size(1, 2), d.size(1, 3), d.size(1, 3));
    let half = d.size(1, 2);
    let (part, flat) = (d.flag(), d.flag());
    let size = 2 * half + if part { d.size(1, 2) } else { 0 };
    let x = if flat {
        free(d, &[batch, tokens, heads * size])
    } else {
        free(d, &[batch, heads, tokens, size])
    };
    Rotated {
        batch,
        heads,
        tokens,
        half,
        part,
        flat,
        x,
    }
}

/// Rotations of every token, or of what positions choose, of all or of a part of each head.
fn rotary(d: &mut Draw) -> Built {
    let Rotated {
        batch,
        heads,
        tokens,
        half,
        part,
        flat,
        x,
    } = rotated(d);
    let mut inputs = vec![x];
    if d.flag() {
        let count = d.size(2, 5);
        inputs.extend([free(d, &[count, half]), free(d, &[count, half])]);
        let positions = (0..batch * tokens).map(|_| d.int(0, count as i64 - 1)).collect();
        inputs.push(Input::Whole(Elem::I64, vec![batch, tokens], positions));
    } else {
        let shape = [batch, tokens, half];
        inputs.extend([free(d, &shape), free(d, &shape)]);
    }
    let mut built = Built::new(inputs).int("interleaved", d.int(0, 1)).opset(23);
    if part {
        built = built.int("rotary_embedding_dim", 2 * half as i64);
    }
    if flat {
        built = built.int("num_heads", heads as i64);
    }
    built
}

/// Each rule by which the state is carried on.
fn linear(d: &mut Draw) -> Built {
    let (batch, tokens, shared) = (d.size(1, 2), d.size(1, 3), d.size(1, 2));
    let heads = shared * d.size(1, 2);
    let (size, value_size) = (d.size(1, 3), d.size(1, 3));
    let rule = d.one(&["linear", "gated", "delta", "gated_delta"]);
    // Long keys would let the delta rule overshoot, and the state grow without bound.
    let keys = d.away(batch * tokens * shared * size, 0.05, 0.8);
    let mut inputs = vec![
        free(d, &[batch, tokens, heads * size]),
        Input::Free(vec![batch, tokens, shared * size], keys),
        free(d, &[batch, tokens, shared * value_size]),
        if d.flag() {
            free(d, &[batch, shared, size, value_size])
        } else {
            Input::Absent
        },
    ];
    inputs.push(if rule.starts_with("gated") {
        let width = d.one(&[shared, shared * size]);
        positive(d, &[batch, tokens, width], -1.5, -0.05)
    } else {
        Input::Absent
    });
    if rule.ends_with("delta") {
        let width = d.one(&[shared, 1]);
        inputs.push(positive(d, &[batch, tokens, width], 0.1, 0.9));
    }
    let built = Built::new(inputs)
        .text("update_rule", rule)
        .int("q_num_heads", heads as i64)
        .int("kv_num_heads", shared as i64)
        .outputs(2, &[0, 1]);
    if d.flag() { built.number("scale", 0.7) } else { built }
}

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("Attention", attention),
        Case::new("Attention", attention_with_past),
        Case::of("ai.onnx.preview", "FlexAttention", |d| {
            let inputs = Sizes::draw(d).operands(d);
            let mut built = Built::new(inputs);
            if d.flag() {
                built = built.attr("score_mod", modifier("Tanh"));
            }
            if d.flag() {
                built = built.attr("prob_mod", modifier("Sigmoid"));
            }
            if d.flag() { built.number("scale", 0.6) } else { built }
        }),
        Case::new("RotaryEmbedding", rotary),
        Case::new("LinearAttention", linear),
        Case::new("CausalConvWithState", |d| {
            let (batch, channels, length) = (d.size(1, 2), d.size(1, 3), d.size(1, 4));
            let taps = d.size(1, 4);
            let mut inputs = vec![free(d, &[batch, channels, length]), free(d, &[channels, 1, taps])];
            inputs.push(if d.flag() { free(d, &[channels]) } else { Input::Absent });
            if d.flag() && taps > 1 {
                inputs.push(free(d, &[batch, channels, taps - 1]));
            }
            // A kernel of one number carries nothing along.
            let seen: &[usize] = if taps > 1 { &[0, 1] } else { &[0] };
            let activation = d.one(&["none", "silu", "swish"]);
            Built::new(inputs).text("activation", activation).outputs(2, seen)
        }),
    ]
}
