//! `com.microsoft`: what onnxruntime's optimiser and its quantiser put in place of standard operators.

pub(super) mod attention;
mod fused;
mod grouped;
mod mask;
mod nbits;
mod norm;

use super::{Entry, Grad, OpFn};
use crate::operation::Engine;
use crate::shapes::rules;

const DOMAIN: &str = "com.microsoft";

const fn entry<B: Engine>(family: &'static str, op: &'static str, run: OpFn<B>) -> Entry<B> {
    Entry::new(family, op, Grad::Yes, run).domain(DOMAIN)
}

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        entry("microsoft/attention", "Attention", attention::attention)
            .shape(attention::attention_shape)
            .limits("no rotary embedding inside, no shared buffers"),
        entry("microsoft/attention", "MultiHeadAttention", attention::multi_head)
            .shape(attention::multi_head_shape)
            .limits("no shared buffers, no beams"),
        entry("microsoft/grouped", "GroupQueryAttention", grouped::grouped)
            .shape(grouped::shape)
            .limits("no quantised cache, no output of scores"),
        entry("microsoft/norm", "SkipLayerNormalization", norm::skip_layer).shape(norm::skip_shape),
        entry(
            "microsoft/norm",
            "SkipSimplifiedLayerNormalization",
            norm::skip_simplified,
        )
        .shape(norm::skip_shape),
        // onnxruntime writes this one into the standard domain.
        Entry::new(
            "microsoft/norm",
            "SimplifiedLayerNormalization",
            Grad::Yes,
            norm::simplified,
        )
        .shape(norm::simplified_shape),
        entry("microsoft/norm", "SimplifiedLayerNormalization", norm::simplified).shape(norm::simplified_shape),
        entry("microsoft/norm", "EmbedLayerNormalization", norm::embed_layer).shape(norm::embed_shape),
        entry("microsoft/fused", "QuickGelu", fused::quick_gelu).shape(rules::same),
        entry("microsoft/fused", "FusedMatMul", fused::matmul),
        entry("microsoft/fused", "FusedGemm", fused::gemm).shape(rules::gemm),
        entry("microsoft/fused", "FusedConv", fused::conv).shape(rules::conv),
        entry("microsoft/nbits", "MatMulNBits", nbits::matmul_nbits)
            .shape(nbits::shape)
            .limits("2, 4 and 8 bits; no g_idx"),
    ]
}
