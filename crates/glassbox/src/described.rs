//! What a file says about its model beside the trees.

use glassboard_model::{LinearModel, TreeEnsemble};
use serde_json::{Value, json};

use crate::format::Format;
use crate::response::Response;

/// A model that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Glass {
    /// What it computes.
    pub body: Body,
    /// From sums to what the library calls a prediction.
    pub response: Response,
    /// Names, kinds, versions.
    pub described: Described,
}

/// The two things a glass box is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A sum of trees.
    Trees(TreeEnsemble),
    /// A weighted sum of features.
    Linear(LinearModel),
}

/// What the file says, for people and for whoever encodes a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// The file's format.
    pub format: Format,
    /// Version of the library that wrote it, where it is said.
    pub version: Option<String>,
    /// The library's name of what was optimised, for example `binary:logistic`.
    pub objective: Option<String>,
    /// One a column of a row, in the model's order.
    pub features: Vec<Feature>,
    /// Names of the classes, one a probability; empty where the file has none.
    pub classes: Vec<String>,
    /// What a reader of the model's numbers should know, a sentence each.
    pub notes: Vec<String>,
}

/// One column of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// The author's name, or `f3` where the file has none.
    pub name: String,
    /// What its values mean.
    pub kind: FeatureKind,
    /// Splits that ask about it.
    pub splits: usize,
    /// Sum of what those splits gained in training, where the file says.
    pub gain: Option<f64>,
}

/// What the values of a feature mean.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureKind {
    /// Numbers, compared with thresholds.
    Number,
    /// Whole numbers that stand for categories: value `i` is `labels[i]`. Empty where the file has no names.
    Category {
        /// Names of the categories by number.
        labels: Vec<String>,
    },
}

impl Feature {
    /// A feature of numbers that nothing was said about yet.
    pub(crate) fn number(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: FeatureKind::Number,
            splits: 0,
            gain: None,
        }
    }
}

impl Glass {
    /// The object that pages and the API show: library, objective, trees with depth and leaves, features with their
    /// importance.
    pub fn summary(&self) -> Value {
        let described = &self.described;
        let features: Vec<Value> = described.features.iter().map(feature).collect();
        let mut summary = json!({
            "library": described.format.library(),
            "version": described.version,
            "objective": described.objective,
            "features": features,
            "classes": described.classes,
            "notes": described.notes,
            "response": self.response.name(),
        });
        match &self.body {
            Body::Trees(ensemble) => {
                let depths: Vec<usize> = ensemble
                    .trees
                    .iter()
                    .map(glassboard_model::trees::Tree::depth)
                    .collect();
                summary["trees"] = json!({
                    "count": ensemble.trees.len(),
                    "outputs": ensemble.outputs,
                    "leaves": ensemble.trees.iter().map(|t| t.values.len() / t.width.max(1)).sum::<usize>(),
                    "nodes": ensemble.trees.iter().map(|t| t.nodes.len()).sum::<usize>(),
                    "depth": depths.iter().max().copied().unwrap_or(0),
                    "mean_depth": depths.iter().sum::<usize>() as f64 / depths.len().max(1) as f64,
                    "covers": ensemble.has_covers(),
                });
            }
            Body::Linear(linear) => {
                summary["linear"] = json!({ "outputs": linear.weights.len(), "weights": linear.weights, "intercept": linear.intercept });
            }
        }
        summary
    }

    /// Numbers that training chose: thresholds and leaf values, or weights.
    pub fn parameters(&self) -> u64 {
        let count = match &self.body {
            Body::Trees(ensemble) => {
                let of = |t: &glassboard_model::trees::Tree| {
                    t.values.len() + t.nodes.len() - t.values.len() / t.width.max(1)
                };
                ensemble.trees.iter().map(of).sum::<usize>()
            }
            Body::Linear(linear) => linear.weights.iter().map(Vec::len).sum::<usize>() + linear.intercept.len(),
        };
        count as u64
    }
}

fn feature(feature: &Feature) -> Value {
    let mut shown = json!({ "name": feature.name, "splits": feature.splits, "gain": feature.gain });
    if let FeatureKind::Category { labels } = &feature.kind {
        shown["categories"] = json!(labels);
    }
    shown
}
