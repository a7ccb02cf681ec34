//! The ONNX messages, by hand: the field numbers of `onnx.proto3`, nothing generated.
//!
//! Names are the schema's own. Everything that a graph needs to run is here, fields we never read
//! (documentation strings of values, training info) are skipped by prost.

use prost::Message;

pub use super::tensor::{TensorData, TensorInfo, TensorProto};

/// A file.
#[derive(Clone, Message)]
pub struct ModelProto {
    /// IR version.
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    /// Operator sets the graph is written in.
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSetIdProto>,
    /// Who wrote it, for example `pytorch`.
    #[prost(string, tag = "2")]
    pub producer_name: String,
    /// Its version.
    #[prost(string, tag = "3")]
    pub producer_version: String,
    /// Reverse domain name.
    #[prost(string, tag = "4")]
    pub domain: String,
    /// Version of the model.
    #[prost(int64, tag = "5")]
    pub model_version: i64,
    /// For people.
    #[prost(string, tag = "6")]
    pub doc_string: String,
    /// The graph.
    #[prost(message, optional, tag = "7")]
    pub graph: Option<GraphProto>,
    /// Key-values of the author.
    #[prost(message, repeated, tag = "14")]
    pub metadata_props: Vec<StringStringEntryProto>,
    /// Functions that nodes may call as operators.
    #[prost(message, repeated, tag = "25")]
    pub functions: Vec<FunctionProto>,
}

/// One operator set.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct OperatorSetIdProto {
    /// Empty is `ai.onnx`.
    #[prost(string, tag = "1")]
    pub domain: String,
    /// Version.
    #[prost(int64, tag = "2")]
    pub version: i64,
}

/// A key and a value.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct StringStringEntryProto {
    /// Key.
    #[prost(string, tag = "1")]
    pub key: String,
    /// Value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// A function of nodes.
#[derive(Clone, Message)]
pub struct FunctionProto {
    /// The operator type that calls it.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Names of its inputs.
    #[prost(string, repeated, tag = "4")]
    pub input: Vec<String>,
    /// Names of its outputs.
    #[prost(string, repeated, tag = "5")]
    pub output: Vec<String>,
    /// Names of attributes without a default.
    #[prost(string, repeated, tag = "6")]
    pub attribute: Vec<String>,
    /// Attributes with a default.
    #[prost(message, repeated, tag = "11")]
    pub attribute_proto: Vec<AttributeProto>,
    /// Body.
    #[prost(message, repeated, tag = "7")]
    pub node: Vec<NodeProto>,
    /// For people.
    #[prost(string, tag = "8")]
    pub doc_string: String,
    /// Operator sets of the body.
    #[prost(message, repeated, tag = "9")]
    pub opset_import: Vec<OperatorSetIdProto>,
    /// Domain of the function.
    #[prost(string, tag = "10")]
    pub domain: String,
    /// Tells functions of one name apart.
    #[prost(string, tag = "13")]
    pub overload: String,
    /// Types of inner values, where the exporter knew them.
    #[prost(message, repeated, tag = "12")]
    pub value_info: Vec<ValueInfoProto>,
}

/// Nodes and their values.
#[derive(Clone, Message)]
pub struct GraphProto {
    /// Nodes in topological order (as the standard demands; check it).
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<NodeProto>,
    /// Name.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Constants by name.
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<TensorProto>,
    /// Constants in coordinate form.
    #[prost(message, repeated, tag = "15")]
    pub sparse_initializer: Vec<SparseTensorProto>,
    /// For people.
    #[prost(string, tag = "10")]
    pub doc_string: String,
    /// Inputs; old files list initialisers here too.
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfoProto>,
    /// Outputs.
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfoProto>,
    /// Types of inner values, where the exporter knew them.
    #[prost(message, repeated, tag = "13")]
    pub value_info: Vec<ValueInfoProto>,
    /// Key-values of the exporter.
    #[prost(message, repeated, tag = "16")]
    pub metadata_props: Vec<StringStringEntryProto>,
}

/// One operator call.
#[derive(Clone, Message)]
pub struct NodeProto {
    /// Value names; empty = an optional input left out.
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    /// Value names.
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    /// Name; may be empty.
    #[prost(string, tag = "3")]
    pub name: String,
    /// Operator.
    #[prost(string, tag = "4")]
    pub op_type: String,
    /// Operator's domain; empty is `ai.onnx`.
    #[prost(string, tag = "7")]
    pub domain: String,
    /// Tells functions of one name apart.
    #[prost(string, tag = "8")]
    pub overload: String,
    /// Attributes.
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<AttributeProto>,
    /// For people.
    #[prost(string, tag = "6")]
    pub doc_string: String,
    /// Key-values of the exporter (name scopes, in files of the dynamo exporter).
    #[prost(message, repeated, tag = "9")]
    pub metadata_props: Vec<StringStringEntryProto>,
}

