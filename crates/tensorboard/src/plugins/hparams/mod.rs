//! `/data/plugin/hparams/...`: what was tried, and what came of it.

mod download;
mod experiment;
mod groups;
mod request;
mod select;

use std::collections::BTreeMap;

use prost::Message as _;
use serde_json::Value as Json;
use serde_json::json;

use super::{Asked, Reply, scalars};
use crate::data::{Result, number};
use crate::proto::hparams_plugin_data::Data;
use crate::proto::{Experiment, HParamsPluginData, MetricName, SessionEndInfo, SessionStartInfo};
use crate::{Class, Filter, Provider, Scope};

use request::{EvalsRequest, ExperimentRequest, GroupsRequest};

const PLUGIN: &str = "hparams";
const EXPERIMENT: &str = "_hparams_/experiment";
const START: &str = "_hparams_/session_start_info";
const END: &str = "_hparams_/session_end_info";

/// What the runs' hyperparameter tags say.
#[derive(Debug, Default)]
struct Logged {
    experiment: Option<Experiment>,
    /// By run.
    starts: BTreeMap<String, SessionStartInfo>,
    /// By run.
    ends: BTreeMap<String, SessionEndInfo>,
}

async fn logged(provider: &Provider, scope: &Scope) -> Result<Logged> {
    let mut logged = Logged::default();
    for series in provider.list(scope, Class::Tensor, PLUGIN, &Filter::default()).await? {
        let Ok(content) = HParamsPluginData::decode(series.content.as_slice()) else {
            continue;
        };
        match (series.tag.as_str(), content.data) {
            (EXPERIMENT, Some(Data::Experiment(experiment))) => {
                logged.experiment.get_or_insert(experiment);
            }
            (START, Some(Data::Start(start))) => {
                logged.starts.insert(series.run, start);
            }
            (END, Some(Data::End(end))) => {
                logged.ends.insert(series.run, end);
            }
            _ => {}
        }
    }
    Ok(logged)
}

/// `experiment`: what is varied and what is measured.
pub async fn experiment(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let request: ExperimentRequest = request::parse(&asked)?;
    let logged = logged(&provider, &scope).await?;
    let metrics = request.include_metrics.unwrap_or(true);
    let mut experiment = experiment::of(&provider, &scope, &logged, metrics).await?;
    experiment::sort(&mut experiment, request.hparams_limit.unwrap_or(0));
    Ok(experiment::as_json(&experiment).into())
}

/// `session_groups`: runs with the same values together, filtered, sorted, a slice of them.
pub async fn session_groups(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let request: GroupsRequest = request::parse(&asked)?;
    let (groups, total) = selected(&provider, &scope, &request).await?;
    let shown: Json = groups.iter().map(groups::Group::as_json).collect();
    Ok(json!({ "sessionGroups": shown, "totalSize": total }).into())
}

/// The slice asked for, and how many groups there are.
async fn selected(provider: &Provider, scope: &Scope, request: &GroupsRequest) -> Result<(Vec<groups::Group>, usize)> {
    let logged = logged(provider, scope).await?;
    let metrics = request.include_metrics.unwrap_or(true);
    let experiment = experiment::of(provider, scope, &logged, metrics).await?;
    let names: Vec<MetricName> = experiment
        .metric_infos
        .into_iter()
        .filter_map(|info| info.name)
        .collect();
    let groups = groups::of(provider, scope, &logged, &names, request).await?;
    select::select(groups, request)
}

/// `metric_evals`: the points of one metric of one session.
pub async fn metric_evals(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let request: EvalsRequest = request::parse(&asked)?;
    let run = groups::run_of(&request.session_name, &request.metric_name.group);
    let most = asked.points(scalars::POINTS)?;
    let series = scalars::one(&provider, &scope, &run, &request.metric_name.tag, most).await?;
    Ok(scalars::events(&series).into())
}

/// `download_data`: the table as JSON, CSV or LaTeX.
pub async fn download_data(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let request: GroupsRequest = request::parse(&asked)?;
    let (groups, _) = selected(&provider, &scope, &request).await?;
    let logged = logged(&provider, &scope).await?;
    let metrics = request.include_metrics.unwrap_or(true);
    let mut experiment = experiment::of(&provider, &scope, &logged, metrics).await?;
    experiment::sort(&mut experiment, 0);
    download::table(&experiment, &groups, &asked)
}

/// A value as TensorBoard's JSON has it.
fn value(value: &prost_types::Value) -> Json {
    use prost_types::value::Kind;
    match &value.kind {
        Some(Kind::NumberValue(value)) => number(*value),
        Some(Kind::StringValue(text)) => text.clone().into(),
        Some(Kind::BoolValue(on)) => (*on).into(),
        _ => Json::Null,
    }
}

/// The word of an enum's number, or the number where it has none.
fn word(names: &[&str], number: i32) -> Json {
    usize::try_from(number)
        .ok()
        .and_then(|index| names.get(index))
        .map_or(number.into(), |name| (*name).into())
}
