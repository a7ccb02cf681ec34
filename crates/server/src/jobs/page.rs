//! The jobs pages.

use askama::Template;
use axum::extract::State;
use glassboard_jobs::Subject;
use glassboard_store::JobRow;

use crate::extract::Path;
use crate::page::{Place, Shell, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

#[derive(Template)]
#[template(path = "jobs/list.html")]
struct ListPage {
    shell: Shell,
    title: String,
    only: String,
    /// What the job made: a name and an address.
    result: Option<(&'static str, String)>,
    jobs: Vec<JobRow>,
}

pub async fn list_page(State(app): State<AppState>, shell: Shell) -> Answer {
    let jobs = app.store().jobs(app.actor(), 50).await?;
    let shell = shell.at(Place::Jobs, "Jobs", "jobs").here("Jobs");
    html(&ListPage {
        shell,
        title: "Jobs".to_owned(),
        only: String::new(),
        result: None,
        jobs,
    })
}

pub async fn show_page(State(app): State<AppState>, shell: Shell, Path(id): Path<String>) -> Answer {
    let job = app.store().job(app.actor(), &id).await?;
    let result = if job.state == "done" {
        result(&app, &job).await?
    } else {
        None
    };
    let shell = shell
        .at(Place::Jobs, job.title.clone(), "jobs")
        .crumb("Jobs", "/jobs")
        .here(job.title.clone());
    html(&ListPage {
        shell,
        title: job.title.clone(),
        only: id,
        result,
        jobs: vec![job],
    })
}

/// Where what a job made is shown, unless it was deleted since.
async fn result(app: &AppState, job: &JobRow) -> Answer<Option<(&'static str, String)>> {
    let (store, actor) = (app.store(), app.actor());
    let found = match serde_json::from_str::<Subject>(&job.subject) {
        Ok(Subject::Checkpoint { id }) => store.model_of(actor, id).await?.map(|slug| {
            let path = format!("/models/{}/graph?checkpoint={}", text::encode(&slug), id.0);
            ("Open the model", path)
        }),
        Ok(Subject::Input { id }) => {
            let inputs = store.inputs(actor, None).await?;
            let input = inputs.into_iter().find(|input| input.id == id);
            input.map(|input| ("Open the input", format!("/inputs/{}", text::encode(&input.slug))))
        }
        Ok(Subject::Answer { id }) => {
            let Some(answer) = store.find_answer(actor, &id).await? else {
                return Ok(None);
            };
            if let Some(path) = crate::models::concepts::address(&answer, &store.inputs(actor, None).await?)? {
                return Ok(Some(("Open the result", app.url(&path))));
            }
            let input = store.input(actor, &answer.input).await?;
            let view = match (answer.kind.as_str(), input.kind.as_str()) {
                ("activations", _) => "activations",
                (_, "table") => "row",
                _ => "attribution",
            };
            let (model, input) = (text::encode(&answer.model), text::encode(&answer.input));
            let row = if answer.row > 0 {
                format!("?row={}", answer.row)
            } else {
                String::new()
            };
            Some(("Open the result", format!("/explain/{model}/{input}/{view}{row}")))
        }
        Ok(Subject::Parity { id }) => store.model_of(actor, id).await?.map(|slug| {
            let path = format!("/models/{}/metadata?checkpoint={}", text::encode(&slug), id.0);
            ("Open the model", path)
        }),
        Ok(Subject::Comparison { id }) => {
            let row = store.find_comparison(actor, &id).await?;
            row.map(|row| crate::models::difference::address(&row))
                .transpose()?
                .flatten()
                .map(|path| ("Open the difference", path))
        }
        Ok(Subject::Projection { id }) => {
            let Some((experiment, embedding)) = store.projected_embedding(actor, &id).await? else {
                return Ok(None);
            };
            let question = store.projection(actor, &id).await?.question()?;
            let method = question["method"].as_str().unwrap_or("pca");
            let path = format!("/runs/{}/projector?e={embedding}&m={method}", text::encode(&experiment));
            Some(("Open the projector", path))
        }
        Err(_) => None,
    };
    Ok(found.map(|(name, path)| (name, app.url(&path))))
}
