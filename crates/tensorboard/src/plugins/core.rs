//! What TensorBoard's frame asks: where the data is, which runs and plugins there are.

use std::future::{Ready, ready};

use serde_json::{Map, Value, json};

use super::{Asked, Reply};
use crate::data::{Result, number};
use crate::{Provider, Scope};

/// The TensorBoard whose API this is.
pub const VERSION: &str = "2.21.0";

/// `/data/environment`.
#[expect(
    clippy::needless_pass_by_value,
    reason = "every address is answered by the same kind of function"
)]
pub fn environment(_: Provider, scope: Scope, _: Asked) -> Ready<Result<Reply>> {
    ready(Ok(json!({
        "version": VERSION, "data_location": scope.location, "window_title": "", "experiment_name": scope.name,
        "experiment_description": "", "creation_time": 0.0,
    })
    .into()))
}

/// `/data/logdir`.
#[expect(
    clippy::needless_pass_by_value,
    reason = "every address is answered by the same kind of function"
)]
pub fn logdir(_: Provider, scope: Scope, _: Asked) -> Ready<Result<Reply>> {
    ready(Ok(json!({ "logdir": scope.location }).into()))
}

/// `/data/window_properties`.
pub fn window_properties(_: Provider, _: Scope, _: Asked) -> Ready<Result<Reply>> {
    ready(Ok(json!({ "window_title": "" }).into()))
}

/// `/data/notifications`.
pub fn notifications(_: Provider, _: Scope, _: Asked) -> Ready<Result<Reply>> {
    ready(Ok(json!({ "notifications": [] }).into()))
}

/// `/data/runs`: names, in the order in which the runs began.
pub async fn runs(provider: Provider, scope: Scope, _: Asked) -> Result<Reply> {
    let runs = begun(&provider, &scope).await?;
    Ok(runs
        .into_iter()
        .map(|(name, _)| Value::from(name))
        .collect::<Value>()
        .into())
}

async fn begun(provider: &Provider, scope: &Scope) -> Result<Vec<(String, Option<f64>)>> {
    let runs = provider.runs(scope).await?;
    let mut runs: Vec<_> = runs.into_iter().map(|run| (run.name, run.start)).collect();
    let key = |start: Option<f64>| start.unwrap_or(f64::INFINITY);
    runs.sort_by(|a, b| key(a.1).total_cmp(&key(b.1)).then_with(|| a.0.cmp(&b.0)));
    Ok(runs)
}

/// `/data/experiments`: those that `/experiment/{id}/data/...` answers for.
pub async fn experiments(provider: Provider, _: Scope, _: Asked) -> Result<Reply> {
    let mut all = Vec::new();
    for (slug, name) in provider.experiments().await? {
        let scope = provider.scope(&slug).await?;
        let start = begun(&provider, &scope).await?.first().and_then(|run| run.1);
        all.push(json!({ "id": slug, "name": name, "startTime": number(start.unwrap_or_default()) }));
    }
    Ok(Value::Array(all).into())
}

/// `/data/experiment_runs`: an experiment's runs with their tags.
pub async fn experiment_runs(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let scope = match asked.get("experiment") {
        Some(id) => provider.scope(id).await?,
        None => scope,
    };
    let mut tags: Map<String, Value> = Map::new();
    for series in provider.all(&scope).await? {
        let tag = json!({
            "id": series.tag, "name": series.tag, "displayName": series.title, "pluginName": series.plugin,
        });
        if let Some(list) = tags.entry(series.run).or_insert_with(|| json!([])).as_array_mut() {
            list.push(tag);
        }
    }
    let run = |(name, start): (String, Option<f64>)| {
        let tags = tags.get(&name).cloned().unwrap_or_else(|| json!([]));
        json!({ "id": name, "name": name, "startTime": number(start.unwrap_or_default()), "tags": tags })
    };
    let runs = begun(&provider, &scope).await?;
    Ok(runs.into_iter().map(run).collect::<Value>().into())
}

/// A plugin in the listing: its name, its tab, its element, and the data it shows.
type Listed = (&'static str, &'static str, &'static str, &'static [&'static str]);

/// TensorBoard's own, in its order.
const PLUGINS: [Listed; 12] = [
    ("timeseries", "Time Series", "", &["scalars", "histograms", "images"]),
    ("scalars", "scalars", "tf-scalar-dashboard", &["scalars"]),
    (
        "custom_scalars",
        "Custom Scalars",
        "tf-custom-scalar-dashboard",
        &["custom_scalars"],
    ),
    ("images", "images", "tf-image-dashboard", &["images"]),
    ("audio", "audio", "tf-audio-dashboard", &["audio"]),
    (
        "graphs",
        "graphs",
        "tf-graph-dashboard",
        &[
            "graphs",
            "graph_run_metadata",
            "graph_run_metadata_graph",
            "graph_keras_model",
            "graph_tagged_run_metadata",
        ],
    ),
    (
        "distributions",
        "distributions",
        "tf-distribution-dashboard",
        &["histograms"],
    ),
    ("histograms", "histograms", "tf-histogram-dashboard", &["histograms"]),
    ("text", "text", "tf-text-dashboard", &["text"]),
    ("pr_curves", "PR Curves", "tf-pr-curve-dashboard", &["pr_curves"]),
    ("hparams", "hparams", "tf-hparams-dashboard", &["hparams"]),
    ("mesh", "mesh", "mesh-dashboard", &["mesh"]),
];

/// `/data/plugins_listing`: the plugins, and whether they have something to show.
pub async fn plugins_listing(provider: Provider, scope: Scope, _: Asked) -> Result<Reply> {
    let with_data = provider.plugins(&scope).await?;
    let mut listing = Map::new();
    for (plugin, tab, element, shows) in PLUGINS {
        let loading = match element {
            "" => json!({ "type": "NG_COMPONENT" }),
            element => json!({ "type": "CUSTOM_ELEMENT", "element_name": element }),
        };
        let about = json!({
            "disable_reload": plugin == "graphs", "remove_dom": false, "tab_name": tab, "loading_mechanism": loading,
            "enabled": shows.iter().any(|plugin| with_data.iter().any(|one| one == plugin)),
        });
        listing.insert(plugin.to_owned(), about);
    }
    Ok(Value::Object(listing).into())
}
