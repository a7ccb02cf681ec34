//! Does a method fit a model, and which one is offered first.

use serde::{Deserialize, Serialize};

use crate::entry::{Entry, Need};

/// What kind of input a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Pictures.
    Image,
    /// Rows of numbers.
    Tabular,
    /// Tokens.
    Text,
    /// Not told by the file.
    Unknown,
}

/// What is known about a model before it is run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own; none excludes another"
)]
pub struct Facts {
    /// Kind of input.
    pub kind: Kind,
    /// Whether there is a graph at all (a state dict has none).
    pub has_graph: bool,
    /// The first operator that has no derivative, where there is one.
    pub no_gradient: Option<String>,
    /// Whether a convolution is among the operators.
    pub convolution: bool,
    /// Whether a softmax is among the operators, whose outputs may be attention weights.
    pub attention: bool,
    /// Whether rows to compare with are at hand.
    pub background: bool,
    /// Whether the model is an ensemble of trees and nothing else.
    pub trees: bool,
    /// Whether the model is linear and nothing else.
    pub linear: bool,
    /// Whether the true answers of the rows are at hand.
    pub truth: bool,
    /// How many features the model takes, where it is told.
    pub features: Option<usize>,
    /// Whether pictures are taken with their channels last (NHWC).
    pub channels_last: bool,
}

/// Methods that need no picture, yet cut one into windows or cells where they get one.
const CUT: [&str; 2] = ["feature_ablation", "occlusion"];

/// Why `entry` cannot be used on pictures whose channels lie last. What looks at neighbouring pixels reads
/// `[channels, height, width]`; of `[height, width, channels]` it would read rows as channels and say nothing about it.
pub fn channels_first(entry: &Entry) -> Result<(), String> {
    if entry.needs.contains(&Need::Image) || CUT.contains(&entry.name) {
        return Err(
            "needs channels first: this model takes pictures with their channels last (NHWC); export it as NCHW"
                .to_owned(),
        );
    }
    Ok(())
}

/// Operators whose output jumps: a derivative would be zero or undefined everywhere.
const WITHOUT_GRADIENT: [&str; 8] = [
    "TreeEnsembleClassifier",
    "TreeEnsembleRegressor",
    "TreeEnsemble",
    "SVMClassifier",
    "SVMRegressor",
    "ArgMax",
    "OneHotEncoder",
    "LabelEncoder",
];

impl Facts {
    /// Facts from the kind of input and the operators of the graph (none: no graph).
    pub fn from_ops<'a>(kind: Kind, ops: impl IntoIterator<Item = &'a str>) -> Self {
        let mut facts = Self {
            kind,
            has_graph: false,
            no_gradient: None,
            convolution: false,
            attention: false,
            background: false,
            trees: false,
            linear: false,
            truth: false,
            features: None,
            channels_last: false,
        };
        for op in ops {
            facts.has_graph = true;
            facts.convolution |= op == "Conv";
            facts.attention |= op == "Softmax";
            if facts.no_gradient.is_none() && WITHOUT_GRADIENT.contains(&op) {
                facts.no_gradient = Some(op.to_owned());
            }
        }
        facts
    }
}

/// Whether `entry` can be used on a model with these facts; if not, the reason as a sentence's end:
/// "needs gradients: ...".
pub fn applies(entry: &Entry, facts: &Facts) -> Result<(), String> {
    if !facts.has_graph {
        return Err("needs a graph: this file holds tensors only; export the model to ONNX".to_owned());
    }
    if facts.kind == Kind::Text && !entry.needs.contains(&Need::Text) {
        return Err("needs a picture or a row of numbers: this model reads tokens".to_owned());
    }
    if facts.channels_last {
        channels_first(entry)?;
    }
    for need in entry.needs {
        match need {
            Need::Gradients => {
                if let Some(op) = &facts.no_gradient {
                    let what = if op.starts_with("Tree") {
                        "is a tree ensemble"
                    } else {
                        "uses an operator without a derivative"
                    };
                    return Err(format!("needs gradients: this model {what} ({op})"));
                }
            }
            Need::Image if facts.kind != Kind::Image => {
                return Err("needs a picture: this model's input is not one".to_owned());
            }
            Need::Convolution if !facts.convolution => {
                return Err("needs a convolution: this graph has none".to_owned());
            }
            Need::Background if !facts.background => {
                return Err("needs background rows: give a table of them".to_owned());
            }
            Need::Table if facts.kind == Kind::Image => {
                return Err("needs rows of a table: this model's input is a picture".to_owned());
            }
            Need::Trees if !facts.trees => {
                return Err("needs a tree ensemble: this model is not one, or is more than one".to_owned());
            }
            Need::Linear if !facts.linear => {
                return Err("needs a linear model: this one is not, or is more than that".to_owned());
            }
            Need::Truth if !facts.truth => {
                return Err("needs the true answers: choose the table's target column".to_owned());
            }
            Need::Text if facts.kind != Kind::Text => {
                return Err("needs a sentence: this model does not read tokens".to_owned());
            }
            Need::Attention if !facts.attention => {
                return Err(
                    "needs attention weights: this graph has no softmax (a fused operator keeps its weights to itself)"
                        .to_owned(),
                );
            }
            Need::Image
            | Need::Convolution
            | Need::Background
            | Need::Layer
            | Need::Table
            | Need::Trees
            | Need::Linear
            | Need::Truth
            | Need::Text
            | Need::Attention => {}
        }
    }
    Ok(())
}

/// Most features whose coalitions are all run: exact Shapley values take `2^features` of them.
const FEW_FEATURES: usize = 10;

/// The method offered first: the one that gives most for its cost among those that apply, with the reason.
pub fn default_method(facts: &Facts) -> (&'static str, &'static str) {
    let gradients = facts.no_gradient.is_none();
    if facts.kind == Kind::Text {
        return if gradients {
            (
                "token_integrated_gradients",
                "it is exact about what it adds up to, and this model has gradients",
            )
        } else {
            (
                "token_occlusion",
                "it needs no gradients, which this model does not have",
            )
        };
    }
    if facts.background && facts.kind != Kind::Image {
        let few = facts.features.is_some_and(|n| n <= FEW_FEATURES);
        let wanted = [
            (
                facts.trees,
                "tree_shap",
                "this model is a tree ensemble, and its Shapley values can be read from the trees: exact, and fast",
            ),
            (
                facts.linear,
                "linear_shap",
                "this model is linear, and its Shapley values follow from its weights: exact, and fast",
            ),
            (
                few,
                "exact_shapley",
                "there are few features, so every coalition of them can be run: exact",
            ),
            (
                gradients,
                "integrated_gradients",
                "this model has gradients, and the values add up to its output for a few dozen passes",
            ),
            (
                true,
                "kernel_shap",
                "it needs nothing but answers of the model, and its values add up to the output",
            ),
        ];
        for (holds, name, reason) in wanted {
            if holds && crate::find(name).is_some_and(|entry| applies(entry, facts).is_ok()) {
                return (name, reason);
            }
        }
    }
    match facts.kind {
        _ if gradients => (
            "integrated_gradients",
            "it is exact about what it adds up to, and this model has gradients",
        ),
        Kind::Image => ("occlusion", "it needs no gradients, which this model does not have"),
        _ => (
            "feature_ablation",
            "it needs no gradients, which this model does not have",
        ),
    }
}
