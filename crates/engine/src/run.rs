//! The interpreter: nodes in order, values dropped after their last use, a hook on every value.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use burn_backend::Backend;

use crate::constants::Constants;
use crate::error::{EngineError, OpError};
use crate::graph::{Node, Program, ValueId};
use crate::ops::{Call, Entry, Grad, Out, Registry};
use crate::plan::Plan;
use crate::value::{Coded, Value};

/// What a hook is told about a value that has just been made: by a node, or a graph input.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    /// Which value.
    pub value: ValueId,
}

/// Called with every value as it is made; answers the value the rest of the graph sees. Capture,
/// cut (a fresh leaf), tap and replace are all hooks.
pub type Hook<'h, B> = dyn FnMut(Made, Value<B>) -> Result<Value<B>, EngineError> + 'h;

/// A value a slot; what is not there (yet, or any more) is `None`.
type Slots<B> = Vec<Option<Value<B>>>;

/// Nodes that the bodies of loops may run in one pass of a model. A count, not a clock, so that the
/// same model ends the same way on every machine.
const STEPS: u64 = 1_000_000;

/// How many more nodes the bodies of loops may run; shared by a run and the runs inside it.
#[derive(Debug, Clone)]
pub struct Steps(Arc<AtomicU64>);

impl Steps {
    /// The full allowance.
    pub fn new() -> Self {
        Self(Arc::new(AtomicU64::new(STEPS)))
    }

    /// Takes `n` steps.
    ///
    /// # Errors
    /// [`OpError::Bad`] where that is more than there are left.
    pub fn take(&self, n: usize) -> Result<(), OpError> {
        let left = self.0.load(Ordering::Relaxed);
        let rest = left.checked_sub(n as u64).ok_or_else(|| {
            OpError::bad(format!(
                "the loops of this model run more than {STEPS} nodes, which is the limit"
            ))
        })?;
        self.0.store(rest, Ordering::Relaxed);
        Ok(())
    }
}

/// Everything a run shares with other runs.
pub struct Runner<'a, B: Backend> {
    /// The graph.
    pub program: &'a Program,
    /// The operators.
    pub registry: &'a Registry<B>,
    /// Where tensors live.
    pub device: &'a B::Device,
    /// Values that no node makes.
    pub constants: &'a dyn Constants<B>,
    /// Bytes that values made during the run may occupy together.
    pub memory_limit: u64,
    /// Whether a tape keeps every value alive (gradients).
    pub keeps: bool,
    /// What loops may still run.
    pub steps: Steps,
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

