//! Subgraphs held ready to run: the bodies of `If`, `Loop` and `Scan`, and of operators that take a
//! graph as a modifier.

use std::sync::Arc;

use super::Call;
use crate::constants::Constants;
use crate::error::OpError;
use crate::graph::{Port, Program, ValueId};
use crate::operation::Engine;
use crate::plan::Plan;
use crate::run::Runner;
use crate::value::Value;

/// A subgraph with its constants, the outer values it reads, and its plan: made once for all the runs
/// that one execution of a node needs.
pub(super) struct Body<'a, B: Engine> {
    program: &'a Program,
    constants: Arc<dyn Constants<B>>,
    captured: Vec<(ValueId, Value<B>)>,
    plan: Arc<Plan>,
}

impl<'a, B: Engine> Body<'a, B> {
    /// The body of attribute `name`, if the node has one.
    pub fn find(c: &mut Call<'a, B>, name: &str) -> Result<Option<Self>, OpError> {
        let node = c.node;
        // Values from outside follow the explicit inputs, body after body.
        let mut at = node.explicit;
        let mut found = None;
        for (key, body) in &node.bodies {
            if key == name {
                found = Some(body);
                break;
            }
            at += body.captures.len();
        }
        let Some(body) = found else { return Ok(None) };
        let captured = body.captures.iter().enumerate();
        let captured = captured
            .filter_map(|(k, (_, id))| c.take_carried(at + k).map(|value| (*id, value)))
            .collect();
        let constants = c.runner.constants.body(body);
        let ready = Self {
            program: body,
            captured,
            plan: constants.whole(body),
            constants,
        };
        ready.runner(c).check(&ready.plan).map_err(OpError::Inner)?;
        Ok(Some(ready))
    }

    /// The body of attribute `name`.
    pub fn new(c: &mut Call<'a, B>, name: &str) -> Result<Self, OpError> {
        Self::find(c, name)?.ok_or_else(|| OpError::bad(format!("the graph `{name}` is missing")))
    }

    fn runner<'s>(&'s self, c: &Call<'s, B>) -> Runner<'s, B> {
        Runner {
            program: self.program,
            registry: c.runner.registry,
            device: c.device,
            constants: &*self.constants,
            memory_limit: c.runner.memory_limit.saturating_sub(c.live),
            keeps: c.runner.keeps,
            steps: c.runner.steps.clone(),
        }
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.program.inputs.len()
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.program.outputs.len()
    }

    /// What the file declares for output `i`.
    pub fn output(&self, i: usize) -> Option<&Port> {
        self.program.outputs.get(i).map(|(_, port)| port)
    }

    /// Runs the body once.
    ///
    /// # Errors
    /// [`OpError::Bad`] for a wrong number of inputs, or where the loops of the model have run for
    /// too long; [`OpError::Inner`] for what a node of the body says.
    pub fn run(&self, c: &mut Call<'_, B>, inputs: Vec<Value<B>>) -> Result<Vec<Value<B>>, OpError> {
        if inputs.len() != self.inputs() {
            return Err(OpError::bad(format!(
                "its graph takes {} inputs, where {} are given",
                self.inputs(),
                inputs.len()
            )));
        }
        c.runner.steps.take(self.plan.steps.len() + 1)?;
        let inputs = self.program.inputs.iter().map(|(id, _)| *id).zip(inputs);
        let given = inputs.chain(self.captured.iter().cloned()).collect();
        let ran = self
            .runner(c)
            .run_checked(given, &self.plan, &mut |_, v| Ok(v))
            .map_err(OpError::Inner)?;
        c.peak = c.peak.max(c.live.saturating_add(ran.peak));
        if c.runner.keeps {
            // A tape holds what this run made until the gradient is taken.
            c.live = c.live.saturating_add(ran.peak);
        }
        for stop in ran.stops {
            if !c.stops.contains(&stop) {
                c.stops.push(stop);
            }
        }
        Ok(ran.values)
    }
}
