//! Files that people mistake for models we read, told by their first bytes.

use crate::CheckpointError;

/// Why a file that begins with `head` is not opened at all, where that can be seen from its first bytes.
pub(crate) fn refuse(head: &[u8]) -> Option<CheckpointError> {
    if head.is_empty() {
        return Some(CheckpointError::Damaged("this file is empty; export it again".into()));
    }
    if head.starts_with(b"version https://git-lfs.github.com/spec/") {
        return Some(CheckpointError::Damaged(
            "this is a git LFS pointer, not the model itself; run `git lfs pull` and use the file it stands for".into(),
        ));
    }
    other_format(head).map(|what| {
        CheckpointError::Unsupported(format!(
            "this is {what}; models are read as ONNX, safetensors or PyTorch files"
        ))
    })
}

/// Why a file that begins with `head` cannot be run, where it is one of the formats without a graph.
pub(crate) fn refuse_to_run(head: &[u8], length: u64) -> Option<CheckpointError> {
    let what = if head.starts_with(b"PK\x03\x04") || crate::pytorch::looks_like_pickle(head) {
        "a PyTorch file (or another zip that holds no ONNX file)"
    } else if head.get(8) == Some(&b'{') && crate::safetensors::looks_like(head, length) {
        "a safetensors file"
    } else {
        return refuse(head);
    };
    Some(CheckpointError::Unsupported(format!(
        "this is {what}: weights without a graph, which cannot be run; export ONNX with \
         torch.onnx.export(model, example_input, \"model.onnx\")"
    )))
}

fn other_format(head: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 7] = [
        (b"GGUF", "a GGUF file"),
        (b"\x93NUMPY", "a NumPy array"),
        (b"\x89HDF", "an HDF5 file (Keras)"),
        (b"\x89PNG", "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"ggml", "a GGML file"),
        (b"lmgg", "a GGML file"),
    ];
    known
        .into_iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map(|(_, what)| what)
}

#[cfg(test)]
mod tests {

    #[test]
    fn what_cannot_be_run_says_why() {
        let why = |bytes: &[u8]| {
            crate::onnx::from_bytes(bytes.to_vec())
                .expect_err("refused")
                .to_string()
        };
        assert!(why(b"").contains("empty"));
        assert!(why(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n").contains("git lfs pull"));
        assert!(why(b"PK\x03\x04rest").contains("torch.onnx.export"));
        assert!(why(b"\x02\0\0\0\0\0\0\0{}").contains("safetensors"));
        assert!(why(b"GGUF\x03").contains("GGUF"));
        assert!(why(b"\x08\x07nonsense").contains("not a whole ONNX file"));
    }
}