fn unknown(node: &Node) -> EngineError {
    EngineError::Unsupported(format!(
        "node `{}` uses `{}`, not supported",
        node.name,
        node.qualified()
    ))
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

/// What an operator answers; a kernel that panics is an error.
fn caught<B: Backend>(entry: &Entry<B>, call: &mut Call<'_, B>) -> Out<B> {
    catch_unwind(AssertUnwindSafe(|| (entry.run)(call)))
        .unwrap_or_else(|payload| Err(OpError::Bad(panic_text(&*payload))))
}

impl<B: Backend> Runner<'_, B> {
    /// Runs one node by itself. Constants are not among `inputs`, as in [`Call::inputs`].
    ///
    /// # Errors
    /// What the node says, by its name.
    pub fn node(&self, node: &Node, inputs: Vec<Option<Value<B>>>) -> Result<Vec<Value<B>>, EngineError> {
        let Some(entry) = self.registry.get(node) else {
            return Err(unknown(node));
        };
        let mut call = Call {
            node,
            inputs,
            device: self.device,
            runner: self,
            live: 0,
            peak: 0,
            stops: Vec::new(),
        };
        let answer = caught(entry, &mut call);
        answer.map_err(|error| self.explain(node, error, 0))
    }

    /// Runs a plan of this graph.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] before anything runs if a needed node has no operator here;
    /// otherwise the first node that fails, by name.
    pub fn run(
        &self,
        inputs: Vec<(ValueId, Value<B>)>,
        plan: &Plan,
        hook: &mut Hook<'_, B>,
    ) -> Result<Ran<B>, EngineError> {
        self.check(plan)?;
        self.run_checked(inputs, plan, hook)
    }

    /// Whether every node of a plan has an operator here.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] naming the first that has none.
    pub fn check(&self, plan: &Plan) -> Result<(), EngineError> {
        let mut nodes = plan.steps.iter().map(|step| step.node(self.program));
        match nodes.find(|node| self.registry.get(node).is_none()) {
            None => Ok(()),
            Some(node) => Err(unknown(node)),
        }
    }

    /// Runs a plan that has been checked.
    ///
    /// # Errors
    /// The first node that fails, by name.
    pub fn run_checked(
        &self,
        inputs: Vec<(ValueId, Value<B>)>,
        plan: &Plan,
        hook: &mut Hook<'_, B>,
    ) -> Result<Ran<B>, EngineError> {
        let mut state: Slots<B> = vec![None; self.program.values.len()];
        let mut live = 0u64;
        for (id, value) in inputs {
            live += value.bytes();
            let made = Made { value: id };
            state[id] = Some(hook(made, value)?);
        }
        let mut peak = live;
        let mut stops = Vec::new();
        for (position, step) in plan.steps.iter().enumerate() {
            let node = step.node(self.program);
            let Some(entry) = self.registry.get(node) else { continue };
            if entry.grad == Grad::Stops {
                stops.push(node.name.clone());
            }
            let (inputs, freed) = self.arguments(&mut state, node, plan, position)?;
            let carried = self.with_carriers(entry, &inputs);
            let mut call = Call {
                node,
                inputs,
                device: self.device,
                runner: self,
                live,
                peak: 0,
                stops: Vec::new(),
            };
            let answer = caught(entry, &mut call);
            peak = peak.max(call.peak);
            stops.append(&mut call.stops);
            if self.keeps {
                // What the node's subgraphs made stays on the tape.
                live = live.max(call.live);
            }
            drop(call);
            let mut outputs = answer.map_err(|error| self.explain(node, error, live))?;
            if let Some(args) = carried
                && !self.carry(node, entry, args, live, &mut outputs)
            {
                stops.push(node.name.clone());
            }
            for (slot, value) in node.outputs.iter().zip(outputs) {
                let Some(id) = slot else { continue };
                live += value.bytes();
                peak = peak.max(live);
                let made = Made { value: *id };
                state[*id] = Some(hook(made, value)?);
            }
            live = live.saturating_sub(freed);
            if !self.keeps {
                for id in node.outputs.iter().flatten() {
                    if plan.last_use[*id] == position
                        && let Some(dead) = state[*id].take()
                    {
                        live = live.saturating_sub(dead.bytes());
                    }
                }
            }
        }
        let values = plan
            .wanted
            .iter()
            .map(|&id| {
                state[id]
                    .clone()
                    .or_else(|| self.constants.value(id))
                    .ok_or_else(|| self.absent(id))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Ran { values, peak, stops })
    }

    /// The inputs of an operator with floats in place of integers that have a carrier; `None` where
    /// there is none, or where the operator sees to gradients of integers itself.
    fn with_carriers(&self, entry: &Entry<B>, args: &[Option<Value<B>>]) -> Option<Slots<B>> {
        let any = args.iter().flatten().any(|v| matches!(v, Value::Coded(_)));
        (self.keeps && any && entry.grad == Grad::Yes)
            .then(|| args.iter().map(|v| v.clone().map(Value::carrier)).collect())
    }

    /// Runs an operator that moves or converts integers on their carriers too, so that gradients pass
    /// it. False where it does not take floats: gradients stop there.
    fn carry(&self, node: &Node, entry: &Entry<B>, inputs: Slots<B>, live: u64, outputs: &mut [Value<B>]) -> bool {
        let mut call = Call {
            node,
            inputs,
            device: self.device,
            runner: self,
            live,
            peak: 0,
            stops: Vec::new(),
        };
        let Ok(Ok(floats)) = catch_unwind(AssertUnwindSafe(|| (entry.run)(&mut call))) else {
            return false;
        };
        for (output, float) in outputs.iter_mut().zip(floats) {
            let Value::Float(carrier) = float else { continue };
            match output {
                Value::Host(codes) if codes.shape == carrier.shape() => {
                    let codes = codes.clone();
                    *output = Value::Coded(Box::new(Coded { codes, carrier }));
                }
                Value::Float(plain) if plain.shape() == carrier.shape() => {
                    *output = Value::Float(carrier.cast(plain.elem));
                }
                _ => {}
            }
        }
        true
    }

    /// The inputs of a node that are no constants, and the bytes of those among them that are read for
    /// the last time: they are moved out, so that an operator may write into what nobody else holds.
    fn arguments(
        &self,
        state: &mut [Option<Value<B>>],
        node: &Node,
        plan: &Plan,
        position: usize,
    ) -> Result<(Slots<B>, u64), EngineError> {
        let mut arguments = Vec::with_capacity(node.inputs.len());
        let mut freed = 0;
        for id in &node.inputs {
            let Some(id) = *id else {
                arguments.push(None);
                continue;
            };
            if state[id].is_none() && !self.constants.has(id) {
                return Err(self.missing(id, node));
            }
            arguments.push(state[id].clone());
        }
        if !self.keeps {
            for id in node.inputs.iter().flatten() {
                if plan.last_use[*id] == position
                    && let Some(last) = state[*id].take()
                {
                    freed += last.bytes();
                }
            }
        }
        Ok((arguments, freed))
    }

    fn missing(&self, id: ValueId, node: &Node) -> EngineError {
        let input = &self.program.values[id];
        match self.program.unreadable.get(&id) {
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
        }
    }

    fn absent(&self, id: ValueId) -> EngineError {
        let name = &self.program.values[id];
        EngineError::Unsupported(match self.program.unreadable.get(&id) {
            Some(why) => format!("value `{name}` cannot be read: {why}"),
            None if self.constants.has(id) => {
                format!(
                    "value `{name}` cannot be read: damaged numbers, or the model's file was changed since it was opened"
                )
            }
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
