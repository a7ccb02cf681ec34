//! The explain pages: recent ones, choosing an input, and one input under one model.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use glassboard_catalog::Scope;
use glassboard_store::{AnswerRow, InputRow};
use serde::Deserialize;

use crate::extract::{Path, Query};
use crate::inputs::page::{Card, card};
use crate::inputs::{first_view, model_kind};
use crate::models::page::{Line, lines};
use crate::models::{Of, chosen, kind, stored};
use crate::page::{Place, Shell, Tab, html};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::text;

/// An explanation in a list.
pub struct Thumb {
    pub id: String,
    pub title: String,
    pub method: String,
    pub model: String,
    pub href: String,
    pub picture: Option<String>,
}

/// Methods that speak for an input where there is room for one, the first that was run.
const FACES: [&str; 4] = [
    "integrated_gradients",
    "token_integrated_gradients",
    "grad_cam",
    "saliency",
];

/// The inputs explained last, one explanation a (model, input, row), at most `most`.
pub async fn thumbs(app: &AppState, most: usize) -> Answer<Vec<Thumb>> {
    let rows = app.store().explanations(app.actor(), None, None).await?;
    let mut faces: Vec<(&AnswerRow, usize)> = Vec::new();
    for row in rows.iter().filter(|row| row.state == "done") {
        let result = row.result()?;
        let method = result["method"].as_str().unwrap_or("");
        let rank = FACES.iter().position(|face| *face == method).unwrap_or(FACES.len());
        let same =
            |(face, _): &(&AnswerRow, usize)| (&face.model, &face.input, face.row) == (&row.model, &row.input, row.row);
        match faces.iter().position(same) {
            Some(at) if rank < faces[at].1 => faces[at] = (row, rank),
            None if faces.len() < most => faces.push((row, rank)),
            _ => {}
        }
    }
    let mut out = Vec::with_capacity(faces.len());
    for (row, _) in faces {
        out.push(thumb(app, row).await?);
    }
    Ok(out)
}

async fn thumb(app: &AppState, row: &AnswerRow) -> Answer<Thumb> {
    let input = app.store().input(app.actor(), &row.input).await?;
    let result = row.result()?;
    let table = input.kind == "table";
    let view = first_view(&input.kind);
    let tail = if row.row > 0 {
        format!("&row={}", row.row)
    } else {
        String::new()
    };
    let method = result["method"].as_str().unwrap_or("");
    let sets = glassboard_catalog::scope(method) == Some(Scope::Sets);
    let of_sets = if sets {
        crate::models::concepts::address(row, &app.store().inputs(app.actor(), None).await?)?
    } else {
        None
    };
    Ok(Thumb {
        id: row.id.clone(),
        title: if input.kind == "text" {
            sentence(&input, row.row)
        } else if (table || row.row > 0) && !(sets && result["row"].is_null()) {
            format!("{}, row {}", input.name, row.row)
        } else {
            input.name.clone()
        },
        method: result["title"].as_str().unwrap_or("").to_owned(),
        href: app.url(&of_sets.unwrap_or_else(|| {
            format!(
                "/explain/{}/{}/{view}?m={}{tail}",
                text::encode(&row.model),
                text::encode(&row.input),
                text::encode(method)
            )
        })),
        model: row.model.clone(),
        picture: card(app, &input, String::new()).picture,
    })
}

#[derive(Template)]
#[template(path = "explain/recent.html")]
struct RecentPage {
    shell: Shell,
    thumbs: Vec<Thumb>,
    models: Vec<Line>,
}

pub async fn recent_page(State(app): State<AppState>, shell: Shell) -> Answer {
    let shell = shell.at(Place::Explain, "Explain", "explain").here("Explain");
    html(&RecentPage {
        thumbs: thumbs(&app, 60).await?,
        models: lines(&app, 100).await?,
        shell,
    })
}

