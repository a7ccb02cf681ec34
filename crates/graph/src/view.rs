//! Rows and edges of a graph for one set of opened groups.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::{
    LayerGraph, detail,
    graph::Source,
    rows::{Edge, Row, RowKind, Rows},
    tree::{Child, Group},
};

/// Where no depth is asked for, the deepest view with at most this many rows is shown.
const DEFAULT_ROWS: usize = 60;
/// Nor does the default go deeper than this.
const DEFAULT_DEPTH: u32 = 3;

/// What becomes of stacks ([`LayerGraph::stacked`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stacks {
    /// Their members stand where they would without them.
    #[default]
    Dissolved,
    /// Closed whatever the depth, unless their id is in `open`.
    Closed,
    /// Opened by depth, as groups are.
    Open,
}

/// What of a graph is drawn.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Opened groups, and `-id` for closed ones; see [`LayerGraph::rows`].
    pub open: HashSet<String>,
    /// Levels that are open.
    pub depth: Option<u32>,
    /// Whether neighbours of one structure are one row.
    pub stacks: Stacks,
    /// Ids of groups and nodes that are taken out, their edges with them.
    pub aside: HashSet<String>,
}

impl LayerGraph {
    /// The rows and edges to draw. A group is open if it lies above `depth` (1 = the top only) or
    /// its id is in `open`; `-id` in `open` closes one that `depth` would open. Without a depth
    /// the deepest of 1 to 3 that gives at most 60 rows is taken.
    pub fn rows(&self, open: &HashSet<String>, depth: Option<u32>) -> Rows {
        self.view(&View {
            open: open.clone(),
            depth,
            ..View::default()
        })
    }

    /// The rows and edges of a view.
    pub fn view(&self, view: &View) -> Rows {
        let counts = self.rows_by_depth(view.stacks);
        let levels = (self.rows_by_depth(Stacks::Dissolved).len() as u32).max(1);
        let depth = view.depth;
        let fits = |depth: &u32| {
            counts
                .get(*depth as usize - 1)
                .is_some_and(|rows| *rows <= DEFAULT_ROWS)
        };
        let depth = depth
            .unwrap_or_else(|| (1..=DEFAULT_DEPTH.min(levels)).rev().find(fits).unwrap_or(1))
            .max(1);
        let mut drawing = Drawing {
            graph: self,
            view,
            depth,
            rows: Vec::new(),
            aside: Vec::new(),
            place_rows: vec![0; self.order.len()],
            input_rows: vec![0; self.description.inputs.len()],
            last_use: self.last_uses(),
        };
        drawing.children(&self.tree.top, 0);
        drawing.set_aside();
        let aside = std::mem::take(&mut drawing.aside);
        let (rows, edges) = drawing.finish();
        Rows {
            rows,
            edges,
            depth,
            levels,
            aside,
        }
    }

    /// Rows on the page when everything above each depth is open.
    fn rows_by_depth(&self, stacks: Stacks) -> Vec<usize> {
        let mut counts = Vec::new();
        let mut level = self.shown(&self.tree.top, stacks);
        let mut sum = 0;
        while !level.is_empty() {
            sum += level.len();
            counts.push(sum);
            let inside = level.iter().filter_map(|child| match child {
                Child::Group(group) => Some(&self.tree.groups[*group]),
                _ => None,
            });
            let inside = inside.filter(|group| stacks != Stacks::Closed || group.stack == 0);
            level = inside.flat_map(|group| self.shown(&group.children, stacks)).collect();
        }
        counts
    }

