//! CatBoost's JSON.
//!
//! Rows are rounded to 32 bits, leaves are summed in 64. A number above its border goes right; one-hot categories are
//! numbered in the order of the file's list, every other number is a category that was not seen.

mod file;
mod labels;
mod trees;

use glassboard_model::TreeEnsemble;
use glassboard_model::trees::Precision;
use serde_json::Value;

use self::file::{File, FloatFeature};
use crate::described::{Body, Described, Feature, FeatureKind, Glass};
use crate::error::ReadError;
use crate::format::Format;
use crate::limits;
use crate::response::Response;

/// What the file is, for people.
const NAME: &str = "CatBoost";

fn damaged(reason: impl Into<String>) -> ReadError {
    ReadError::damaged(NAME, reason)
}

/// Reads a model of CatBoost.
pub(crate) fn read(bytes: &[u8]) -> Result<Glass, ReadError> {
    let file: File = serde_json::from_slice(bytes).map_err(|e| damaged(e.to_string()))?;
    refuse(&file)?;
    let (scale, bias) = file.scale_and_bias.unwrap_or((1.0, Value::from(0.0)));
    let bias: Vec<f64> = match &bias {
        Value::Array(list) => list.iter().filter_map(Value::as_f64).collect(),
        other => other.as_f64().into_iter().collect(),
    };
    let outputs = trees::width(&file.oblivious_trees, &file.trees, bias.len())?;
    limits::outputs(NAME, outputs)?;
    let base = match bias[..] {
        [] => vec![0.0; outputs],
        [one] => vec![one; outputs],
        _ if bias.len() == outputs => bias,
        _ => return Err(damaged(format!("{} biases for {outputs} outputs", bias.len()))),
    };
    if !scale.is_finite() {
        return Err(damaged("the scale is not a number"));
    }
    let info = &file.features_info;
    let (columns, mut features) = columns(&info.float_features, &info.categorical_features)?;
    labels::name(&mut features, info);
    let trees = if file.trees.is_empty() {
        trees::oblivious(&file.oblivious_trees, outputs, info, &mut features)?
    } else {
        trees::free(&file.trees, outputs, info, &mut features)?
    };
    let params = labels::params(&file.model_info);
    let objective = params
        .pointer("/loss_function/type")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let classes = labels::classes(&file.model_info);
    let response = response(objective.as_deref(), !classes.is_empty(), outputs);
    Ok(Glass {
        body: Body::Trees(TreeEnsemble {
            features: columns,
            outputs,
            trees,
            base,
            scale,
            precision: Precision::SingleRows,
            link: response.link(),
        }),
        response,
        described: Described {
            format: Format::CatboostJson,
            version: labels::version(&file.model_info),
            objective,
            features,
            classes,
            notes: Vec::new(),
        },
    })
}

/// What is not read, with what to do.
fn refuse(file: &File) -> Result<(), ReadError> {
    let info = &file.features_info;
    if !info.text_features.is_empty() || !info.embedding_features.is_empty() {
        return Err(ReadError::Unsupported(
            "this CatBoost model reads texts or embeddings, which a row of a table does not have; train it on numbers and categories".to_owned(),
        ));
    }
    if !info.ctrs.is_empty() || file.ctr_data.as_ref().is_some_and(|data| !data.is_empty()) {
        return Err(ReadError::Unsupported(
            "this CatBoost model turns categories into statistics of the target (CTR), which are not read; train it with \
             one_hot_max_size at least the number of categories of the largest feature, or encode the categories first"
                .to_owned(),
        ));
    }
    Ok(())
}

/// The columns of a row in the order the model was trained with.
fn columns(floats: &[FloatFeature], categories: &[file::CategoryFeature]) -> Result<(usize, Vec<Feature>), ReadError> {
    let flats = floats
        .iter()
        .map(|f| f.flat_feature_index)
        .chain(categories.iter().map(|f| f.flat_feature_index));
    let count = flats.max().map_or(0, |last| last.saturating_add(1));
    limits::features(NAME, count)?;
    let mut features: Vec<Feature> = (0..count).map(|at| Feature::number(at.to_string())).collect();
    for float in floats {
        if !float.feature_id.is_empty() {
            features[float.flat_feature_index].name.clone_from(&float.feature_id);
        }
    }
    for category in categories {
        let feature = &mut features[category.flat_feature_index];
        if !category.feature_id.is_empty() {
            feature.name.clone_from(&category.feature_id);
        }
        feature.kind = FeatureKind::Category { labels: Vec::new() };
    }
    Ok((count, features))
}

fn response(objective: Option<&str>, classes: bool, outputs: usize) -> Response {
    match objective {
        Some("Logloss" | "MultiClassOneVsAll" | "MultiLogloss" | "MultiCrossEntropy") => {
            Response::Logistic { slope: 1.0 }
        }
        Some("CrossEntropy") if outputs == 1 => Response::Logistic { slope: 1.0 },
        Some("MultiClass") => Response::Softmax,
        Some("Poisson" | "Tweedie" | "LogLinQuantile") => Response::Exp,
        None if classes && outputs == 1 => Response::Logistic { slope: 1.0 },
        None if classes => Response::Softmax,
        _ => Response::Identity,
    }
}
