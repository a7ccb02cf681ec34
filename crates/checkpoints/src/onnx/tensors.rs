//! The bytes of a [`TensorProto`], whichever of its seven fields holds them.

use std::borrow::Cow;

use super::proto::{DataType, TensorProto};
use crate::{CheckpointError, Dtype, Result, shape};

/// A constant's elements, little-endian, row-major.
#[derive(Debug, Clone)]
pub struct TensorBytes<'a> {
    /// Element type.
    pub dtype: Dtype,
    /// Shape.
    pub shape: Vec<usize>,
    /// `numel * dtype.bits() / 8` bytes.
    pub bytes: Cow<'a, [u8]>,
}

/// The elements of a constant, checked against its claimed shape.
///
/// Fails for strings, for external data (which is never opened) and where fewer or more elements
/// are present than the shape says.
pub fn bytes_of(tensor: &TensorProto) -> Result<TensorBytes<'_>> {
    let name = &tensor.name;
    let shape = shape::from_signed(name, &tensor.dims)?;
    let dtype = dtype_of(tensor)?;
    if tensor.data_location == 1 || !tensor.external_data.is_empty() {
        return Err(CheckpointError::Unsupported(external_sentence(tensor)));
    }
    let expected = shape::bytes(name, &shape, dtype)?;
    let bytes: Cow<'_, [u8]> = if !tensor.raw_data.is_empty() || expected == 0 {
        Cow::Borrowed(&tensor.raw_data)
    } else if !tensor.float_data.is_empty() && dtype == Dtype::F32 {
        tensor.float_data.iter().flat_map(|value| value.to_le_bytes()).collect()
    } else if !tensor.double_data.is_empty() {
        tensor
            .double_data
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect()
    } else if !tensor.int64_data.is_empty() {
        tensor.int64_data.iter().flat_map(|value| value.to_le_bytes()).collect()
    } else if !tensor.uint64_data.is_empty() {
        let width = dtype.bits().div_ceil(8);
        tensor
            .uint64_data
            .iter()
            .flat_map(|value| value.to_le_bytes().into_iter().take(width))
            .collect()
    } else {
        // Narrow types are stored one element (two for 4-bit types) per int32, low bytes first.
        let width = dtype.bits().div_ceil(8);
        tensor
            .int32_data
            .iter()
            .flat_map(|value| value.to_le_bytes().into_iter().take(width))
            .collect()
    };
    if bytes.len() != expected {
        return Err(CheckpointError::Damaged(format!(
            "tensor `{name}` claims {expected} bytes of {} but holds {}; export the file again",
            dtype.name(),
            bytes.len()
        )));
    }
    Ok(TensorBytes { dtype, shape, bytes })
}

/// The element type of a constant.
pub fn dtype_of(tensor: &TensorProto) -> Result<Dtype> {
    let name = &tensor.name;
    match DataType::try_from(tensor.data_type) {
        Ok(DataType::Float) => Ok(Dtype::F32),
        Ok(DataType::Double) => Ok(Dtype::F64),
        Ok(DataType::Float16) => Ok(Dtype::F16),
        Ok(DataType::Bfloat16) => Ok(Dtype::Bf16),
        Ok(DataType::Int8) => Ok(Dtype::I8),
        Ok(DataType::Int16) => Ok(Dtype::I16),
        Ok(DataType::Int32) => Ok(Dtype::I32),
        Ok(DataType::Int64) => Ok(Dtype::I64),
        Ok(DataType::Uint8) => Ok(Dtype::U8),
        Ok(DataType::Uint16) => Ok(Dtype::U16),
        Ok(DataType::Uint32) => Ok(Dtype::U32),
        Ok(DataType::Uint64) => Ok(Dtype::U64),
        Ok(DataType::Bool) => Ok(Dtype::Bool),
        Ok(DataType::Int4) => Ok(Dtype::I4),
        Ok(DataType::Uint4) => Ok(Dtype::U4),
        Ok(DataType::Float8e4m3fn | DataType::Float8e4m3fnuz | DataType::Float8e5m2 | DataType::Float8e5m2fnuz) => {
            Ok(Dtype::F8)
        }
        Ok(other) => Err(CheckpointError::Unsupported(format!(
            "tensor `{name}` holds {other:?}, which is not read"
        ))),
        Err(_) => Err(CheckpointError::Damaged(format!(
            "tensor `{name}` has the unknown element type {}",
            tensor.data_type
        ))),
    }
}

/// The short name of an ONNX element type, for people.
pub fn data_type_name(data_type: i32) -> String {
    if let Ok(DataType::String) = DataType::try_from(data_type) {
        "string".into()
    } else {
        let probe = TensorProto {
            data_type,
            ..Default::default()
        };
        dtype_of(&probe).map_or_else(|_| format!("type {data_type}"), |dtype| dtype.name().to_owned())
    }
}

/// Why the tensor's bytes are not here.
pub fn external_sentence(tensor: &TensorProto) -> String {
    let location = tensor
        .external_data
        .iter()
        .find(|entry| entry.key == "location")
        .map_or("another file", |e| &e.value);
    format!(
        "tensor `{}` keeps its bytes in `{}`, outside this file; external data is never opened: save the model as one file",
        tensor.name,
        crate::text::short(location)
    )
}