/// A named attribute.
#[derive(Clone, Message)]
pub struct AttributeProto {
    /// Name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Inside a function: take the caller's attribute of this name.
    #[prost(string, tag = "21")]
    pub ref_attr_name: String,
    /// Which field holds the value: [`AttributeType`].
    #[prost(int32, tag = "20")]
    pub r#type: i32,
    /// Float.
    #[prost(float, tag = "2")]
    pub f: f32,
    /// Integer.
    #[prost(int64, tag = "3")]
    pub i: i64,
    /// Bytes or UTF-8.
    #[prost(bytes = "vec", tag = "4")]
    pub s: Vec<u8>,
    /// Tensor.
    #[prost(message, optional, boxed, tag = "5")]
    pub t: Option<Box<TensorProto>>,
    /// Graph (`If`, `Loop`, `Scan`).
    #[prost(message, optional, boxed, tag = "6")]
    pub g: Option<Box<GraphProto>>,
    /// Sparse tensor.
    #[prost(message, optional, boxed, tag = "22")]
    pub sparse_tensor: Option<Box<SparseTensorProto>>,
    /// Type.
    #[prost(message, optional, boxed, tag = "14")]
    pub tp: Option<Box<TypeProto>>,
    /// Floats.
    #[prost(float, repeated, tag = "7")]
    pub floats: Vec<f32>,
    /// Integers.
    #[prost(int64, repeated, tag = "8")]
    pub ints: Vec<i64>,
    /// Strings.
    #[prost(bytes = "vec", repeated, tag = "9")]
    pub strings: Vec<Vec<u8>>,
    /// Tensors.
    #[prost(message, repeated, tag = "10")]
    pub tensors: Vec<TensorProto>,
    /// Graphs.
    #[prost(message, repeated, tag = "11")]
    pub graphs: Vec<GraphProto>,
    /// Sparse tensors.
    #[prost(message, repeated, tag = "23")]
    pub sparse_tensors: Vec<SparseTensorProto>,
    /// Types.
    #[prost(message, repeated, tag = "15")]
    pub type_protos: Vec<TypeProto>,
}

/// Which field of an attribute is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
#[expect(missing_docs, reason = "the schema's own names")]
pub enum AttributeType {
    Undefined = 0,
    Float = 1,
    Int = 2,
    String = 3,
    Tensor = 4,
    Graph = 5,
    Floats = 6,
    Ints = 7,
    Strings = 8,
    Tensors = 9,
    Graphs = 10,
    SparseTensor = 11,
    SparseTensors = 12,
    TypeProto = 13,
    TypeProtos = 14,
}

/// Element types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
#[expect(missing_docs, reason = "the schema's own names")]
pub enum DataType {
    Undefined = 0,
    Float = 1,
    Uint8 = 2,
    Int8 = 3,
    Uint16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    Uint32 = 12,
    Uint64 = 13,
    Complex64 = 14,
    Complex128 = 15,
    Bfloat16 = 16,
    Float8e4m3fn = 17,
    Float8e4m3fnuz = 18,
    Float8e5m2 = 19,
    Float8e5m2fnuz = 20,
    Uint4 = 21,
    Int4 = 22,
    Float4e2m1 = 23,
    Float8e8m0 = 24,
    Uint2 = 25,
    Int2 = 26,
    Float6e2m3 = 27,
    Float6e3m2 = 28,
}

/// A tensor in coordinate form.
#[derive(Clone, Message)]
pub struct SparseTensorProto {
    /// The values that are not zero; its name is the tensor's.
    #[prost(message, optional, tag = "1")]
    pub values: Option<TensorProto>,
    /// Their places.
    #[prost(message, optional, tag = "2")]
    pub indices: Option<TensorProto>,
    /// Dense shape.
    #[prost(int64, repeated, tag = "3")]
    pub dims: Vec<i64>,
}

/// Name and type of a value.
#[derive(Clone, PartialEq, Message)]
pub struct ValueInfoProto {
    /// Name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Type.
    #[prost(message, optional, tag = "2")]
    pub r#type: Option<TypeProto>,
    /// For people.
    #[prost(string, tag = "3")]
    pub doc_string: String,
    /// Key-values of the exporter.
    #[prost(message, repeated, tag = "4")]
    pub metadata_props: Vec<StringStringEntryProto>,
}

/// A type.
#[derive(Clone, PartialEq, Message)]
pub struct TypeProto {
    /// Which; `None` = not said, or a kind that is newer than this schema.
    #[prost(oneof = "TypeValue", tags = "1, 4, 5, 8, 9")]
    pub value: Option<TypeValue>,
}

