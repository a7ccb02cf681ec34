//! safetensors: the header is parsed and checked by the format's own crate, bytes are read by place.

use std::path::Path;

use safetensors::tensor::{Dtype as Theirs, Metadata};

use crate::checkpoint::Place;
use crate::source::Slice;
use crate::{Checkpoint, CheckpointError, Dtype, Format, Result, Tensor, files, shape};

/// Longest header, the format's own limit.
const MAX_HEADER: u64 = 100_000_000;

/// The length of a header, then `{`; or at least a length that fits the file.
pub(crate) fn looks_like(head: &[u8], file_length: u64) -> bool {
    let claimed = head.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    head.get(8) == Some(&b'{') || (claimed > 0 && claimed <= file_length.saturating_sub(8))
}

pub(crate) fn open(path: &Path) -> Result<Checkpoint> {
    let (head, length) = files::head(path, 8)?;
    let claimed = head.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    if claimed > MAX_HEADER || claimed.saturating_add(8) > length {
        return Err(CheckpointError::Damaged(format!(
            "the header of this safetensors file claims {claimed} bytes of {length}; at most {MAX_HEADER} are read"
        )));
    }
    let file = Slice::open(path)?;
    let mut header = vec![0; claimed as usize];
    file.read_exact_at(8, &mut header)
        .map_err(|source| files::io(path, source))?;
    let damaged = |what: String| CheckpointError::Damaged(format!("the safetensors header is damaged: {what}"));
    let text = std::str::from_utf8(&header).map_err(|error| damaged(error.to_string()))?;
    let metadata: Metadata = serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
    let start = 8 + claimed;
    let held = length - start;
    if metadata.data_len() as u64 != held {
        return Err(damaged(format!(
            "it describes {} bytes of tensors and the file holds {held}",
            metadata.data_len()
        )));
    }
    let mut tensors = Vec::new();
    for name in metadata.offset_keys() {
        let Some(info) = metadata.info(&name) else { continue };
        let dtype = dtype_of(&name, info.dtype)?;
        let (from, to) = info.data_offsets;
        let expected = shape::bytes(&name, &info.shape, dtype)?;
        let slice = file
            .part(start + from as u64, expected as u64)
            .filter(|_| to.checked_sub(from) == Some(expected));
        let Some(slice) = slice else {
            return Err(damaged(format!(
                "tensor `{}` has a shape that does not fit its bytes",
                crate::text::short(&name)
            )));
        };
        tensors.push(Tensor {
            name,
            dtype,
            shape: info.shape.clone(),
            place: Place::File(slice),
        });
    }
    let metadata = metadata.metadata().clone().unwrap_or_default().into_iter().collect();
    Ok(Checkpoint {
        format: Format::Safetensors,
        tensors,
        metadata,
        onnx: None,
    })
}

fn dtype_of(name: &str, dtype: Theirs) -> Result<Dtype> {
    Ok(match dtype {
        Theirs::BOOL => Dtype::Bool,
        Theirs::U8 => Dtype::U8,
        Theirs::I8 => Dtype::I8,
        Theirs::F8_E5M2 => Dtype::F8E5m2,
        Theirs::F8_E5M2FNUZ => Dtype::F8E5m2fnuz,
        Theirs::F8_E4M3 => Dtype::F8E4m3fn,
        Theirs::F8_E4M3FNUZ => Dtype::F8E4m3fnuz,
        Theirs::F8_E8M0 => Dtype::F8E8m0,
        Theirs::I16 => Dtype::I16,
        Theirs::U16 => Dtype::U16,
        Theirs::F16 => Dtype::F16,
        Theirs::BF16 => Dtype::Bf16,
        Theirs::I32 => Dtype::I32,
        Theirs::U32 => Dtype::U32,
        Theirs::F32 => Dtype::F32,
        Theirs::F64 => Dtype::F64,
        Theirs::I64 => Dtype::I64,
        Theirs::U64 => Dtype::U64,
        other => {
            return Err(CheckpointError::Unsupported(format!(
                "tensor `{}` holds {other:?}, which is not read",
                crate::text::short(name)
            )));
        }
    })
}
