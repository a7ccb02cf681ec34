//! Fused operators of `com.microsoft`.

use crate::harness::{Built, Case, free};

const MICROSOFT: &str = "com.microsoft";

pub fn cases() -> Vec<Case> {
    vec![
        Case::of(MICROSOFT, "Gelu", |d| {
            let shape = d.shape(3, 1, 4);
            Built::new(vec![free(d, &shape)]).opset(1)
        }),
        Case::of(MICROSOFT, "FastGelu", |d| {
            let shape = d.shape(3, 1, 4);
            Built::new(vec![free(d, &shape), free(d, &shape[2..])]).opset(1)
        }),
        Case::of(MICROSOFT, "BiasGelu", |d| {
            let shape = d.shape(3, 1, 4);
            Built::new(vec![free(d, &shape), free(d, &shape[2..])]).opset(1)
        }),
        Case::of(MICROSOFT, "SkipLayerNormalization", |d| {
            let shape = d.shape(3, 3, 5);
            let width = &shape[2..];
            Built::new(vec![
                free(d, &shape),
                free(d, &shape),
                free(d, width),
                free(d, width),
                free(d, width),
            ])
            .opset(1)
        }),
    ]
}
