//! `/data/plugin/graphs/...`.

mod edit;
mod schema;
mod text;
mod wire;

use serde_json::{Map, Value, json};

use super::{Asked, Reply};
use crate::data::Result;
use crate::{Class, Filter, Provider, ReadError, Scope};

const RUN_GRAPH: &str = "__run_graph__";
const GRAPHS: &str = "graphs";
const WITH_PROFILE: &str = "graph_run_metadata";
const WITH_GRAPH: &str = "graph_run_metadata_graph";
const KERAS: &str = "graph_keras_model";
const TAGGED: &str = "graph_tagged_run_metadata";
const PBTXT: &str = "text/x-protobuf; charset=utf-8";

/// `info`: which graphs and profiles there are, by run and tag.
pub async fn info(provider: Provider, scope: Scope, _: Asked) -> Result<Reply> {
    let mut runs: Map<String, Value> = Map::new();
    let shows = [
        (WITH_GRAPH, &["op_graph"][..]),
        (WITH_PROFILE, &["profile", "op_graph"]),
        (KERAS, &["conceptual_graph"]),
        (TAGGED, &["profile"]),
        (GRAPHS, &[]),
    ];
    for (plugin, shows) in shows {
        for series in provider.list(&scope, Class::Blobs, plugin, &Filter::default()).await? {
            let versioned = matches!(plugin, WITH_GRAPH | WITH_PROFILE | KERAS);
            if (versioned && series.content != b"1") || (plugin == GRAPHS && series.tag != RUN_GRAPH) {
                continue;
            }
            let empty = || json!({ "run": series.run, "tags": {}, "run_graph": false });
            let run = runs.entry(series.run.clone()).or_insert_with(empty);
            if plugin == GRAPHS {
                run["run_graph"] = true.into();
                continue;
            }
            if run["tags"].get(&series.tag).is_none() {
                run["tags"][&series.tag] =
                    json!({ "tag": series.tag, "conceptual_graph": false, "op_graph": false, "profile": false });
            }
            for shown in shows {
                run["tags"][&series.tag][*shown] = true.into();
            }
        }
    }
    Ok(Value::Object(runs).into())
}

/// `graph?run[&tag][&limit_attr_size&large_attrs_key]`: the graph in protobuf's text format.
pub async fn graph(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let run = asked.needed("run")?;
    if asked.get("conceptual") == Some("true") {
        return Err(ReadError::Invalid(
            "Conceptual graphs of Keras models are not drawn here; TensorBoard over gRPC draws them.".to_owned(),
        ));
    }
    let limit = match asked.get("limit_attr_size") {
        None => None,
        Some(_) => match (asked.number("limit_attr_size", 0usize)?, asked.get("large_attrs_key")) {
            (0, _) => return Err(ReadError::Invalid("`limit_attr_size` must be more than 0.".to_owned())),
            (_, None) => {
                let sentence = "`limit_attr_size` needs `large_attrs_key`: where the names of what is left out go.";
                return Err(ReadError::Invalid(sentence.to_owned()));
            }
            (limit, Some(key)) => Some((limit, key.to_owned())),
        },
    };
    let tag = asked.get("tag").map(str::to_owned);
    let blob = match &tag {
        None => blob(&provider, &scope, &[GRAPHS], run, RUN_GRAPH).await?,
        Some(tag) => blob(&provider, &scope, &[WITH_PROFILE, WITH_GRAPH], run, tag).await?,
    };
    let printed = tokio::task::spawn_blocking(move || {
        let mut graph = if tag.is_some() {
            edit::of_run_metadata(&blob)?
        } else {
            blob
        };
        if let Some((limit, key)) = limit {
            graph = edit::without_large_attributes(&graph, limit, &key)?;
        }
        text::print(schema::GRAPH_DEF, &graph)
    });
    Ok(Reply::Bytes(PBTXT, printed.await??.into_bytes()))
}

/// `run_metadata?run&tag`: what a session measured, in protobuf's text format.
pub async fn run_metadata(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let (run, tag) = (asked.needed("run")?, asked.needed("tag")?);
    let blob = blob(&provider, &scope, &[TAGGED, WITH_PROFILE], run, tag).await?;
    let printed = tokio::task::spawn_blocking(move || text::print(schema::RUN_METADATA, &blob));
    Ok(Reply::Bytes(PBTXT, printed.await??.into_bytes()))
}

/// The last blob of the first of these plugins that has one.
async fn blob(provider: &Provider, scope: &Scope, plugins: &[&str], run: &str, tag: &str) -> Result<Vec<u8>> {
    for plugin in plugins {
        let read = provider.blob_steps(scope, plugin, &Filter::one(run, tag), 1).await?;
        let key = read
            .into_iter()
            .next()
            .and_then(|series| series.keys.into_iter().flatten().next());
        if let Some(key) = key {
            return provider.blob(&key).await;
        }
    }
    Err(ReadError::NotFound(format!(
        "There is no graph of run {run:?} and tag {tag:?}."
    )))
}
