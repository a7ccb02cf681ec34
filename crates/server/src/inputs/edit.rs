//! `PATCH /inputs/{i}`: what is said of a data set goes before what is guessed; and the same from the page's form.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use glassboard_store::InputRow;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::extract::{Json, Path};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::text;

/// Keys that are handed on as they are; null goes back to the guess.
const PLAIN: [&str; 6] = ["target", "separator", "decimal", "header", "missing", "label_order"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    #[serde(default)]
    kinds: BTreeMap<String, Value>,
    #[serde(default)]
    labels: BTreeMap<String, Value>,
    #[serde(default)]
    set: Map<String, Value>,
}

pub async fn edit(State(app): State<AppState>, Path(slug): Path<String>, Json(body): Json<Value>) -> Answer {
    let Value::Object(mut body) = body else {
        return Err(Problem::bad_request(
            "The body must be a JSON object; docs/data-sets.md lists its keys.",
        ));
    };
    let mut set = Map::new();
    for key in PLAIN {
        if let Some(value) = body.remove(key) {
            set.insert(key.to_owned(), value);
        }
    }
    body.insert("set".to_owned(), Value::Object(set));
    let said: Said = serde_json::from_value(Value::Object(body)).map_err(|error| {
        Problem::bad_request(format!(
            "{error}. What can be said of a data set: {}, kinds, labels.",
            PLAIN.join(", ")
        ))
    })?;
    let input = change(&app, &slug, &said).await?;
    Ok(axum::Json(super::summary(&input)).into_response())
}

pub async fn edit_from_page(
    State(app): State<AppState>,
    Path(slug): Path<String>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Answer {
    let mut said = Said::default();
    for (key, value) in form {
        let value_or_guess = if value == "guess" { Value::Null } else { json!(value) };
        match key.split_once(':') {
            Some(("kind", column)) => {
                said.kinds.insert(column.to_owned(), value_or_guess);
            }
            _ if key == "target" => {
                said.set.insert(key, value_or_guess);
            }
            _ => {}
        }
    }
    let input = change(&app, &slug, &said).await?;
    Ok(Redirect::to(&app.url(&format!("/inputs/{}", text::encode(&input.slug)))).into_response())
}

/// Reads the table again with what is said; nothing changes where that does not fit it.
async fn change(app: &AppState, slug: &str, said: &Said) -> Answer<InputRow> {
    let input = app.store().input(app.actor(), slug).await?;
    if input.kind != "table" || input.state != "ready" {
        return Err(Problem::conflict(format!(
            "`{}` is not a table that was read.",
            input.name
        )));
    }
    let mut options = match input.facts()["options"].take() {
        Value::Object(options) => options,
        _ => Map::new(),
    };
    for (key, value) in &said.set {
        if value.is_null() {
            options.remove(key);
        } else {
            options.insert(key.clone(), value.clone());
        }
    }
    let mut columns = match options.remove("columns") {
        Some(Value::Object(columns)) => columns,
        _ => Map::new(),
    };
    for (part, changes) in [("kind", &said.kinds), ("labels", &said.labels)] {
        for (column, value) in changes {
            let one = columns.entry(column.clone()).or_insert_with(|| json!({}));
            if let Value::Object(one) = one {
                if value.is_null() {
                    one.remove(part);
                } else {
                    one.insert(part.to_owned(), value.clone());
                }
            }
        }
    }
    columns.retain(|_, one| one.as_object().is_some_and(|one| !one.is_empty()));
    if !columns.is_empty() {
        options.insert("columns".to_owned(), Value::Object(columns));
    }
    let facts = app
        .work()
        .look_again(app, &input, &json!({ "options": options }))
        .await?;
    Ok(app.store().set_input_facts(app.actor(), slug, &facts).await?)
}
