//! `plugins/mesh/plugin_data.proto`.

use prost::Message;

/// The content of a tag's metadata: one of the up to three series a mesh is made of.
#[derive(Clone, PartialEq, Message)]
pub struct MeshPluginData {
    /// 0.
    #[prost(int32, tag = "1")]
    pub version: i32,
    /// The mesh's name.
    #[prost(string, tag = "2")]
    pub name: String,
    /// 1 vertices, 2 faces, 3 colours.
    #[prost(int32, tag = "3")]
    pub content_type: i32,
    /// Settings of three.js.
    #[prost(string, tag = "5")]
    pub json_config: String,
    /// Samples, points, three.
    #[prost(int32, repeated, tag = "6")]
    pub shape: Vec<i32>,
    /// Which series there are: a bit each.
    #[prost(uint32, tag = "7")]
    pub components: u32,
}