    /// The children, with the members of stacks that are dissolved in their place.
    fn shown(&self, children: &[Child], stacks: Stacks) -> Vec<Child> {
        let mut shown = Vec::with_capacity(children.len());
        for child in children {
            match child {
                Child::Group(group) if stacks == Stacks::Dissolved && self.tree.groups[*group].dissolves => {
                    shown.extend_from_slice(&self.tree.groups[*group].children);
                }
                other => shown.push(*other),
            }
        }
        shown
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

/// The row of what is not drawn.
const NOWHERE: usize = usize::MAX;

struct Drawing<'a> {
    graph: &'a LayerGraph,
    view: &'a View,
    depth: u32,
    rows: Vec<Row>,
    aside: Vec<Row>,
    /// The visible row of each place, [`NOWHERE`] where it was set aside.
    place_rows: Vec<usize>,
    input_rows: Vec<usize>,
    last_use: Vec<usize>,
}

impl Drawing<'_> {
    fn children(&mut self, children: &[Child], depth: u32) {
        let graph = self.graph;
        for child in &graph.shown(children, self.view.stacks) {
            if self.is_aside(*child) {
                continue;
            }
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

    fn is_aside(&self, child: Child) -> bool {
        let (aside, tree) = (&self.view.aside, &self.graph.tree);
        !aside.is_empty()
            && match child {
                Child::Group(group) => aside.contains(&tree.groups[group].id),
                Child::Place(place) => aside.contains(&tree.nodes[place].id),
                Child::Input(_) | Child::Output(_) => false,
            }
    }

    /// Makes the rows of what was set aside, and takes its edges away.
    fn set_aside(&mut self) {
        if self.view.aside.is_empty() {
            return;
        }
        let tree = &self.graph.tree;
        let all = (0..tree.groups.len())
            .map(Child::Group)
            .chain((0..tree.nodes.len()).map(Child::Place));
        let chosen: Vec<Child> = all.filter(|child| self.is_aside(*child)).collect();
        for child in chosen {
            let (row, places) = match child {
                Child::Group(group) => (self.group(group, 0), tree.groups[group].places.clone()),
                Child::Place(place) => (self.node(place, 0), place..place + 1),
                Child::Input(_) | Child::Output(_) => continue,
            };
            self.place_rows[places].fill(NOWHERE);
            self.aside.push(Row { open: false, ..row });
        }
    }

    /// Whether a group shows what it holds.
    fn opens(&self, group: &Group, depth: u32) -> bool {
        if self.view.open.contains(&group.id) {
            return true;
        }
        let stays = group.stack > 0 && self.view.stacks == Stacks::Closed;
        depth + 1 < self.depth && !stays && !self.view.open.contains(&format!("-{}", group.id))
    }

    fn group(&self, i: usize, depth: u32) -> Row {
        let group = &self.graph.tree.groups[i];
        let facts = self.facts(group.places.clone());
        Row {
            detail: self.count(group),
            open: self.opens(group, depth),
            stack: if self.view.stacks == Stacks::Dissolved {
                0
            } else {
                group.stack as u32
            },
            structure: group.structure,
            children: self.graph.shown(&group.children, self.view.stacks).len() as u32,
            nodes: group.places.len() as u32,
            values: self.leaving(group.places.clone()),
            parameters: facts.parameters,
            tensors: facts.tensors,
            weights: facts.weights,
            ..blank(&group.id, RowKind::Group, &group.label, depth)
        }
    }

    /// `3 blocks` where most children are groups, else `12 ops`; of a stack how many there are of what.
    fn count(&self, group: &Group) -> String {
        let (graph, nodes) = (self.graph, group.places.len());
        if group.stack > 0 && self.view.stacks != Stacks::Dissolved {
            let one = nodes / group.stack;
            let first = &graph.description.nodes[graph.order[group.places.start]];
            let what = if one == 1 {
                first.op.clone()
            } else {
                format!("{one} ops")
            };
            return format!("{} × {what}", group.stack);
        }
        let children = graph.shown(&group.children, self.view.stacks);
        let blocks = children.iter().filter(|child| matches!(child, Child::Group(_))).count();
        match nodes {
            0 => children.len().to_string(),
            _ if blocks >= 2 && blocks * 2 >= children.len() => format!("{blocks} blocks"),
            1 => "1 op".to_owned(),
            _ => format!("{nodes} ops"),
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
                    .filter(|from| *from != to && *from != NOWHERE && to != NOWHERE)
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
                pairs.extend(Some((*to, row_of(source))).filter(|(_, from)| *from != NOWHERE));
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
        stack: 0,
        structure: None,
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
