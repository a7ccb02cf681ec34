//! What is varied and what is measured: as logged, or as the runs show it.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::value::Kind;
use prost_types::{ListValue, Value};
use serde_json::{Value as Json, json};

use super::{Logged, value, word};
use crate::data::{Result, number};
use crate::proto::{Domain, Experiment, HParamInfo, Interval, MetricInfo, MetricName};
use crate::{Class, Filter, Provider, Scope};

const STRING: i32 = 1;
const BOOL: i32 = 2;
const FLOAT: i32 = 3;

/// The experiment: the one that was logged, or what its runs have in common.
pub async fn of(provider: &Provider, scope: &Scope, logged: &Logged, metrics: bool) -> Result<Experiment> {
    if let Some(experiment) = &logged.experiment {
        let mut experiment = experiment.clone();
        if !metrics {
            experiment.metric_infos.clear();
        }
        return Ok(experiment);
    }
    let hparam_infos = hparams(logged);
    let metric_infos = if metrics && !hparam_infos.is_empty() {
        let scalars = provider
            .list(scope, Class::Scalar, "scalars", &Filter::default())
            .await?;
        let pairs = scalars.iter().map(|series| (series.run.as_str(), series.tag.as_str()));
        let sessions: BTreeSet<&str> = logged.starts.keys().map(String::as_str).collect();
        measured(pairs, &sessions)
    } else {
        Vec::new()
    };
    Ok(Experiment {
        hparam_infos,
        metric_infos,
        ..Experiment::default()
    })
}

/// Those that differ come first, then by name; at most `limit`, where it is not 0.
pub fn sort(experiment: &mut Experiment, limit: usize) {
    let infos = &mut experiment.hparam_infos;
    infos.sort_by(|a, b| (!a.differs, &a.name).cmp(&(!b.differs, &b.name)));
    if limit > 0 {
        infos.truncate(limit);
    }
}

fn hparams(logged: &Logged) -> Vec<HParamInfo> {
    let mut values: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (name, value) in logged.starts.values().flat_map(|start| &start.hparams) {
        values.entry(name).or_default().push(value);
    }
    values
        .into_iter()
        .filter_map(|(name, values)| hparam(name, &values))
        .collect()
}

/// One hyperparameter by the values it has; those of several types are strings.
fn hparam(name: &str, values: &[&Value]) -> Option<HParamInfo> {
    let mut types = values.iter().filter_map(|value| match value.kind {
        Some(Kind::NumberValue(_)) => Some(FLOAT),
        Some(Kind::StringValue(_)) => Some(STRING),
        Some(Kind::BoolValue(_)) => Some(BOOL),
        _ => None,
    });
    let first = types.next()?;
    let kind = if types.all(|other| other == first) {
        first
    } else {
        STRING
    };
    let list = |kinds: Vec<Kind>| {
        let values = kinds.into_iter().map(|kind| Value { kind: Some(kind) }).collect();
        Some(Domain::Discrete(ListValue { values }))
    };
    let (domain, differs) = match kind {
        FLOAT => {
            let mut numbers: Vec<f64> = values.iter().filter_map(|value| float(value)).collect();
            numbers.sort_by(f64::total_cmp);
            let interval = Interval {
                min_value: numbers.first().copied().unwrap_or_default(),
                max_value: numbers.last().copied().unwrap_or_default(),
            };
            (
                Some(Domain::Interval(interval)),
                interval.min_value < interval.max_value,
            )
        }
        BOOL => {
            let switches: BTreeSet<bool> = values
                .iter()
                .filter_map(|value| match value.kind {
                    Some(Kind::BoolValue(on)) => Some(on),
                    _ => None,
                })
                .collect();
            let differs = switches.len() > 1;
            (list(switches.into_iter().map(Kind::BoolValue).collect()), differs)
        }
        _ => {
            let texts: BTreeSet<String> = values.iter().filter_map(|value| text(value)).collect();
            let differs = texts.len() > 1;
            (list(texts.into_iter().map(Kind::StringValue).collect()), differs)
        }
    };
    Some(HParamInfo {
        name: name.to_owned(),
        r#type: kind,
        domain,
        differs,
        ..HParamInfo::default()
    })
}

fn float(value: &Value) -> Option<f64> {
    match value.kind {
        Some(Kind::NumberValue(value)) => Some(value),
        _ => None,
    }
}

