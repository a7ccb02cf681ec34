//! `summary.proto`, `tensor.proto`, `tensor_shape.proto`, `histogram.proto`: what values are made of.

use prost::Message;

/// What a tag is, as its writer says.
#[derive(Clone, PartialEq, Message)]
pub struct SummaryMetadata {
    /// Whose it is.
    #[prost(message, optional, tag = "1")]
    pub plugin_data: Option<PluginData>,
    /// A name for people.
    #[prost(string, tag = "2")]
    pub display_name: String,
    /// Markdown.
    #[prost(string, tag = "3")]
    pub summary_description: String,
    /// 1 scalar, 2 tensor, 3 blob sequence.
    #[prost(int32, tag = "4")]
    pub data_class: i32,
}

/// `SummaryMetadata.PluginData`.
#[derive(Clone, PartialEq, Message)]
pub struct PluginData {
    /// Its name.
    #[prost(string, tag = "1")]
    pub plugin_name: String,
    /// Its own bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub content: Vec<u8>,
}

/// A tensor as this crate makes them.
#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    /// `DataType`: 1 is float, 7 string.
    #[prost(int32, tag = "1")]
    pub dtype: i32,
    /// Its shape.
    #[prost(message, optional, tag = "2")]
    pub tensor_shape: Option<TensorShapeProto>,
    /// Numbers, little-endian, row by row.
    #[prost(bytes = "vec", tag = "4")]
    pub tensor_content: Vec<u8>,
    /// Strings.
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub string_val: Vec<Vec<u8>>,
}

/// A tensor's shape.
#[derive(Clone, PartialEq, Message)]
pub struct TensorShapeProto {
    /// Its dimensions.
    #[prost(message, repeated, tag = "2")]
    pub dim: Vec<Dim>,
}

/// `TensorShapeProto.Dim`.
#[derive(Clone, PartialEq, Message)]
pub struct Dim {
    /// How long.
    #[prost(int64, tag = "1")]
    pub size: i64,
}
