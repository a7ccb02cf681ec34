//! From a graph as written to a [`Program`] that can be executed: every name resolved, nodes in an
//! order that respects their inputs, and the schedule of a run with the last use of each value.

use std::any::Any;
use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::constant::Constant;
use crate::error::EngineError;
use crate::plan::Fused;
use crate::value::{Elem, Plain};

/// Subgraphs nested deeper than this are refused.
const MAX_DEPTH: usize = 64;

/// An attribute of a node.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names are ONNX's own")]
pub enum Attr {
    Int(i64),
    Float(f32),
    Str(String),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    Strs(Vec<String>),
    Tensor(Plain),
    Graph(Arc<GraphSpec>),
    /// Present in the file, of a kind the engine does not read (sparse tensors, types ...).
    Other(&'static str),
}

/// A node as the author wrote it. An empty name stands for an absent optional input or output.
#[derive(Debug, Clone, Default)]
pub struct NodeSpec {
    /// Name; may be empty.
    pub name: String,
    /// Operator.
    pub op: String,
    /// Operator domain; empty is `ai.onnx`.
    pub domain: String,
    /// Input value names.
    pub inputs: Vec<String>,
    /// Output value names.
    pub outputs: Vec<String>,
    /// Attributes by name.
    pub attrs: BTreeMap<String, Attr>,
    /// Version of the operator's domain where it is not the graph's: inside a function of the model.
    pub opset: Option<i64>,
}

/// One axis of a shape as the file declares it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Axis {
    /// So many.
    Known(usize),
    /// Free, by a name that means the same size wherever it stands: `batch`.
    Named(String),
    /// Free.
    Free,
}

impl Axis {
    /// The size, where it is fixed.
    pub fn known(&self) -> Option<usize> {
        match self {
            Self::Known(size) => Some(*size),
            Self::Named(_) | Self::Free => None,
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(size) => size.fmt(f),
            Self::Named(name) => f.write_str(name),
            Self::Free => f.write_str("?"),
        }
    }
}

/// A value with its declared type: a graph input, a graph output, or an inner value whose type the exporter knew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Port {
    /// Value name.
    pub name: String,
    /// Element type; `None` where the file does not say, or it is no tensor of a type that is known.
    pub elem: Option<Elem>,
    /// Axes; `None` where the file does not say, or it is no tensor.
    pub shape: Option<Vec<Axis>>,
}

impl From<usize> for Axis {
    fn from(size: usize) -> Self {
        Self::Known(size)
    }
}

impl From<Option<usize>> for Axis {
    fn from(size: Option<usize>) -> Self {
        size.map_or(Self::Free, Self::Known)
    }
}

impl Port {
    /// A tensor whose axes are sizes, or `None` where they are free.
    pub fn tensor<A: Into<Axis>>(name: impl Into<String>, elem: Elem, axes: impl IntoIterator<Item = A>) -> Self {
        Self {
            name: name.into(),
            elem: Some(elem),
            shape: Some(axes.into_iter().map(Into::into).collect()),
        }
    }