/// A value as a string among values of several types.
fn text(value: &Value) -> Option<String> {
    match &value.kind {
        Some(Kind::StringValue(text)) => {
            let quoted = Json::from(text.as_str()).to_string();
            Some(quoted[1..quoted.len() - 1].to_owned())
        }
        Some(Kind::BoolValue(on)) => Some(on.to_string()),
        Some(Kind::NumberValue(value)) if value.is_finite() => Some(super::scalars::python(*value)),
        _ => None,
    }
}

/// Metrics of sessions: a tag, and the folder under the session's where it is logged.
fn measured<'a>(scalars: impl Iterator<Item = (&'a str, &'a str)>, sessions: &BTreeSet<&str>) -> Vec<MetricInfo> {
    let mut names = BTreeSet::new();
    for (run, tag) in scalars {
        let mut session = run;
        while !session.is_empty() && !sessions.contains(session) {
            session = session.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        if !session.is_empty() {
            let group = run[session.len()..].trim_start_matches('/');
            names.insert((tag, group));
        }
    }
    let info = |(tag, group): (&str, &str)| MetricInfo {
        name: Some(MetricName {
            group: group.to_owned(),
            tag: tag.to_owned(),
        }),
        ..MetricInfo::default()
    };
    names.into_iter().map(info).collect()
}

/// In protobuf's JSON, with every field.
pub fn as_json(experiment: &Experiment) -> Json {
    let hparam = |info: &HParamInfo| {
        let types = [
            "DATA_TYPE_UNSET",
            "DATA_TYPE_STRING",
            "DATA_TYPE_BOOL",
            "DATA_TYPE_FLOAT64",
        ];
        let mut shown = json!({
            "name": info.name, "displayName": info.display_name, "description": info.description,
            "type": word(&types, info.r#type), "differs": info.differs,
        });
        match &info.domain {
            Some(Domain::Discrete(list)) => shown["domainDiscrete"] = list.values.iter().map(value).collect(),
            Some(Domain::Interval(interval)) => {
                shown["domainInterval"] =
                    json!({ "minValue": number(interval.min_value), "maxValue": number(interval.max_value) });
            }
            None => {}
        }
        shown
    };
    let metric = |info: &MetricInfo| {
        let sets = ["DATASET_UNKNOWN", "DATASET_TRAINING", "DATASET_VALIDATION"];
        let mut shown = json!({
            "displayName": info.display_name, "description": info.description,
            "datasetType": word(&sets, info.dataset_type),
        });
        if let Some(name) = &info.name {
            shown["name"] = json!({ "group": name.group, "tag": name.tag });
        }
        shown
    };
    json!({
        "name": experiment.name, "description": experiment.description, "user": experiment.user,
        "timeCreatedSecs": number(experiment.time_created_secs),
        "hparamInfos": experiment.hparam_infos.iter().map(hparam).collect::<Json>(),
        "metricInfos": experiment.metric_infos.iter().map(metric).collect::<Json>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_kind(kind: Kind) -> Value {
        Value { kind: Some(kind) }
    }

    #[test]
    fn values_of_several_types_are_strings() {
        let (number, word, on) = (
            of_kind(Kind::NumberValue(32.0)),
            of_kind(Kind::StringValue("a\"b".to_owned())),
            of_kind(Kind::BoolValue(true)),
        );
        let mixed = hparam("x", &[&number, &word, &on]).expect("an info");
        assert_eq!((mixed.r#type, mixed.differs), (STRING, true));
        assert_eq!(
            as_json(&Experiment {
                hparam_infos: vec![mixed],
                ..Experiment::default()
            })["hparamInfos"][0]["domainDiscrete"],
            json!(["32.0", "a\\\"b", "true"])
        );
        let same = hparam("x", &[&number, &number]).expect("an info");
        assert_eq!((same.r#type, same.differs), (FLOAT, false));
        assert_eq!(hparam("x", &[&of_kind(Kind::NullValue(0))]), None);
    }

    #[test]
    fn a_metric_is_named_by_its_folder_under_the_session() {
        let scalars = [
            ("exp/session1", "loss"),
            ("exp/session2", "loss"),
            ("exp/session2/eval", "loss"),
            ("exp/session2/validation", "accuracy"),
            ("exp/no-session", "loss_2"),
        ];
        let infos = measured(scalars.into_iter(), &BTreeSet::from(["exp/session1", "exp/session2"]));
        let names: Vec<_> = infos
            .into_iter()
            .filter_map(|info| info.name)
            .map(|name| (name.tag, name.group))
            .collect();
        let expected = [("accuracy", "validation"), ("loss", ""), ("loss", "eval")];
        assert_eq!(names, expected.map(|(tag, group)| (tag.to_owned(), group.to_owned())));
    }
}
