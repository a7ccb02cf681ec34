//! Models kept planned between jobs, least recently used first out.

use std::collections::BTreeMap;
use std::rc::Rc;

use glassboard_checkpoints::onnx;
use glassboard_engine::{Options, Session};
use glassboard_model::{Model, ModelError};

use crate::trouble::Trouble;

/// A model ready to run.
pub struct Loaded {
    /// The model.
    pub model: Box<dyn Model>,
    /// Key-values of the file.
    pub metadata: BTreeMap<String, String>,
    /// BLAKE3 of the file, 64 hex digits.
    pub hash: String,
}

impl Loaded {
    /// Plans an ONNX file.
    pub fn from_bytes(bytes: &[u8], hash: &str) -> Result<Self, Trouble> {
        Self::within(bytes, hash, Options::default())
    }

    fn within(bytes: &[u8], hash: &str, options: Options) -> Result<Self, Trouble> {
        let session = Session::from_bytes(bytes, options).map_err(ModelError::from)?;
        let proto = onnx::from_bytes(bytes).map_err(|e| Trouble::input(e.to_string()))?;
        let metadata = proto
            .metadata_props
            .iter()
            .map(|p| (p.key.clone(), p.value.clone()))
            .collect();
        Ok(Self {
            model: Box::new(session),
            metadata,
            hash: hash.to_owned(),
        })
    }
}

/// A few loaded models, bounded by the size of their files.
pub struct Warm {
    limit: usize,
    options: Options,
    /// Most recently used last.
    held: Vec<(Rc<Loaded>, usize)>,
}

impl Warm {
    /// Keeps models whose files add up to at most `limit` bytes; the last one is kept whatever its size.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            options: Options::default(),
            held: Vec::new(),
        }
    }

    /// Gives the values of one pass at most `bytes`.
    #[must_use]
    pub fn with_memory(self, bytes: u64) -> Self {
        Self {
            options: Options { memory_limit: bytes },
            ..self
        }
    }

    /// The model with this hash, loaded from `read` if it is not held.
    pub fn get(&mut self, hash: &str, read: impl FnOnce() -> Result<Vec<u8>, Trouble>) -> Result<Rc<Loaded>, Trouble> {
        if let Some(at) = self.held.iter().position(|(model, _)| model.hash == hash) {
            let entry = self.held.remove(at);
            let model = Rc::clone(&entry.0);
            self.held.push(entry);
            return Ok(model);
        }
        let bytes = read()?;
        let model = Rc::new(Loaded::within(&bytes, hash, self.options)?);
        self.held.push((Rc::clone(&model), bytes.len()));
        while self.held.len() > 1 && self.held.iter().map(|(_, size)| size).sum::<usize>() > self.limit {
            self.held.remove(0);
        }
        Ok(model)
    }
}
