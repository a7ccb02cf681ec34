//! What every answer of this kind says.

use glassboard_catalog::Entry;
use glassboard_engine::{engine_version, instruction_set};
use glassboard_explain::Passes;
use serde_json::{Map, Value, json};

use super::SetsQuery;
use crate::preprocess::Preprocess;

/// What is known when an answer is told.
pub(super) struct Told<'a> {
    pub params: &'a Map<String, Value>,
    pub passes: Passes,
    pub seconds: f64,
    pub target: Option<usize>,
    pub labels: &'a [String],
    pub output: Option<&'a str>,
    pub preprocess: &'a Preprocess,
    pub numbers: &'a [usize],
    pub evidence: Value,
    pub found: Value,
    pub said: Vec<String>,
}

pub(super) fn answer(query: &SetsQuery<'_>, entry: &Entry, told: &Told<'_>) -> Value {
    let question = query.question;
    let one = <[usize; 1]>::try_from(told.numbers).ok().map(|[row]| row);
    json!({
        "method": entry.name,
        "title": entry.title,
        "params": told.params,
        "target": told.target,
        "target_label": told.target.and_then(|target| told.labels.get(target)),
        "on": question.on,
        "output": told.output,
        "baseline": Value::Null,
        "seed": question.seed,
        "model_hash": query.loaded.hash,
        "company": question.company,
        "row": one,
        "rows": one.is_none().then(|| json!({ "from": told.numbers.first(), "count": told.numbers.len(), "done": told.numbers.len() })),
        "engine_version": engine_version(),
        "instruction_set": instruction_set(),
        "passes": told.passes,
        "seconds": told.seconds,
        "prediction": Value::Null,
        "probability": Value::Null,
        "labels": told.labels,
        "classes": told.preprocess.labels,
        "feature_names": told.preprocess.feature_names,
        "shape": Value::Null,
        "completeness_gap": Value::Null,
        "evidence": told.evidence,
        "sentences": told.said,
        "found": told.found,
        "notice": entry.notice,
        "preprocess": told.preprocess,
    })
}
