//! ONNX messages to a [`GraphSpec`]: the only module that knows the file format.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use glassboard_checkpoints::onnx::proto::{
    AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
};
use glassboard_checkpoints::onnx::{bytes_of, from_bytes, load};
use glassboard_checkpoints::{CheckpointError, Dtype};

use crate::error::EngineError;
use crate::graph::{Attr, GraphSpec, NodeSpec, Port};
use crate::value::{Elem, Plain};

/// Subgraphs nested deeper than this are refused.
const MAX_DEPTH: usize = 64;

fn refused(error: CheckpointError) -> EngineError {
    match error {
        CheckpointError::Unsupported(text) => EngineError::Unsupported(text),
        other => EngineError::Load(other.to_string()),
    }
}

/// Reads a model file.
///
/// # Errors
/// [`EngineError::Load`] where the file is broken, [`EngineError::Unsupported`] where it holds what
/// is not read (external data).
pub fn read(path: &Path) -> Result<GraphSpec, EngineError> {
    from_model(&load(path).map_err(refused)?)
}

/// The same for a file that is in memory.
pub fn read_bytes(bytes: &[u8]) -> Result<GraphSpec, EngineError> {
    from_model(&from_bytes(bytes).map_err(refused)?)
}

/// From a decoded model.
pub fn from_model(model: &ModelProto) -> Result<GraphSpec, EngineError> {
    let graph = model
        .graph
        .as_ref()
        .ok_or_else(|| EngineError::Load("this ONNX file holds no graph".into()))?;
    let opsets: BTreeMap<String, i64> = model
        .opset_import
        .iter()
        .map(|o| {
            (
                if o.domain == "ai.onnx" {
                    String::new()
                } else {
                    o.domain.clone()
                },
                o.version,
            )
        })
        .collect();
    let mut spec = from_graph(graph, 0)?;
    spec.opsets = opsets;
    Ok(spec)
}

fn from_graph(graph: &GraphProto, depth: usize) -> Result<GraphSpec, EngineError> {
    if depth > MAX_DEPTH {
        return Err(EngineError::Graph(format!(
            "subgraphs are nested more than {MAX_DEPTH} deep"
        )));
    }
    let mut spec = GraphSpec::default();
    for tensor in &graph.initializer {
        match plain(tensor) {
            Ok(p) => spec.initializers.push((tensor.name.clone(), p)),
            Err(CheckpointError::Unsupported(text)) => spec.unreadable.push((tensor.name.clone(), text)),
            Err(error) => return Err(refused(error)),
        }
    }
    for sparse in &graph.sparse_initializer {
        if let Some(values) = &sparse.values {
            spec.unreadable
                .push((values.name.clone(), "sparse tensors are not read".into()));
        }
    }
    spec.inputs = graph.input.iter().map(port).collect();
    spec.outputs = graph.output.iter().map(port).collect();
    spec.nodes = graph.node.iter().map(|n| node(n, depth)).collect::<Result<_, _>>()?;
    Ok(spec)
}

fn port(info: &ValueInfoProto) -> Port {
    let (elem, shape) = info.tensor_shape().unwrap_or_default();
    let code = info
        .r#type
        .as_ref()
        .and_then(|t| t.tensor_type.as_ref())
        .map_or(elem, |t| t.elem_type);
    Port {
        name: info.name.clone(),
        elem: Elem::from_onnx(code),
        shape,
    }
}

