//! The page of questions about more than one input: concepts, and influence of training rows.

use askama::Template;
use axum::extract::State;
use glassboard_store::{CheckpointRow, InputRow};

use super::{Of, chosen, kind};
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
    /// Whether each of the two can be asked, as far as is known here: room is kept for their forms.
    concept: bool,
    influence: bool,
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
    let checkpoint = chosen(&detail, of.checkpoint.as_deref())?;
    let facts = checkpoint.facts();
    let kind = kind(&facts);
    let runs_graph = checkpoint.graph_hash.is_some() && checkpoint.run_hash.is_some() && kind != "text";
    let inputs = app.store().inputs(app.actor(), None).await?;
    let own = |input: &InputRow| input.model.as_ref().is_none_or(|model| *model == detail.model.slug);
    // Pictures are shown as arrays of several, and come without true answers.
    let tables = || inputs.iter().filter(|input| kind != "image" && input.kind == "table");
    let arrays = inputs.iter().any(|input| input.kind == "array" && own(input));
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
        concept: runs_graph && (arrays || tables().next().is_some()),
        influence: runs_graph && tables().any(|input| input.facts()["target_column"].is_string()),
        steps: steps.join(","),
    };
    let part = part.render().map_err(Problem::internal)?;
    super::page::show_concepts(app, shell, detail, &of, part).await
}
