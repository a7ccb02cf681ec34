//! `PATCH /experiments/{exp}/runs/{run}`: its name, notes, tags, archive and pin; and the run page's form.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use glassboard_store::logs::RunEdit;
use serde::Deserialize;
use serde_json::Value;

use crate::extract::{Json, Path};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::text::encode;

/// What may change; what is not named stays. `name: null` gives the folder's name back.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    #[serde(default, deserialize_with = "given")]
    name: Option<Value>,
    notes: Option<String>,
    tags: Option<Vec<String>>,
    #[serde(default)]
    add_tags: Vec<String>,
    #[serde(default)]
    remove_tags: Vec<String>,
    archived: Option<bool>,
    pinned: Option<bool>,
}

/// `null` is something else than nothing.
fn given<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

impl Change {
    pub fn edit(self) -> Answer<RunEdit> {
        let name = match self.name {
            None => None,
            Some(Value::Null) => Some(String::new()),
            Some(Value::String(name)) => Some(name),
            Some(_) => {
                return Err(Problem::bad_request(
                    "A run's `name` is a text, or null for its folder's.",
                ));
            }
        };
        Ok(RunEdit {
            name,
            notes: self.notes,
            labels: self.tags,
            add_labels: self.add_tags,
            remove_labels: self.remove_tags,
            archived: self.archived,
            pinned: self.pinned,
        })
    }
}

pub async fn edit(
    State(app): State<AppState>,
    Path((experiment, run)): Path<(String, String)>,
    Json(change): Json<Change>,
) -> Answer {
    let (store, actor) = (app.store(), app.actor());
    let edit = change.edit()?;
    store
        .edit_runs(&actor, &experiment, std::slice::from_ref(&run), edit)
        .await?;
    Ok(axum::Json(store.run(&actor, &experiment, &run).await?).into_response())
}

/// The form of the run page: works without scripts.
#[derive(Debug, Deserialize)]
pub struct Form {
    name: Option<String>,
    notes: Option<String>,
    tags: Option<String>,
    archived: Option<String>,
    pinned: Option<String>,
}

pub async fn submit(
    State(app): State<AppState>,
    Path((experiment, run)): Path<(String, String)>,
    axum::Form(form): axum::Form<Form>,
) -> Answer {
    let flag = |word: Option<String>| word.map(|word| word == "1");
    let edit = RunEdit {
        name: form.name,
        notes: form.notes.map(|notes| notes.replace("\r\n", "\n")),
        labels: form.tags.map(|tags| {
            let tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty());
            tags.map(str::to_owned).collect()
        }),
        archived: flag(form.archived),
        pinned: flag(form.pinned),
        ..RunEdit::default()
    };
    let store = app.store();
    store
        .edit_runs(&app.actor(), &experiment, std::slice::from_ref(&run), edit)
        .await?;
    let path = format!("/runs/{}/r/{}", encode(&experiment), encode(&run));
    Ok(Redirect::to(&app.url(&path)).into_response())
}