    /// A value of which nothing but its name is said.
    pub fn bare(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

/// A graph as the author wrote it, free of any file format.
#[derive(Debug, Clone, Default)]
pub struct GraphSpec {
    /// Inputs, in graph order; those with an initialiser of the same name have a default.
    pub inputs: Vec<Port>,
    /// Outputs, in graph order.
    pub outputs: Vec<Port>,
    /// Types of inner values, where the exporter knew them.
    pub value_info: Vec<Port>,
    /// Constant tensors by name.
    pub initializers: Vec<(String, Constant)>,
    /// Tensors that cannot be read (unknown types, files that did not come along ...), by name, with the reason.
    pub unreadable: Vec<(String, String)>,
    /// Nodes, in any order.
    pub nodes: Vec<NodeSpec>,
    /// Version of each operator domain.
    pub opsets: BTreeMap<String, i64>,
}

/// Index of a value in a [`Program`].
pub type ValueId = usize;

/// What an operator makes of its node's attributes once, for every run: trees laid out, a table of
/// labels, a compiled pattern.
///
/// Clones share it: what a planner joins to a node leaves the node's own constants packed once.
#[derive(Debug, Clone, Default)]
pub struct Prepared(Arc<OnceLock<Arc<dyn Any + Send + Sync>>>);

impl Prepared {
    /// What `make` made the first time that this node was asked. An error is not kept.
    pub(crate) fn get<T: Any + Send + Sync, E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        if let Some(known) = self.0.get()
            && let Ok(known) = Arc::clone(known).downcast::<T>()
        {
            return Ok(known);
        }
        let made = Arc::new(make()?);
        // Where another thread was faster, both made the same.
        let _ = self.0.set(Arc::clone(&made) as Arc<dyn Any + Send + Sync>);
        Ok(made)
    }
}

/// A node with its names resolved.
#[derive(Debug, Clone)]
pub struct Node {
    /// The author's name, or the first output's.
    pub name: String,
    /// Operator.
    pub op: String,
    /// Operator domain; empty is `ai.onnx`.
    pub domain: String,
    /// Inputs; `None` where an optional one is absent. Values that subgraphs read from outside
    /// follow the `explicit` ones.
    pub inputs: Vec<Option<ValueId>>,
    /// How many inputs the author wrote.
    pub explicit: usize,
    /// Outputs; `None` where not asked for.
    pub outputs: Vec<Option<ValueId>>,
    /// Attributes by name.
    pub attrs: BTreeMap<String, Attr>,
    /// Subgraphs by attribute name.
    pub bodies: Vec<(String, Arc<Program>)>,
    /// Version of the node's operator domain.
    pub opset: i64,
    /// What its operator made of it.
    pub prepared: Prepared,
    /// What a planner joined to it; a node as written has none.
    pub fused: Option<Box<Fused>>,
}

impl Node {
    /// Operator with its domain, as in `com.microsoft.Gelu`.
    pub fn qualified(&self) -> String {
        if self.domain.is_empty() {
            self.op.clone()
        } else {
            format!("{}.{}", self.domain, self.op)
        }
    }
}

/// A validated graph.
#[derive(Debug, Clone)]
pub struct Program {
    /// Name of every value.
    pub values: Vec<String>,
    by_name: HashMap<String, ValueId>,
    /// Nodes in an order in which they can run.
    pub nodes: Vec<Node>,
    producer: Vec<Option<usize>>,
    /// Inputs that must be given, in graph order.
    pub inputs: Vec<(ValueId, Port)>,
    /// Outputs, in graph order.
    pub outputs: Vec<(ValueId, Port)>,
    /// Constants, their elements not yet read.
    pub initializers: Vec<(ValueId, Constant)>,
    /// Values that exist but cannot be read, with the reason.
    pub unreadable: HashMap<ValueId, String>,
    /// For a subgraph: outer values it reads, by name, in the order of the node's implicit inputs.
    pub captures: Vec<(String, ValueId)>,
    declared: HashMap<ValueId, Port>,
}

#[derive(Default)]
struct Names {
    values: Vec<String>,
    by_name: HashMap<String, ValueId>,
}

impl Names {
    fn id(&mut self, name: &str) -> ValueId {
        if let Some(&id) = self.by_name.get(name) {
            return id;
        }
        self.values.push(name.to_owned());
        self.by_name.insert(name.to_owned(), self.values.len() - 1);
        self.values.len() - 1
    }
}

fn broken(text: impl Into<String>) -> EngineError {
    EngineError::Graph(text.into())
}

fn domain_key(domain: &str) -> &str {
    if domain == "ai.onnx" { "" } else { domain }
}

impl Program {
    /// Validates a graph.
    ///
    /// # Errors
    /// [`EngineError::Graph`] for two writers of one name, a name nobody produces, a cycle, or
    /// subgraphs nested beyond reason.
    pub fn build(spec: &GraphSpec) -> Result<Self, EngineError> {
        Self::build_in(spec, &spec.opsets, None, 0)
    }

