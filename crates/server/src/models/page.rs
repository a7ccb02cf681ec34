//! The models pages.

use askama::Template;
use axum::extract::State;
use glassboard_store::{CheckpointRow, ModelDetail};
use serde::Deserialize;
use serde_json::Value;

use super::difference::{Difference, Part};
use super::glassbox::Glassbox;
use super::moves::{self, Moves};
use super::{Of, chosen, graph, kind, state};
use crate::extract::{Path, Query};
use crate::page::{Place, Shell, Tab, html};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::text;

/// Tensors in the page itself; the script brings the rest.
const ROWS: usize = 200;

/// One model of a list.
pub struct Line {
    pub name: String,
    pub href: String,
    pub explain: Option<String>,
    pub facts: String,
    pub error: Option<String>,
    pub scanning: bool,
}

/// The newest models, at most `most`.
pub async fn lines(app: &AppState, most: usize) -> Answer<Vec<Line>> {
    let models = app.store().models(app.actor()).await?;
    Ok(models.iter().take(most).map(|detail| line(app, detail)).collect())
}

fn line(app: &AppState, detail: &ModelDetail) -> Line {
    let slug = text::encode(&detail.model.slug);
    let newest = detail.checkpoint(None);
    let mut facts = Vec::new();
    if let Some(checkpoint) = newest.filter(|c| c.state == "ready") {
        facts.push(checkpoint.format.clone());
        facts.push(format!("{} parameters", text::short(checkpoint.parameters)));
        if detail.checkpoints.len() > 1 {
            facts.push(format!("{} checkpoints", detail.checkpoints.len()));
        }
    }
    let state = state(detail);
    Line {
        name: detail.model.name.clone(),
        href: app.url(&format!("/models/{slug}/graph")),
        explain: newest
            .filter(|c| c.run_hash.is_some())
            .map(|_| app.url(&format!("/explain/{slug}"))),
        facts: facts.join(", "),
        error: newest.filter(|_| state == "failed").and_then(|c| c.error.clone()),
        scanning: state == "scanning",
    }
}

#[derive(Template)]
#[template(path = "models/list.html")]
struct ListPage {
    shell: Shell,
    models: Vec<Line>,
}

pub async fn list_page(State(app): State<AppState>, shell: Shell) -> Answer {
    let shell = shell.at(Place::Models, "Models", "models").here("Models");
    let models = lines(&app, usize::MAX).await?;
    html(&ListPage { shell, models })
}

/// What the head of a model's pages shows.
struct Head {
    slug: String,
    name: String,
    checkpoint: String,
    format: String,
    parameters: String,
    bytes: String,
    /// Which checkpoint it is, where there are several.
    at: Option<String>,
    explain: Option<String>,
    error: Option<String>,
    scanning: bool,
    nonfinite: bool,
    /// What deleting the model takes with it.
    goes: String,
    tabs: Vec<Tab>,
}

/// A row of the layer graph before the script draws it.
struct Layer {
    label: String,
    op: String,
    detail: String,
    depth: u32,
    parameters: String,
    std: String,
}

struct TensorLine {
    name: String,
    dtype: String,
    shape: String,
    mean: String,
    std: String,
    min: String,
    max: String,
}

struct Version {
    label: String,
    file: String,
    format: String,
    scanning: bool,
    newest: bool,
    error: Option<String>,
    bytes: String,
    hash: String,
    href: String,
    explain: Option<String>,
}

#[derive(Template)]
#[template(path = "models/show.html")]
struct ShowPage {
    shell: Shell,
    head: Head,
    view: &'static str,
    has_graph: bool,
    glassbox: Option<Glassbox>,
    export_hint: Option<String>,
    /// What stands in the way of running it, a sentence each.
    lacking: Vec<String>,
    /// What its gradients mean, a sentence each.
    notes: Vec<String>,
    layers: Vec<Layer>,
    tensors: Vec<TensorLine>,
    total: usize,
    versions: Vec<Version>,
    moves: Option<Moves>,
    /// The body of a view that has a template of its own, written already.
    part: Option<String>,
    facts: Vec<(String, String)>,
    /// Where `preprocess.json` came from.
    origin: &'static str,
}

pub async fn graph_page(
    app: State<AppState>,
    shell: Shell,
    Path(m): Path<String>,
    Query(asked): Query<graph::Asked>,
) -> Answer {
    let of = Of {
        checkpoint: asked.checkpoint.clone(),
    };
    let detail = app.store().model(app.actor(), &m).await?;
    // Where there is none the page says why.
    let layers = graph::rows(&app, &detail, &asked).await.map(layers).unwrap_or_default();
    show(app.0, shell, detail, &of, "graph", |page| page.layers = layers).await
}

