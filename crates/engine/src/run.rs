//! The interpreter: nodes in order, values dropped after their last use, a hook on every value.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use burn_backend::Backend;

use crate::error::{EngineError, OpError};
use crate::graph::{Node, Program, Schedule, ValueId};
use crate::ops::{Call, Entry, Grad, Registry};
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

/// Nodes that the bodies of loops may run in one pass of a model. A count, not a clock, so that the
/// same model ends the same way on every machine.
const STEPS: u64 = 10_000_000;

/// Constants of a subgraph by value; `None` where a value is not a constant.
pub type Constants<B> = Arc<Vec<Option<Value<B>>>>;

type Known<B> = HashMap<usize, (Arc<Program>, Constants<B>)>;

/// The constants of subgraphs, brought onto the backend when a subgraph first runs, kept as long as
/// the session that owns the graphs.
///
/// The key is a graph's address; the graph is held, so that no other can come to lie there.
pub struct Bodies<B: Backend>(Mutex<Known<B>>);

impl<B: Backend> Bodies<B> {
    /// None yet.
    pub fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// The constants of one subgraph.
    pub fn constants(&self, body: &Arc<Program>, device: &B::Device) -> Constants<B> {
        let key = Arc::as_ptr(body).addr();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = known.entry(key).or_insert_with(|| {
            let mut constants = vec![None; body.values.len()];
            for (id, plain) in &body.initializers {
                constants[*id] = Some(plain.to_value(device));
            }
            (Arc::clone(body), Arc::new(constants))
        });
        Arc::clone(&entry.1)
    }
}

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
    /// Constants by value; `None` where a value is not a constant.
    pub weights: &'a [Option<Value<B>>],
    /// Bytes that values made during the run may occupy together.
    pub memory_limit: u64,
    /// Whether a tape keeps every value alive (gradients).
    pub keeps: bool,
    /// Constants of subgraphs.
    pub bodies: &'a Bodies<B>,
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
        self.check(&schedule)?;
        self.run_scheduled(&schedule, inputs, wanted, hook)
    }

    /// Whether every node of a schedule has an operator here.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] naming the first that has none.
    pub fn check(&self, schedule: &Schedule) -> Result<(), EngineError> {
        let nodes = schedule.nodes.iter().map(|&index| &self.program.nodes[index]);
        match nodes.into_iter().find(|node| self.registry.get(node).is_none()) {
            None => Ok(()),
            Some(node) => Err(EngineError::Unsupported(format!(
                "node `{}` uses `{}`, not supported",
                node.name,
                node.qualified()
            ))),
        }
    }

    /// Runs a schedule that has been checked; it was made for `wanted` and the values of `inputs`.
    ///
    /// # Errors
    /// The first node that fails, by name.
    pub fn run_scheduled(
        &self,
        schedule: &Schedule,
        inputs: Vec<(ValueId, Value<B>)>,
        wanted: &[ValueId],
        hook: &mut Hook<'_, B>,
    ) -> Result<Ran<B>, EngineError> {
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
            let carried = self.with_carriers(entry, &args);
            let mut call = Call {
                node,
                inputs: args,
                device: self.device,
                runner: self,
                live,
                peak: 0,
                stops: Vec::new(),
            };
            let answer = catch_unwind(AssertUnwindSafe(|| (entry.run)(&mut call)))
                .unwrap_or_else(|payload| Err(OpError::Bad(panic_text(&*payload))));
            peak = peak.max(call.peak);
            stops.append(&mut call.stops);
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

    /// The inputs of an operator with floats in place of integers that have a carrier; `None` where
    /// there is none, or where the operator sees to gradients of integers itself.
    fn with_carriers(&self, entry: &Entry<B>, args: &[Option<Value<B>>]) -> Option<Vec<Option<Value<B>>>> {
        let any = args.iter().flatten().any(|v| matches!(v, Value::Coded(_)));
        (self.keeps && any && entry.grad == Grad::Yes)
            .then(|| args.iter().map(|v| v.clone().map(Value::carrier)).collect())
    }

    /// Runs an operator that moves or converts integers on their carriers too, so that gradients pass
    /// it. False where it does not take floats: gradients stop there.
    fn carry(
        &self,
        node: &Node,
        entry: &Entry<B>,
        inputs: Vec<Option<Value<B>>>,
        live: u64,
        outputs: &mut [Value<B>],
    ) -> bool {
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
