//! A schedule while it is being joined.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Question, Step};
use crate::graph::{Node, Program, ValueId};

/// Scheduled nodes by position; a position that a join took up is empty.
pub(super) struct Draft<'a> {
    program: &'a Program,
    question: &'a Question,
    known: &'a super::Known<'a>,
    steps: Vec<Option<Step>>,
    /// Per value: how often it is read, and by which position last.
    readers: HashMap<ValueId, (usize, usize)>,
    makers: HashMap<ValueId, usize>,
}

impl<'a> Draft<'a> {
    pub fn new(program: &'a Program, question: &'a Question, known: &'a super::Known<'a>, nodes: &[usize]) -> Self {
        let mut draft = Self {
            program,
            question,
            known,
            steps: nodes.iter().map(|&index| Some(Step::Node(index))).collect(),
            readers: HashMap::new(),
            makers: HashMap::new(),
        };
        for (position, &index) in nodes.iter().enumerate() {
            draft.enter(&program.nodes[index], position);
        }
        draft
    }

    fn enter(&mut self, node: &Node, position: usize) {
        for id in node.inputs.iter().flatten() {
            let entry = self.readers.entry(*id).or_insert((0, position));
            *entry = (entry.0 + 1, entry.1.max(position));
        }
        for id in node.outputs.iter().flatten() {
            self.makers.insert(*id, position);
        }
    }

    pub fn len(&self) -> usize {
        self.steps.len()
    }

    pub fn question(&self) -> &Question {
        self.question
    }

    /// The node at a position, unless a join took it up.
    pub fn at(&self, position: usize) -> Option<&Node> {
        self.steps[position].as_ref().map(|s| s.node(self.program))
    }

    /// The node at a position, if it is this operator of the standard domain, has one output, and may
    /// be joined with others (and was not yet).
    pub fn find(&self, position: usize, op: &str) -> Option<&Node> {
        self.at(position).filter(|n| Self::is(n, op))
    }

    pub fn is(node: &Node, op: &str) -> bool {
        node.op == op && node.fused.is_none() && node.domain.is_empty() && node.outputs.iter().flatten().count() == 1
    }

    /// Whether nothing but `readers` reads of the schedule looks at the value.
    pub fn hidden(&self, id: ValueId, reads: usize) -> bool {
        let q = self.question;
        self.readers.get(&id).is_some_and(|(n, _)| *n == reads)
            && ![&q.wanted, &q.watched, &q.given].iter().any(|list| list.contains(&id))
    }

    /// The position of the last reader of a value.
    pub fn reader(&self, id: ValueId) -> Option<usize> {
        self.readers.get(&id).map(|(_, at)| *at)
    }

    /// The position of the node that makes a value.
    pub fn maker(&self, id: ValueId) -> Option<usize> {
        self.makers.get(&id).copied()
    }

    pub fn constant(&self, id: ValueId) -> bool {
        (self.known.constant)(id)
    }

    /// The number that a value of one element is, if it is a constant.
    pub fn number(&self, id: Option<ValueId>) -> Option<f32> {
        id.filter(|&id| self.constant(id))
            .and_then(|id| (self.known.number)(id))
    }

    /// Puts `node` in the place of the last of `positions`, which it stands for.
    pub fn replace(&mut self, node: Node, positions: &[usize]) {
        for &position in positions {
            let Some(gone) = self.steps[position].take() else {
                continue;
            };
            let gone = gone.node(self.program);
            for id in gone.inputs.iter().flatten() {
                if let Some(entry) = self.readers.get_mut(id) {
                    entry.0 = entry.0.saturating_sub(1);
                }
            }
            for id in gone.outputs.iter().flatten() {
                self.makers.remove(id);
            }
        }
        if let Some(&end) = positions.iter().max() {
            // Whoever read a value last among those that went stood no later than `end`.
            self.enter(&node, end);
            self.steps[end] = Some(Step::Fused(Arc::new(node)));
        }
    }

    pub fn finish(self) -> Vec<Step> {
        self.steps.into_iter().flatten().collect()
    }
}
