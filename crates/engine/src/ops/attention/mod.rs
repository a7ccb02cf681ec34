//! Attention, and what stands beside it in sequence models.

mod causal_conv;
pub(super) mod core;
mod flex;
mod linear;
pub(super) mod rotary;
pub(super) mod standard;

use super::{Entry, Grad};
use crate::operation::Engine;
use crate::shapes::rules;

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("attention/standard", "Attention", Grad::Yes, standard::attention)
            .shape(standard::shape)
            .limits("softmax in 32 or 64 bits"),
        Entry::new("attention/rotary", "RotaryEmbedding", Grad::Yes, rotary::standard).shape(rules::same),
        Entry::new("attention/rotary", "RotaryEmbedding", Grad::Yes, rotary::microsoft)
            .shape(rules::same)
            .domain("com.microsoft")
            .limits("no packed batches"),
        Entry::new(
            "attention/linear",
            "LinearAttention",
            Grad::Yes,
            linear::linear_attention,
        )
        .shape(linear::shape),
        Entry::new(
            "attention/causal_conv",
            "CausalConvWithState",
            Grad::Yes,
            causal_conv::causal_conv,
        )
        .shape(causal_conv::shape),
        Entry::new("attention/flex", "FlexAttention", Grad::Yes, flex::flex_attention)
            .shape(flex::shape)
            .domain("ai.onnx.preview"),
    ]
}
