//! What a result says about the engine that made it, and the page of operators.

use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::backend;
use crate::ops::{Grad, Registry};

/// Counts changes of kernels and plans that may change the bytes of results.
const REVISION: u32 = 2;

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
    /// Whether gradients pass through it.
    pub differentiable: bool,
}

/// Every operator the engine has, by domain and name.
pub fn operators() -> Vec<Operator> {
    let registry = Registry::<backend::Default>::new();
    let rows = registry.rows();
    let row = |e: &&crate::ops::Entry<backend::Default>| Operator {
        domain: e.domain,
        op: e.op,
        differentiable: e.grad == Grad::Yes,
    };
    rows.iter().map(row).collect()
}

/// `docs/operators.md`: every operator the engine has, from the table itself.
pub fn operators_page() -> String {
    let registry = Registry::<backend::Default>::new();
    let rows = registry.rows();
    let mut page = String::from(
        "# Operators\n\nWritten by `cargo test -p glassboard-engine --test operators` from the engine's table; do not edit.\n\n\
         Operator sets 7 and newer, where an operator moved between attributes and inputs both forms are read. Floats of any \
         width are computed in 32 bits, integers on the host in 64.\n\n",
    );
    let _ = writeln!(
        page,
        "{} operators.\n\n| operator | domain | file | gradient | left out |\n|---|---|---|---|---|",
        rows.len()
    );
    for row in rows {
        let domain = if row.domain.is_empty() { "ai.onnx" } else { row.domain };
        let gradient = match row.grad {
            Grad::Yes => "yes",
            Grad::Straight => "straight through",
            Grad::Stops => "stops here",
        };
        let _ = writeln!(
            page,
            "| `{}` | {domain} | `ops/{}.rs` | {gradient} | {} |",
            row.op, row.family, row.limits
        );
    }
    page
}
