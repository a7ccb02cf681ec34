//! A file to a [`ModelProto`], within limits, its tensors' elements left where they are.

use std::path::Path;

use bytes::Bytes;
use prost::Message;

use super::outside::Beside;
use super::proto::ModelProto;
use super::reader::Reader;
use super::survey::survey;
use crate::package::Package;
use crate::source::{Slice, unreadable};
use crate::{CheckpointError, Reach, Result, recognise};

/// Largest ONNX file that is decoded, external data not counted: the protobuf format itself ends at 2 GiB.
pub const MAX_FILE_BYTES: u64 = 2 << 30;
/// Most nodes of a graph, its subgraphs and functions counted.
pub const MAX_NODES: usize = 100_000;

/// Opens an ONNX file, or the one ONNX file of a zip. The messages are decoded and checked; the tensors' elements
/// stay in the file, and in the files of their external data as far as `reach` allows.
pub fn load(path: &Path, reach: Reach) -> Result<ModelProto> {
    let file = Slice::open(path)?;
    if let Some(mut package) = Package::open(&file)? {
        let model = package.model()?;
        return decode(&model, &mut Beside::Zip(package));
    }
    let mut beside = match reach {
        Reach::Upload => Beside::Nothing,
        Reach::Folder => Beside::folder_of(path)?,
    };
    decode(&file, &mut beside)
}

/// Decodes and checks an ONNX file (or a zip that holds one) that is in memory.
pub fn from_bytes(bytes: impl Into<Bytes>) -> Result<ModelProto> {
    let file = Slice::memory(bytes.into());
    match Package::open(&file)? {
        Some(mut package) => {
            let model = package.model()?;
            decode(&model, &mut Beside::Zip(package))
        }
        None => decode(&file, &mut Beside::Nothing),
    }
}

fn decode(file: &Slice, beside: &mut Beside) -> Result<ModelProto> {
    let mut head = vec![0; file.length().min(64) as usize];
    file.read_exact_at(0, &mut head)
        .map_err(|error| unreadable("the file", error))?;
    if let Some(refused) = recognise::refuse_to_run(&head, file.length()) {
        return Err(refused);
    }
    if file.length() > MAX_FILE_BYTES {
        return Err(CheckpointError::Limit(format!(
            "this ONNX file has {} bytes; at most {MAX_FILE_BYTES} are read: keep the weights as external data",
            file.length()
        )));
    }
    survey(&mut Reader::new(file))?;
    let mut reader = Reader::new(file);
    let decoded = ModelProto::decode(&mut reader);
    if let Some(error) = reader.error() {
        return Err(unreadable("the file", error));
    }
    let mut model = decoded.map_err(|error| {
        CheckpointError::Damaged(format!("this is not a whole ONNX file ({error}); export it again"))
    })?;
    let Some(graph) = &model.graph else {
        return Err(CheckpointError::Damaged(
            "this ONNX file holds no graph; export it again".into(),
        ));
    };
    if graph.node.is_empty() && graph.output.is_empty() && graph.initializer.is_empty() {
        return Err(CheckpointError::Damaged(
            "this ONNX file holds an empty graph; export it again".into(),
        ));
    }
    let mut failed = None;
    model.each_tensor(&mut |tensor| {
        if failed.is_none() {
            match beside.find(&tensor.info) {
                Ok(outside) => tensor.data.settle(file, outside),
                Err(error) => failed = Some(error),
            }
        }
    });
    failed.map_or(Ok(model), Err)
}

/// The bytes of an ONNX file with every tensor inside it.
pub fn encode(mut model: ModelProto) -> Result<Vec<u8>> {
    let mut failed = None;
    model.each_tensor(&mut |tensor| {
        if failed.is_none() {
            failed = tensor.hold().err();
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let length = model.encoded_len() as u64;
    if length > MAX_FILE_BYTES {
        return Err(CheckpointError::Limit(format!(
            "the graph with these weights would be a file of {length} bytes; at most {MAX_FILE_BYTES} are read"
        )));
    }
    Ok(model.encode_to_vec())
}

/// Whether bytes that are no other known format begin like an ONNX file: a field of `ModelProto`
/// with the wire type that the schema gives it.
pub fn looks_like_onnx(head: &[u8]) -> bool {
    matches!(head, [0x08, 1..=0x7f, ..] | [0x3a | 0x12 | 0x42, ..])
}
