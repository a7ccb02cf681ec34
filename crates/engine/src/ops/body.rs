//! Subgraphs held ready to run: the bodies of `If`, `Loop` and `Scan`, and of operators that take a
//! graph as a modifier.

use burn_backend::Backend;

use super::Call;
use crate::error::OpError;
use crate::graph::{Port, Program, Schedule, ValueId};
use crate::run::Runner;
use crate::value::Value;

/// A subgraph with its constants, the outer values it reads, and its schedule: made once for all the
/// runs that one execution of a node needs.
pub(super) struct Body<'a, B: Backend> {
    program: &'a Program,
    weights: Vec<Option<Value<B>>>,
    schedule: Schedule,
    wanted: Vec<ValueId>,
}

impl<'a, B: Backend> Body<'a, B> {
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
        let mut weights = c.runner.bodies.constants(body, c.device).to_vec();
        for (k, (_, id)) in body.captures.iter().enumerate() {
            weights[*id] = c.take_carried(at + k);
        }
        let program: &Program = body;
        let wanted: Vec<ValueId> = program.outputs.iter().map(|(id, _)| *id).collect();
        let given: Vec<ValueId> = program.inputs.iter().map(|(id, _)| *id).collect();
        let schedule = program.schedule(&wanted, &given);
        let ready = Self {
            program,
            weights,
            schedule,
            wanted,
        };
        ready.runner(c).check(&ready.schedule).map_err(OpError::Inner)?;
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
            weights: &self.weights,
            memory_limit: c.runner.memory_limit.saturating_sub(c.live),
            keeps: c.runner.keeps,
            bodies: c.runner.bodies,
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
        c.runner.steps.take(self.schedule.nodes.len() + 1)?;
        let given = self.program.inputs.iter().map(|(id, _)| *id).zip(inputs).collect();
        let ran = self
            .runner(c)
            .run_scheduled(&self.schedule, given, &self.wanted, &mut |_, v| Ok(v))
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
