//! What the values of a graph look like, for those who will not run it: listings and drawings.

use std::path::Path;

use crate::backend;
use crate::error::EngineError;
use crate::graph::{GraphSpec, Program};
use crate::import;
use crate::ops::Registry;
use crate::shapes::{Fact, Shapes};

/// A validated graph with what is known of its values.
#[derive(Debug)]
pub struct Outline {
    program: Program,
    shapes: Shapes,
}

impl Outline {
    /// Reads an ONNX file.
    ///
    /// # Errors
    /// Where the file is broken or its graph cannot be executed; never for what is unknown of it.
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        Self::of(&import::read(path)?)
    }

    /// Of a graph that is already in memory.
    ///
    /// # Errors
    /// As [`Outline::open`].
    pub fn of(spec: &GraphSpec) -> Result<Self, EngineError> {
        let program = Program::build(spec)?;
        let registry = Registry::<backend::Default>::new();
        let shapes = Shapes::of(&program, &|node| registry.rule(node));
        Ok(Self { program, shapes })
    }

    /// The graph.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Every value by name, constants among them.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.program.values.iter().map(String::as_str).zip(&self.shapes.facts)
    }

    /// Nodes that cannot work, each with a sentence.
    pub fn contradictions(&self) -> &[String] {
        &self.shapes.contradictions
    }
}