fn layers(rows: glassboard_graph::Rows) -> Vec<Layer> {
    let layer = |row: glassboard_graph::Row| Layer {
        label: row.label,
        op: row.op.unwrap_or_default(),
        detail: row.detail,
        depth: row.depth.min(6),
        parameters: if row.parameters > 0 {
            text::integer(i64::try_from(row.parameters).unwrap_or(i64::MAX))
        } else {
            String::new()
        },
        std: row.std.map(text::value).unwrap_or_default(),
    };
    rows.rows.into_iter().map(layer).collect()
}

pub async fn tensors_page(app: State<AppState>, shell: Shell, Path(m): Path<String>, Query(of): Query<Of>) -> Answer {
    let detail = app.store().model(app.actor(), &m).await?;
    show(app.0, shell, detail, &of, "tensors", |_| ()).await
}

#[derive(Debug, Deserialize)]
pub struct Over {
    checkpoint: Option<String>,
    /// The tensor that is drawn.
    tensor: Option<String>,
}

pub async fn checkpoints_page(
    app: State<AppState>,
    shell: Shell,
    Path(m): Path<String>,
    Query(over): Query<Over>,
) -> Answer {
    let of = Of {
        checkpoint: over.checkpoint,
    };
    let detail = app.store().model(app.actor(), &m).await?;
    let moves = moves::moves(&app, &detail, over.tensor.as_deref()).await?;
    show(app.0, shell, detail, &of, "checkpoints", |page| page.moves = moves).await
}

pub async fn metadata_page(app: State<AppState>, shell: Shell, Path(m): Path<String>, Query(of): Query<Of>) -> Answer {
    let detail = app.store().model(app.actor(), &m).await?;
    show(app.0, shell, detail, &of, "metadata", |_| ()).await
}

/// The page of two checkpoints, of which one at least is of the model `detail`.
pub(super) async fn show_difference(
    app: AppState,
    shell: Shell,
    detail: ModelDetail,
    of: &Of,
    here: String,
    difference: Difference,
) -> Answer {
    let part = Part {
        shell: &shell,
        slug: &text::encode(&detail.model.slug),
        d: &difference,
    };
    let part = part.render().map_err(Problem::internal)?;
    show(app, shell, detail, of, "difference", |page| {
        page.shell = page.shell.clone().renamed(here).with_entry("difference");
        page.part = Some(part);
    })
    .await
}

/// The page of the questions about more than one input.
pub(super) async fn show_concepts(app: AppState, shell: Shell, detail: ModelDetail, of: &Of, part: String) -> Answer {
    show(app, shell, detail, of, "concepts", |page| {
        page.shell = page.shell.clone().with_entry("concepts");
        page.part = Some(part);
    })
    .await
}

/// One view of a model; `more` adds what only that view has.
async fn show(
    app: AppState,
    shell: Shell,
    detail: ModelDetail,
    of: &Of,
    view: &'static str,
    more: impl FnOnce(&mut ShowPage),
) -> Answer {
    let slug = detail.model.slug.as_str();
    let checkpoint = chosen(&detail, of.checkpoint.as_deref())?.clone();
    let facts = checkpoint.facts();
    let tensors = app.store().tensors(checkpoint.id).await?;
    let name = detail.model.name.clone();
    let shell = shell
        .at(Place::Models, name.clone(), "models")
        .crumb("Models", "/models")
        .here(name);
    let asked = of.checkpoint.clone().unwrap_or_default();
    let number = |t: &Value, key: &str| t[key].as_f64().map_or_else(|| "–".to_owned(), text::value);
    let lines = tensors.iter().take(ROWS).map(|t| TensorLine {
        name: t["name"].as_str().unwrap_or("").to_owned(),
        dtype: t["dtype"].as_str().unwrap_or("").to_owned(),
        shape: shape(&t["shape"]),
        mean: number(t, "mean"),
        std: number(t, "std"),
        min: number(t, "min"),
        max: number(t, "max"),
    });
    let explanations = app.store().explanations(app.actor(), Some(slug), None).await?.len();
    let newest = detail.checkpoint(None).map(|c| c.id);
    let mut page = ShowPage {
        head: head(&app, &detail, &checkpoint, &asked, view, &tensors, explanations),
        shell,
        view,
        has_graph: checkpoint.graph_hash.is_some(),
        glassbox: Glassbox::of(&facts),
        export_hint: facts["export_hint"].as_str().map(str::to_owned),
        lacking: lacking(&facts["running"]),
        notes: sentences(&facts["running"]["notes"]),
        layers: Vec::new(),
        tensors: lines.collect(),
        total: tensors.len(),
        versions: detail
            .checkpoints
            .iter()
            .map(|c| version(&app, slug, c, newest == Some(c.id)))
            .collect(),
        moves: None,
        part: None,
        facts: metadata(&facts),
        origin: origin(&detail.model.preprocess_origin),
    };
    more(&mut page);
    html(&page)
}