#[derive(Template)]
#[template(path = "explain/choose.html")]
struct ChoosePage {
    shell: Shell,
    slug: String,
    name: String,
    kind: String,
    inputs: Vec<Card>,
    others: Vec<Card>,
    /// Name of the vocabulary of a model that reads tokens; empty where it has none yet.
    vocabulary: String,
}

pub async fn choose_page(
    State(app): State<AppState>,
    shell: Shell,
    Path(m): Path<String>,
    Query(of): Query<Of>,
) -> Answer {
    let detail = app.store().model(app.actor(), &m).await?;
    let checkpoint = chosen(&detail, of.checkpoint.as_deref())?;
    let kind = kind(&checkpoint.facts()).to_owned();
    let slug = text::encode(&detail.model.slug);
    let tail = of
        .checkpoint
        .as_deref()
        .map(|c| format!("?checkpoint={}", text::encode(c)))
        .unwrap_or_default();
    let (mut inputs, mut others) = (Vec::new(), Vec::new());
    for input in app.store().inputs(app.actor(), Some(&m)).await? {
        let view = first_view(&input.kind);
        let one = card(
            &app,
            &input,
            app.url(&format!("/explain/{slug}/{}/{view}{tail}", text::encode(&input.slug))),
        );
        let fits = input.model.as_deref() == Some(m.as_str()) || kind == model_kind(&input.kind);
        if fits { inputs.push(one) } else { others.push(one) }
    }
    let name = detail.model.name.clone();
    let shell = shell
        .at(Place::Explain, format!("Explain {name}"), "explain")
        .crumb("Explain", "/explain")
        .here(name.clone());
    html(&ChoosePage {
        shell,
        slug,
        name,
        kind,
        inputs,
        others,
        vocabulary: stored(&detail)["text"]["name"].as_str().unwrap_or_default().to_owned(),
    })
}

#[derive(Debug, Deserialize)]
pub struct Row {
    #[serde(default)]
    row: i64,
    checkpoint: Option<String>,
}

/// A finished explanation in the page itself.
struct Known {
    title: String,
    target: String,
    seconds: String,
    sentences: Vec<String>,
}

#[derive(Template)]
#[template(path = "explain/show.html")]
struct ShowPage {
    shell: Shell,
    slug: String,
    model: String,
    model_href: String,
    input_slug: String,
    title: String,
    checkpoint: String,
    kind: &'static str,
    /// The custom element that draws the page.
    element: &'static str,
    view: String,
    tabs: Vec<Tab>,
    known: Vec<Known>,
    input: Card,
    previous: Option<String>,
    next: Option<String>,
    /// What a comparison with given outputs says of the model, and whether it is bad news.
    parity: Option<(bool, String)>,
}

/// `/explain/{model}/{input}` leads to its first tab.
pub async fn first_page(State(app): State<AppState>, Path((m, i)): Path<(String, String)>) -> Answer {
    let input = app.store().input(app.actor(), &i).await?;
    let view = first_view(&input.kind);
    let path = format!("/explain/{}/{}/{view}", text::encode(&m), text::encode(&i));
    Ok(Redirect::to(&app.url(&path)).into_response())
}

