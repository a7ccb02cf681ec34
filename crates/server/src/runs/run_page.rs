//! `GET /runs/{exp}/r/{run}`: one run, its files, what could not be read, and how to delete it.

use askama::Template;
use axum::extract::State;
use glassboard_store::logs::{Kind, RunDetail};

use super::hparams_page::flat;
use crate::extract::Path;
use crate::page::{Place, Shell, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

struct TagRow {
    rank: u8,
    tag: String,
    /// The experiment's page that draws it, of this run and this tag.
    href: Option<String>,
    kind: &'static str,
    value: String,
    step: String,
}

struct FileRow {
    path: String,
    bytes: String,
    read: String,
    /// The name of a program that wrote over HTTP: then there is no file.
    writer: Option<String>,
}

/// The page of a kind that can be asked for one tag.
fn page_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Scalar => Some("scalars"),
        Kind::Image => Some("images"),
        Kind::Audio => Some("audio"),
        Kind::Text => Some("text"),
        Kind::Histogram => Some("histograms"),
        Kind::PrCurve => Some("pr-curves"),
        _ => None,
    }
}

/// A pattern that finds this tag alone.
fn only(tag: &str) -> String {
    let mut out = String::from("^");
    for c in tag.chars() {
        if !c.is_alphanumeric() && !matches!(c, '_' | '/' | '-' | ' ') && c.is_ascii() {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('$');
    out
}

#[derive(Template)]
#[template(path = "runs/run.html")]
struct Page {
    shell: Shell,
    experiment: String,
    run: RunDetail,
    path: String,
    charts: String,
    points: String,
    span: String,
    tags: Vec<TagRow>,
    files: Vec<FileRow>,
    folder: Option<String>,
    notes: String,
    labels: String,
    restarts: Vec<(String, String, String)>,
    compare: String,
    hparams: Vec<(String, String)>,
}

pub async fn page(State(app): State<AppState>, shell: Shell, Path((slug, run)): Path<(String, String)>) -> Answer {
    let (store, actor) = (app.store(), app.actor());
    let experiment = store.experiment(&actor, &slug).await?;
    let run = store.run(&actor, &slug, &run).await?;
    let mut tags = Vec::new();
    for tag in store.tags(&actor, &slug, None).await? {
        // What `add_hparams` writes is shown as hyperparameters, not as bytes under a reserved name.
        if !tag.runs.contains(&run.summary.id) || tag.tag.starts_with("_hparams_/") {
            continue;
        }
        let last = match tag.kind {
            Kind::Scalar => store
                .latest_values(&actor, &slug, &tag.tag)
                .await?
                .get(&run.summary.id)
                .copied(),
            _ => None,
        };
        tags.push(TagRow {
            rank: match tag.kind {
                Kind::Scalar if tag.tag.starts_with("hparam") => 1,
                Kind::Scalar => 0,
                Kind::Image => 2,
                Kind::Histogram => 3,
                _ => 4,
            },
            kind: tag.kind.as_str(),
            value: last.map_or_else(String::new, |v| text::value(v.value)),
            step: last.map_or_else(String::new, |v| text::integer(v.step)),
            href: page_of(tag.kind).map(|page| {
                let (run, only) = (text::encode(&run.summary.id), text::encode(&only(&tag.tag)));
                shell.url(&format!("/runs/{}/{page}?runs={run}&tags={only}", text::encode(&slug)))
            }),
            tag: tag.tag,
        });
    }
    tags.sort_by_key(|tag| tag.rank);
    let files = run
        .files
        .iter()
        .map(|file| {
            let writer = file.path.strip_prefix("http:");
            // A writer that gave itself no name is called this.
            let writer = writer.map(|name| if name == "http" { String::new() } else { name.to_owned() });
            let size = |n: i64| {
                if writer.is_some() {
                    text::integer(n)
                } else {
                    text::bytes(n)
                }
            };
            FileRow {
                bytes: size(file.bytes),
                read: size(file.read),
                path: file.path.clone(),
                writer,
            }
        })
        .collect();
    let seconds = run
        .summary
        .last_wall
        .zip(run.summary.first_wall)
        .map_or(0.0, |(last, first)| last - first);
    let base = format!("/runs/{}", text::encode(&slug));
    let shell = shell
        .at(Place::Runs, run.summary.title.clone(), "organise")
        .crumb("Runs", "/runs")
        .crumb(experiment.name.clone(), &format!("{base}/scalars"))
        .here(run.summary.title.clone());
    html(&Page {
        charts: shell.url(&format!("{base}/scalars?runs={}", text::encode(&run.summary.id))),
        path: shell.url(&format!("{base}/r/{}", text::encode(&run.summary.id))),
        points: text::integer(run.summary.points),
        span: text::ago(seconds).trim_end_matches(" ago").to_owned(),
        folder: (run.summary.title != run.summary.name).then(|| run.summary.name.clone()),
        notes: crate::markdown::to_html(&run.notes),
        labels: run.summary.labels.join(", "),
        restarts: run
            .restarts
            .iter()
            .map(|restart| {
                let ago = text::ago(store.now().seconds() - restart.wall);
                (text::integer(restart.step), ago, restart.file.clone())
            })
            .collect(),
        compare: shell.url(&format!(
            "/compare?runs={}/{}",
            text::encode(&slug),
            text::encode(&run.summary.id)
        )),
        hparams: flat(&run.hparams).into_iter().collect(),
        experiment: experiment.name,
        shell,
        tags,
        files,
        run,
    })
}