fn sentences(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// Why a graph, or which of its nodes, cannot be run.
fn lacking(running: &Value) -> Vec<String> {
    if let Some(refused) = running["refused"].as_str() {
        return vec![format!("It cannot be run: {refused}.")];
    }
    let mut lacking = sentences(&running["unsupported"]);
    match running["unsupported_more"].as_u64() {
        Some(more) if more > 0 => lacking.push(format!("… and {more} more nodes")),
        _ => {}
    }
    lacking
}

fn head(
    app: &AppState,
    detail: &ModelDetail,
    checkpoint: &CheckpointRow,
    asked: &str,
    view: &str,
    tensors: &[Value],
    explanations: usize,
) -> Head {
    let slug = text::encode(&detail.model.slug);
    let tail = if asked.is_empty() {
        String::new()
    } else {
        format!("?checkpoint={}", text::encode(asked))
    };
    let tab = |name: &'static str, path: &str, count: Option<usize>| Tab {
        name,
        href: app.url(&format!("/models/{slug}/{path}{tail}")),
        count: count.map(|n| text::short(i64::try_from(n).unwrap_or(i64::MAX))),
        on: view == path,
    };
    let native = checkpoint.graph_hash.is_none() && checkpoint.facts()["glassbox"].is_object();
    let bad = |t: &Value| t["nan"].as_i64().unwrap_or(0) + t["inf"].as_i64().unwrap_or(0) > 0;
    Head {
        name: detail.model.name.clone(),
        checkpoint: asked.to_owned(),
        format: checkpoint.format.clone(),
        parameters: text::short(checkpoint.parameters),
        bytes: text::bytes(checkpoint.bytes),
        at: (detail.checkpoints.len() > 1).then(|| moves::label(checkpoint)),
        goes: goes(detail, explanations),
        explain: checkpoint
            .run_hash
            .as_ref()
            .map(|_| app.url(&format!("/explain/{slug}{tail}"))),
        error: checkpoint.error.clone(),
        scanning: checkpoint.state == "scanning",
        nonfinite: tensors.iter().any(bad),
        tabs: vec![
            tab(if native { "Trees" } else { "Graph" }, "graph", None),
            tab("Tensors", "tensors", Some(tensors.len())),
            tab("Checkpoints", "checkpoints", Some(detail.checkpoints.len())),
            tab("Metadata", "metadata", None),
            tab("Difference", "difference", None),
            tab("Concepts", "concepts", None),
        ],
        slug,
    }
}

/// "its 5 checkpoints (809.3 kB) and 12 explanations".
fn goes(detail: &ModelDetail, explanations: usize) -> String {
    let count = |n: usize, one: &str| text::count(i64::try_from(n).unwrap_or(i64::MAX), one);
    let bytes = text::bytes(detail.checkpoints.iter().map(|c| c.bytes).sum());
    format!(
        "its {} ({bytes}) and {}",
        count(detail.checkpoints.len(), "checkpoint"),
        count(explanations, "explanation")
    )
}

/// Where `preprocess.json` came from, as a fact about it.
fn origin(stored: &str) -> &'static str {
    match stored {
        "given" => "given by you",
        "metadata" => "from the file's metadata",
        "guessed" => "guessed from the model's input: check it",
        _ => "not known: give it before you trust an explanation",
    }
}

fn version(app: &AppState, slug: &str, c: &CheckpointRow, newest: bool) -> Version {
    let (slug, id) = (text::encode(slug), c.id.0);
    Version {
        label: moves::label(c),
        file: c.filename.clone(),
        format: c.format.clone(),
        scanning: c.state == "scanning",
        newest,
        error: c.error.clone(),
        bytes: text::bytes(c.bytes),
        hash: c.hash.chars().take(12).collect(),
        href: app.url(&format!("/models/{slug}/graph?checkpoint={id}")),
        explain: c
            .run_hash
            .as_ref()
            .map(|_| app.url(&format!("/explain/{slug}?checkpoint={id}"))),
    }
}

fn metadata(facts: &Value) -> Vec<(String, String)> {
    let mut out = vec![("kind".to_owned(), kind(facts).to_owned())];
    for name in ["inputs", "outputs"] {
        for port in facts[name].as_array().into_iter().flatten() {
            let what = format!("{} {}", port["dtype"].as_str().unwrap_or(""), shape(&port["shape"]));
            out.push((
                format!("{} {}", name.trim_end_matches('s'), port["name"].as_str().unwrap_or("")),
                what,
            ));
        }
    }
    for (name, value) in facts["metadata"].as_object().into_iter().flatten() {
        out.push((
            name.clone(),
            value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        ));
    }
    out
}

fn shape(value: &Value) -> String {
    let sizes: Vec<String> = value
        .as_array()
        .into_iter()
        .flatten()
        .map(|n| n.as_i64().map_or_else(|| "N".to_owned(), |n| n.to_string()))
        .collect();
    if sizes.is_empty() {
        "scalar".to_owned()
    } else {
        sizes.join("×")
    }
}
