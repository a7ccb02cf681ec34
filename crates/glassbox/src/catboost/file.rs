//! The parts of a CatBoost file that are read.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

#[derive(Deserialize)]
pub(super) struct File {
    pub(super) features_info: FeaturesInfo,
    #[serde(default)]
    pub(super) model_info: Value,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) oblivious_trees: Vec<Oblivious>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) trees: Vec<Free>,
    #[serde(default)]
    pub(super) scale_and_bias: Option<(f64, Value)>,
    #[serde(default)]
    pub(super) ctr_data: Option<Map<String, Value>>,
}

#[derive(Deserialize, Default)]
pub(super) struct FeaturesInfo {
    #[serde(default, deserialize_with = "or_none")]
    pub(super) float_features: Vec<FloatFeature>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) categorical_features: Vec<CategoryFeature>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) cat_features_hash: Vec<Hash>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) ctrs: Vec<Value>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) text_features: Vec<Value>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) embedding_features: Vec<Value>,
}

#[derive(Deserialize)]
pub(super) struct FloatFeature {
    #[serde(default)]
    pub(super) feature_id: String,
    pub(super) flat_feature_index: usize,
    #[serde(default)]
    pub(super) nan_value_treatment: String,
}

#[derive(Deserialize)]
pub(super) struct CategoryFeature {
    #[serde(default)]
    pub(super) feature_id: String,
    pub(super) flat_feature_index: usize,
    /// Hashes of the categories that splits ask for.
    #[serde(default, deserialize_with = "or_none")]
    pub(super) values: Vec<i64>,
}

/// The name behind a hash; the file has it where the model was saved with its data.
#[derive(Deserialize)]
pub(super) struct Hash {
    pub(super) hash: i64,
    pub(super) value: String,
}

/// A tree that asks the same question everywhere at one depth.
#[derive(Deserialize)]
pub(super) struct Oblivious {
    #[serde(default)]
    pub(super) splits: Option<Vec<Split>>,
    pub(super) leaf_values: Vec<f64>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) leaf_weights: Vec<f64>,
}

/// A tree of any shape.
#[derive(Deserialize)]
pub(super) struct Free {
    #[serde(default)]
    pub(super) split: Option<Split>,
    #[serde(default)]
    pub(super) left: Option<Box<Free>>,
    #[serde(default)]
    pub(super) right: Option<Box<Free>>,
    #[serde(default)]
    pub(super) value: Option<Value>,
    #[serde(default)]
    pub(super) weight: Option<f64>,
}

#[derive(Deserialize)]
pub(super) struct Split {
    #[serde(rename = "split_type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) border: f64,
    #[serde(default)]
    pub(super) float_feature_index: Option<usize>,
    #[serde(default)]
    pub(super) cat_feature_index: Option<usize>,
    #[serde(default)]
    pub(super) value: i64,
}

/// An empty list may be written as null.
fn or_none<'de, D: Deserializer<'de>, T: Deserialize<'de>>(reader: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(reader)?.unwrap_or_default())
}
