//! Names: categories, classes, the version.

use std::collections::HashMap;

use serde_json::Value;

use super::file::FeaturesInfo;
use crate::described::{Feature, FeatureKind};
use crate::lightgbm::label;

/// A hash is written signed in one place and unsigned in another.
fn unsigned(hash: i64) -> u32 {
    hash as u32
}

/// Names the categories that splits ask for; the number of a category is its place among them.
pub(super) fn name(features: &mut [Feature], info: &FeaturesInfo) {
    let names: HashMap<u32, &str> = info
        .cat_features_hash
        .iter()
        .map(|entry| (unsigned(entry.hash), entry.value.as_str()))
        .collect();
    for category in &info.categorical_features {
        let labels: Option<Vec<String>> = category
            .values
            .iter()
            .map(|hash| names.get(&unsigned(*hash)).map(|name| (*name).to_owned()))
            .collect();
        if let Some(feature) = features.get_mut(category.flat_feature_index) {
            feature.kind = FeatureKind::Category {
                labels: labels.unwrap_or_default(),
            };
        }
    }
}

/// Parameters of the training, which some versions write as text.
pub(super) fn params(info: &Value) -> Value {
    match info.get("params") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(other) => other.clone(),
        None => Value::Null,
    }
}

pub(super) fn classes(info: &Value) -> Vec<String> {
    let held = match info.get("class_params") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(other) => other.clone(),
        None => Value::Null,
    };
    let names = held.get("class_names").and_then(Value::as_array);
    names.map(|names| names.iter().map(label).collect()).unwrap_or_default()
}

/// `CatBoost release 1.2.10` stands somewhere in the notes of the build.
pub(super) fn version(info: &Value) -> Option<String> {
    let text = info.get("catboost_version_info")?.as_str()?;
    let after = text.split("release ").nth(1)?;
    let version: String = after.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    (!version.is_empty()).then_some(version)
}
