//! Which module each node belongs to, read from metadata or names.

use std::collections::{HashMap, HashSet};

use crate::{Description, Node};

/// Scopes deeper than this keep their remaining levels as one name.
const MAX_DEPTH: usize = 24;

/// Operators whose instance name the exporter puts last carry no scope; these words neither.
const TENSOR_WORDS: [&str; 8] = [
    "weight",
    "bias",
    "running_mean",
    "running_var",
    "scale",
    "gamma",
    "beta",
    "in_proj_weight",
];

/// The module path of a node from its `metadata_props` (PyTorch's dynamo exporter writes
/// `pkg.torch.onnx.name_scopes` or `namespace`), for [`Node::scope`]; `None` where neither is there.
pub fn scope_from_metadata<'a>(properties: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Vec<String>> {
    let mut namespace = None;
    for (key, value) in properties {
        match key {
            // "['', 'layer1', 'layer1.block0', 'conv2d']": qualified names, the operation last.
            "pkg.torch.onnx.name_scopes" => {
                let parts: Vec<&str> = value.trim_matches(['[', ']']).split(',').map(trim_quotes).collect();
                return Some(split_dots(parts.iter().rev().nth(1).copied().unwrap_or_default()));
            }
            // ": Net/layer1: torch.nn.Sequential/layer1.block0: .../conv2d: aten.conv2d.default"
            "namespace" => namespace = Some(value),
            _ => {}
        }
    }
    let parts: Vec<&str> = namespace?
        .split('/')
        .map(|part| part.split(':').next().unwrap_or_default().trim())
        .collect();
    Some(split_dots(parts.iter().rev().nth(1).copied().unwrap_or_default()))
}

fn trim_quotes(part: &str) -> &str {
    part.trim().trim_matches(['\'', '"'])
}

fn split_dots(path: &str) -> Vec<String> {
    path.split('.')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The tree of scopes and where each node is in it. Scope 0 is the whole graph.
#[derive(Debug)]
pub(crate) struct Scopes {
    /// Innermost scope of each node of the description.
    pub of: Vec<usize>,
    /// Parent of each scope; the root is its own.
    pub parent: Vec<usize>,
    /// Name of each scope, one level.
    pub name: Vec<String>,
    /// Levels below the root.
    pub depth: Vec<usize>,
}

impl Scopes {
    /// The scopes from below the root down to `scope`.
    pub fn path(&self, scope: usize) -> Vec<usize> {
        let mut path = Vec::with_capacity(self.depth[scope]);
        let mut at = scope;
        while at != 0 {
            path.push(at);
            at = self.parent[at];
        }
        path.reverse();
        path
    }
}

/// The scope of every node: the file's own word first, then slashes in node names, then, in files
/// that have neither, dots in the names of the tensors that the nodes read.
pub(crate) fn of_nodes(description: &Description) -> Scopes {
    let constants: HashSet<&str> = description.constants.iter().map(|one| one.name.as_str()).collect();
    let told = description
        .nodes
        .iter()
        .any(|node| node.scope.as_ref().is_some_and(|path| !path.is_empty()));
    let slashed = description
        .nodes
        .iter()
        .any(|node| module_of_name(&node.name).next().is_some());
    let paths: Vec<Vec<&str>> = if told || slashed {
        description
            .nodes
            .iter()
            .map(|node| from_node(node, &constants))
            .collect()
    } else {
        from_tensors(&description.nodes, &constants)
    };
    plant(&paths)
}

/// The levels of a node's name but the last, which names the operation.
fn module_of_name(name: &str) -> impl Iterator<Item = &str> {
    let module = name.rsplit_once('/').map_or("", |(module, _)| module);
    module.split('/').filter(|part| !part.is_empty())
}

fn from_node<'a>(node: &'a Node, constants: &HashSet<&str>) -> Vec<&'a str> {
    let Some(scope) = &node.scope else {
        return module_of_name(&node.name).collect();
    };
    let told: Vec<&str> = scope.iter().map(String::as_str).collect();
    // An exporter that folds a batch norm into its convolution files it under the norm; the weight
    // still has the convolution's name.
    match module_of_tensors(node, constants) {
        Some(module)
            if module.len() == told.len() && module.split_last().map(|x| x.1) == told.split_last().map(|x| x.1) =>
        {
            module
        }
        _ => told,
    }
}

/// `layer1.block0.conv1` of a node that reads `layer1.block0.conv1.weight`.
fn module_of_tensors<'a>(node: &'a Node, constants: &HashSet<&str>) -> Option<Vec<&'a str>> {
    let named = node.inputs.iter().filter(|name| constants.contains(name.as_str()));
    named
        .filter_map(|name| name.rsplit_once('.'))
        .find_map(|(module, word)| {
            let known = TENSOR_WORDS.iter().any(|one| word.starts_with(one));
            known.then(|| module.split('.').filter(|part| !part.is_empty()).collect())
        })
}

/// Nodes without a tensor of their own get what the modules before and after them share.
fn from_tensors<'a>(nodes: &'a [Node], constants: &HashSet<&str>) -> Vec<Vec<&'a str>> {
    let own: Vec<Option<Vec<&str>>> = nodes.iter().map(|node| module_of_tensors(node, constants)).collect();
    let mut after: Vec<Option<usize>> = vec![None; nodes.len()];
    let mut next = None;
    for i in (0..nodes.len()).rev() {
        after[i] = next;
        next = own[i].as_ref().map(|_| i).or(next);
    }
    let mut before = None;
    let mut paths = Vec::with_capacity(nodes.len());
    for (i, path) in own.iter().enumerate() {
        if let Some(path) = path {
            paths.push(path.clone());
            before = Some(i);
            continue;
        }
        let around = (
            before.and_then(|i: usize| own[i].as_ref()),
            after[i].and_then(|i| own[i].as_ref()),
        );
        paths.push(match around {
            (Some(a), Some(b)) => a.iter().zip(b).take_while(|(x, y)| x == y).map(|(x, _)| *x).collect(),
            _ => Vec::new(),
        });
    }
    paths
}

/// Makes the tree of all paths.
fn plant(paths: &[Vec<&str>]) -> Scopes {
    let mut scopes = Scopes {
        of: Vec::with_capacity(paths.len()),
        parent: vec![0],
        name: vec![String::new()],
        depth: vec![0],
    };
    let mut known: HashMap<(usize, String), usize> = HashMap::new();
    for path in paths {
        let mut at = 0;
        for (level, part) in path.iter().enumerate().take(MAX_DEPTH) {
            let part = if level + 1 == MAX_DEPTH {
                path[level..].join("/")
            } else {
                (*part).to_owned()
            };
            let key = (at, part);
            at = if let Some(scope) = known.get(&key) {
                *scope
            } else {
                let scope = scopes.parent.len();
                scopes.parent.push(at);
                scopes.name.push(key.1.clone());
                scopes.depth.push(level + 1);
                known.insert(key, scope);
                scope
            };
        }
        scopes.of.push(at);
    }
    scopes
}
