//! An input as a job is given it: bytes that are read when somebody first asks, and a table that may be open already.

use std::cell::OnceCell;
use std::rc::Rc;

use serde_json::Value;

use crate::table::Opened;
use crate::trouble::Trouble;

enum Source<'a> {
    /// Here already.
    Given(&'a [u8]),
    /// Read when they are needed.
    Read(Box<dyn Fn() -> Result<Vec<u8>, Trouble> + 'a>),
}

/// Bytes of an input, with what the user said of them where they are a table.
pub struct Input<'a> {
    source: Source<'a>,
    bytes: OnceCell<Vec<u8>>,
    table: OnceCell<Rc<Opened>>,
    /// Kinds of columns, labels, target column; null where nothing was said.
    pub facts: &'a Value,
}

impl<'a> Input<'a> {
    /// Of bytes at hand.
    pub fn of(bytes: &'a [u8], facts: &'a Value) -> Self {
        Self {
            source: Source::Given(bytes),
            bytes: OnceCell::new(),
            table: OnceCell::new(),
            facts,
        }
    }

    /// Of bytes that `read` gives when they are needed.
    pub fn later(read: impl Fn() -> Result<Vec<u8>, Trouble> + 'a, facts: &'a Value) -> Self {
        Self::held(read, facts, None)
    }

    /// Of bytes that `read` gives when they are needed, `known` where they are a table that is open already.
    pub(crate) fn held(
        read: impl Fn() -> Result<Vec<u8>, Trouble> + 'a,
        facts: &'a Value,
        known: Option<Rc<Opened>>,
    ) -> Self {
        Self {
            source: Source::Read(Box::new(read)),
            bytes: OnceCell::new(),
            table: known.map_or_else(OnceCell::new, OnceCell::from),
            facts,
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> Result<&[u8], Trouble> {
        let read = match &self.source {
            Source::Given(bytes) => return Ok(bytes),
            Source::Read(read) => read,
        };
        if let Some(bytes) = self.bytes.get() {
            return Ok(bytes);
        }
        let bytes = read()?;
        Ok(self.bytes.get_or_init(|| bytes))
    }

    /// The table that the bytes hold.
    pub fn table(&self) -> Result<Rc<Opened>, Trouble> {
        if let Some(table) = self.table.get() {
            return Ok(Rc::clone(table));
        }
        let opened = Rc::new(Opened::read(self.bytes()?, self.facts)?);
        Ok(Rc::clone(self.table.get_or_init(|| opened)))
    }

    /// The table, if it has been opened.
    pub(crate) fn opened(&self) -> Option<&Rc<Opened>> {
        self.table.get()
    }
}
