//! What a result says about the engine that made it, and the table of its operators.

use std::sync::LazyLock;

use crate::backend;
use crate::ops::{Grad, Registry};

/// Counts changes of kernels and plans that may change the bytes of results.
const REVISION: u32 = 3;

/// Changes whenever results may: part of every result's address.
pub fn engine_version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        format!(
            "glassboard-engine {}.{REVISION}, {}",
            env!("CARGO_PKG_VERSION"),
            backend::NAME
        )
    });
    &VERSION
}

/// The instruction set that kernels choose at run time on this machine.
pub fn instruction_set() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") {
            return "x86-64 avx512f";
        }
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            return "x86-64 avx2 fma";
        }
        "x86-64"
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        std::env::consts::ARCH
    }
}

/// One operator of the engine's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// Operator domain; empty is `ai.onnx`.
    pub domain: &'static str,
    /// Operator name.
    pub op: &'static str,
    /// What gradients do there: `yes`, `straight through` or `stops here`.
    pub gradient: &'static str,
    /// The file under `ops/` that holds it.
    pub family: &'static str,
    /// What of its specification is left out; empty where nothing is.
    pub limits: &'static str,
}

/// Every operator the engine has, by domain and name.
pub fn operators() -> Vec<Operator> {
    let registry = Registry::<backend::Default>::new();
    let rows = registry.rows();
    let row = |e: &&crate::ops::Entry<backend::Default>| Operator {
        domain: e.domain,
        op: e.op,
        gradient: match e.grad {
            Grad::Yes => "yes",
            Grad::Straight => "straight through",
            Grad::Stops => "stops here",
        },
        family: e.family,
        limits: e.limits,
    };
    rows.iter().map(row).collect()
}
