//! The model that is explained, planned to run: from its file, or with the weights of another.

use std::path::Path;

use anyhow::Context;
use glassboard_checkpoints::{Checkpoint, Reach, onnx};
use glassboard_worker::native;
use glassboard_worker::trouble::Trouble;
use glassboard_worker::warm::{Loaded, Opened};

/// Plans the model. The hash is that of the file itself, its external data not included.
pub fn load(path: &Path) -> anyhow::Result<Loaded> {
    let hash = hash_of(path)?;
    if let Some(glass) = native::open(path)? {
        return Ok(Loaded::open(Opened::Native(Box::new(glass)), &hash)?);
    }
    let model = onnx::load(path, Reach::Folder).map_err(Trouble::from)?;
    Ok(Loaded::new(&model, &hash)?)
}

fn hash_of(path: &Path) -> anyhow::Result<String> {
    let mut hash = blake3::Hasher::new();
    let mut file = std::fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    std::io::copy(&mut file, &mut hash).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(hash.finalize().to_hex().to_string())
}

/// Plans the model with other weights: the hash is that of their file.
pub(super) fn with_weights(path: &Path, weights: &Path) -> anyhow::Result<Loaded> {
    let proto = onnx::load(path, Reach::Folder).map_err(Trouble::from)?;
    let checkpoint = Checkpoint::open(weights, Reach::Folder).map_err(Trouble::from)?;
    let binding = onnx::match_names(&proto, &checkpoint).map_err(Trouble::from)?;
    let bytes = onnx::rebind(proto, &checkpoint, &binding).map_err(Trouble::from)?;
    let whole = onnx::from_bytes(bytes).map_err(Trouble::from)?;
    Ok(Loaded::new(&whole, &hash_of(weights)?)?)
}
