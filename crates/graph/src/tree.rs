//! The ordered nodes folded into groups.

use std::collections::HashMap;
use std::ops::Range;

use crate::{
    Description,
    scope::Scopes,
    stack::{self, Structure},
};

/// A list longer than this is folded into runs of [`RUN`], so that no level is a wall of rows.
const MAX_CHILDREN: usize = 40;
/// Length of the runs that a long list is folded into.
const RUN: usize = 25;

/// Groups, and what lies at the top.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    pub groups: Vec<Group>,
    /// Children of the graph itself, graph inputs and outputs among them.
    pub top: Vec<Child>,
    /// Id and label of each node, by place.
    pub nodes: Vec<Name>,
    /// Ids of graph inputs and outputs.
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
}

/// How a node is called.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub id: String,
    pub label: String,
}

/// A folded run of children.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub id: String,
    pub label: String,
    pub children: Vec<Child>,
    /// Places of the nodes inside; empty for folded inputs and outputs.
    pub places: Range<usize>,
    /// How many neighbours of one structure it holds, 0 where it is no stack.
    pub stack: usize,
    /// Whether it is a stack and nothing else: without stacks its children take its place.
    pub dissolves: bool,
    /// Which structure it has, where others have the same.
    pub structure: Option<u32>,
}

/// What a group holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Child {
    Input(usize),
    Group(usize),
    Place(usize),
    Output(usize),
}

impl Tree {
    /// Folds the nodes, in `order`, by their scopes.
    pub fn fold(description: &Description, order: &[usize], scopes: &Scopes, structure: Option<Structure<'_>>) -> Self {
        let mut folder = Folder {
            tree: Self::default(),
            paths: order.iter().map(|node| scopes.path(scopes.of[*node])).collect(),
            scopes,
            instances: HashMap::new(),
            ids: HashMap::new(),
            structure,
            kinds: Vec::new(),
        };
        folder.name_nodes(description, order);
        let mut level = 0;
        // A module that wraps the whole graph tells nothing.
        while order.len() > 1 && folder.wraps_all(level) {
            level += 1;
        }
        let body = folder.level(0..order.len(), level);
        let (body, _) = folder.stacks(body, "");
        let body = folder.runs(body, "", "ops");
        let inputs = (0..description.inputs.len()).map(Child::Input).collect();
        let outputs = (0..description.outputs.len()).map(Child::Output).collect();
        let mut top = folder.ports(inputs, "inputs");
        top.extend(body);
        top.extend(folder.ports(outputs, "outputs"));
        folder.tree.top = top;
        folder.number_structures();
        folder.tree
    }
}

struct Folder<'a> {
    tree: Tree,
    /// Scopes of each place, outermost first.
    paths: Vec<Vec<usize>>,
    scopes: &'a Scopes,
    /// How often a scope was met: one that the order has to interrupt comes back as another group.
    instances: HashMap<usize, usize>,
    /// Ids that are taken, each with how often it was asked for again.
    ids: HashMap<String, usize>,
    /// Where stacks are wanted.
    structure: Option<Structure<'a>>,
    /// Groups that are scopes, each with its structure.
    kinds: Vec<(usize, u64)>,
}

