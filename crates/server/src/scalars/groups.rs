//! `GET /experiments/{exp}/groups`: runs put together by a hyperparameter, by their name, or all as one.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_store::logs::RunSummary;
use regex::Regex;
use serde_json::{Map, Value, json};

use super::ask::{Asked, regex};
use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Groups one answer may have; more are no groups any more.
const MAX_GROUPS: usize = 200;
/// The group of runs that have no value to go by.
const REST: &str = "other";

/// Runs that count as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    /// Ids, in the order of the run list.
    pub runs: Vec<String>,
}

enum By {
    All,
    Hparam(String),
    Name(Regex),
}

impl By {
    fn parse(source: &str) -> Answer<Self> {
        if source == "all" {
            Ok(Self::All)
        } else if let Some(name) = source.strip_prefix("hparam:") {
            Ok(Self::Hparam(name.to_owned()))
        } else if let Some(source) = source.strip_prefix("re:") {
            Ok(Self::Name(regex(source)?))
        } else {
            Err(Problem::bad_request(format!(
                "Runs cannot be grouped by {source:?}: all, hparam:NAME and re:REGEX are ways."
            )))
        }
    }

    fn name(&self, run: &RunSummary, given: Option<&Map<String, Value>>) -> String {
        match self {
            Self::All => "all runs".to_owned(),
            Self::Hparam(name) => given
                .and_then(|given| given.get(name))
                .map_or_else(|| REST.to_owned(), written),
            Self::Name(regex) => regex.captures(&run.name).map_or_else(
                || REST.to_owned(),
                |found| {
                    let parts: Vec<&str> = found.iter().skip(1).flatten().map(|part| part.as_str()).collect();
                    let name = if parts.is_empty() {
                        found[0].to_owned()
                    } else {
                        parts.join(" ")
                    };
                    if name.is_empty() { REST.to_owned() } else { name }
                },
            ),
        }
    }
}

/// A hyperparameter's value as its group is called.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // A float that is whole is written as people write it: 64, not 64.0.
        Value::Number(number) => number
            .as_f64()
            .map_or_else(|| number.to_string(), |n| ((n * 1e9).round() / 1e9).to_string()),
        other => other.to_string(),
    }
}

/// The groups of the runs asked for.
pub async fn groups(app: &AppState, experiment: &str, asked: &Asked) -> Answer<Vec<Group>> {
    let source = asked
        .by
        .as_deref()
        .ok_or_else(|| Problem::bad_request("`by` is missing: all, hparam:NAME or re:REGEX."))?;
    let by = By::parse(source)?;
    let wanted = asked.runs()?;
    let runs = app.store().runs(&app.actor(), experiment).await?;
    let given = match by {
        By::Hparam(_) => app.store().hparams(&app.actor(), experiment).await?,
        _ => BTreeMap::new(),
    };
    let chosen: Option<std::collections::HashSet<&str>> =
        wanted.as_ref().map(|ids| ids.iter().map(String::as_str).collect());
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for run in &runs {
        if chosen.as_ref().is_none_or(|chosen| chosen.contains(run.id.as_str())) {
            let name = by.name(run, given.get(&run.id));
            found.entry(name).or_default().push(run.id.clone());
        }
    }
    if found.len() > MAX_GROUPS {
        return Err(Problem::bad_request(format!(
            "This makes {} groups of {} runs; {MAX_GROUPS} is the most. Group by something that fewer runs differ in.",
            found.len(),
            runs.len()
        )));
    }
    let mut groups: Vec<Group> = found.into_iter().map(|(name, runs)| Group { name, runs }).collect();
    groups.sort_by(|a, b| order(&a.name, &b.name));
    Ok(groups)
}

/// Numbers by size, words by alphabet, what has no value last.
fn order(a: &str, b: &str) -> std::cmp::Ordering {
    let rank = |name: &str| (name == REST, name.parse::<f64>().is_err());
    rank(a)
        .cmp(&rank(b))
        .then_with(|| match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.total_cmp(&b),
            _ => a.cmp(b),
        })
}

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let groups: Vec<Value> = match asked.by {
        None => Vec::new(),
        Some(_) => groups(&app, &experiment, &asked)
            .await?
            .into_iter()
            .map(|group| json!({ "name": group.name, "runs": group.runs }))
            .collect(),
    };
    let given = app.store().hparams(&app.actor(), &experiment).await?;
    let names: std::collections::BTreeSet<&String> = given.values().flat_map(Map::keys).collect();
    Ok(Json(json!({ "groups": groups, "hparams": names })).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str) -> RunSummary {
        RunSummary {
            id: name.to_owned(),
            name: name.to_owned(),
            title: name.to_owned(),
            labels: Vec::new(),
            archived: false,
            pinned: false,
            points: 0,
            first_wall: None,
            last_wall: None,
            running: false,
            skipped: 0,
        }
    }

    #[test]
    fn a_group_is_called_by_what_was_captured() {
        let by = |source: &str, name: &str| By::parse(source).unwrap().name(&run(name), None);
        assert_eq!(by("all", "a"), "all runs");
        assert_eq!(by("re:lr([0-9.]+)", "cnn-lr0.1-s3"), "0.1");
        assert_eq!(by("re:(cnn|mlp).*lr([0-9.]+)", "CNN-lr0.1-s3"), "CNN 0.1");
        assert_eq!(by("re:cnn|mlp", "mlp-3"), "mlp");
        assert_eq!(by("re:seed", "mlp-3"), REST);
        assert!(By::parse("re:(").is_err() && By::parse("colour").is_err());
        let given = json!({ "lr": 0.1, "units": 64.0, "act": "relu" });
        let given = given.as_object();
        let by = |name: &str| By::Hparam(name.to_owned()).name(&run("a"), given);
        assert_eq!(
            (by("lr"), by("units"), by("act"), by("none")),
            ("0.1".into(), "64".into(), "relu".into(), REST.into())
        );
    }

    #[test]
    fn groups_are_in_the_order_of_their_numbers() {
        let mut names = ["10", "other", "9", "b", "0.5", "a"];
        names.sort_by(|a, b| order(a, b));
        assert_eq!(names, ["0.5", "9", "10", "a", "b", "other"]);
    }
}
