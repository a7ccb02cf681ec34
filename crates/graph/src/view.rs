//! Rows and edges of a graph for one set of opened groups.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::{
    LayerGraph, detail,
    graph::Source,
    rows::{Edge, Row, RowKind, Rows},
    tree::Child,
};

/// Where no depth is asked for, the deepest view with at most this many rows is shown.
const DEFAULT_ROWS: usize = 60;
/// Nor does the default go deeper than this.
const DEFAULT_DEPTH: u32 = 3;

impl LayerGraph {
    /// The rows and edges to draw. A group is open if it lies above `depth` (1 = the top only) or
    /// its id is in `open`; `-id` in `open` closes one that `depth` would open. Without a depth
    /// the deepest of 1 to 3 that gives at most 60 rows is taken.
    pub fn rows(&self, open: &HashSet<String>, depth: Option<u32>) -> Rows {
        let counts = self.rows_by_depth();
        let levels = (counts.len() as u32).max(1);
        let fits = |depth: &u32| {
            counts
                .get(*depth as usize - 1)
                .is_some_and(|rows| *rows <= DEFAULT_ROWS)
        };
        let depth = depth
            .unwrap_or_else(|| (1..=DEFAULT_DEPTH.min(levels)).rev().find(fits).unwrap_or(1))
            .max(1);
        let mut view = View {
            graph: self,
            open,
            depth,
            rows: Vec::new(),
            place_rows: vec![0; self.order.len()],
            input_rows: vec![0; self.description.inputs.len()],
            last_use: self.last_uses(),
        };
        view.children(&self.tree.top, 0);
        let (rows, edges) = view.finish();
        Rows {
            rows,
            edges,
            depth,
            levels,
        }
    }

    /// Rows on the page when everything above each depth is open.
    fn rows_by_depth(&self) -> Vec<usize> {
        let mut counts = Vec::new();
        let mut level: Vec<&Child> = self.tree.top.iter().collect();
        let mut sum = 0;
        while !level.is_empty() {
            sum += level.len();
            counts.push(sum);
            let inside = level.iter().filter_map(|child| match child {
                Child::Group(group) => Some(&self.tree.groups[*group].children),
                _ => None,
            });
            level = inside.flatten().collect();
        }
        counts
    }

    /// For each place, the last place that reads it; past the end for a graph output.
    fn last_uses(&self) -> Vec<usize> {
        let mut last = vec![0; self.order.len()];
        for (place, sources) in self.sources.iter().enumerate() {
            for source in sources {
                if let Source::Place(from) = source {
                    last[*from] = place;
                }
            }
        }
        for source in self.results.iter().flatten() {
            if let Source::Place(from) = source {
                last[*from] = usize::MAX;
            }
        }
        last
    }
}

struct View<'a> {
    graph: &'a LayerGraph,
    open: &'a HashSet<String>,
    depth: u32,
    rows: Vec<Row>,
    /// The visible row of each place.
    place_rows: Vec<usize>,
    input_rows: Vec<usize>,
    last_use: Vec<usize>,
}

