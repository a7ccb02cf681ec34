//! Golden cases: reading a folder of them, computing one, judging it.

mod evidence;
mod inner;
mod local;
mod network;
mod npz;
mod pictures;
mod propagated;
mod shapley;
mod tables;
mod text;
mod trees;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use glassboard_engine::{Options, Session};
use glassboard_glassbox::trees_json::Combine;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use npz::Arrays;
/// Only the example writes.
#[cfg(not(test))]
pub use npz::{write, write_texts};

/// A case of the manifest.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    pub id: String,
    pub model: Option<String>,
    pub method: String,
    pub params: Map<String, Value>,
    pub input_file: PathBuf,
    pub expected_file: PathBuf,
    pub expected: BTreeMap<String, Vec<usize>>,
    pub output: Option<Output>,
    pub tolerance: Option<Value>,
    pub kind: String,
    #[serde(default)]
    pub check: Vec<Value>,
}

/// What is explained.
#[derive(Debug, Clone, Deserialize)]
pub struct Output {
    pub space: String,
    pub index: Value,
}

#[derive(Debug, Deserialize)]
struct ModelEntry {
    file: PathBuf,
    combine: Option<Combine>,
}

#[derive(Debug, Deserialize)]
struct Manifest {
    models: BTreeMap<String, ModelEntry>,
    cases: Vec<Case>,
}

/// What became of a case.
pub enum Outcome {
    /// Its arrays.
    Done(Arrays),
    /// Its arrays, and those that are text.
    Worded(Arrays, BTreeMap<String, String>),
    /// Nothing here computes it.
    Unsupported(String),
}

/// A folder of golden cases.
pub struct Gold {
    folder: PathBuf,
    manifest: Manifest,
    loaded: BTreeMap<String, Result<Session, String>>,
}

impl Gold {
    /// Reads the manifest.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("manifest.json");
        let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let manifest =
            serde_json::from_slice(&text).with_context(|| format!("{} is not a manifest", path.display()))?;
        Ok(Self {
            folder: folder.to_owned(),
            manifest,
            loaded: BTreeMap::new(),
        })
    }

    /// Every case.
    pub fn cases(&self) -> Vec<Case> {
        self.manifest.cases.clone()
    }

    /// Computes one case, from the fields of the manifest alone.
    pub fn compute(&mut self, case: &Case) -> anyhow::Result<Outcome> {
        let given = || npz::read(&self.folder.join(&case.input_file), "in_");
        let method = case.method.as_str();
        if trees::METHODS.contains(&method) {
            let given = given()?;
            return trees::compute(self, case, &given);
        }
        if shapley::METHODS.contains(&method) {
            let given = given()?;
            return shapley::compute(self, case, &given);
        }
        if tables::METHODS.contains(&method) {
            let given = given()?;
            return tables::compute(self, case, &given);
        }
        if pictures::METHODS.contains(&method) {
            let given = given()?;
            return pictures::compute(self, case, &given);
        }
        if local::METHODS.contains(&method) {
            let given = given()?;
            return local::compute(self, case, &given);
        }
        if text::METHODS.contains(&method) {
            let given = given()?;
            return match self.session(case)? {
                Ok(model) => text::compute(model, case, &given),
                Err(why) => Ok(Outcome::Unsupported(why)),
            };
        }
        if evidence::METHODS.contains(&method) {
            let given = given()?;
            return evidence::compute(self, case, &given);
        }
        if propagated::METHODS.contains(&method) {
            let given = given()?;
            return match self.session(case)? {
                Ok(model) => propagated::compute(model, case, &given),
                Err(why) => Ok(Outcome::Unsupported(why)),
            };
        }
        if inner::METHODS.contains(&method) {
            let given = given()?;
            return inner::compute(self, case, &given);
        }
        if !network::METHODS.contains(&method) {
            return Ok(Outcome::Unsupported(format!("method {method}")));
        }
        let given = given()?;
        match self.session(case)? {
            Ok(model) => network::compute(model, case, &given),
            Err(why) => Ok(Outcome::Unsupported(why)),
        }
    }

    /// How the trees of the model called `name` are put together, where its file does not say so itself.
    pub fn combine(&self, name: &str) -> Option<Combine> {
        self.manifest.models.get(name).and_then(|model| model.combine)
    }

    /// The folder of the manifest.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The ONNX model of `case`, or why there is none.
    pub fn session(&mut self, case: &Case) -> anyhow::Result<Result<&Session, String>> {
        let Some(name) = &case.model else {
            return Ok(Err("it has no model".to_owned()));
        };
        self.model(name)
    }

    /// The ONNX model called `name`, or why there is none.
    pub fn model(&mut self, name: &str) -> anyhow::Result<Result<&Session, String>> {
        let entry = self
            .manifest
            .models
            .get(name)
            .with_context(|| format!("no model {name} in the manifest"))?;
        if entry.file.extension().is_none_or(|e| e != "onnx") {
            return Ok(Err(format!("{} is not an ONNX file", entry.file.display())));
        }
        let path = self.folder.join(&entry.file);
        let model = self
            .loaded
            .entry(name.to_owned())
            .or_insert_with(|| Session::open(&path, Options::default()).map_err(|e| e.to_string()));
        Ok(match model {
            Ok(model) => Ok(&*model),
            Err(why) => Err(why.clone()),
        })
    }

    /// The texts of `case` that are expected.
    pub fn expected_texts(&self, case: &Case) -> anyhow::Result<BTreeMap<String, String>> {
        npz::texts(&self.folder.join(&case.expected_file), "out_")
    }

    /// The arrays of `case` that are expected.
    pub fn expected(&self, case: &Case) -> anyhow::Result<Arrays> {
        npz::read(&self.folder.join(&case.expected_file), "out_")
    }
}
