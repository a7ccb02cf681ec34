//! `GET` and `PUT /models/{m}/preprocess`.

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_store::ModelDetail;
use serde_json::Value;

use crate::extract::{Json, Path};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Keys of `preprocess.json`.
const KEYS: [&str; 13] = [
    "input",
    "layout",
    "size",
    "resize",
    "channels",
    "scale",
    "mean",
    "std",
    "labels",
    "feature_names",
    "standardise",
    "columns",
    "text",
];

/// What the model has; null where nobody gave it and no scan guessed it.
pub fn stored(detail: &ModelDetail) -> Value {
    detail
        .model
        .preprocess
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or(Value::Null)
}

pub async fn preprocess(State(app): State<AppState>, Path(model): Path<String>) -> Answer {
    let detail = app.store().model(app.actor(), &model).await?;
    Ok(axum::Json(stored(&detail)).into_response())
}

pub async fn set_preprocess(
    State(app): State<AppState>,
    Path(model): Path<String>,
    Json(given): Json<Value>,
) -> Answer {
    check(&given)?;
    let detail = app.store().model(app.actor(), &model).await?;
    names_its_vocabulary(&given, detail.model.vocabulary_hash.as_deref())?;
    app.store().set_preprocess(app.actor(), &model, &given).await?;
    Ok(axum::Json(given).into_response())
}

/// `preprocess.json` that comes with an upload.
pub fn given(text: &str) -> Answer<Value> {
    let value = serde_json::from_str(text)
        .map_err(|error| Problem::bad_request(format!("`preprocess` is not JSON: {error}.")))?;
    check(&value)?;
    names_its_vocabulary(&value, None)?;
    Ok(value)
}

/// A vocabulary is uploaded to the model, so that its bytes are the model's: no other can be named.
fn names_its_vocabulary(given: &Value, known: Option<&str>) -> Answer<()> {
    match given["text"]["vocabulary"].as_str() {
        None | Some("") => Ok(()),
        Some(hash) if Some(hash) == known => Ok(()),
        Some(_) => Err(Problem::bad_request(
            "`text.vocabulary` in preprocess.json is not the model's vocabulary; upload it with PUT /models/{m}/vocabulary.",
        )),
    }
}

/// Whether `given` has the shape of `preprocess.json`; the worker checks it against the model.
fn check(given: &Value) -> Answer<()> {
    let Some(object) = given.as_object() else {
        return Err(Problem::bad_request(
            "preprocess.json must be a JSON object; docs/api.md lists its keys.",
        ));
    };
    if let Some(key) = object.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(Problem::bad_request(format!(
            "preprocess.json has no key `{key}`; its keys are {}.",
            KEYS.join(", ")
        )));
    }
    let one_of = |key: &str, all: &[&str]| match object.get(key) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(text)) if all.contains(&text.as_str()) => Ok(()),
        Some(other) => Err(Problem::bad_request(format!(
            "`{key}` in preprocess.json must be {}, not {other}.",
            all.join(", ")
        ))),
    };
    one_of("layout", &["NCHW", "NHWC", "N", "T"])?;
    one_of("resize", &["bilinear", "nearest", "none"])?;
    one_of("channels", &["RGB", "BGR", "L"])?;
    if let Some(columns) = object.get("columns").filter(|c| !c.is_null()) {
        let named = |one: &Value| one["name"].as_str().is_some_and(|name| !name.is_empty());
        if !columns.as_array().is_some_and(|all| all.iter().all(named)) {
            return Err(Problem::bad_request(
                "`columns` in preprocess.json must be a list of features, each with its `name`; docs/preprocess.md has their keys.",
            ));
        }
    }
    if let Some(text) = object.get("text").filter(|text| !text.is_null()) {
        let known = ["vocabulary", "name", "lowercase", "split", "pad", "unk", "max_length"];
        let unknown = text
            .as_object()
            .map(|text| text.keys().find(|key| !known.contains(&key.as_str())).cloned());
        match unknown {
            None => {
                return Err(Problem::bad_request(
                    "`text` in preprocess.json must be an object; docs/text.md lists its keys.",
                ));
            }
            Some(Some(key)) => {
                return Err(Problem::bad_request(format!(
                    "`text` in preprocess.json has no key `{key}`; its keys are {}.",
                    known.join(", ")
                )));
            }
            Some(None) => {}
        }
    }
    for key in ["mean", "std"] {
        let fine = match object.get(key) {
            None | Some(Value::Null) => true,
            Some(Value::Array(list)) => list.iter().all(Value::is_number),
            Some(_) => false,
        };
        if !fine {
            return Err(Problem::bad_request(format!(
                "`{key}` in preprocess.json must be a list of numbers, one a channel."
            )));
        }
    }
    if object
        .get("std")
        .and_then(Value::as_array)
        .is_some_and(|list| list.iter().any(|v| v.as_f64() == Some(0.0)))
    {
        return Err(Problem::bad_request(
            "`std` in preprocess.json holds a zero: nothing can be divided by it.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check;

    #[test]
    fn what_does_not_fit_is_refused_with_a_sentence() {
        assert!(check(&json!({ "layout": "NCHW", "mean": [0.5], "std": [0.5] })).is_ok());
        let said = |value| check(&value).expect_err("refused").detail;
        assert!(said(json!([1])).contains("JSON object"));
        assert!(said(json!({ "sacle": 1 })).contains("`sacle`"));
        assert!(said(json!({ "layout": "CHW" })).contains("NCHW"));
        assert!(said(json!({ "std": [1.0, 0.0] })).contains("zero"));
        assert!(said(json!({ "mean": "x" })).contains("list of numbers"));
    }
}
