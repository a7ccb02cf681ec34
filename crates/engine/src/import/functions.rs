//! Functions of a model, written out where they are called.
//!
//! A call `/encoder/0` of a function whose body makes a value `h` becomes the body's nodes, which make `/encoder/0/h`;
//! the inputs and outputs of the call keep the author's names. Attributes of the call, or their defaults, take the
//! place of references to them. A body may call other functions, but not, by any way round, itself.

use std::collections::{BTreeMap, HashMap, HashSet};

use glassboard_checkpoints::onnx::MAX_NODES;
use glassboard_checkpoints::onnx::proto::{FunctionProto, ModelProto, NodeProto};

use super::{Importer, MAX_DEPTH, authors_names, domain, opsets};
use crate::error::EngineError;
use crate::graph::{Attr, GraphSpec, NodeSpec};

/// Most bytes of names and attributes that writing functions out may make.
const MAX_BYTES: usize = 64 << 20;

/// What tells functions apart: domain, name, overload.
type Key<'m> = (&'m str, &'m str, &'m str);

/// The functions of a model, and what writing them out has made so far.
pub(super) struct Functions<'m> {
    by_key: HashMap<Key<'m>, &'m FunctionProto>,
    /// Names that are taken.
    names: HashSet<String>,
    /// Functions that are being written out, outermost first.
    open: Vec<Key<'m>>,
    nodes: usize,
    bytes: usize,
}

/// Where names mean something: the graph itself, or one call of a function.
pub(super) struct Scope<'m> {
    call: Option<Call<'m>>,
}

struct Call<'m> {
    /// In front of the names of what the body makes.
    prefix: String,
    /// New names by the body's own.
    names: HashMap<&'m str, String>,
    attrs: BTreeMap<String, Attr>,
    opsets: BTreeMap<String, i64>,
}

impl Scope<'_> {
    /// The graph itself.
    pub(super) fn top() -> Self {
        Self { call: None }
    }

    /// The version of a domain that a function's body is written in; `None` outside functions.
    pub(super) fn opset(&self, domain: &str) -> Option<i64> {
        let call = self.call.as_ref()?;
        call.opsets.get(domain).copied()
    }
}

impl<'m> Functions<'m> {
    /// The functions of a model; two of one key are refused.
    pub(super) fn of(model: &'m ModelProto) -> Result<Self, EngineError> {
        let mut by_key = HashMap::new();
        for function in &model.functions {
            let key = (
                domain(&function.domain),
                function.name.as_str(),
                function.overload.as_str(),
            );
            if by_key.insert(key, function).is_some() {
                return Err(EngineError::Graph(format!("two functions are named `{}`", shown(key))));
            }
        }
        let mut names = HashSet::new();
        if let Some(graph) = model.graph.as_ref().filter(|_| !by_key.is_empty()) {
            authors_names(graph, &mut names);
        }
        Ok(Self {
            by_key,
            names,
            open: Vec::new(),
            nodes: 0,
            bytes: 0,
        })
    }

    /// The function that a node calls; functions of the model go before operators of the same name.
    pub(super) fn called_by(&self, node: &NodeProto) -> Option<&'m FunctionProto> {
        if self.by_key.is_empty() {
            return None;
        }
        let key = (domain(&node.domain), node.op_type.as_str(), node.overload.as_str());
        self.by_key.get(&key).copied()
    }

    /// The name of a value in the graph that the functions are written into.
    pub(super) fn name(&mut self, scope: &mut Scope<'m>, name: &'m str) -> Result<String, EngineError> {
        let Some(call) = scope.call.as_mut().filter(|_| !name.is_empty()) else {
            return Ok(name.to_owned());
        };
        if let Some(known) = call.names.get(name) {
            let known = known.clone();
            self.spend(known.len())?;
            return Ok(known);
        }
        let made = format!("{}/{name}", call.prefix);
        let made = self.free(&made)?;
        call.names.insert(name, made.clone());
        Ok(made)
    }

    /// The name of a node; an empty one stays empty.
    pub(super) fn node_name(&mut self, scope: &Scope<'m>, name: &str) -> Result<String, EngineError> {
        match &scope.call {
            Some(call) if !name.is_empty() => {
                let made = format!("{}/{name}", call.prefix);
                self.spend(made.len())?;
                Ok(made)
            }
            _ => Ok(name.to_owned()),
        }
    }

    /// The attribute that the call was given under `name`.
    pub(super) fn given(&mut self, scope: &Scope<'m>, name: &str) -> Result<Option<Attr>, EngineError> {
        let Some(attr) = scope.call.as_ref().and_then(|call| call.attrs.get(name)) else {
            return Ok(None);
        };
        self.spend(match attr {
            Attr::Ints(v) => v.len() * 8,
            Attr::Floats(v) => v.len() * 4,
            Attr::Str(s) => s.len(),
            Attr::Strs(v) => v.iter().map(|s| s.len() + size_of::<String>()).sum(),
            _ => 8,
        })?;
        Ok(Some(attr.clone()))
    }

    /// One more node of the whole graph.
    pub(super) fn count_node(&mut self) -> Result<(), EngineError> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(EngineError::Load(format!(
                "this graph has more than {MAX_NODES} nodes when its functions are written out; that many are read"
            )));
        }
        Ok(())
    }

    /// `wanted`, or what it becomes where that is taken.
    fn free(&mut self, wanted: &str) -> Result<String, EngineError> {
        let mut name = wanted.to_owned();
        let mut number = 1;
        while self.names.contains(&name) {
            number += 1;
            name = format!("{wanted}#{number}");
            self.spend(1)?;
        }
        self.spend(name.len() * 2)?;
        self.names.insert(name.clone());
        Ok(name)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), EngineError> {
        self.bytes += bytes;
        if self.bytes > MAX_BYTES {
            return Err(EngineError::Load(format!(
                "the functions of this model make more than {} MiB of names when they are written out",
                MAX_BYTES >> 20
            )));
        }
        Ok(())
    }
}

