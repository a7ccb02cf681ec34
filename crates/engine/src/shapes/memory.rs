//! What a run would occupy, before anything is allocated.
//!
//! The walk over the plan is the interpreter's own: a value lives from the node that makes it to
//! its last use, or to the end where a tape keeps it for the backward pass.

use crate::graph::{Program, ValueId};
use crate::plan::Plan;

use super::dim::{Bindings, DimError};
use super::fact::Fact;
use super::infer::Shapes;

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pass {
    /// Outputs or captured values: each value dies at its last use.
    Forward,
    /// A gradient: the tape keeps the values, and the gradients that flow back are made beside them.
    Gradient,
    /// The same beside a second pass, over a reference.
    Pair,
}

/// Predicted bytes of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Need {
    /// The most bytes that values of the run occupy at one time: at least so many where `unknown` is
    /// not zero. Constants of the model are not in it.
    pub bytes: u64,
    /// Values whose size is known only once the graph has run.
    pub unknown: usize,
}

/// `3.2 GB`; with `at least` where sizes are unknown.
impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size = size_text(self.bytes);
        match self.unknown {
            0 => f.write_str(&size),
            1 => write!(f, "at least {size} (and a value of unknown shape)"),
            n => write!(f, "at least {size} (and {n} values of unknown shape)"),
        }
    }
}

/// Bytes in B, kB, MB, GB.
pub fn size_text(bytes: u64) -> String {
    let size = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", size / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", size / 1e6),
        _ => format!("{:.1} GB", size / 1e9),
    }
}

/// Bytes the engine keeps for a value, by its fact; `Err` where its size is unknown.
fn bytes(fact: &Fact, at: &Bindings) -> Result<u64, DimError> {
    let shape = fact.shape.as_ref().ok_or(DimError::Unknown)?;
    let mut total = fact.elem.map_or(4, crate::value::Elem::width);
    for dim in shape {
        total = total.checked_mul(dim.size_at(at)? as u64).ok_or(DimError::Overflow)?;
    }
    Ok(total)
}

impl Shapes {
    /// Bytes of one value for these sizes; `None` where unknown. More than can be counted is `u64::MAX`.
    pub fn bytes(&self, value: ValueId, at: &Bindings) -> Option<u64> {
        match bytes(self.facts.get(value)?, at) {
            Ok(bytes) => Some(bytes),
            Err(DimError::Overflow) => Some(u64::MAX),
            Err(_) => None,
        }
    }

    /// Bytes that running `plan` on inputs `given` occupies at its fullest moment.
    pub(crate) fn need(&self, program: &Program, plan: &Plan, given: &[ValueId], at: &Bindings, pass: Pass) -> Need {
        let mut need = Need::default();
        let mut size = |id: ValueId| {
            self.bytes(id, at).unwrap_or_else(|| {
                need.unknown += 1;
                0
            })
        };
        let mut sizes = vec![0u64; program.values.len()];
        let mut live = 0u64;
        for &id in given {
            sizes[id] = size(id);
            live = live.saturating_add(sizes[id]);
        }
        let mut peak = live;
        let mut largest = 0;
        for (position, step) in plan.steps.iter().enumerate() {
            let node = step.node(program);
            for &id in node.outputs.iter().flatten() {
                sizes[id] = size(id);
                live = live.saturating_add(sizes[id]);
                largest = largest.max(sizes[id]);
            }
            peak = peak.max(live);
            if pass != Pass::Forward {
                continue;
            }
            for &id in node.inputs.iter().chain(&node.outputs).flatten() {
                if plan.last_use[id] == position {
                    live = live.saturating_sub(std::mem::take(&mut sizes[id]));
                }
            }
        }
        need.bytes = match pass {
            Pass::Forward => peak,
            // The gradient of a node's output and those of its inputs, at the widest node.
            Pass::Gradient => peak.saturating_add(largest.saturating_mul(2)),
            Pass::Pair => peak.saturating_add(largest).saturating_mul(2),
        };
        need
    }
}
