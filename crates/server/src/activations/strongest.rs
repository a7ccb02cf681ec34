//! `POST /activations/strongest`: the inputs a layer's channels answer to most.

use axum::extract::State;
use glassboard_jobs::spec::{InputRef, JobSpec};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::explanations::question::{input_ref, runnable};
use crate::extract::Json;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Rows looked at, at most.
const ROWS: usize = 256;
/// Inputs named for a channel, where nothing is said.
const MOST: usize = 9;
/// Inputs named for a channel, at most.
const MOST_OF_ALL: usize = 64;

#[derive(Debug, Deserialize)]
pub struct Asked {
    model: String,
    checkpoint: Option<String>,
    layer: String,
    /// Slugs; left out: the inputs given for this model, or pictures given for none.
    inputs: Option<Vec<String>>,
    most: Option<usize>,
}

pub async fn strongest(State(app): State<AppState>, Json(asked): Json<Asked>) -> Answer<axum::Json<Value>> {
    let (_, model) = runnable(&app, &asked.model, asked.checkpoint.as_deref()).await?;
    let named = asked.inputs.is_some();
    let found = match asked.inputs {
        Some(slugs) => {
            let mut found = Vec::with_capacity(slugs.len());
            for slug in slugs {
                found.push(app.store().input(app.actor(), &slug).await?);
            }
            found
        }
        None => app.store().inputs(app.actor(), Some(&asked.model)).await?,
    };
    let own = |input: &glassboard_store::InputRow| match &input.model {
        Some(slug) => *slug == asked.model,
        None => input.kind == "image",
    };
    let (mut refs, mut places): (Vec<InputRef>, Vec<Value>) = (Vec::new(), Vec::new());
    let mut left_out = 0;
    for input in found
        .iter()
        .filter(|input| input.state == "ready" && (named || own(input)))
    {
        for row in 0..usize::try_from(input.rows).unwrap_or(0).max(1) {
            if refs.len() == ROWS {
                left_out += 1;
                continue;
            }
            refs.push(input_ref(&app, input, row)?);
            places.push(
                json!({ "input": input.slug, "name": input.name, "row": row, "picture": input.picture_hash.is_some() }),
            );
        }
    }
    if refs.is_empty() {
        return Err(Problem::bad_request(
            "There is no input to look at: upload some for this model, or name them in `inputs`.",
        ));
    }
    let spec = JobSpec::Strongest {
        model: model.source(&app)?,
        inputs: refs,
        preprocess: model.preprocess.clone(),
        layer: asked.layer,
        most: asked.most.unwrap_or(MOST).clamp(1, MOST_OF_ALL),
    };
    let mut said = app.work().now(spec).await?;
    said["inputs"] = places.into();
    said["left_out"] = left_out.into();
    Ok(axum::Json(said))
}
