//! The page of questions about more than one input: concepts, and influence of training rows.

use askama::Template;
use axum::extract::State;
use glassboard_catalog::{Output, Parameter, Scope};
use glassboard_jobs::spec::{Member, Question, Span};
use glassboard_store::{AnswerRow, CheckpointRow, InputRow};
use serde::Deserialize;
use serde_json::Value;

use super::{Of, chosen, kind};
use crate::extract::{Path, Query};
use crate::page::Shell;
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::text;

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

/// As an explanation's question is kept.
#[derive(Deserialize)]
struct Stored {
    question: Question,
}

/// Where an answer of this page is shown: the page with the same question, or its report where the page cannot ask it.
/// None for answers of other methods. `inputs`: all there are.
pub fn address(answer: &AnswerRow, inputs: &[InputRow]) -> Answer<Option<String>> {
    if answer.kind != "explanation" {
        return Ok(None);
    }
    let stored: Stored = serde_json::from_str(&answer.question).map_err(Problem::internal)?;
    let question = stored.question;
    if glassboard_catalog::scope(&question.method) != Some(Scope::Sets) {
        return Ok(None);
    }
    let path = match keys(answer, &question, inputs) {
        Some(keys) => {
            let written = keys.iter().map(|(key, value)| format!("{key}={}", text::encode(value)));
            let written = written.collect::<Vec<_>>().join("&");
            format!("/models/{}/concepts?{written}", text::encode(&answer.model))
        }
        None => format!("/api/v1/explanations/{}/report", answer.id),
    };
    Ok(Some(path))
}

/// The keys of the page's address that ask `question`; none where it has no key for something that was said.
fn keys(answer: &AnswerRow, question: &Question, inputs: &[InputRow]) -> Option<Vec<(&'static str, String)>> {
    let entry = glassboard_catalog::find(&question.method)?;
    let usual = |parameter: &Parameter| {
        let told = question.params.get(parameter.name).unwrap_or(&Value::Null);
        ["layer", "runs"].contains(&parameter.name) || *told == parameter.to_json()["default"]
    };
    let company = question.company.clone().unwrap_or_default();
    // The page asks TCAV about all rows, and TracIn about one.
    let concept = entry.output == Output::Concept;
    let rows = question.rows.is_none_or(|span| concept && span == Span::ALL);
    let every = |member: &Member| member.rows.is_none_or(|span| span == Span::ALL);
    let whole = rows && company.members.iter().all(every);
    if !whole || question.on != "logit" || question.output.is_some() || !entry.parameters.iter().all(usual) {
        return None;
    }
    let member = |role: &str| company.members.iter().find(|member| member.role == role);
    let slug = |member: &Member| {
        let input = inputs.iter().find(|input| input.identity() == member.set)?;
        Some(input.slug.clone())
    };
    let filter = |member: &Member| member.filter.clone().unwrap_or_default();
    let mut keys = vec![("checkpoint", answer.checkpoint_id.0.to_string())];
    if concept {
        let (concept, random) = (member("concept")?, member("random")?);
        let told = |name: &str| match question.params.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        keys.extend([
            ("in", answer.input.clone()),
            (
                "cls",
                question.target.map(|target| target.to_string()).unwrap_or_default(),
            ),
            ("c", slug(concept)?),
            ("cf", filter(concept)),
            ("o", slug(random)?),
            ("of", filter(random)),
            ("layer", told("layer")),
            ("runs", told("runs")),
            ("seed", question.seed.to_string()),
            ("tcav", "1".to_owned()),
        ]);
    } else {
        let rate = company.steps.first().map_or(1.0, |step| step.rate);
        if company.steps.iter().any(|step| (step.rate - rate).abs() > 0.0) {
            return None;
        }
        let training = member("training");
        keys.extend([
            ("q", answer.input.clone()),
            ("row", answer.row.to_string()),
            ("tr", training.map_or_else(|| Some(answer.input.clone()), slug)?),
            ("trf", training.map(filter).unwrap_or_default()),
            ("lr", rate.to_string()),
            ("tracin", "1".to_owned()),
        ]);
    }
    keys.retain(|(_, value)| !value.is_empty());
    Some(keys)
}
