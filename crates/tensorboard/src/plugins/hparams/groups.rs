//! Sessions, in groups of those with the same values.

use std::collections::{BTreeMap, HashMap};

use prost_types::Value;
use prost_types::value::Kind;
use serde_json::{Map, Value as Json, json};

use super::request::{GroupsRequest, Metric};
use super::{Logged, value, word};
use crate::data::{Result, number};
use crate::proto::MetricName;
use crate::{Filter, Provider, ReadError, Scope};

const STATUSES: [&str; 4] = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"];
const AGGREGATIONS: [&str; 5] = [
    "AGGREGATION_UNSET",
    "AGGREGATION_AVG",
    "AGGREGATION_MEDIAN",
    "AGGREGATION_MIN",
    "AGGREGATION_MAX",
];

/// A metric's last value.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub name: MetricName,
    pub value: f64,
    pub step: i64,
    pub wall: f64,
}

/// A run with hyperparameters.
#[derive(Debug, Clone)]
pub struct Session {
    name: String,
    start: f64,
    end: f64,
    status: i32,
    model: String,
    monitor: String,
    metrics: Vec<Measured>,
}

/// Tries at the same thing.
#[derive(Debug, Clone)]
pub struct Group {
    pub name: String,
    pub hparams: BTreeMap<String, Value>,
    pub metrics: Vec<Measured>,
    sessions: Vec<Session>,
    monitor: String,
}

/// The run of a session's metric.
pub fn run_of(session: &str, group: &str) -> String {
    let run = if group.is_empty() {
        session.to_owned()
    } else {
        format!("{session}/{group}")
    };
    run.strip_suffix('/').map_or(run.clone(), str::to_owned)
}

/// The groups, in the order of their names.
pub async fn of(
    provider: &Provider,
    scope: &Scope,
    logged: &Logged,
    names: &[MetricName],
    request: &GroupsRequest,
) -> Result<Vec<Group>> {
    let mut allowed = Vec::new();
    for status in &request.allowed_statuses {
        allowed.push(status.number(&STATUSES)?);
    }
    let runs = logged
        .starts
        .keys()
        .flat_map(|run| names.iter().map(move |name| run_of(run, &name.group)));
    let filter = Filter {
        runs: Some(runs.collect()),
        tags: Some(names.iter().map(|name| name.tag.clone()).collect()),
    };
    let mut last: HashMap<(String, String), Measured> = HashMap::new();
    if !names.is_empty() {
        for series in provider.scalars(scope, "scalars", &filter, 1).await? {
            let (Some(step), Some(wall), Some(value)) = (series.step.last(), series.wall.last(), series.value.last())
            else {
                continue;
            };
            let measured = Measured {
                name: MetricName::default(),
                value: *value,
                step: *step,
                wall: *wall,
            };
            last.insert((series.series.run, series.series.tag), measured);
        }
    }
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for (run, start) in &logged.starts {
        let end = logged.ends.get(run);
        let status = end.map_or(0, |end| end.status);
        if !allowed.contains(&status) {
            continue;
        }
        let measured = |name: &MetricName| {
            let found = last.get(&(run_of(run, &name.group), name.tag.clone()))?;
            Some(Measured {
                name: name.clone(),
                ..found.clone()
            })
        };
        let session = Session {
            name: run.clone(),
            start: start.start_time_secs,
            end: end.map_or(0.0, |end| end.end_time_secs),
            status,
            model: start.model_uri.clone(),
            monitor: start.monitor_url.clone(),
            metrics: names.iter().filter_map(measured).collect(),
        };
        let name = if start.group_name.is_empty() {
            run
        } else {
            &start.group_name
        };
        // Sessions of a group have the same values; JSON has no word for those that are no numbers.
        let finite = |value: &Value| !matches!(value.kind, Some(Kind::NumberValue(number)) if !number.is_finite());
        let group = groups.entry(name.clone()).or_insert_with(|| Group {
            name: name.clone(),
            hparams: start
                .hparams
                .iter()
                .filter(|(_, value)| finite(value))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            metrics: Vec::new(),
            sessions: Vec::new(),
            monitor: start.monitor_url.clone(),
        });
        group.sessions.push(session);
    }
    let how = match &request.aggregation_type {
        Some(word) => word.number(&AGGREGATIONS)?,
        None => 0,
    };
    let mut groups: Vec<Group> = groups.into_values().collect();
    for group in &mut groups {
        group.metrics = aggregate(&group.sessions, how, &request.aggregation_metric)?;
    }
    Ok(groups)
}

