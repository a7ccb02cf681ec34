//! The inputs pages.

use askama::Template;
use axum::extract::State;
use glassboard_store::{InputRow, Micros};
use serde::Deserialize;
use serde_json::Value;

use crate::extract::{Path, Query};
use crate::page::{Place, Shell, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

/// Rows of a table on one page.
const ROWS: usize = 50;

/// One input of a list.
pub struct Card {
    pub name: String,
    pub href: String,
    pub picture: Option<String>,
    pub facts: String,
}

/// An input as a card that leads to `href`.
pub fn card(app: &AppState, input: &InputRow, href: String) -> Card {
    let facts = match input.state.as_str() {
        "scanning" => "being read".to_owned(),
        "failed" => input.error.clone().unwrap_or_else(|| "could not be read".to_owned()),
        _ if input.kind == "table" => format!("table, {} rows", text::integer(input.rows)),
        _ if input.rows > 1 => format!("{}, {} of them", input.kind, text::integer(input.rows)),
        _ => input.kind.clone(),
    };
    Card {
        name: input.name.clone(),
        href,
        picture: input
            .picture_hash
            .as_ref()
            .map(|_| app.url(&format!("/api/v1/inputs/{}/picture.png", text::encode(&input.slug)))),
        facts,
    }
}

#[derive(Template)]
#[template(path = "inputs/list.html")]
struct ListPage {
    shell: Shell,
    inputs: Vec<Card>,
}

pub async fn list_page(State(app): State<AppState>, shell: Shell) -> Answer {
    let rows = app.store().inputs(app.actor(), None).await?;
    let inputs = rows
        .iter()
        .map(|input| card(&app, input, app.url(&format!("/inputs/{}", text::encode(&input.slug)))))
        .collect();
    let shell = shell.at(Place::Inputs, "Inputs", "inputs").here("Inputs");
    html(&ListPage { shell, inputs })
}

#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    from: usize,
}

/// A model that the input can be given to.
struct Choice {
    name: String,
    href: String,
    row_href: String,
}

struct TableRow {
    number: usize,
    cells: Vec<String>,
    href: Option<String>,
}

#[derive(Template)]
#[template(path = "inputs/show.html")]
struct ShowPage {
    shell: Shell,
    input: Card,
    slug: String,
    bytes: String,
    facts: Vec<(&'static str, String)>,
    /// Explanations of it that are kept, as links to their pages.
    explained: Vec<(String, String)>,
    /// What deleting it takes with it.
    goes: String,
    error: Option<String>,
    scanning: bool,
    models: Vec<Choice>,
    columns: Vec<String>,
    rows: Vec<TableRow>,
    trouble: Option<String>,
    previous: Option<String>,
    next: Option<String>,
}

pub async fn show_page(
    State(app): State<AppState>,
    shell: Shell,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let input = app.store().input(app.actor(), &slug).await?;
    let table = input.kind == "table";
    let view = if table { "row" } else { "attribution" };
    let wanted = if table { "tabular" } else { "image" };
    let encoded = text::encode(&input.slug);
    let mut details = app.store().models(app.actor()).await?;
    // The model it was given for comes first.
    details.sort_by_key(|detail| input.model.as_deref() != Some(detail.model.slug.as_str()));
    let models: Vec<Choice> = details
        .iter()
        .filter(|detail| {
            let newest = detail.checkpoint(None);
            newest.is_some_and(|c| {
                c.run_hash.is_some() && matches!(crate::models::kind(&c.facts()), k if k == wanted || k == "unknown")
            })
        })
        .map(|detail| {
            let href = app.url(&format!(
                "/explain/{}/{encoded}/{view}",
                text::encode(&detail.model.slug)
            ));
            Choice {
                name: detail.model.name.clone(),
                row_href: format!("{href}?row="),
                href,
            }
        })
        .collect();
    let (mut columns, mut rows, mut trouble) = (Vec::new(), Vec::new(), None);
    if table && input.state == "ready" {
        match app.work().rows(&app, &input, asked.from, ROWS).await {
            Ok(found) => {
                columns = found["columns"].as_array().into_iter().flatten().map(cell).collect();
                let lines = found["rows"].as_array().into_iter().flatten().enumerate();
                rows = lines
                    .map(|(i, line)| TableRow {
                        number: asked.from + i,
                        cells: line.as_array().into_iter().flatten().map(cell).collect(),
                        href: models.first().map(|m| format!("{}{}", m.row_href, asked.from + i)),
                    })
                    .collect();
            }
            Err(problem) => trouble = Some(problem.detail),
        }
    }
    let explanations = app.store().explanations(app.actor(), None, Some(&input.slug)).await?;
    let mut explained: Vec<(String, String)> = Vec::new();
    for one in &explanations {
        let href = app.url(&format!("/explain/{}/{encoded}/{view}", text::encode(&one.model)));
        if explained.iter().all(|(known, _)| *known != one.model) {
            explained.push((one.model.clone(), href));
        }
    }
    let page = |from: usize| app.url(&format!("/inputs/{encoded}?from={from}"));
    let total = usize::try_from(input.rows).unwrap_or(0);
    let page = ShowPage {
        previous: (asked.from > 0).then(|| page(asked.from.saturating_sub(ROWS))),
        next: (table && asked.from + ROWS < total).then(|| page(asked.from + ROWS)),
        input: card(&app, &input, String::new()),
        slug: encoded.clone(),
        bytes: text::bytes(input.bytes),
        facts: facts(&input, app.store().now()),
        goes: text::count(i64::try_from(explanations.len()).unwrap_or(i64::MAX), "explanation"),
        explained,
        error: input.error.clone(),
        scanning: input.state == "scanning",
        models,
        columns,
        rows,
        trouble,
        shell: shell
            .at(Place::Inputs, input.name.clone(), "inputs")
            .crumb("Inputs", "/inputs")
            .here(input.name.clone()),
    };
    html(&page)
}

/// What is known of an input.
fn facts(input: &InputRow, now: Micros) -> Vec<(&'static str, String)> {
    let known = input.facts();
    let mut out = Vec::new();
    if let (Some(width), Some(height)) = (known["width"].as_i64(), known["height"].as_i64()) {
        out.push(("Pixels", format!("{width}×{height}")));
    }
    if input.kind == "table" {
        out.push(("Rows", text::integer(input.rows)));
        let columns = known["columns"].as_array().map_or(0, Vec::len);
        out.push(("Columns", columns.to_string()));
        if let Some(target) = known["target_column"].as_str() {
            out.push(("Target column", target.to_owned()));
        }
    }
    out.push(("Size", text::bytes(input.bytes)));
    out.push(("Came", text::ago((now.0 - input.created_at.0) as f64 / 1e6)));
    if let Some(model) = &input.model {
        out.push(("Given for", model.clone()));
    }
    out.push(("BLAKE3", input.hash.chars().take(12).collect()));
    out
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), text::value),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
