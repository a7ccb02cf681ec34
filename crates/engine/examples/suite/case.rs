//! A case of the suite: what it is, and what the engine makes of it.

use std::path::Path;

use anyhow::Context;
use glassboard_engine::{EngineError, Options, Plain, Session, npy};
use serde::Deserialize;

use crate::compare;

/// An input or an output.
#[derive(Debug, Clone, Deserialize)]
pub struct Port {
    pub name: String,
}

/// One line of `index.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    pub name: String,
    pub kind: String,
    /// Operators of the graph and its subgraphs.
    pub ops: Vec<String>,
    /// The operator under test, where the graph has one node.
    pub primary_op: Option<String>,
    pub outputs: Vec<Port>,
    pub sets: usize,
    pub rtol: f64,
    pub atol: f64,
    pub tags: Vec<String>,
}

impl Case {
    /// Whether the case belongs to the recommended selection: what a runner of float models meets.
    pub fn recommended(&self) -> bool {
        let has = |tag: &str| self.tags.iter().any(|t| t == tag);
        has("float") && has("basic-dtypes") && !["training", "random", "sequence-or-string"].into_iter().any(has)
    }

    /// The operators whose score this case counts for: the one under test, or for a whole model all.
    /// An operator written out as a function tests other operators than its own.
    pub fn counts_for(&self) -> Vec<&str> {
        match &self.primary_op {
            Some(op) => vec![op],
            None if self.kind == "node" => Vec::new(),
            None => self.ops.iter().map(String::as_str).collect(),
        }
    }
}

#[derive(Deserialize)]
struct Index {
    cases: Vec<Case>,
}

/// Every exported case.
pub fn list(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let path = folder.join("index.json");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let index: Index = serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    Ok(index.cases)
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Pass,
    /// The engine said that it lacks something.
    Unsupported,
    /// It answered, and not what was expected.
    Wrong,
    /// It refused.
    Error,
    /// A panic left the engine.
    Crash,
    Timeout,
}

impl Status {
    /// The word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Unsupported => "unsupported",
            Self::Wrong => "wrong",
            Self::Error => "error",
            Self::Crash => "crash",
            Self::Timeout => "timeout",
        }
    }
}

/// Status and reason.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub status: Status,
    pub why: String,
}

impl Outcome {
    pub fn new(status: Status, why: impl Into<String>) -> Self {
        Self {
            status,
            why: why.into(),
        }
    }
}

/// Runs every data set of a case.
pub fn run(case: &Case, folder: &Path) -> Outcome {
    let folder = folder.join(&case.kind).join(&case.name);
    for set in 0..case.sets {
        if let Err(outcome) = run_set(case, &folder, &folder.join(format!("set_{set}"))) {
            return outcome;
        }
    }
    Outcome::new(Status::Pass, "")
}

fn run_set(case: &Case, folder: &Path, set: &Path) -> Result<(), Outcome> {
    let refused = |error: EngineError| {
        let status = match error {
            EngineError::Unsupported(_) => Status::Unsupported,
            _ => Status::Error,
        };
        Outcome::new(status, error.to_string())
    };
    let options = Options { memory_limit: 8 << 30 };
    let session = Session::open(&folder.join("model.onnx"), options).map_err(refused)?;
    let read = |kind: &str, i: usize| -> Result<Plain, Outcome> {
        let path = set.join(format!("{kind}_{i}.npy"));
        npy::read(&path).map_err(|e| Outcome::new(Status::Error, format!("{}: {e}", path.display())))
    };
    let inputs = (0..session.program().inputs.len())
        .map(|i| read("input", i))
        .collect::<Result<Vec<_>, _>>()?;
    let done = session.execute(&inputs, &[]).map_err(refused)?;
    for i in 0..case.outputs.len() {
        let expected = read("output", i)?;
        let name = &case.outputs[i].name;
        let Some(got) = done.values.get(i) else {
            return Err(Outcome::new(Status::Wrong, format!("output {i} `{name}` is missing")));
        };
        compare::agree(&expected, got, case.rtol, case.atol)
            .map_err(|why| Outcome::new(Status::Wrong, format!("output {i} `{name}`: {why}")))?;
    }
    Ok(())
}