impl<'m> Importer<'m> {
    /// Writes `function` out in place of the node that calls it.
    pub(super) fn call(
        &mut self,
        node: &'m NodeProto,
        function: &'m FunctionProto,
        scope: &mut Scope<'m>,
        spec: &mut GraphSpec,
        depth: usize,
    ) -> Result<(), EngineError> {
        let key = (
            domain(&function.domain),
            function.name.as_str(),
            function.overload.as_str(),
        );
        if self.functions.open.contains(&key) {
            return Err(EngineError::Graph(format!(
                "the function `{}` calls itself",
                shown(key)
            )));
        }
        if self.functions.open.len() >= MAX_DEPTH {
            return Err(EngineError::Graph(format!(
                "functions call each other more than {MAX_DEPTH} deep"
            )));
        }
        let inputs = self.names(&node.input, scope)?;
        let outputs = self.names(&node.output, scope)?;
        let mut inner = self.enter(node, function, scope, &inputs, &outputs, depth)?;
        self.functions.open.push(key);
        for info in &function.value_info {
            let mut port = super::port(info);
            port.name = self.functions.name(&mut inner, &info.name)?;
            spec.value_info.push(port);
        }
        for body in &function.node {
            self.node(body, &mut inner, spec, depth)?;
        }
        self.functions.open.pop();
        // What the body hands through, or out twice, has no node that makes it.
        for (formal, actual) in function.output.iter().zip(outputs) {
            let made = self.functions.name(&mut inner, formal)?;
            if !actual.is_empty() && made != actual {
                self.functions.count_node()?;
                spec.nodes.push(NodeSpec {
                    op: "Identity".into(),
                    inputs: vec![made],
                    outputs: vec![actual],
                    opset: Some(inner.opset("").unwrap_or(1)),
                    ..NodeSpec::default()
                });
            }
        }
        Ok(())
    }

    /// The scope of one call.
    fn enter(
        &mut self,
        node: &'m NodeProto,
        function: &'m FunctionProto,
        scope: &mut Scope<'m>,
        inputs: &[String],
        outputs: &[String],
        depth: usize,
    ) -> Result<Scope<'m>, EngineError> {
        let mut attrs = BTreeMap::new();
        for a in &node.attribute {
            if let Some(attr) = self.attribute(a, scope, depth)? {
                attrs.insert(a.name.clone(), attr);
            }
        }
        for a in &function.attribute_proto {
            if !attrs.contains_key(&a.name)
                && let Some(attr) = self.attribute(a, &mut Scope::top(), depth)?
            {
                attrs.insert(a.name.clone(), attr);
            }
        }
        let mut names: HashMap<&str, String> = HashMap::new();
        for (i, formal) in function.input.iter().enumerate() {
            // An input left out is one that the body's nodes leave out too.
            let actual = inputs.get(i).cloned().unwrap_or_default();
            if names.insert(formal, actual).is_some() {
                return Err(EngineError::Graph(format!(
                    "the function `{}` has two inputs named `{formal}`",
                    function.name
                )));
            }
        }
        for (formal, actual) in function.output.iter().zip(outputs) {
            if !actual.is_empty() && !formal.is_empty() {
                names.entry(formal).or_insert_with(|| actual.clone());
            }
        }
        let label = if node.name.is_empty() {
            let first = outputs.iter().find(|name| !name.is_empty());
            first.cloned().unwrap_or_else(|| node.op_type.clone())
        } else {
            self.functions.node_name(scope, &node.name)?
        };
        let mut opsets = opsets(&function.opset_import);
        if let Some(outer) = &scope.call {
            for (domain, version) in &outer.opsets {
                opsets.entry(domain.clone()).or_insert(*version);
            }
        }
        Ok(Scope {
            call: Some(Call {
                prefix: label,
                names,
                attrs,
                opsets,
            }),
        })
    }
}

fn shown((domain, name, overload): Key<'_>) -> String {
    let domain = if domain.is_empty() { "ai.onnx" } else { domain };
    let overload = if overload.is_empty() {
        String::new()
    } else {
        format!(":{overload}")
    };
    format!("{domain}.{name}{overload}")
}
