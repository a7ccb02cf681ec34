//! The interpreter: nodes in order, values dropped after their last use, a hook on every value.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn_backend::Backend;

use crate::error::{EngineError, OpError};
use crate::graph::{Node, Program, ValueId};
use crate::ops::{Call, Grad, Registry};
use crate::value::Value;

/// What a hook is told about a value that has just been made: by a node, or a graph input.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    /// Which value.
    pub value: ValueId,
}

/// Called with every value as it is made; answers the value the rest of the graph sees. Capture,
/// cut (a fresh leaf), tap and replace are all hooks.
pub type Hook<'h, B> = dyn FnMut(Made, Value<B>) -> Result<Value<B>, EngineError> + 'h;

/// Everything a run shares with other runs.
pub struct Runner<'a, B: Backend> {
    /// The graph.
    pub program: &'a Program,
    /// The operators.
    pub registry: &'a Registry<B>,
    /// Where tensors live.
    pub device: &'a B::Device,
    /// Constants by value; `None` where a value is not a constant.
    pub weights: &'a [Option<Value<B>>],
    /// Bytes that values made during the run may occupy together.
    pub memory_limit: u64,
    /// Whether a tape keeps every value alive (gradients).
    pub keeps: bool,
}

/// Answer of [`Runner::run`].
#[derive(Debug)]
pub struct Ran<B: Backend> {
    /// The wanted values, in the order asked.
    pub values: Vec<Value<B>>,
    /// The most bytes that values made during the run occupied at one time.
    pub peak: u64,
    /// Names of executed nodes at which gradients stop.
    pub stops: Vec<String>,
}

fn node_error(node: &Node, reason: String) -> EngineError {
    EngineError::Node {
        node: node.name.clone(),
        op: node.qualified(),
        reason,
    }
}

fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    format!(
        "the kernel refused its inputs: {}",
        text.lines().next().unwrap_or_default()
    )
}

impl<B: Backend> Runner<'_, B> {
    /// Runs what `wanted` needs.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] before anything runs if a needed node has no operator here;
    /// otherwise the first node that fails, by name.
    pub fn run(
        &self,
        inputs: Vec<(ValueId, Value<B>)>,
        wanted: &[ValueId],
        hook: &mut Hook<'_, B>,
    ) -> Result<Ran<B>, EngineError> {
        let given: Vec<ValueId> = inputs.iter().map(|(id, _)| *id).collect();
        let schedule = self.program.schedule(wanted, &given);
        for &index in &schedule.nodes {
            let node = &self.program.nodes[index];
            if self.registry.get(node).is_none() {
                return Err(EngineError::Unsupported(format!(
                    "node `{}` uses `{}`, not supported",
                    node.name,
                    node.qualified()
                )));
            }
        }
        let mut state: Vec<Option<Value<B>>> = vec![None; self.program.values.len()];
        let mut live = 0u64;
        for (id, value) in inputs {
            live += value.bytes();
            let made = Made { value: id };
            state[id] = Some(hook(made, value)?);
        }
        let mut peak = live;
        let mut stops = Vec::new();
        for (position, &index) in schedule.nodes.iter().enumerate() {
            let node = &self.program.nodes[index];
            let Some(entry) = self.registry.get(node) else { continue };
            if entry.grad == Grad::Stops {
                stops.push(node.name.clone());
            }
            let mut args = Vec::with_capacity(node.inputs.len());
            for id in &node.inputs {
                args.push(match id {
                    None => None,
                    Some(id) => Some(self.read(&state, *id, node)?),
                });
            }
            let mut call = Call {
                node,
                inputs: args,
                device: self.device,
                runner: self,
                live,
            };
            let answer = catch_unwind(AssertUnwindSafe(|| (entry.run)(&mut call)))
                .unwrap_or_else(|payload| Err(OpError::Bad(panic_text(&*payload))));
            drop(call);
            let outputs = answer.map_err(|error| self.explain(node, error, live))?;
            for (slot, value) in node.outputs.iter().zip(outputs) {
                let Some(id) = slot else { continue };
                live += value.bytes();
                peak = peak.max(live);
                let made = Made { value: *id };
                state[*id] = Some(hook(made, value)?);
            }
            if !self.keeps {
                for id in node.inputs.iter().chain(&node.outputs).flatten() {
                    if schedule.last_use[*id] == position
                        && let Some(dead) = state[*id].take()
                    {
                        live = live.saturating_sub(dead.bytes());
                    }
                }
            }
        }
        let values = wanted
            .iter()
            .map(|&id| {
                state[id]
                    .clone()
                    .or_else(|| self.weights.get(id).cloned().flatten())
                    .ok_or_else(|| self.absent(id))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Ran { values, peak, stops })
    }

    fn read(&self, state: &[Option<Value<B>>], id: ValueId, node: &Node) -> Result<Value<B>, EngineError> {
        if let Some(value) = state[id]
            .as_ref()
            .or_else(|| self.weights.get(id).and_then(Option::as_ref))
        {
            return Ok(value.clone());
        }
        let input = &self.program.values[id];
        Err(match self.program.unreadable.get(&id) {
            Some(why) => {
                let (name, op) = (&node.name, node.qualified());
                EngineError::Unsupported(format!(
                    "node `{name}` ({op}): its input `{input}` cannot be read: {why}"
                ))
            }
            None => node_error(
                node,
                format!("its input `{input}` has no value (an optional output that was not made?)"),
            ),
        })
    }

    fn absent(&self, id: ValueId) -> EngineError {
        let name = &self.program.values[id];
        EngineError::Unsupported(match self.program.unreadable.get(&id) {
            Some(why) => format!("value `{name}` cannot be read: {why}"),
            None => format!("value `{name}` is not made by this engine (an optional output?)"),
        })
    }

    fn explain(&self, node: &Node, error: OpError, live: u64) -> EngineError {
        match error {
            OpError::Bad(reason) => node_error(node, reason),
            OpError::Unsupported(reason) => EngineError::Unsupported(format!(
                "node `{}` uses `{}`: {reason}, not supported",
                node.name,
                node.qualified()
            )),
            OpError::Memory(needed) => EngineError::Memory {
                node: node.name.clone(),
                op: node.qualified(),
                needed,
                live,
                limit: self.memory_limit,
            },
            OpError::Inner(error) => error,
        }
    }
}
