//! ONNX messages to a [`GraphSpec`]: the only module that knows the file format.
//!
//! Names stay the author's. Initialisers become handles whose elements are read when a session is made; tensors in
//! attributes and in subgraphs, which are small, are read here, within a budget. Functions of the model are written
//! out where they are called ([`functions`]).

mod functions;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use glassboard_checkpoints::onnx::proto::{
    AttributeProto, AttributeType, DataType, DimensionValue, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    SparseTensorProto, TensorProto, ValueInfoProto,
};
use glassboard_checkpoints::onnx::{Sparse, Stored, from_bytes, load, strings};
use glassboard_checkpoints::{CheckpointError, Reach};

use crate::constant::Constant;
use crate::error::EngineError;
use crate::graph::{Attr, Axis, GraphSpec, NodeSpec, Port};
use crate::value::{Elem, Plain};
use functions::{Functions, Scope};

/// Subgraphs and calls of functions nested deeper than this are refused.
const MAX_DEPTH: usize = 64;
/// Most bytes of tensors that are read while the graph is built: those in attributes and in subgraphs.
const MAX_EAGER_BYTES: u64 = 1 << 30;

fn refused(error: CheckpointError) -> EngineError {
    match error {
        CheckpointError::Unsupported(text) => EngineError::Unsupported(text),
        other => EngineError::Load(other.to_string()),
    }
}

/// Reads a model file.
///
/// # Errors
/// [`EngineError::Load`] where the file is broken, [`EngineError::Unsupported`] where it is no ONNX file.
pub fn read(path: &Path, reach: Reach) -> Result<GraphSpec, EngineError> {
    from_model(&load(path, reach).map_err(refused)?)
}

/// The same for a file that is in memory.
pub fn read_bytes(bytes: &[u8]) -> Result<GraphSpec, EngineError> {
    from_model(&from_bytes(bytes.to_vec()).map_err(refused)?)
}

/// From a decoded model.
///
/// # Errors
/// [`EngineError::Load`] and [`EngineError::Graph`] where something in it makes no sense or is too large. A tensor that
/// cannot be read is no error here: it fails the nodes that need it.
pub fn from_model(model: &ModelProto) -> Result<GraphSpec, EngineError> {
    let graph = model
        .graph
        .as_ref()
        .ok_or_else(|| EngineError::Load("this ONNX file holds no graph".into()))?;
    let mut importer = Importer {
        functions: Functions::of(model)?,
        eager: 0,
    };
    let mut spec = importer.graph(graph, &mut Scope::top(), 0)?;
    spec.opsets = opsets(&model.opset_import);
    Ok(spec)
}

/// Versions by domain; `ai.onnx` is the empty one.
fn opsets(imports: &[OperatorSetIdProto]) -> BTreeMap<String, i64> {
    imports
        .iter()
        .map(|o| (domain(&o.domain).to_owned(), o.version))
        .collect()
}

fn domain(name: &str) -> &str {
    if name == "ai.onnx" { "" } else { name }
}

struct Importer<'m> {
    functions: Functions<'m>,
    /// Bytes of tensors that were read.
    eager: u64,
}

impl<'m> Importer<'m> {
    fn graph(&mut self, graph: &'m GraphProto, scope: &mut Scope<'m>, depth: usize) -> Result<GraphSpec, EngineError> {
        if depth > MAX_DEPTH {
            return Err(EngineError::Graph(format!(
                "subgraphs are nested more than {MAX_DEPTH} deep"
            )));
        }
        let mut spec = GraphSpec::default();
        for tensor in &graph.initializer {
            let name = self.functions.name(scope, &tensor.info.name)?;
            let constant = constant(tensor).and_then(|c| self.settled(c, depth));
            keep(&mut spec, name, constant)?;
        }
        for tensor in &graph.sparse_initializer {
            let name = tensor.values.as_ref().map_or("", |values| values.info.name.as_str());
            let name = self.functions.name(scope, name)?;
            let constant = sparse(tensor).and_then(|c| self.settled(c, depth));
            keep(&mut spec, name, constant)?;
        }
        spec.inputs = self.ports(&graph.input, scope)?;
        spec.outputs = self.ports(&graph.output, scope)?;
        spec.value_info = self.ports(&graph.value_info, scope)?;
        spec.nodes.reserve(graph.node.len());
        for raw in &graph.node {
            self.node(raw, scope, &mut spec, depth)?;
        }
        Ok(spec)
    }