/// The kinds of types.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum TypeValue {
    /// Dense tensor.
    #[prost(message, tag = "1")]
    Tensor(TensorType),
    /// Values of one type, one after another.
    #[prost(message, tag = "4")]
    Sequence(Box<ElementType>),
    /// Keys and values.
    #[prost(message, tag = "5")]
    Map(Box<MapType>),
    /// Tensor in coordinate form.
    #[prost(message, tag = "8")]
    SparseTensor(TensorType),
    /// A value or none.
    #[prost(message, tag = "9")]
    Optional(Box<ElementType>),
}

/// What a sequence or an optional holds.
#[derive(Clone, PartialEq, Message)]
pub struct ElementType {
    /// Its type.
    #[prost(message, optional, boxed, tag = "1")]
    pub elem_type: Option<Box<TypeProto>>,
}

/// What a map holds.
#[derive(Clone, PartialEq, Message)]
pub struct MapType {
    /// [`DataType`] of the keys.
    #[prost(int32, tag = "1")]
    pub key_type: i32,
    /// Type of the values.
    #[prost(message, optional, boxed, tag = "2")]
    pub value_type: Option<Box<TypeProto>>,
}

/// Element type and shape.
#[derive(Clone, PartialEq, Message)]
pub struct TensorType {
    /// [`DataType`].
    #[prost(int32, tag = "1")]
    pub elem_type: i32,
    /// Shape; `None` = rank unknown.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
}

/// A shape.
#[derive(Clone, PartialEq, Message)]
pub struct TensorShapeProto {
    /// Axes.
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<Dimension>,
}

/// One axis.
#[derive(Clone, PartialEq, Message)]
pub struct Dimension {
    /// Size or name; `None` = free.
    #[prost(oneof = "DimensionValue", tags = "1, 2")]
    pub value: Option<DimensionValue>,
}

/// Size or name of an axis.
#[derive(Clone, PartialEq, Eq, Hash, prost::Oneof)]
pub enum DimensionValue {
    /// Size.
    #[prost(int64, tag = "1")]
    Size(i64),
    /// Name, for example `batch`.
    #[prost(string, tag = "2")]
    Name(String),
}

impl ValueInfoProto {
    /// The type, where this is a dense tensor.
    pub fn tensor(&self) -> Option<&TensorType> {
        match self.r#type.as_ref()?.value.as_ref()? {
            TypeValue::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }

    /// Element type and axes (`None` = free), where this is a tensor of known rank.
    pub fn tensor_shape(&self) -> Option<(i32, Vec<Option<usize>>)> {
        let tensor = self.tensor()?;
        let axes = tensor.shape.as_ref()?.dim.iter().map(|axis| match axis.value {
            Some(DimensionValue::Size(size)) => usize::try_from(size).ok(),
            _ => None,
        });
        Some((tensor.elem_type, axes.collect()))
    }
}

impl ModelProto {
    /// Calls `each` with every tensor of the file: initialisers and attributes, at any depth.
    pub(crate) fn each_tensor(&mut self, each: &mut dyn FnMut(&mut TensorProto)) {
        if let Some(graph) = &mut self.graph {
            tensors_of_graph(graph, each);
        }
        for function in &mut self.functions {
            function
                .attribute_proto
                .iter_mut()
                .for_each(|a| tensors_of_attribute(a, each));
            function.node.iter_mut().for_each(|n| tensors_of_node(n, each));
        }
    }
}

fn tensors_of_graph(graph: &mut GraphProto, each: &mut dyn FnMut(&mut TensorProto)) {
    graph.initializer.iter_mut().for_each(&mut *each);
    for sparse in &mut graph.sparse_initializer {
        tensors_of_sparse(sparse, each);
    }
    graph.node.iter_mut().for_each(|node| tensors_of_node(node, each));
}

fn tensors_of_node(node: &mut NodeProto, each: &mut dyn FnMut(&mut TensorProto)) {
    node.attribute.iter_mut().for_each(|a| tensors_of_attribute(a, each));
}

fn tensors_of_attribute(attribute: &mut AttributeProto, each: &mut dyn FnMut(&mut TensorProto)) {
    attribute.t.iter_mut().for_each(|tensor| each(tensor));
    attribute.tensors.iter_mut().for_each(&mut *each);
    attribute
        .sparse_tensor
        .iter_mut()
        .for_each(|sparse| tensors_of_sparse(sparse, each));
    attribute
        .sparse_tensors
        .iter_mut()
        .for_each(|sparse| tensors_of_sparse(sparse, each));
    attribute.g.iter_mut().for_each(|graph| tensors_of_graph(graph, each));
    attribute
        .graphs
        .iter_mut()
        .for_each(|graph| tensors_of_graph(graph, each));
}

fn tensors_of_sparse(sparse: &mut SparseTensorProto, each: &mut dyn FnMut(&mut TensorProto)) {
    sparse.values.iter_mut().chain(&mut sparse.indices).for_each(each);
}
