//! Models kept planned between jobs, least recently used first out.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use glassboard_checkpoints::onnx::proto::ModelProto;
use glassboard_engine::{Options, Session};
use glassboard_glassbox::{Described, Glass, Recognised};
use glassboard_model::{Model, ModelError};
use glassboard_text::Tokenizer;

use crate::native;
use crate::table::Opened as Table;
use crate::trouble::Trouble;

/// A model file that was read, not planned yet.
pub enum Opened {
    /// A graph for the engine.
    Onnx(Box<ModelProto>),
    /// Trees or a linear model of the library that trained them.
    Native(Box<Glass>),
}

/// A model ready to run.
pub struct Loaded {
    /// The model.
    pub model: Box<dyn Model>,
    /// Key-values of the file.
    pub metadata: BTreeMap<String, String>,
    /// BLAKE3 of the file, 64 hex digits.
    pub hash: String,
    /// What is known of columns and classes where the model is trees or linear and nothing else.
    pub described: Option<Described>,
    /// Vocabularies that were read, by their settings; the last one used last.
    tokenizers: RefCell<Vec<(String, Rc<Tokenizer>)>>,
}

/// Vocabularies kept with a model.
const TOKENIZERS: usize = 2;

impl Loaded {
    /// The vocabulary with these settings, if it was read before.
    pub(crate) fn tokenizer(&self, key: &str) -> Option<Rc<Tokenizer>> {
        let known = self.tokenizers.borrow();
        known
            .iter()
            .find(|(other, _)| other == key)
            .map(|(_, found)| Rc::clone(found))
    }

    /// Keeps a vocabulary for the next question.
    pub(crate) fn keep_tokenizer(&self, key: String, tokenizer: &Rc<Tokenizer>) {
        let mut known = self.tokenizers.borrow_mut();
        if known.len() >= TOKENIZERS {
            known.remove(0);
        }
        known.push((key, Rc::clone(tokenizer)));
    }

    /// Plans an ONNX model.
    pub fn new(model: &ModelProto, hash: &str) -> Result<Self, Trouble> {
        Self::within(model, hash, Options::default())
    }

    /// Makes ready whatever was opened.
    pub fn open(opened: Opened, hash: &str) -> Result<Self, Trouble> {
        Self::opened(opened, hash, Options::default())
    }

    fn opened(opened: Opened, hash: &str, options: Options) -> Result<Self, Trouble> {
        match opened {
            Opened::Onnx(model) => Self::within(&model, hash, options),
            Opened::Native(glass) => Ok(Self {
                metadata: native::metadata(&glass),
                hash: hash.to_owned(),
                described: Some(glass.described.clone()),
                tokenizers: RefCell::default(),
                model: glass.into_model(),
            }),
        }
    }

    fn within(model: &ModelProto, hash: &str, options: Options) -> Result<Self, Trouble> {
        let session: Session = Session::from_model(model, options).map_err(ModelError::from)?;
        let metadata = model
            .metadata_props
            .iter()
            .map(|p| (p.key.clone(), p.value.clone()))
            .collect();
        let (model, described): (Box<dyn Model>, _) = match glassboard_glassbox::onnx::recognise(model) {
            Some(glass) => {
                let described = glass.described.clone();
                (Box::new(Recognised::new(Box::new(session), glass)), Some(described))
            }
            None => (Box::new(session), None),
        };
        Ok(Self {
            model,
            metadata,
            hash: hash.to_owned(),
            described,
            tokenizers: RefCell::default(),
        })
    }
}

/// A few loaded models, bounded by the size of their files, and a few open tables, bounded by theirs.
pub struct Warm {
    limit: u64,
    options: Options,
    /// Most recently used last.
    held: Vec<(Rc<Loaded>, u64)>,
    /// By what was read and how; most recently used last.
    tables: Vec<(String, Rc<Table>)>,
}

impl Warm {
    /// Keeps models whose files add up to at most `limit` bytes; the last one is kept whatever its size.
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            options: Options::default(),
            held: Vec::new(),
            tables: Vec::new(),
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

    /// The model with this hash; if it is not held, the one that `open` answers with the size of its file.
    pub fn get(
        &mut self,
        hash: &str,
        open: impl FnOnce() -> Result<(Opened, u64), Trouble>,
    ) -> Result<Rc<Loaded>, Trouble> {
        if let Some(at) = self.held.iter().position(|(model, _)| model.hash == hash) {
            let entry = self.held.remove(at);
            let model = Rc::clone(&entry.0);
            self.held.push(entry);
            return Ok(model);
        }
        let (opened, size) = open()?;
        let model = Rc::new(Loaded::opened(opened, hash, self.options)?);
        self.held.push((Rc::clone(&model), size));
        while self.held.len() > 1 && self.held.iter().map(|(_, size)| size).sum::<u64>() > self.limit {
            self.held.remove(0);
        }
        Ok(model)
    }

    /// The table of `key`, if it is open.
    pub fn table(&mut self, key: &str) -> Option<Rc<Table>> {
        let at = self.tables.iter().position(|(known, _)| known == key)?;
        let entry = self.tables.remove(at);
        let table = Rc::clone(&entry.1);
        self.tables.push(entry);
        Some(table)
    }

    /// Keeps `table` open for the next job that asks about it.
    pub fn keep_table(&mut self, key: String, table: Rc<Table>) {
        self.tables.retain(|(known, _)| *known != key);
        self.tables.push((key, table));
        while self.tables.iter().map(|(_, table)| table.size()).sum::<u64>() > self.limit / 2 && !self.tables.is_empty()
        {
            self.tables.remove(0);
        }
    }
}
