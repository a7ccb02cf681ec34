//! What a catalogue entry says.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// A method of explanation.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Stable name, used in URLs, on the command line and in stored results.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// How it works, roughly.
    pub family: Family,
    /// One or two sentences: what the numbers mean.
    pub summary: &'static str,
    /// When to use it.
    pub when: &'static str,
    /// When not to.
    pub not_when: &'static str,
    /// What a model or a request must have.
    pub needs: &'static [Need],
    /// What the answer has the shape of.
    pub output: Output,
    /// What can be set.
    pub parameters: &'static [Parameter],
    /// Passes through the model.
    #[serde(serialize_with = "cost_text")]
    pub cost: Cost,
    /// Where it was published.
    pub paper: Option<Paper>,
    /// What a user must know before relying on it.
    pub notice: Option<&'static str>,
    /// Whether the attributions should sum to f(x) - f(baseline).
    pub complete: bool,
    /// Whether a baseline takes part.
    pub uses_baseline: bool,
    /// Whether random numbers take part.
    pub uses_seed: bool,
}

/// Families in the order a page shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// From the derivative at the input.
    Gradient,
    /// From the derivative along a path.
    Path,
    /// From the output back, node by node, by rules.
    Propagation,
    /// From a convolution's maps and their derivative.
    ClassActivation,
    /// From what happens when parts are taken away.
    Perturbation,
    /// Values inside the network.
    Layer,
    /// Shares of the output by the game theory of Shapley.
    Shapley,
    /// From the structure of decision trees.
    Trees,
    /// A simple model fitted around one row.
    LocalSurrogate,
    /// Rules and other rows that say what would keep or change the answer.
    Examples,
    /// How the output moves with a feature over a data set.
    Effect,
    /// How much each feature matters over a data set.
    Importance,
    /// A simple model that stands for the whole.
    Surrogate,
    /// How well the model does on rows whose answer is known.
    Performance,
    /// What the model learnt: concepts shown by examples, and the rows it was trained on.
    Concept,
    /// From the weights with which tokens look at each other.
    Attention,
}

/// Something that must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// The model can be differentiated.
    Gradients,
    /// The input is a picture.
    Image,
    /// The graph has a convolution with a spatial output.
    Convolution,
    /// The graph has inner values.
    Layer,
    /// Rows to compare with.
    Background,
    /// The input is a row of a table.
    Table,
    /// The model is an ensemble of trees and nothing else.
    Trees,
    /// The model is linear and nothing else.
    Linear,
    /// The table has the true answers.
    Truth,
    /// The input is a sentence that the model reads as tokens.
    Text,
    /// The graph has attention weights.
    Attention,
}

/// What the attribution has the shape of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// One value per element of the input.
    Input,
    /// One value per pixel, channels taken together.
    Pixels,
    /// One value per element of the input, about a neuron rather than about the output.
    Neuron,
    /// One value per element of a layer.
    Layer,
    /// One value per pair of features, `[rows, features, features]`.
    Interactions,
    /// A rule that keeps the answer.
    Rule,
    /// Rows with another answer.
    Rows,
    /// One curve (or surface) per feature over a data set.
    Curve,
    /// One value per feature for a data set.
    Importance,
    /// A simple model.
    Surrogate,
    /// Figures and curves of performance.
    Performance,
    /// How sensitive the output is to a concept.
    Concept,
    /// One value per training row.
    Influence,
    /// One value a token.
    Tokens,
}

/// Passes through the model, as formulas over the parameters and `N` (elements of the input).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Forward passes.
    pub forward: &'static str,
    /// Backward passes.
    pub backward: &'static str,
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.backward {
            "0" => write!(f, "{} forward", self.forward),
            backward => write!(f, "{} forward, {backward} backward", self.forward),
        }
    }
}

fn cost_text<S: serde::Serializer>(cost: &Cost, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(cost)
}

/// Where a method was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Paper {
    /// "Sundararajan et al. 2017".
    pub authors: &'static str,
    /// Its title.
    pub title: &'static str,
    /// arXiv number or DOI.
    pub id: &'static str,
}

/// One thing that can be set.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Key in `params`.
    pub name: &'static str,
    /// Label in a form.
    pub title: &'static str,
    /// Type and bounds.
    pub kind: Type,
    /// Value when not given.
    pub default: Default,
    /// One sentence.
    pub help: &'static str,
}

/// Type of a parameter, with its bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Type {
    /// Whole number between two bounds, both allowed.
    Integer(i64, i64),
    /// Number between two bounds, both allowed.
    Number(f64, f64),
    /// Yes or no.
    Boolean,
    /// One of a list.
    Choice(&'static [&'static str]),
    /// The ONNX name of an inner value, or null for the default one.
    Layer,
    /// Names of columns, separated by commas; null for all (or for the method to choose).
    Columns,
    /// Words, as the parameter's help says; null where not given.
    Text,
}

impl Type {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Integer(..) => "integer",
            Self::Number(..) => "number",
            Self::Boolean => "boolean",
            Self::Choice(_) => "choice",
            Self::Layer => "layer",
            Self::Columns => "columns",
            Self::Text => "text",
        }
    }
}

/// Default of a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Default {
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// One of the choices.
    Choice(&'static str),
    /// Chosen from the model.
    Null,
}

impl From<Default> for Value {
    fn from(value: Default) -> Self {
        match value {
            Default::Integer(v) => v.into(),
            Default::Number(v) => v.into(),
            Default::Boolean(v) => v.into(),
            Default::Choice(v) => v.into(),
            Default::Null => Value::Null,
        }
    }
}

impl Parameter {
    /// As `GET /methods` gives it.
    pub fn to_json(&self) -> Value {
        let (min, max) = match self.kind {
            Type::Integer(min, max) => (json!(min), json!(max)),
            Type::Number(min, max) => (json!(min), json!(max)),
            _ => (Value::Null, Value::Null),
        };
        let choices = match self.kind {
            Type::Choice(choices) => json!(choices),
            _ => Value::Null,
        };
        json!({ "name": self.name, "title": self.title, "kind": self.kind.name(), "default": Value::from(self.default),
                "min": min, "max": max, "choices": choices, "help": self.help })
    }

    fn schema(&self) -> Value {
        let mut schema = match self.kind {
            Type::Integer(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Type::Number(min, max) => json!({ "type": "number", "minimum": min, "maximum": max }),
            Type::Boolean => json!({ "type": "boolean" }),
            Type::Choice(choices) => json!({ "enum": choices }),
            Type::Layer | Type::Columns | Type::Text => json!({ "type": ["string", "null"] }),
        };
        schema["title"] = self.title.into();
        schema["description"] = self.help.into();
        schema["default"] = self.default.into();
        schema
    }
}

impl Serialize for Parameter {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(out)
    }
}

impl Entry {
    /// The parameters as a JSON Schema of an object.
    pub fn schema(&self) -> Value {
        let properties: Map<_, _> = self
            .parameters
            .iter()
            .map(|p| (p.name.to_owned(), p.schema()))
            .collect();
        json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": self.title, "type": "object",
                "properties": properties, "additionalProperties": false })
    }

    /// The parameter called `name`.
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|p| p.name == name)
    }
}
