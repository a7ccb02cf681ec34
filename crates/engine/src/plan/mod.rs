//! What one kind of question executes: the nodes it needs, in order, with the last use of each value.
//!
//! A plan is made once for a set of wanted, given and watched values and then run many times.
//! Operators that exporters write as several nodes are put together again ([`mod@patterns`]), and what
//! follows a convolution or a product is joined with it ([`mod@fuse`]). A value that is wanted or
//! watched is always made by itself.

mod draft;
mod fuse;
mod patterns;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::graph::{Node, Program, ValueId};
use crate::shapes::{Need, Pass};

use draft::Draft;
pub use fuse::Fused;

/// One thing to execute.
#[derive(Debug, Clone)]
pub enum Step {
    /// A node of the graph, by its index.
    Node(usize),
    /// Several nodes as one.
    Fused(Arc<Node>),
}

/// Which question a plan answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// Values that are answered.
    pub wanted: Vec<ValueId>,
    /// Values that are there before anything runs.
    pub given: Vec<ValueId>,
    /// Values a hook must see as they are made.
    pub watched: Vec<ValueId>,
    /// Whether a tape is recorded: only what can be differentiated as one is joined.
    pub taped: bool,
    /// Whether every node is run by itself, for a backward pass that goes from node to node. Operators that an
    /// exporter wrote as several nodes are one all the same.
    pub apart: bool,
}

impl Question {
    /// A forward pass that nobody watches.
    pub fn forward(wanted: Vec<ValueId>, given: Vec<ValueId>) -> Self {
        Self {
            wanted,
            given,
            watched: Vec::new(),
            taped: false,
            apart: false,
        }
    }
}

/// What a planner may ask about the graph's values and nodes.
pub struct Known<'a> {
    /// Whether a value is a constant, which needs no node.
    pub constant: &'a dyn Fn(ValueId) -> bool,
    /// The number that a constant of one element is.
    pub number: &'a dyn Fn(ValueId) -> Option<f32>,
}

/// What is run, and the shapes of the values given.
type Sizes = (Pass, Vec<Vec<usize>>);

/// Nodes in order, and when each value dies.
#[derive(Debug)]
pub struct Plan {
    /// What to execute, in order.
    pub steps: Vec<Step>,
    /// Per value of the graph: position in `steps` after which it is dead; `usize::MAX` for values
    /// to keep.
    pub last_use: Vec<usize>,
    /// The values answered.
    pub wanted: Vec<ValueId>,
    /// What passes were found to need, by what is run and the shapes of the values given.
    pub needs: Mutex<HashMap<Sizes, Need>>,
}

impl Step {
    /// The node to run.
    pub fn node<'a>(&'a self, program: &'a Program) -> &'a Node {
        match self {
            Self::Node(index) => &program.nodes[*index],
            Self::Fused(node) => node,
        }
    }
}

impl Plan {
    /// The plan of a question.
    pub fn new(program: &Program, question: &Question, known: &Known<'_>) -> Self {
        let mut there = question.given.clone();
        there.extend((0..program.values.len()).filter(|&id| (known.constant)(id)));
        let schedule = program.schedule(&question.wanted, &there);
        let mut draft = Draft::new(program, question, known, &schedule);
        patterns::restore(&mut draft);
        if !question.apart {
            fuse::fuse(&mut draft);
        }
        Self::timed(program, draft.finish(), question.wanted.clone())
    }

    /// Everything a graph answers from everything it is given, node by node: the plan of subgraphs.
    pub fn whole(program: &Program) -> Self {
        let wanted: Vec<ValueId> = program.outputs.iter().map(|(id, _)| *id).collect();
        let mut given: Vec<ValueId> = program.inputs.iter().map(|(id, _)| *id).collect();
        given.extend(program.captures.iter().map(|(_, id)| *id));
        given.extend(program.initializers.iter().map(|(id, _)| *id));
        let schedule = program.schedule(&wanted, &given);
        let steps = schedule.into_iter().map(Step::Node).collect();
        Self::timed(program, steps, wanted)
    }

    fn timed(program: &Program, steps: Vec<Step>, wanted: Vec<ValueId>) -> Self {
        let mut last_use = vec![0; program.values.len()];
        for (position, step) in steps.iter().enumerate() {
            let node = step.node(program);
            for id in node.inputs.iter().chain(&node.outputs).flatten() {
                last_use[*id] = position;
            }
        }
        for &id in &wanted {
            last_use[id] = usize::MAX;
        }
        Self {
            steps,
            last_use,
            wanted,
            needs: Mutex::default(),
        }
    }
}