/// A group's metrics: the mean of its sessions', or those of the session that is median, least or most in one.
fn aggregate(sessions: &[Session], how: i32, by: &Metric) -> Result<Vec<Measured>> {
    if let 0 | 1 = how {
        return Ok(mean(sessions));
    }
    let measured = sessions.iter().filter_map(|session| {
        let found = session
            .metrics
            .iter()
            .find(|one| one.name.tag == by.tag && one.name.group == by.group)?;
        Some((found.value, session))
    });
    let mut measured: Vec<(f64, &Session)> = measured.collect();
    measured.sort_by(|a, b| a.0.total_cmp(&b.0));
    let chosen = match how {
        2 => measured.get(measured.len().saturating_sub(1) / 2),
        3 => measured.first(),
        4 => measured
            .iter()
            .rev()
            .take_while(|one| Some(one.0) == measured.last().map(|last| last.0))
            .last(),
        _ => return Err(ReadError::Invalid(format!("There is no aggregation {how}."))),
    };
    Ok(chosen.map(|(_, session)| session.metrics.clone()).unwrap_or_default())
}

fn mean(sessions: &[Session]) -> Vec<Measured> {
    let mut sums: Vec<(i64, Measured)> = Vec::new();
    for one in sessions.iter().flat_map(|session| &session.metrics) {
        match sums.iter_mut().find(|(_, sum)| sum.name == one.name) {
            Some((count, sum)) => {
                *count += 1;
                sum.value += one.value;
                sum.step = sum.step.saturating_add(one.step);
                sum.wall += one.wall;
            }
            None => sums.push((1, one.clone())),
        }
    }
    let mean = |(count, mut sum): (i64, Measured)| {
        sum.value /= count as f64;
        sum.step = sum.step.div_euclid(count);
        sum.wall /= count as f64;
        sum
    };
    sums.into_iter().map(mean).collect()
}

fn measured(metrics: &[Measured]) -> Json {
    let one = |one: &Measured| {
        json!({
            "name": { "group": one.name.group, "tag": one.name.tag },
            "value": number(one.value), "trainingStep": one.step, "wallTimeSecs": number(one.wall),
        })
    };
    metrics.iter().map(one).collect()
}

impl Group {
    /// In protobuf's JSON, with every field.
    pub fn as_json(&self) -> Json {
        let session = |session: &Session| {
            json!({
                "name": session.name, "startTimeSecs": number(session.start), "endTimeSecs": number(session.end),
                "status": word(&STATUSES, session.status), "modelUri": session.model, "monitorUrl": session.monitor,
                "metricValues": measured(&session.metrics),
            })
        };
        let hparams: Map<String, Json> = self
            .hparams
            .iter()
            .map(|(name, one)| (name.clone(), value(one)))
            .collect();
        json!({
            "name": self.name, "hparams": hparams, "metricValues": measured(&self.metrics),
            "sessions": self.sessions.iter().map(session).collect::<Json>(), "monitorUrl": self.monitor,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn group(name: &str, lr: Option<f64>, loss: Option<f64>) -> Group {
        let value = |number| Value {
            kind: Some(Kind::NumberValue(number)),
        };
        Group {
            name: name.to_owned(),
            hparams: lr.map(|lr| ("lr".to_owned(), value(lr))).into_iter().collect(),
            metrics: loss.map(|loss| at("loss", loss, 1)).into_iter().collect(),
            sessions: Vec::new(),
            monitor: String::new(),
        }
    }

    fn at(tag: &str, value: f64, step: i64) -> Measured {
        let name = MetricName {
            group: String::new(),
            tag: tag.to_owned(),
        };
        Measured {
            name,
            value,
            step,
            wall: 10.0,
        }
    }

    #[test]
    fn a_groups_metrics_are_its_sessions_mean_or_those_of_one_of_them() {
        let session = |name: &str, loss: f64, acc: f64| Session {
            name: name.to_owned(),
            start: 0.0,
            end: 0.0,
            status: 1,
            model: String::new(),
            monitor: String::new(),
            metrics: vec![at("loss", loss, 3), at("acc", acc, 4)],
        };
        let sessions = [session("a", 1.0, 0.1), session("b", 4.0, 0.2), session("c", 4.0, 0.6)];
        let by = Metric {
            group: String::new(),
            tag: "loss".to_owned(),
        };
        let accuracy = |how| aggregate(&sessions, how, &by).expect("metrics")[1].value;
        assert_eq!(aggregate(&sessions, 0, &by).expect("metrics")[0], at("loss", 3.0, 3));
        assert_eq!((accuracy(2), accuracy(3), accuracy(4)), (0.2, 0.1, 0.2));
        assert!(aggregate(&sessions, 9, &by).is_err());
    }

    #[test]
    fn a_sessions_metrics_are_logged_in_folders_under_it() {
        assert_eq!(run_of("a/b", ""), "a/b");
        assert_eq!(run_of("a/b", "eval"), "a/b/eval");
    }
}
