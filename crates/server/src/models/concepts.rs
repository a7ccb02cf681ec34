//! The page of questions about more than one input: concepts, and influence of training rows.

use askama::Template;
use axum::extract::State;
use glassboard_store::CheckpointRow;

use super::{Of, chosen};
use crate::extract::{Path, Query};
use crate::page::Shell;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// The page's own part. What is asked, and what came of it, is of the script: the questions live in the address, and
/// their answers under the address of the question.
#[derive(Template)]
#[template(path = "models/_concepts.html")]
struct Part<'a> {
    shell: &'a Shell,
    slug: &'a str,
    /// The checkpoint of the address; empty for the newest.
    checkpoint: &'a str,
    /// Checkpoints that run, oldest first, as influence goes along them: their numbers, with commas.
    steps: String,
}

pub async fn concepts_page(
    State(app): State<AppState>,
    shell: Shell,
    Path(m): Path<String>,
    Query(of): Query<Of>,
) -> Answer {
    let detail = app.store().model(app.actor(), &m).await?;
    chosen(&detail, of.checkpoint.as_deref())?;
    let runs = |c: &&CheckpointRow| c.state == "ready" && c.run_hash.is_some();
    let steps: Vec<String> = detail
        .checkpoints
        .iter()
        .filter(runs)
        .map(|c| c.id.0.to_string())
        .collect();
    let part = Part {
        shell: &shell,
        slug: &detail.model.slug,
        checkpoint: of.checkpoint.as_deref().unwrap_or_default(),
        steps: steps.join(","),
    };
    let part = part.render().map_err(Problem::internal)?;
    super::page::show_concepts(app, shell, detail, &of, part).await
}