    /// The constants of subgraphs are read once, not at every turn of a loop.
    fn settled(&mut self, constant: Constant, depth: usize) -> Result<Constant, CheckpointError> {
        if depth == 0 {
            return Ok(constant);
        }
        Ok(self.now(&constant)?.into())
    }

    /// Reads a constant, within the budget.
    fn now(&mut self, constant: &Constant) -> Result<Plain, CheckpointError> {
        self.eager = self.eager.saturating_add(constant.bytes());
        if self.eager > MAX_EAGER_BYTES {
            return Err(CheckpointError::Limit(format!(
                "the tensors in attributes and subgraphs of this model take more than {} MiB; make them initialisers",
                MAX_EAGER_BYTES >> 20
            )));
        }
        constant
            .load()
            .map_err(|error| CheckpointError::Damaged(error.to_string()))
    }

    fn ports(&mut self, infos: &'m [ValueInfoProto], scope: &mut Scope<'m>) -> Result<Vec<Port>, EngineError> {
        infos
            .iter()
            .map(|info| {
                let mut port = port(info);
                port.name = self.functions.name(scope, &info.name)?;
                Ok(port)
            })
            .collect()
    }

    /// Adds a node, or the nodes of the function that it calls.
    fn node(
        &mut self,
        raw: &'m NodeProto,
        scope: &mut Scope<'m>,
        spec: &mut GraphSpec,
        depth: usize,
    ) -> Result<(), EngineError> {
        if let Some(function) = self.functions.called_by(raw) {
            return self.call(raw, function, scope, spec, depth);
        }
        let mut attrs = BTreeMap::new();
        for a in &raw.attribute {
            if let Some(attr) = self.attribute(a, scope, depth)? {
                attrs.insert(a.name.clone(), attr);
            }
        }
        let node = NodeSpec {
            name: self.functions.node_name(scope, &raw.name)?,
            op: raw.op_type.clone(),
            domain: domain(&raw.domain).to_owned(),
            inputs: self.names(&raw.input, scope)?,
            outputs: self.names(&raw.output, scope)?,
            attrs,
            opset: scope.opset(domain(&raw.domain)),
        };
        self.functions.count_node()?;
        spec.nodes.push(node);
        Ok(())
    }

    fn names(&mut self, names: &'m [String], scope: &mut Scope<'m>) -> Result<Vec<String>, EngineError> {
        names.iter().map(|name| self.functions.name(scope, name)).collect()
    }

