//! An order in which everything is computed before it is read and scopes stay together.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use crate::{Description, GraphError, scope::Scopes};

/// Nodes in drawing order. Of the nodes that can come next it takes one of the present scope, or
/// of the nearest enclosing scope that has one; among those the first in the file.
pub(crate) fn topological(
    description: &Description,
    writers: &HashMap<&str, usize>,
    scopes: &Scopes,
) -> Result<Vec<usize>, GraphError> {
    let nodes = &description.nodes;
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut waiting = vec![0_usize; nodes.len()];
    for (i, node) in nodes.iter().enumerate() {
        for writer in node.inputs.iter().filter_map(|name| writers.get(name.as_str())) {
            readers[*writer].push(i);
            waiting[i] += 1;
        }
    }
    let mut ready = Ready {
        heaps: vec![BinaryHeap::new(); scopes.parent.len()],
        done: vec![false; nodes.len()],
        scopes,
    };
    for i in (0..nodes.len()).filter(|i| waiting[*i] == 0) {
        ready.push(i);
    }
    let mut order = Vec::with_capacity(nodes.len());
    let mut scope = 0;
    while let Some(node) = ready.next(scope) {
        order.push(node);
        scope = scopes.of[node];
        for reader in &readers[node] {
            waiting[*reader] -= 1;
            if waiting[*reader] == 0 {
                ready.push(*reader);
            }
        }
    }
    if order.len() < nodes.len() {
        return Err(GraphError::Cycle(on_cycle(description, writers, &ready.done)));
    }
    Ok(order)
}

/// Nodes that can come next, by every scope that encloses them.
struct Ready<'a> {
    heaps: Vec<BinaryHeap<Reverse<usize>>>,
    done: Vec<bool>,
    scopes: &'a Scopes,
}

impl Ready<'_> {
    fn push(&mut self, node: usize) {
        let mut scope = self.scopes.of[node];
        loop {
            self.heaps[scope].push(Reverse(node));
            if scope == 0 {
                return;
            }
            scope = self.scopes.parent[scope];
        }
    }

    fn next(&mut self, mut scope: usize) -> Option<usize> {
        loop {
            while let Some(Reverse(node)) = self.heaps[scope].pop() {
                if !self.done[node] {
                    self.done[node] = true;
                    return Some(node);
                }
            }
            if scope == 0 {
                return None;
            }
            scope = self.scopes.parent[scope];
        }
    }
}

/// The name of a node on a cycle: from a node that never got ready, back along what it waits for
/// until one repeats.
fn on_cycle(description: &Description, writers: &HashMap<&str, usize>, done: &[bool]) -> String {
    let mut seen = vec![false; done.len()];
    let mut at = done.iter().position(|done| !done);
    while let Some(i) = at {
        let node = &description.nodes[i];
        if seen[i] {
            let output = node.outputs.first().map_or("", String::as_str);
            return if node.name.is_empty() {
                output.to_owned()
            } else {
                node.name.clone()
            };
        }
        seen[i] = true;
        at = node
            .inputs
            .iter()
            .filter_map(|name| writers.get(name.as_str()).copied())
            .find(|writer| !done[*writer]);
    }
    String::new()
}