fn node(raw: &NodeProto, depth: usize) -> Result<NodeSpec, EngineError> {
    let mut attrs = BTreeMap::new();
    for a in &raw.attribute {
        attrs.insert(a.name.clone(), attribute(a, depth)?);
    }
    Ok(NodeSpec {
        name: raw.name.clone(),
        op: raw.op_type.clone(),
        domain: raw.domain.clone(),
        inputs: raw.input.clone(),
        outputs: raw.output.clone(),
        attrs,
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn attribute(a: &AttributeProto, depth: usize) -> Result<Attr, EngineError> {
    if !a.ref_attr_name.is_empty() {
        return Ok(Attr::Other("a reference to a function's attribute"));
    }
    Ok(match a.r#type {
        1 => Attr::Float(a.f),
        3 => Attr::Str(text(&a.s)),
        4 => match a.t.as_ref().map(plain) {
            Some(Ok(p)) => Attr::Tensor(p),
            Some(Err(CheckpointError::Unsupported(_))) => Attr::Other("a tensor of an element type that is not read"),
            Some(Err(error)) => return Err(refused(error)),
            None => Attr::Other("an empty tensor"),
        },
        5 => match &a.g {
            Some(g) => Attr::Graph(Arc::new(from_graph(g, depth + 1)?)),
            None => Attr::Other("an empty graph"),
        },
        6 => Attr::Floats(a.floats.clone()),
        7 => Attr::Ints(a.ints.clone()),
        8 => Attr::Strs(a.strings.iter().map(|s| text(s)).collect()),
        // Very old writers leave the type out.
        0 if !a.ints.is_empty() => Attr::Ints(a.ints.clone()),
        0 if !a.floats.is_empty() => Attr::Floats(a.floats.clone()),
        0 if !a.s.is_empty() => Attr::Str(text(&a.s)),
        0 if a.f != 0.0 => Attr::Float(a.f),
        0 | 2 => Attr::Int(a.i),
        _ => Attr::Other("an attribute of a kind that is not read"),
    })
}

fn floats<const N: usize>(bytes: &[u8], f: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks::<N>().0.iter().map(|c| f(*c)).collect()
}

fn ints<const N: usize>(bytes: &[u8], f: impl Fn([u8; N]) -> i64) -> Vec<i64> {
    bytes.as_chunks::<N>().0.iter().map(|c| f(*c)).collect()
}

/// A constant as a plain array; floats become `f32`.
fn plain(tensor: &TensorProto) -> Result<Plain, CheckpointError> {
    let t = bytes_of(tensor)?;
    let (shape, b) = (t.shape, &*t.bytes);
    Ok(match t.dtype {
        Dtype::F32 => Plain::float(shape, Elem::F32, floats(b, f32::from_le_bytes)),
        Dtype::F64 => Plain::double(
            shape,
            b.as_chunks::<8>().0.iter().map(|c| f64::from_le_bytes(*c)).collect(),
        ),
        Dtype::F16 => Plain::float(shape, Elem::F16, floats(b, |c| half::f16::from_le_bytes(c).to_f32())),
        Dtype::Bf16 => Plain::float(shape, Elem::BF16, floats(b, |c| half::bf16::from_le_bytes(c).to_f32())),
        Dtype::I64 => Plain::int(shape, Elem::I64, ints(b, i64::from_le_bytes)),
        Dtype::U64 => Plain::int(shape, Elem::U64, ints(b, i64::from_le_bytes)),
        Dtype::I32 => Plain::int(shape, Elem::I32, ints(b, |c| i64::from(i32::from_le_bytes(c)))),
        Dtype::U32 => Plain::int(shape, Elem::U32, ints(b, |c| i64::from(u32::from_le_bytes(c)))),
        Dtype::I16 => Plain::int(shape, Elem::I16, ints(b, |c| i64::from(i16::from_le_bytes(c)))),
        Dtype::U16 => Plain::int(shape, Elem::U16, ints(b, |c| i64::from(u16::from_le_bytes(c)))),
        Dtype::I8 => Plain::int(shape, Elem::I8, ints(b, |c: [u8; 1]| i64::from(c[0].cast_signed()))),
        Dtype::U8 => Plain::int(shape, Elem::U8, ints(b, |c: [u8; 1]| i64::from(c[0]))),
        Dtype::Bool => Plain::int(shape, Elem::Bool, ints(b, |c: [u8; 1]| i64::from(c[0] != 0))),
        other => {
            return Err(CheckpointError::Unsupported(format!(
                "tensor `{}` holds {}, which is not computed with",
                tensor.name,
                other.name()
            )));
        }
    })
}
