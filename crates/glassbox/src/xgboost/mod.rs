//! XGBoost's models, as JSON and as binary JSON (UBJ).
//!
//! Rows and leaves are 32-bit floats, summed in 32 bits in the order of the trees, from the base score on.
//! `value < threshold` goes left, a missing value where the split says, a category right where the split lists it.

mod base;
mod categories;
mod file;
mod linear;
mod trees;

use glassboard_model::TreeEnsemble;
use glassboard_model::trees::Precision;

use self::file::{Booster, File, Learner};
use crate::described::{Body, Described, Feature, Glass};
use crate::error::ReadError;
use crate::format::Format;
use crate::limits;
use crate::response::Response;
use crate::ubj;

/// What the file is, for people.
const NAME: &str = "XGBoost";

fn damaged(reason: impl Into<String>) -> ReadError {
    ReadError::damaged(NAME, reason)
}

/// Reads a model of XGBoost.
pub(crate) fn read(bytes: &[u8], format: Format) -> Result<Glass, ReadError> {
    let file: File = if format == Format::XgboostUbj {
        ubj::from_slice(bytes).map_err(|e| damaged(e.to_string()))?
    } else {
        serde_json::from_slice(bytes).map_err(|e| damaged(e.to_string()))?
    };
    let learner = file.learner;
    let count = learner.param.num_feature.0;
    limits::features(NAME, count)?;
    let features = named(&learner, count)?;
    let outputs = outputs(&learner)?;
    limits::outputs(NAME, outputs)?;
    let objective = learner.objective.name.clone();
    let (response, base) = base::response_and_base(&objective, &learner.param.base_score, outputs)?;
    let mut described = Described {
        format,
        version: file
            .version
            .map(|v| v.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")),
        objective: Some(objective),
        features,
        classes: Vec::new(),
        notes: Vec::new(),
    };
    if response == Response::Step {
        described
            .notes
            .push("binary:hinge predicts 0 or 1: the margin's sign.".to_owned());
    }
    let (model, drop) = match learner.gradient_booster {
        Booster {
            name,
            model: Some(model),
            ..
        } if name == "gblinear" => {
            let linear = linear::read(&model.weights, count, &base)?;
            described
                .notes
                .push("A missing value counts as zero: the linear booster has no other way.".to_owned());
            return Ok(Glass {
                body: Body::Linear(linear),
                response,
                described,
            });
        }
        Booster {
            name,
            model: Some(model),
            ..
        } if name == "gbtree" => (model, None),
        Booster {
            name,
            gbtree: Some(inner),
            weight_drop,
            ..
        } if name == "dart" => (inner.model, Some(weight_drop)),
        Booster { name, .. } => return Err(damaged(format!("the booster `{name}` has no model of its kind"))),
    };
    categories::label(&mut described.features, &learner.feature_types, &model.cats);
    let trees = trees::read(model, drop.as_deref(), outputs, count, &mut described.features)?;
    Ok(Glass {
        body: Body::Trees(TreeEnsemble {
            features: count,
            outputs,
            trees,
            base,
            scale: 1.0,
            precision: Precision::Single,
            link: response.link(),
        }),
        response,
        described,
    })
}

fn named(learner: &Learner, count: usize) -> Result<Vec<Feature>, ReadError> {
    if learner.feature_names.is_empty() {
        return Ok((0..count).map(|at| Feature::number(format!("f{at}"))).collect());
    }
    if learner.feature_names.len() != count {
        return Err(damaged(format!(
            "{} feature_names for num_feature {count}",
            learner.feature_names.len()
        )));
    }
    Ok(learner.feature_names.iter().map(Feature::number).collect())
}

/// Sums that are made: one a class or a target.
fn outputs(learner: &Learner) -> Result<usize, ReadError> {
    let param = &learner.param;
    let (classes, targets) = (param.num_class.0.max(1), param.num_target.0.max(1));
    if classes > 1 && targets > 1 {
        return Err(ReadError::Unsupported(format!(
            "this XGBoost model has {classes} classes and {targets} targets at once, which is not read; train a model a target"
        )));
    }
    Ok(classes.max(targets))
}
