//! [`LayerGraph`]: a description that was checked, ordered and folded.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::{Constant, Description, GraphError, order, scope, stack::Structure, tree::Tree};

/// Largest graph that is drawn.
pub(crate) const MAX_NODES: usize = 500_000;

/// A graph, ordered and folded into scopes. It is stored as its [`Description`] and folded again
/// when it is read, so that a stored graph is always a valid one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Description", into = "Description")]
pub struct LayerGraph {
    pub(crate) description: Description,
    /// Index into `description.constants` by name.
    pub(crate) constants: HashMap<String, usize>,
    /// For each place in the drawing order, the node (index into `description.nodes`).
    pub(crate) order: Vec<usize>,
    /// For each place, what it reads.
    pub(crate) sources: Vec<Vec<Source>>,
    /// For each graph output, what writes it.
    pub(crate) results: Vec<Option<Source>>,
    pub(crate) tree: Tree,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Source {
    /// A graph input, by index.
    Input(usize),
    /// A node, by its place in the drawing order.
    Place(usize),
}

impl LayerGraph {
    /// Checks, orders and folds `description`.
    pub fn new(description: Description) -> Result<Self, GraphError> {
        Self::build(description, false)
    }

    /// The same, with neighbours of equal structure that are called `x`, `x_1`, `x_2` folded into stacks.
    pub fn stacked(description: Description) -> Result<Self, GraphError> {
        Self::build(description, true)
    }

    fn build(description: Description, stacked: bool) -> Result<Self, GraphError> {
        let nodes = &description.nodes;
        if nodes.len() > MAX_NODES {
            return Err(GraphError::TooLarge {
                found: nodes.len(),
                limit: MAX_NODES,
            });
        }
        let writers = writers(&description)?;
        let scopes = scope::of_nodes(&description);
        let order = order::topological(&description, &writers, &scopes)?;
        let mut places = vec![0; order.len()];
        for (place, node) in order.iter().enumerate() {
            places[*node] = place;
        }
        let inputs: HashMap<&str, usize> = description
            .inputs
            .iter()
            .enumerate()
            .map(|(i, port)| (port.name.as_str(), i))
            .collect();
        let find = |name: &str| {
            let node = writers.get(name).map(|node| Source::Place(places[*node]));
            node.or_else(|| inputs.get(name).map(|i| Source::Input(*i)))
        };
        let sources = order
            .iter()
            .map(|node| nodes[*node].inputs.iter().filter_map(|name| find(name)).collect());
        let sources: Vec<Vec<Source>> = sources.collect();
        let results = description.outputs.iter().map(|port| find(&port.name)).collect();
        let structure = stacked.then_some(Structure {
            description: &description,
            order: &order,
            sources: &sources,
        });
        let tree = Tree::fold(&description, &order, &scopes, structure);
        let constants = description
            .constants
            .iter()
            .enumerate()
            .map(|(i, one)| (one.name.clone(), i))
            .collect();
        Ok(Self {
            description,
            constants,
            order,
            sources,
            results,
            tree,
        })
    }

    /// What it was built from.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// How often each operator occurs.
    pub fn ops(&self) -> BTreeMap<&str, usize> {
        let mut ops = BTreeMap::new();
        for node in &self.description.nodes {
            *ops.entry(node.op.as_str()).or_insert(0) += 1;
        }
        ops
    }

    /// The constant of that name.
    pub(crate) fn constant(&self, name: &str) -> Option<&Constant> {
        self.constants
            .get(name)
            .and_then(|i| self.description.constants.get(*i))
    }
}

/// Which node writes each value.
fn writers(description: &Description) -> Result<HashMap<&str, usize>, GraphError> {
    let mut writers = HashMap::with_capacity(description.nodes.len());
    for (i, node) in description.nodes.iter().enumerate() {
        for name in node.outputs.iter().filter(|name| !name.is_empty()) {
            if writers.insert(name.as_str(), i).is_some() {
                return Err(GraphError::WrittenTwice(name.clone()));
            }
        }
    }
    Ok(writers)
}

impl TryFrom<Description> for LayerGraph {
    type Error = GraphError;

    fn try_from(description: Description) -> Result<Self, GraphError> {
        Self::new(description)
    }
}

impl From<LayerGraph> for Description {
    fn from(graph: LayerGraph) -> Self {
        graph.description
    }
}