impl Folder<'_> {
    fn name_nodes(&mut self, description: &Description, order: &[usize]) {
        for (i, port) in description.inputs.iter().enumerate() {
            let id = self.unique(if port.name.is_empty() {
                format!("in:{i}")
            } else {
                format!("in:{}", port.name)
            });
            self.tree.inputs.push(id);
        }
        for (i, port) in description.outputs.iter().enumerate() {
            let id = self.unique(if port.name.is_empty() {
                format!("out:{i}")
            } else {
                format!("out:{}", port.name)
            });
            self.tree.outputs.push(id);
        }
        for node in order.iter().map(|i| &description.nodes[*i]) {
            let output = node.outputs.iter().find(|name| !name.is_empty());
            let id = self.unique(output.cloned().unwrap_or_else(|| format!("node:{}", node.name)));
            let last = node.name.rsplit('/').next().unwrap_or_default();
            let label = if last.is_empty() {
                node.op.clone()
            } else {
                last.to_owned()
            };
            self.tree.nodes.push(Name { id, label });
        }
    }

    /// `base`, or `base#2` and so on where it is taken.
    fn unique(&mut self, base: String) -> String {
        // Counting on from the last one keeps a file of equal names linear.
        let mut count = self.ids.get(&base).copied().unwrap_or(0);
        let mut id = base.clone();
        while self.ids.contains_key(&id) {
            count += 1;
            id = format!("{base}#{}", count + 1);
        }
        self.ids.insert(base, count);
        self.ids.entry(id.clone()).or_insert(0);
        id
    }

    fn wraps_all(&self, level: usize) -> bool {
        let first = self.paths.first().and_then(|path| path.get(level));
        first.is_some() && self.paths.iter().all(|path| path.get(level) == first)
    }

    /// The children of one scope: its places cut wherever the next level's name changes.
    fn level(&mut self, places: Range<usize>, level: usize) -> Vec<Child> {
        let mut children = Vec::new();
        let mut start = places.start;
        while start < places.end {
            let Some(scope) = self.paths[start].get(level).copied() else {
                children.push(Child::Place(start));
                start += 1;
                continue;
            };
            let length = self.paths[start..places.end]
                .iter()
                .take_while(|path| path.get(level) == Some(&scope))
                .count();
            children.push(self.group(scope, start..start + length, level));
            start += length;
        }
        children
    }

    /// A run of places of one scope: a node where there is only one, else a group. A group whose
    /// only child is a group takes its place under both names.
    fn group(&mut self, scope: usize, places: Range<usize>, level: usize) -> Child {
        let instance = self.instances.entry(scope).or_insert(0);
        *instance += 1;
        let instance = *instance;
        let mut label = self.label(scope);
        if places.len() == 1 {
            for inner in self.paths[places.start].clone().into_iter().skip(level + 1) {
                label = join(&label, &self.label(inner));
            }
            self.tree.nodes[places.start].label = label;
            return Child::Place(places.start);
        }
        let children = self.level(places.clone(), level + 1);
        if let [Child::Group(inner)] = children[..] {
            let group = &mut self.tree.groups[inner];
            group.label = join(&label, &group.label);
            return Child::Group(inner);
        }
        if instance > 1 {
            label = format!("{label} ({instance})");
        }
        let path: Vec<&str> = self
            .scopes
            .path(scope)
            .into_iter()
            .map(|one| self.scopes.name[one].as_str())
            .collect();
        let id = self.unique(format!("{}/", path.join("/")));
        let (children, stack) = self.stacks(children, &id);
        let children = self.runs(children, &id, "ops");
        if let Some(structure) = &self.structure {
            self.kinds.push((self.tree.groups.len(), structure.of(places.clone())));
        }
        self.push(Group {
            id,
            label,
            children,
            places,
            stack,
            dissolves: false,
            structure: None,
        })
    }

    /// Folds neighbours of one name and structure. Where all are one stack the parent may be it: then they
    /// stay as they are, and their number is said.
    fn stacks(&mut self, children: Vec<Child>, parent: &str) -> (Vec<Child>, usize) {
        let Some(structure) = self.structure else {
            return (children, 0);
        };
        let keys: Vec<Option<(String, u64)>> = children
            .iter()
            .map(|child| {
                let places = self.places(*child)?;
                Some((stack::numbered(self.label_of(*child)).0, structure.of(places)))
            })
            .collect();
        let mut folded = Vec::with_capacity(children.len());
        let mut start = 0;
        while start < children.len() {
            let alike = keys[start..]
                .iter()
                .take_while(|key| key.is_some() && **key == keys[start]);
            let end = start + alike.count().max(1);
            if end - start < stack::FEWEST {
                folded.extend_from_slice(&children[start..end]);
            } else if !parent.is_empty() && end - start == children.len() {
                return (children, end - start);
            } else {
                folded.push(self.stack(&children[start..end], parent));
            }
            start = end;
        }
        (folded, 0)
    }

    fn stack(&mut self, members: &[Child], parent: &str) -> Child {
        let (first, last) = (members[0], members[members.len() - 1]);
        let (stem, from) = stack::numbered(self.label_of(first));
        let (_, until) = stack::numbered(self.label_of(last));
        let label = format!("{stem} [{}–{}]", from.unwrap_or("0"), until.unwrap_or("0"));
        let places = match (self.places(first), self.places(last)) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        };
        let id = self.unique(format!("{parent}{label}/"));
        let children = self.runs(members.to_vec(), &id, "of");
        self.push(Group {
            id,
            label,
            children,
            places,
            stack: members.len(),
            dissolves: true,
            structure: None,
        })
    }

    /// Structures that more than one group has get a number, in the order of the outline.
    fn number_structures(&mut self) {
        let mut kinds = std::mem::take(&mut self.kinds);
        kinds.sort_by_key(|(group, _)| self.tree.groups[*group].places.start);
        let mut count: HashMap<u64, usize> = HashMap::new();
        for (_, kind) in &kinds {
            *count.entry(*kind).or_default() += 1;
        }
        let mut numbers: HashMap<u64, u32> = HashMap::new();
        for (group, kind) in kinds.into_iter().filter(|(_, kind)| count[kind] > 1) {
            let next = numbers.len() as u32;
            self.tree.groups[group].structure = Some(*numbers.entry(kind).or_insert(next));
        }
    }

    fn label_of(&self, child: Child) -> &str {
        match child {
            Child::Group(group) => &self.tree.groups[group].label,
            Child::Place(place) => &self.tree.nodes[place].label,
            Child::Input(_) | Child::Output(_) => "",
        }
    }

    /// The scope's own name; a bare number says whose.
    fn label(&self, scope: usize) -> String {
        let name = &self.scopes.name[scope];
        let parent = self.scopes.parent[scope];
        if parent != 0 && name.bytes().all(|byte| byte.is_ascii_digit()) {
            return format!("{}.{name}", self.label(parent));
        }
        name.clone()
    }

    fn push(&mut self, group: Group) -> Child {
        self.tree.groups.push(group);
        Child::Group(self.tree.groups.len() - 1)
    }

    /// Folds a list that is too long into runs of about [`RUN`], and those again.
    fn runs(&mut self, mut children: Vec<Child>, parent: &str, word: &str) -> Vec<Child> {
        // Which of the list's own items each child stands for, counted from 0.
        let mut items: Vec<Range<usize>> = (0..children.len()).map(|i| i..i + 1).collect();
        while children.len() > MAX_CHILDREN {
            let count = children.len().div_ceil(RUN);
            let mut folded = Vec::with_capacity(count);
            let mut spans = Vec::with_capacity(count);
            for i in 0..count {
                // Even runs: none is left with a single child.
                let run = i * children.len() / count..(i + 1) * children.len() / count;
                let (first, last) = (run.start, run.end - 1);
                let places = match (self.places(children[first]), self.places(children[last])) {
                    (Some(first), Some(last)) => first.start..last.end,
                    _ => 0..0,
                };
                let span = items[first].start..items[last].end;
                let label = format!("{word} {}–{}", span.start + 1, span.end);
                let id = self.unique(format!("{parent}{label}/"));
                folded.push(self.push(Group {
                    id,
                    label,
                    children: children[run].to_vec(),
                    places,
                    stack: 0,
                    dissolves: false,
                    structure: None,
                }));
                spans.push(span);
            }
            (children, items) = (folded, spans);
        }
        children
    }

    /// Inputs or outputs; more than six become one group.
    fn ports(&mut self, ports: Vec<Child>, word: &str) -> Vec<Child> {
        if ports.len() <= 6 {
            return ports;
        }
        let id = self.unique(format!("{word}:/"));
        let label = format!("{} {word}", ports.len());
        let children = self.runs(ports, &id, word);
        vec![self.push(Group {
            id,
            label,
            children,
            places: 0..0,
            stack: 0,
            dissolves: false,
            structure: None,
        })]
    }

    fn places(&self, child: Child) -> Option<Range<usize>> {
        match child {
            Child::Group(group) => Some(self.tree.groups[group].places.clone()).filter(|places| !places.is_empty()),
            Child::Place(place) => Some(place..place + 1),
            Child::Input(_) | Child::Output(_) => None,
        }
    }
}

/// `layer1.block0`; an inner name that already says the outer one stands alone.
fn join(outer: &str, inner: &str) -> String {
    let said = inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
    if said {
        inner.to_owned()
    } else {
        format!("{outer}.{inner}")
    }
}