    /// `outer` tells whether a name exists outside this graph (subgraphs only).
    fn build_in(
        spec: &GraphSpec,
        opsets: &BTreeMap<String, i64>,
        outer: Option<&dyn Fn(&str) -> bool>,
        depth: usize,
    ) -> Result<Self, EngineError> {
        if depth > MAX_DEPTH {
            return Err(broken(format!("subgraphs are nested more than {MAX_DEPTH} deep")));
        }
        let mut names = Names::default();
        let mut defined: HashMap<ValueId, Option<usize>> = HashMap::new();
        let mut initializers = Vec::new();
        for (name, constant) in &spec.initializers {
            let id = names.id(name);
            if defined.insert(id, None).is_some() {
                return Err(broken(format!("two initialisers are named `{name}`")));
            }
            initializers.push((id, constant.clone()));
        }
        let mut unreadable = HashMap::new();
        for (name, why) in &spec.unreadable {
            let id = names.id(name);
            if defined.insert(id, None).is_some() {
                return Err(broken(format!("two initialisers are named `{name}`")));
            }
            unreadable.insert(id, why.clone());
        }
        let mut inputs: Vec<(ValueId, Port)> = Vec::new();
        let mut listed = HashSet::new();
        for port in &spec.inputs {
            let id = names.id(&port.name);
            if !listed.insert(id) {
                return Err(broken(format!("two inputs are named `{}`", port.name)));
            }
            // One with an initialiser has its default.
            if let Entry::Vacant(e) = defined.entry(id) {
                e.insert(None);
                inputs.push((id, port.clone()));
            }
        }
        for (index, node) in spec.nodes.iter().enumerate() {
            for output in node.outputs.iter().filter(|o| !o.is_empty()) {
                let id = names.id(output);
                if defined.insert(id, Some(index)).is_some() {
                    return Err(broken(format!("value `{output}` is produced twice")));
                }
            }
        }

        let mut captures: Vec<(String, ValueId)> = Vec::new();
        let mut nodes = Vec::with_capacity(spec.nodes.len());
        for raw in &spec.nodes {
            let label = label(raw);
            let mut bodies = Vec::new();
            let mut wanted: Vec<String> = raw.inputs.clone();
            let explicit = wanted.len();
            for (key, attr) in &raw.attrs {
                if let Attr::Graph(body) = attr {
                    let known = |n: &str| names.by_name.contains_key(n) || outer.is_some_and(|f| f(n));
                    let program = Self::build_in(body, opsets, Some(&known), depth + 1)?;
                    wanted.extend(program.captures.iter().map(|(n, _)| n.clone()));
                    bodies.push((key.clone(), Arc::new(program)));
                }
            }
            let mut ids = Vec::with_capacity(wanted.len());
            for name in &wanted {
                if name.is_empty() {
                    ids.push(None);
                    continue;
                }
                let id = names.id(name);
                if let Entry::Vacant(e) = defined.entry(id) {
                    if !outer.is_some_and(|f| f(name)) {
                        return Err(broken(format!("node `{label}` reads `{name}`, which nothing produces")));
                    }
                    captures.push((name.clone(), id));
                    e.insert(None);
                }
                ids.push(Some(id));
            }
            let domain = domain_key(&raw.domain).to_owned();
            // A file that names no version is older than versions.
            let opset = raw.opset.or_else(|| opsets.get(&domain).copied()).unwrap_or(1);
            nodes.push(Node {
                name: label,
                op: raw.op.clone(),
                opset,
                domain,
                inputs: ids,
                explicit,
                outputs: raw
                    .outputs
                    .iter()
                    .map(|o| (!o.is_empty()).then(|| names.id(o)))
                    .collect(),
                attrs: raw
                    .attrs
                    .iter()
                    .filter(|(_, a)| !matches!(a, Attr::Graph(_)))
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect(),
                bodies,
                prepared: Prepared::default(),
                fused: None,
            });
        }
        let mut outputs = Vec::new();
        for port in &spec.outputs {
            let id = names.id(&port.name);
            if let Entry::Vacant(e) = defined.entry(id) {
                if !outer.is_some_and(|f| f(&port.name)) {
                    return Err(broken(format!("output `{}` is produced by nothing", port.name)));
                }
                captures.push((port.name.clone(), id));
                e.insert(None);
            }
            outputs.push((id, port.clone()));
        }

        let mut declared = HashMap::new();
        for port in spec.value_info.iter().chain(&spec.outputs).chain(&spec.inputs) {
            if let Some(&id) = names.by_name.get(&port.name) {
                declared.insert(id, port.clone());
            }
        }

        let order = topological(&nodes, &defined)?;
        let mut slots: Vec<Option<Node>> = nodes.into_iter().map(Some).collect();
        let nodes: Vec<Node> = order.into_iter().filter_map(|i| slots[i].take()).collect();
        let mut producer = vec![None; names.values.len()];
        for (index, node) in nodes.iter().enumerate() {
            for id in node.outputs.iter().flatten() {
                producer[*id] = Some(index);
            }
        }
        Ok(Self {
            values: names.values,
            by_name: names.by_name,
            nodes,
            producer,
            inputs,
            outputs,
            initializers,
            unreadable,
            captures,
            declared,
        })
    }