impl View<'_> {
    fn children(&mut self, children: &[Child], depth: u32) {
        let graph = self.graph;
        for child in children {
            let row = match child {
                Child::Input(i) => self.port(*i, RowKind::Input, depth),
                Child::Output(i) => self.port(*i, RowKind::Output, depth),
                Child::Place(place) => self.node(*place, depth),
                Child::Group(i) => {
                    let group = &graph.tree.groups[*i];
                    let row = self.group(*i, depth);
                    let open = row.open;
                    let at = self.rows.len();
                    self.rows.push(row);
                    if open {
                        self.children(&group.children, depth + 1);
                    } else {
                        self.place_rows[group.places.clone()].fill(at);
                        self.hide_ports(&group.children, at);
                    }
                    continue;
                }
            };
            self.rows.push(row);
        }
    }

    /// Inputs inside a closed group belong to its row.
    fn hide_ports(&mut self, children: &[Child], at: usize) {
        let graph = self.graph;
        for child in children {
            match child {
                Child::Input(i) => self.input_rows[*i] = at,
                Child::Group(i) if graph.tree.groups[*i].places.is_empty() => {
                    self.hide_ports(&graph.tree.groups[*i].children, at);
                }
                _ => {}
            }
        }
    }

    fn port(&mut self, i: usize, kind: RowKind, depth: u32) -> Row {
        let graph = self.graph;
        let (port, id) = if kind == RowKind::Input {
            self.input_rows[i] = self.rows.len();
            (&graph.description.inputs[i], &graph.tree.inputs[i])
        } else {
            (&graph.description.outputs[i], &graph.tree.outputs[i])
        };
        let detail = port.shape.as_deref().map(detail::shape).unwrap_or_default();
        Row {
            values: vec![port.name.clone()],
            detail,
            ..blank(id, kind, &port.name, depth)
        }
    }

    fn node(&mut self, place: usize, depth: u32) -> Row {
        let graph = self.graph;
        let name = &graph.tree.nodes[place];
        let node = &graph.description.nodes[graph.order[place]];
        self.place_rows[place] = self.rows.len();
        let facts = self.facts(place..place + 1);
        Row {
            op: Some(node.op.clone()),
            detail: detail::of_node(graph, node, &name.label),
            nodes: 1,
            values: node.outputs.iter().filter(|name| !name.is_empty()).cloned().collect(),
            parameters: facts.parameters,
            tensors: facts.tensors,
            weights: facts.weights,
            ..blank(&name.id, RowKind::Node, &name.label, depth)
        }
    }

    fn group(&self, i: usize, depth: u32) -> Row {
        let group = &self.graph.tree.groups[i];
        let closed = self.open.contains(&format!("-{}", group.id));
        let facts = self.facts(group.places.clone());
        Row {
            detail: count(&group.children, group.places.len()),
            open: self.open.contains(&group.id) || (depth + 1 < self.depth && !closed),
            children: group.children.len() as u32,
            nodes: group.places.len() as u32,
            values: self.leaving(group.places.clone()),
            parameters: facts.parameters,
            tensors: facts.tensors,
            weights: facts.weights,
            ..blank(&group.id, RowKind::Group, &group.label, depth)
        }
    }

    /// Values that something after the places, or the caller of the graph, reads.
    fn leaving(&self, places: Range<usize>) -> Vec<String> {
        let end = places.end;
        let outside = places.filter(|place| self.last_use[*place] >= end);
        let nodes = outside.map(|place| &self.graph.description.nodes[self.graph.order[place]]);
        nodes
            .filter_map(|node| node.outputs.iter().find(|name| !name.is_empty()))
            .cloned()
            .collect()
    }

    fn facts(&self, places: Range<usize>) -> Facts {
        let mut facts = Facts::default();
        let mut seen = HashSet::new();
        for place in places {
            let node = &self.graph.description.nodes[self.graph.order[place]];
            let mut heaviest: Option<&crate::Constant> = None;
            let mut fresh = false;
            for (at, name) in node.inputs.iter().enumerate() {
                let Some(constant) = self.graph.constant(name) else {
                    continue;
                };
                let new = seen.insert(name.as_str());
                if new {
                    facts.tensors.push(name.clone());
                }
                // What training counts and does not learn: running mean and variance.
                let counted = node.op == "BatchNormalization" && at >= 3;
                if counted || !holds_weights(&constant.dtype) {
                    continue;
                }
                if new {
                    facts.parameters = facts.parameters.saturating_add(constant.elements);
                }
                if heaviest.is_none_or(|best| constant.elements > best.elements) {
                    heaviest = Some(constant);
                    fresh = new;
                }
            }
            if let Some(constant) = heaviest.filter(|_| fresh) {
                facts.weights.push(constant.name.clone());
            }
        }
        facts
    }

    /// The rows, and the edges between those that are not open groups.
    fn finish(self) -> (Vec<Row>, Vec<Edge>) {
        let graph = self.graph;
        // How many drawn rows come before each: an edge skips where it passes one.
        let mut drawn = Vec::with_capacity(self.rows.len());
        let mut count = 0_usize;
        for row in &self.rows {
            drawn.push(count);
            count += usize::from(!row.open);
        }
        let row_of = |source: &Source| match source {
            Source::Input(i) => self.input_rows[*i],
            Source::Place(place) => self.place_rows[*place],
        };
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for (place, sources) in graph.sources.iter().enumerate() {
            let to = self.place_rows[place];
            pairs.extend(
                sources
                    .iter()
                    .map(row_of)
                    .filter(|from| *from != to)
                    .map(|from| (to, from)),
            );
        }
        let outputs: HashMap<&str, usize> = self
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.kind == RowKind::Output)
            .map(|(i, row)| (row.id.as_str(), i))
            .collect();
        for (id, source) in graph.tree.outputs.iter().zip(&graph.results) {
            if let (Some(to), Some(source)) = (outputs.get(id.as_str()), source) {
                pairs.push((*to, row_of(source)));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        let edges = pairs.into_iter().map(|(to, from)| Edge {
            from: self.rows[from].id.clone(),
            to: self.rows[to].id.clone(),
            skip: drawn[to] > drawn[from] + 1,
        });
        let edges = edges.collect();
        (self.rows, edges)
    }
}

/// `3 blocks` where most children are groups, else `12 ops`.
fn count(children: &[Child], nodes: usize) -> String {
    let blocks = children.iter().filter(|child| matches!(child, Child::Group(_))).count();
    match nodes {
        0 => children.len().to_string(),
        _ if blocks >= 2 && blocks * 2 >= children.len() => format!("{blocks} blocks"),
        1 => "1 op".to_owned(),
        _ => format!("{nodes} ops"),
    }
}

/// What the nodes of a row read.
#[derive(Default)]
struct Facts {
    parameters: u64,
    tensors: Vec<String>,
    weights: Vec<String>,
}

/// Floats, and the narrow codes of quantised models; wider integers are shapes, axes and tables.
fn holds_weights(dtype: &str) -> bool {
    let dtype = dtype.to_ascii_lowercase();
    let float = ["f", "bf", "double", "half"]
        .iter()
        .any(|start| dtype.starts_with(start));
    float || matches!(dtype.as_str(), "i8" | "u8" | "i4" | "u4" | "i2" | "u2")
}

fn blank(id: &str, kind: RowKind, label: &str, depth: u32) -> Row {
    Row {
        id: id.to_owned(),
        kind,
        label: label.to_owned(),
        op: None,
        detail: String::new(),
        depth,
        open: false,
        children: 0,
        nodes: 0,
        parameters: 0,
        tensors: Vec::new(),
        weights: Vec::new(),
        values: Vec::new(),
        histogram: None,
        std: None,
    }
}
