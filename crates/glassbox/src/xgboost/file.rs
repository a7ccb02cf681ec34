//! The parts of an XGBoost file that are read. Both forms of JSON are read into these.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected, Visitor};

#[derive(Deserialize)]
pub(super) struct File {
    pub(super) learner: Learner,
    #[serde(default)]
    pub(super) version: Option<Vec<u32>>,
}

#[derive(Deserialize)]
pub(super) struct Learner {
    #[serde(default)]
    pub(super) feature_names: Vec<String>,
    #[serde(default)]
    pub(super) feature_types: Vec<String>,
    pub(super) gradient_booster: Booster,
    #[serde(rename = "learner_model_param")]
    pub(super) param: Param,
    pub(super) objective: Objective,
}

#[derive(Deserialize)]
pub(super) struct Objective {
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Param {
    /// A number, or since 3.1 a list of numbers, as text.
    pub(super) base_score: Text,
    #[serde(default)]
    pub(super) num_class: Count,
    pub(super) num_feature: Count,
    #[serde(default)]
    pub(super) num_target: Count,
}

#[derive(Deserialize)]
pub(super) struct Booster {
    pub(super) name: String,
    #[serde(default)]
    pub(super) model: Option<Model>,
    #[serde(default)]
    pub(super) gbtree: Option<Inner>,
    #[serde(default)]
    pub(super) weight_drop: Vec<f32>,
}

#[derive(Deserialize)]
pub(super) struct Inner {
    pub(super) model: Model,
}

#[derive(Deserialize)]
pub(super) struct Model {
    #[serde(default)]
    pub(super) trees: Vec<Arrays>,
    #[serde(default)]
    pub(super) tree_info: Vec<usize>,
    #[serde(default)]
    pub(super) cats: Cats,
    /// Of the linear booster.
    #[serde(default)]
    pub(super) weights: Vec<f32>,
}

#[derive(Deserialize, Default)]
pub(super) struct Cats {
    #[serde(default)]
    pub(super) enc: Vec<Names>,
}

/// Names of a column's categories: numbers, or bytes of text with their bounds.
#[derive(Deserialize)]
pub(super) struct Names {
    #[serde(default)]
    pub(super) offsets: Option<Vec<i64>>,
    #[serde(default)]
    pub(super) values: Vec<f64>,
}

/// One tree, an array a property of its nodes.
#[derive(Deserialize)]
pub(super) struct Arrays {
    pub(super) left_children: Vec<i32>,
    pub(super) right_children: Vec<i32>,
    pub(super) split_indices: Vec<u32>,
    pub(super) split_conditions: Vec<f32>,
    #[serde(default)]
    pub(super) default_left: Vec<Flag>,
    #[serde(default)]
    pub(super) split_type: Vec<u8>,
    #[serde(default)]
    pub(super) categories: Vec<i32>,
    #[serde(default)]
    pub(super) categories_nodes: Vec<usize>,
    #[serde(default)]
    pub(super) categories_segments: Vec<usize>,
    #[serde(default)]
    pub(super) categories_sizes: Vec<usize>,
    #[serde(default)]
    pub(super) sum_hessian: Vec<f32>,
    #[serde(default)]
    pub(super) loss_changes: Vec<f32>,
    #[serde(default)]
    pub(super) base_weights: Vec<f32>,
    #[serde(default)]
    pub(super) leaf_weights: Vec<f32>,
    #[serde(default)]
    pub(super) tree_param: TreeParam,
}

#[derive(Deserialize, Default)]
pub(super) struct TreeParam {
    #[serde(default)]
    pub(super) size_leaf_vector: Count,
}

/// A whole number, which the file writes as text.
#[derive(Default, Clone, Copy)]
pub(super) struct Count(pub(super) usize);

/// Text, or a number that is written as one.
pub(super) struct Text(pub(super) String);

/// Yes or no, which the file writes as a number or a word.
pub(super) struct Flag(pub(super) bool);

struct Loose;

impl Visitor<'_> for Loose {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<String, E> {
        Ok(u8::from(flag).to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(Loose).map(Self)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let text = reader.deserialize_any(Loose)?;
        let wrong = || Error::invalid_value(Unexpected::Str(&text), &"a whole number");
        text.trim().parse().map(Self).map_err(|_| wrong())
    }
}

struct Bit;

impl Visitor<'_> for Bit {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("yes or no")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<bool, E> {
        Ok(flag)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<bool, E> {
        Ok(number != 0)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<bool, E> {
        Ok(number != 0)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(Bit).map(Self)
    }
}
