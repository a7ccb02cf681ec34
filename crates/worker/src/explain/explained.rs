//! An explanation as it is told: its JSON object and its arrays.

use glassboard_catalog::Entry;
use glassboard_engine::{engine_version, instruction_set};
use glassboard_explain::Passes;
use glassboard_model::Array;
use glassboard_model::columns::Writer;
use ndarray::ArrayD;
use serde_json::{Map, Value, json};

use super::Query;
use crate::reading::Reading;

/// An explanation.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The object of `docs/api.md`.
    pub answer: Value,
    /// `[1, ...]`: the input's shape, one channel for maps of pixels, or a layer's shape.
    pub attribution: Array,
    /// What the model saw, `[1, ...]`.
    pub x: Array,
    /// In the units of the file, the shape of `x`.
    pub display: Array,
    /// The baseline, flat.
    pub baseline: Vec<f32>,
    /// Standard error of [`Self::attribution`], where it is an estimate.
    pub error: Option<Array>,
    /// The region of every pixel, `[height, width]`, of a picture: those the method used, else the usual ones.
    pub segments: Option<ArrayD<f64>>,
    /// The model's output.
    pub prediction: Vec<f32>,
    /// Class explained.
    pub target: usize,
    range: Option<[f32; 2]>,
}

impl Explained {
    /// The columns file that goes with [`Self::answer`].
    pub fn columns(&self) -> Vec<u8> {
        let flat = |array: &Array| array.iter().copied().collect::<Vec<f32>>();
        let mut writer = Writer::new()
            .f32("attribution", &self.attribution.shape()[1..], &flat(&self.attribution))
            .f32("input", &self.display.shape()[1..], &flat(&self.display));
        if let Some(error) = &self.error {
            writer = writer.f32("error", &error.shape()[1..], &flat(error));
        }
        if let Some(segments) = &self.segments {
            let regions: Vec<u32> = segments.iter().map(|region| *region as u32).collect();
            writer = writer.u32("segments", segments.shape(), &regions);
        }
        writer.meta("range", json!(self.range)).finish()
    }
}

/// What is known of an explanation before its map is.
pub(super) struct Known<'a> {
    pub query: Query<'a>,
    pub entry: &'static Entry,
    pub reading: &'a Reading,
    pub target: usize,
    pub output: Option<&'a str>,
    pub baseline: (&'a [f32], &'a str),
    pub prediction: &'a [f32],
    pub probability: Option<&'a [f32]>,
    pub names: &'a [String],
}

/// What is known when it is done.
#[derive(Default)]
pub(super) struct Told {
    pub params: Map<String, Value>,
    pub gap: Option<f64>,
    pub base: Option<f64>,
    pub found: Map<String, Value>,
    pub error: Option<Array>,
    pub segments: Option<ArrayD<f64>>,
    pub evidence: Value,
    pub sentences: Vec<String>,
    pub passes: Passes,
    pub seconds: f64,
}

impl Known<'_> {
    pub fn explained(&self, attribution: Array, told: Told) -> Explained {
        let Query {
            loaded, question, row, ..
        } = self.query;
        let (baseline, baseline_name) = self.baseline;
        let preprocess = &self.reading.preprocess;
        let answer = json!({
            "method": self.entry.name,
            "title": self.entry.title,
            "params": told.params,
            "target": self.target,
            "target_label": self.names[self.target],
            "on": question.on,
            "output": self.output,
            "baseline": baseline_name,
            "seed": question.seed,
            "mask": question.mask,
            "evidence_level": question.evidence,
            "model_hash": loaded.hash,
            "row": row,
            "engine_version": engine_version(),
            "instruction_set": instruction_set(),
            "passes": told.passes,
            "seconds": told.seconds,
            "prediction": self.prediction,
            "probability": self.probability,
            "labels": self.names,
            "classes": preprocess.labels,
            "feature_names": preprocess.feature_names,
            "shape": &attribution.shape()[1..],
            "completeness_gap": told.gap,
            "base": told.base,
            "found": told.found,
            "evidence": told.evidence,
            "sentences": told.sentences,
            "notice": self.entry.notice,
            "preprocess": preprocess,
        });
        let prepared = &self.reading.prepared;
        Explained {
            answer,
            attribution,
            x: prepared.x.clone(),
            display: prepared.display.clone(),
            baseline: baseline.to_vec(),
            error: told.error,
            segments: told.segments,
            prediction: self.prediction.to_vec(),
            target: self.target,
            range: prepared.range,
        }
    }
}
