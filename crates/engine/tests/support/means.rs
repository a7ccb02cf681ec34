//! What is explained of a map, a class over all pixels, as an output of its own.

use glassboard_checkpoints::onnx::proto::{GraphProto, ModelProto, NodeProto, ValueInfoProto};
use glassboard_engine::{EngineError, Options, Session};
use prost::Message as _;

/// Name of the output.
pub const NAME: &str = "means";

/// The model with the means of the map `output` over its pixels as one more output. Messages that follow
/// each other are merged, so that is written behind it.
pub fn with_means(mut model: Vec<u8>, output: &str) -> Result<Session, EngineError> {
    let node = NodeProto {
        op_type: "GlobalAveragePool".into(),
        input: vec![output.into()],
        output: vec![NAME.into()],
        ..NodeProto::default()
    };
    let port = ValueInfoProto {
        name: NAME.into(),
        ..ValueInfoProto::default()
    };
    let more = ModelProto {
        graph: Some(GraphProto {
            node: vec![node],
            output: vec![port],
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    };
    model.extend(more.encode_to_vec());
    Session::from_bytes(&model, Options::default())
}
