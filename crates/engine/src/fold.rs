//! Computing once what depends on constants alone.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::constants::{Constants, Held};
use crate::graph::Program;
use crate::operation::Readable;
use crate::ops::{Call, Registry};
use crate::run::{Runner, Steps};

/// A constant larger than this is computed when it is needed, and not kept.
const LIMIT: u64 = 1 << 30;

/// Runs every node whose inputs are constants, in order, and holds its outputs as constants. A node
/// that fails is left alone: a run that needs it will say why.
pub fn fold<B: Readable>(program: &Program, registry: &Registry<B>, held: &Held<B>, device: &B::Device) {
    let runner = Runner {
        program,
        registry,
        device,
        constants: held,
        memory_limit: LIMIT,
        keeps: false,
        steps: Steps::new(),
    };
    for node in &program.nodes {
        let constant = node.inputs.iter().flatten().all(|id| held.has(*id));
        let (true, Some(entry)) = (constant && node.bodies.is_empty(), registry.get(node)) else {
            continue;
        };
        if node.outputs.iter().flatten().all(|id| held.has(*id)) {
            continue;
        }
        let mut call = Call {
            node,
            inputs: vec![None; node.inputs.len()],
            device,
            runner: &runner,
            live: 0,
            peak: 0,
            stops: Vec::new(),
        };
        let Ok(Ok(outputs)) = catch_unwind(AssertUnwindSafe(|| (entry.run)(&mut call))) else {
            continue;
        };
        for (slot, value) in node.outputs.iter().zip(outputs) {
            if let Some(id) = slot {
                held.fold(*id, value);
            }
        }
    }
}