    /// What the file declares of a value; `None` where it says nothing.
    pub fn declared(&self, value: ValueId) -> Option<&Port> {
        self.declared.get(&value)
    }

    /// The value of that name.
    pub fn value(&self, name: &str) -> Option<ValueId> {
        self.by_name.get(name).copied()
    }

    /// Indices of the nodes that `wanted` needs, in order, given that `given` values are already there.
    pub fn schedule(&self, wanted: &[ValueId], given: &[ValueId]) -> Vec<usize> {
        let mut needed = vec![false; self.nodes.len()];
        let mut seen = vec![false; self.values.len()];
        for &id in given {
            seen[id] = true;
        }
        let mut stack: Vec<ValueId> = wanted.to_vec();
        while let Some(id) = stack.pop() {
            if std::mem::replace(&mut seen[id], true) {
                continue;
            }
            if let Some(node) = self.producer[id]
                && !std::mem::replace(&mut needed[node], true)
            {
                stack.extend(self.nodes[node].inputs.iter().flatten());
            }
        }
        (0..self.nodes.len()).filter(|&i| needed[i]).collect()
    }
}

fn label(node: &NodeSpec) -> String {
    if !node.name.is_empty() {
        return node.name.clone();
    }
    node.outputs
        .iter()
        .find(|o| !o.is_empty())
        .cloned()
        .unwrap_or_else(|| node.op.clone())
}

/// Kahn's algorithm; among ready nodes the first in the file goes first.
fn topological(nodes: &[Node], defined: &HashMap<ValueId, Option<usize>>) -> Result<Vec<usize>, EngineError> {
    let mut waiting = vec![0usize; nodes.len()];
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        for id in node.inputs.iter().flatten() {
            if let Some(Some(maker)) = defined.get(id) {
                readers[*maker].push(index);
                waiting[index] += 1;
            }
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> = (0..nodes.len()).filter(|&i| waiting[i] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(Reverse(index)) = ready.pop() {
        order.push(index);
        for &reader in &readers[index] {
            waiting[reader] -= 1;
            if waiting[reader] == 0 {
                ready.push(Reverse(reader));
            }
        }
    }
    if let Some(stuck) = (0..nodes.len()).find(|&i| waiting[i] > 0) {
        return Err(broken(format!(
            "node `{}` is part of a cycle or waits for one",
            nodes[stuck].name
        )));
    }
    Ok(order)
}