    /// An attribute; `None` for a reference to an attribute of the function that was not given.
    fn attribute(
        &mut self,
        a: &'m AttributeProto,
        scope: &mut Scope<'m>,
        depth: usize,
    ) -> Result<Option<Attr>, EngineError> {
        if !a.ref_attr_name.is_empty() {
            return self.functions.given(scope, &a.ref_attr_name);
        }
        let kind = AttributeType::try_from(a.r#type);
        Ok(Some(match kind {
            Ok(AttributeType::Float) => Attr::Float(a.f),
            Ok(AttributeType::String) => Attr::Str(text(&a.s)),
            Ok(AttributeType::Tensor) => match &a.t {
                Some(tensor) => self.tensor(constant(tensor))?,
                None => Attr::Other("an empty tensor"),
            },
            Ok(AttributeType::SparseTensor) => match &a.sparse_tensor {
                Some(tensor) => self.tensor(sparse(tensor))?,
                None => Attr::Other("an empty tensor"),
            },
            Ok(AttributeType::Graph) => match &a.g {
                Some(graph) => Attr::Graph(Arc::new(self.graph(graph, scope, depth + 1)?)),
                None => Attr::Other("an empty graph"),
            },
            Ok(AttributeType::Floats) => Attr::Floats(a.floats.clone()),
            Ok(AttributeType::Ints) => Attr::Ints(a.ints.clone()),
            Ok(AttributeType::Strings) => Attr::Strs(a.strings.iter().map(|s| text(s)).collect()),
            Ok(AttributeType::TypeProto | AttributeType::TypeProtos) => Attr::Other("a type"),
            // Very old writers leave the type out.
            Ok(AttributeType::Undefined) if !a.ints.is_empty() => Attr::Ints(a.ints.clone()),
            Ok(AttributeType::Undefined) if !a.floats.is_empty() => Attr::Floats(a.floats.clone()),
            Ok(AttributeType::Undefined) if !a.s.is_empty() => Attr::Str(text(&a.s)),
            Ok(AttributeType::Undefined) if a.f != 0.0 => Attr::Float(a.f),
            Ok(AttributeType::Int | AttributeType::Undefined) => Attr::Int(a.i),
            Ok(AttributeType::Tensors | AttributeType::Graphs | AttributeType::SparseTensors) | Err(_) => {
                Attr::Other("an attribute of a kind that is not read")
            }
        }))
    }

    fn tensor(&mut self, constant: Result<Constant, CheckpointError>) -> Result<Attr, EngineError> {
        match constant.and_then(|c| self.now(&c)) {
            Ok(plain) => Ok(Attr::Tensor(plain)),
            Err(CheckpointError::Unsupported(_)) => Ok(Attr::Other("a tensor of an element type that is not read")),
            Err(error) => Err(refused(error)),
        }
    }
}

/// Files a constant under its name, or the reason why it cannot be read.
fn keep(spec: &mut GraphSpec, name: String, constant: Result<Constant, CheckpointError>) -> Result<(), EngineError> {
    match constant {
        Ok(constant) => spec.initializers.push((name, constant)),
        Err(CheckpointError::Unsupported(text)) => spec.unreadable.push((name, text)),
        Err(error) => return Err(refused(error)),
    }
    Ok(())
}

/// Every name of a value and a node in a model, so that names made for written-out functions are new.
fn authors_names(graph: &GraphProto, into: &mut HashSet<String>) {
    into.extend(graph.initializer.iter().map(|t| t.info.name.clone()));
    into.extend(graph.input.iter().chain(&graph.output).map(|info| info.name.clone()));
    for node in &graph.node {
        into.extend(node.output.iter().chain([&node.name]).cloned());
        for a in &node.attribute {
            for inner in a.g.as_deref().into_iter().chain(&a.graphs) {
                authors_names(inner, into);
            }
        }
    }
}

fn port(info: &ValueInfoProto) -> Port {
    let tensor = info.tensor();
    Port {
        name: info.name.clone(),
        elem: tensor.and_then(|t| Elem::from_onnx(t.elem_type)),
        shape: tensor.and_then(|t| t.shape.as_ref()).map(|shape| {
            let axes = shape.dim.iter().map(|axis| match &axis.value {
                Some(DimensionValue::Size(size)) => usize::try_from(*size).map_or(Axis::Free, Axis::Known),
                Some(DimensionValue::Name(name)) if !name.is_empty() => Axis::Named(name.clone()),
                _ => Axis::Free,
            });
            axes.collect()
        }),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn constant(tensor: &TensorProto) -> Result<Constant, CheckpointError> {
    if tensor.info.data_type == DataType::String as i32 {
        let (shape, texts) = strings(tensor)?;
        return Ok(Plain::text(shape, texts).into());
    }
    Constant::stored(Stored::find(tensor)?)
}

fn sparse(tensor: &SparseTensorProto) -> Result<Constant, CheckpointError> {
    Constant::sparse(Sparse::find(tensor)?)
}
