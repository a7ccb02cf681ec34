//! What the pages of one experiment share: its head, its tabs, its runs and tags.

use std::collections::BTreeSet;

use glassboard_store::logs::{ExperimentSummary, Kind, RunSummary, TagSummary};
use serde_json::json;

use super::metric::main_tag;
use crate::page::{Place, Shell, Tab};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

/// One row of the run list as the server writes it.
#[derive(Debug, Clone)]
pub struct RunRow {
    pub id: String,
    pub name: String,
    pub href: String,
    pub running: bool,
    pub value: String,
}

/// An experiment as its pages show it.
pub struct Frame {
    pub shell: Shell,
    pub experiment: ExperimentSummary,
    pub facts: String,
    pub tabs: Vec<Tab>,
    pub runs: Vec<RunRow>,
    pub metric: Option<String>,
    pub tags: Vec<TagSummary>,
    /// What the script needs, as JSON that is safe inside a `<script>`.
    pub data: String,
}

impl Frame {
    /// Gathers it; `view` is the tab that is open.
    pub async fn of(app: &AppState, shell: Shell, slug: &str, view: &'static str) -> Answer<Self> {
        let (store, actor) = (app.store(), app.actor());
        let experiment = store.experiment(&actor, slug).await?;
        let runs = store.runs(&actor, slug).await?;
        let tags = store.tags(&actor, slug, None).await?;
        let embeddings = store.embeddings(&actor, slug).await?.len() as i64;
        let meshes = meshes(app, slug, &tags).await?;
        let metric = main_tag(&tags).map(|tag| tag.tag.clone());
        let latest = match &metric {
            Some(tag) => store.latest_values(&actor, slug, tag).await?,
            None => std::collections::BTreeMap::new(),
        };
        let path = format!("/runs/{}", text::encode(slug));
        let count = |kind: Kind| tags.iter().filter(|tag| tag.kind == kind).count() as i64;
        let tab = |name: &'static str, word: &str, count: Option<i64>| Tab {
            name,
            href: shell.url(&format!("{path}/{word}")),
            count: count.filter(|n| *n > 0).map(text::integer),
            on: word == view,
        };
        let tabs = vec![
            tab("Scalars", "scalars", Some(count(Kind::Scalar))),
            tab("Images", "images", Some(count(Kind::Image))),
            tab("Audio", "audio", Some(count(Kind::Audio))),
            tab("Text", "text", Some(count(Kind::Text))),
            tab("Distributions", "distributions", Some(count(Kind::Histogram))),
            tab("Histograms", "histograms", Some(count(Kind::Histogram))),
            tab("HParams", "hparams", None),
            tab("Projector", "projector", Some(embeddings)),
            tab("Mesh", "mesh", Some(meshes)),
            tab("PR curves", "pr-curves", Some(count(Kind::PrCurve))),
            tab("Custom scalars", "custom", Some(count(Kind::CustomScalars))),
            tab("Graphs", "graphs", Some(count(Kind::Graph))),
            tab("Table", "table", None),
        ];
        // A tab of what nobody logged is not shown.
        let tabs: Vec<Tab> = tabs
            .into_iter()
            .filter(|tab| tab.on || tab.count.is_some() || matches!(tab.name, "Scalars" | "HParams" | "Table"))
            // How many runs logged a layout says nothing of how many charts there are.
            .map(|tab| Tab {
                count: tab.count.filter(|_| tab.name != "Custom scalars"),
                ..tab
            })
            .collect();
        let ago = experiment
            .last_wall
            .map(|wall| format!(", last event {}", text::ago(store.now().seconds() - wall)));
        let facts = format!(
            "{}, {} points{}",
            text::count(experiment.runs, "run"),
            text::short(experiment.points),
            ago.unwrap_or_default()
        );
        let data = data(&experiment, &runs, &tags, metric.as_deref());
        let rows = runs
            .iter()
            .map(|run| RunRow {
                id: run.id.clone(),
                name: run.title.clone(),
                href: shell.url(&format!("{path}/r/{}", text::encode(&run.id))),
                running: run.running,
                value: latest.get(&run.id).map_or_else(String::new, |v| text::value(v.value)),
            })
            .collect();
        let title = format!("{} · {view}", experiment.name);
        let shell = shell
            .at(Place::Runs, title, "runs")
            .crumb("Runs", "/runs")
            .here(experiment.name.clone());
        Ok(Self {
            shell,
            experiment,
            facts,
            tabs,
            runs: rows,
            metric,
            tags,
            data,
        })
    }

    /// Tags of one kind.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &TagSummary> {
        self.tags.iter().filter(move |tag| tag.kind == kind)
    }
}

/// How many meshes there are: each is up to three tags, which only their own words tell apart.
async fn meshes(app: &AppState, slug: &str, tags: &[TagSummary]) -> Answer<i64> {
    if tags.iter().all(|tag| tag.kind != Kind::Mesh) {
        return Ok(0);
    }
    let meshes = crate::meshes::all(app, slug).await?;
    let names: BTreeSet<&str> = meshes.iter().map(|mesh| mesh.name.as_str()).collect();
    Ok(names.len() as i64)
}

fn data(experiment: &ExperimentSummary, runs: &[RunSummary], tags: &[TagSummary], metric: Option<&str>) -> String {
    // A tag that every run has says so in one word: of a thousand runs and a hundred tags that is most of the page.
    let all =
        |tag: &TagSummary| tag.runs.len() == runs.len() && tag.runs.iter().zip(runs).all(|(id, run)| *id == run.id);
    let tags: Vec<serde_json::Value> = tags
        .iter()
        .map(|tag| {
            let runs = if all(tag) { json!("all") } else { json!(tag.runs) };
            json!({ "tag": tag.tag, "kind": tag.kind, "plugin": tag.plugin, "points": tag.points, "runs": runs })
        })
        .collect();
    let value = json!({ "experiment": experiment.slug, "points": experiment.points, "runs": runs, "tags": tags, "metric": metric });
    text::in_script(&value.to_string())
}