pub async fn show_page(
    State(app): State<AppState>,
    shell: Shell,
    Path((m, i, view)): Path<(String, String, String)>,
    Query(asked): Query<Row>,
) -> Answer {
    let detail = app.store().model(app.actor(), &m).await?;
    let input = app.store().input(app.actor(), &i).await?;
    let table = input.kind == "table";
    let mut views: Vec<(&'static str, &'static str)> = Vec::new();
    if table {
        views.push(("This row", "row"));
        views.extend(super::set_page::tabs());
    } else if input.kind == "text" {
        views.extend([("Tokens + attention", "tokens"), ("Attention rollout", "attention")]);
    } else {
        views.extend([
            ("Attribution", "attribution"),
            ("Activations", "activations"),
            ("Perturb", "perturb"),
        ]);
    }
    views.push(("Metrics", "metrics"));
    if !views.iter().any(|(_, path)| *path == view) {
        return Err(Problem::not_found(format!("An explanation has no page `{view}`.")));
    }
    let (slug, input_slug) = (text::encode(&m), text::encode(&i));
    let mut keys = Vec::new();
    if asked.row > 0 {
        keys.push(format!("row={}", asked.row));
    }
    if let Some(checkpoint) = &asked.checkpoint {
        keys.push(format!("checkpoint={}", text::encode(checkpoint)));
    }
    let tail = if keys.is_empty() {
        String::new()
    } else {
        format!("?{}", keys.join("&"))
    };
    let at = |view: &str, tail: &str| app.url(&format!("/explain/{slug}/{input_slug}/{view}{tail}"));
    let tabs = views
        .iter()
        .map(|(name, path)| Tab {
            name,
            href: at(path, &tail),
            count: None,
            on: view == *path,
        })
        .collect();
    if table && super::set_page::is_view(&view) {
        return super::set_page::page(&app, shell, &detail, &input, &view, asked.checkpoint, tabs).await;
    }
    let answers = app.store().explanations(app.actor(), Some(&m), Some(&i)).await?;
    let known = answers
        .iter()
        .filter(|a| a.state == "done" && a.row == asked.row)
        .map(known);
    let numbered = table || input.rows > 1;
    let title = if input.kind == "text" {
        sentence(&input, asked.row)
    } else if numbered {
        format!("{}, row {}", input.name, asked.row)
    } else {
        input.name.clone()
    };
    let checkpoint = chosen(&detail, asked.checkpoint.as_deref())?.id;
    let compared = crate::models::parity::of(&app, checkpoint, detail.model.preprocess.as_deref()).await?;
    let page = ShowPage {
        parity: crate::models::parity::banner(&compared),
        shell: shell
            .at(
                Place::Explain,
                title.clone(),
                match view.as_str() {
                    "activations" => "activations",
                    "perturb" => "perturb",
                    _ if table => "row",
                    _ if input.kind == "text" => "sentence",
                    _ => "explain",
                },
            )
            .crumb("Explain", "/explain")
            .crumb(detail.model.name.clone(), &format!("/explain/{slug}"))
            .here(title.clone()),
        tabs,
        previous: (numbered && asked.row > 0).then(|| at(&view, &format!("?row={}", asked.row - 1))),
        next: (numbered && asked.row + 1 < input.rows).then(|| at(&view, &format!("?row={}", asked.row + 1))),
        kind: model_kind(&input.kind),
        element: match input.kind.as_str() {
            "table" => "gb-row",
            "text" => "gb-sentence",
            _ => "gb-explain",
        },
        model: detail.model.name.clone(),
        model_href: app.url(&format!("/models/{slug}/graph")),
        checkpoint: asked.checkpoint.unwrap_or_default(),
        known: known.collect::<Answer<Vec<_>>>()?,
        input: card(&app, &input, String::new()),
        slug,
        input_slug,
        title,
        view,
    };
    html(&page)
}

/// The sentence itself, as a title.
fn sentence(input: &InputRow, row: i64) -> String {
    const SHOWN: usize = 64;
    let facts = input.facts();
    let place = usize::try_from(row).unwrap_or(0);
    let Some(said) = facts["sentences"][place].as_str() else {
        return format!("{}, sentence {row}", input.name);
    };
    if said.chars().count() <= SHOWN {
        return said.to_owned();
    }
    let short: String = said.chars().take(SHOWN - 1).collect();
    format!("{short}…")
}

fn known(row: &AnswerRow) -> Answer<Known> {
    let result = row.result()?;
    Ok(Known {
        title: result["title"].as_str().unwrap_or("").to_owned(),
        target: result["target_label"].as_str().unwrap_or("").to_owned(),
        seconds: format!("{:.2}", result["seconds"].as_f64().unwrap_or(0.0)),
        sentences: result["sentences"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|s| s.as_str().map(str::to_owned))
            .collect(),
    })
}
