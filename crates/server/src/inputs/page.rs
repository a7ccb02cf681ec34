//! The inputs pages.

use askama::Template;
use axum::extract::State;
use glassboard_store::{InputRow, Micros};
use serde::Deserialize;
use serde_json::Value;

use crate::extract::{Path, Query};
use crate::inputs::columns::{ColumnLine, lines};
use crate::page::{Place, Shell, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;
use crate::work::Wanted;

/// Rows of a table on one page.
const ROWS: usize = 50;

/// One input of a list.
pub struct Card {
    pub name: String,
    pub href: String,
    pub picture: Option<String>,
    pub facts: String,
    /// What reading the file left out or did to it, in a sentence.
    pub note: Option<String>,
}

/// An input as a card that leads to `href`.
pub fn card(app: &AppState, input: &InputRow, href: String) -> Card {
    let facts = match input.state.as_str() {
        "scanning" => "being read".to_owned(),
        "failed" => input.error.clone().unwrap_or_else(|| "could not be read".to_owned()),
        _ if input.kind == "table" => format!("table, {} rows", text::integer(input.rows)),
        _ if input.kind == "text" && input.rows == 1 => "1 sentence".to_owned(),
        _ if input.kind == "text" => format!("{} sentences", text::integer(input.rows)),
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
        note: input.facts()["note"].as_str().map(str::to_owned),
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
    #[serde(default)]
    sort: String,
    #[serde(default, rename = "where")]
    filter: String,
}

/// A model that the input can be given to.
struct Choice {
    name: String,
    href: String,
    row_href: String,
}

/// A head of the table of rows, which leads to the rows sorted by it.
struct Head {
    name: String,
    href: String,
    /// An arrow, where the rows are sorted by it.
    mark: &'static str,
    numeric: bool,
}

struct TableRow {
    number: usize,
    cells: Vec<(String, bool)>,
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
    columns: Vec<Head>,
    rows: Vec<TableRow>,
    /// What is known of each column of a table.
    known: Vec<ColumnLine>,
    notes: Vec<String>,
    target_given: bool,
    no_target: bool,
    filter: String,
    sort: String,
    /// How many rows match, where not all do.
    matching: Option<String>,
    file: String,
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
    let view = super::first_view(&input.kind);
    let wanted = super::model_kind(&input.kind);
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
    let facts_known = input.facts();
    let address = |from: usize, sort: &str| {
        let mut path = format!("/inputs/{encoded}?from={from}");
        for (key, value) in [("sort", sort), ("where", asked.filter.as_str())] {
            if !value.is_empty() {
                path.push_str(&format!("&{key}={}", text::encode(value)));
            }
        }
        app.url(&path)
    };
    let (mut columns, mut rows, mut trouble) = (Vec::new(), Vec::new(), None);
    let mut matching = input.rows;
    if table && input.state == "ready" {
        let given = |text: &String| Some(text.clone()).filter(|t| !t.is_empty());
        let wanted = Wanted {
            from: asked.from,
            count: ROWS,
            sort: given(&asked.sort),
            filter: given(&asked.filter),
        };
        match app.work().rows(&app, &input, &wanted).await {
            Ok(found) => {
                matching = found["matching"].as_i64().unwrap_or(input.rows);
                let list = |key: &str| found[key].as_array().cloned().unwrap_or_default();
                let numeric: Vec<bool> = list("kinds").iter().map(|k| k == "number" || k == "integer").collect();
                columns = list("columns")
                    .iter()
                    .zip(&numeric)
                    .map(|(name, numeric)| {
                        let name = cell(name);
                        let (sort, mark) = match asked.sort.as_str() {
                            sort if sort == name => (format!("-{name}"), " ↑"),
                            sort if sort.strip_prefix('-') == Some(&name) => (String::new(), " ↓"),
                            _ => (name.clone(), ""),
                        };
                        Head {
                            href: address(0, &sort),
                            mark,
                            numeric: *numeric,
                            name,
                        }
                    })
                    .collect();
                let numbers = list("numbers");
                rows = list("rows")
                    .iter()
                    .zip(
                        numbers
                            .iter()
                            .map(|n| usize::try_from(n.as_u64().unwrap_or(0)).unwrap_or(0)),
                    )
                    .map(|(line, number)| TableRow {
                        number,
                        cells: line
                            .as_array()
                            .into_iter()
                            .flatten()
                            .map(cell)
                            .zip(numeric.iter().copied())
                            .collect(),
                        href: models.first().map(|m| format!("{}{number}", m.row_href)),
                    })
                    .collect();
            }
            Err(problem) => trouble = Some(problem.detail),
        }
    }
    if input.kind == "text" {
        let list = facts_known["sentences"].as_array().cloned().unwrap_or_default();
        columns = vec![Head {
            name: "Sentence".to_owned(),
            href: address(0, ""),
            mark: "",
            numeric: false,
        }];
        let line = |(number, sentence): (usize, &Value)| TableRow {
            number,
            cells: vec![(cell(sentence), false)],
            href: models.first().map(|m| format!("{}{number}", m.row_href)),
        };
        rows = list.iter().enumerate().map(line).collect();
    }
    let explanations = app.store().explanations(app.actor(), None, Some(&input.slug)).await?;
    let mut explained: Vec<(String, String)> = Vec::new();
    for one in &explanations {
        let href = app.url(&format!("/explain/{}/{encoded}/{view}", text::encode(&one.model)));
        if explained.iter().all(|(known, _)| *known != one.model) {
            explained.push((one.model.clone(), href));
        }
    }
    let page = |from: usize| address(from, &asked.sort);
    let total = usize::try_from(matching).unwrap_or(0);
    let said = &facts_known["options"]["target"];
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
        known: lines(&facts_known),
        notes: facts_known["schema"]["notes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(cell)
            .collect(),
        target_given: said.is_string(),
        no_target: said == "",
        matching: (matching != input.rows)
            .then(|| format!("{} of {}", text::integer(matching), text::integer(input.rows))),
        file: app.url(&format!("/api/v1/inputs/{encoded}/file")),
        columns,
        rows,
        trouble,
        filter: asked.filter.clone(),
        sort: asked.sort.clone(),
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
        Value::Bool(flag) => flag.to_string(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
