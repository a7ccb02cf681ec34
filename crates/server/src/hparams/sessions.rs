//! The sessions of an experiment as columns and rows.

use std::collections::{BTreeMap, BTreeSet};

use glassboard_events::{Declared, Domain, Hparam, Hparams};
use glassboard_store::logs::{Reached, Session};
use serde_json::{Value, json};

use crate::problem::Answer;
use crate::runs::metric;
use crate::state::AppState;

/// Metric columns; more tags than these are left to the charts.
const MOST_METRICS: usize = 200;
/// Metric columns shown before anybody chose.
const SHOWN_METRICS: usize = 4;

/// One hyperparameter.
#[derive(Debug, Clone)]
pub struct Given {
    pub name: String,
    pub title: String,
    pub description: String,
    pub kind: &'static str,
    /// Whether sessions differ in it.
    pub differs: bool,
    pub domain: Value,
}

/// One metric.
#[derive(Debug, Clone)]
pub struct Metric {
    pub name: String,
    pub title: String,
    pub description: String,
    /// Smaller is better.
    pub smaller: bool,
    pub shown: bool,
}

/// One run with hyperparameters, what lies below its folder counted as its own.
#[derive(Debug, Clone)]
pub struct Line {
    pub run: String,
    pub name: String,
    pub group: String,
    pub status: &'static str,
    pub started: Option<f64>,
    pub ended: Option<f64>,
    pub model: String,
    pub monitor: String,
    pub hparams: BTreeMap<String, Value>,
    pub reached: BTreeMap<String, Reached>,
}

/// Everything the page and the endpoint answer.
#[derive(Debug, Clone)]
pub struct Sessions {
    pub name: String,
    pub description: String,
    pub hparams: Vec<Given>,
    pub metrics: Vec<Metric>,
    pub lines: Vec<Line>,
}

impl Sessions {
    /// Gathers them.
    pub async fn of(app: &AppState, experiment: &str) -> Answer<Self> {
        let sessions = app.store().sessions(&app.actor(), experiment).await?;
        let recent = app.store().now().seconds() - 60.0;
        Ok(Self::from(&sessions, recent))
    }

    fn from(sessions: &[Session], recent: f64) -> Self {
        let mut declared = Declared::default();
        let said: Vec<Vec<Hparams>> = sessions
            .iter()
            .map(|session| {
                session
                    .said
                    .iter()
                    .filter_map(|bytes| Hparams::decode(bytes).ok())
                    .collect()
            })
            .collect();
        for one in said.iter().flatten().filter_map(|one| one.experiment.as_ref()) {
            merge(&mut declared, one);
        }
        let has = |session: &Session| session.hparams.as_object().is_some_and(|map| !map.is_empty());
        let nobody = !sessions.iter().any(has);
        let mut places = BTreeMap::new();
        let mut lines: Vec<Line> = Vec::new();
        for (session, said) in sessions.iter().zip(&said) {
            if nobody || has(session) {
                places.insert(session.name.clone(), lines.len());
                lines.push(line(session, said, recent));
            }
        }
        // What a writer logged below a session's folder (`train`, `validation`) is the session's.
        for session in sessions.iter().filter(|session| !places.contains_key(&session.name)) {
            if let Some((place, below)) = above(&places, &session.name) {
                let named = |(tag, reached): (&String, &Reached)| (format!("{below}/{tag}"), *reached);
                lines[place].reached.extend(session.reached.iter().map(named));
            }
        }
        let hparams = givens(&lines, &declared);
        let metrics = metrics(&lines, &declared);
        Self {
            name: declared.name,
            description: declared.description,
            hparams,
            metrics,
            lines,
        }
    }

    /// As the endpoint answers it.
    pub fn json(&self, experiment: &str) -> Value {
        let hparams: Vec<Value> = self
            .hparams
            .iter()
            .map(|h| {
                json!({ "name": h.name, "title": h.title, "description": h.description, "kind": h.kind,
                        "differs": h.differs, "domain": h.domain })
            })
            .collect();
        let metrics: Vec<Value> = self
            .metrics
            .iter()
            .map(|m| {
                json!({ "name": m.name, "title": m.title, "description": m.description,
                        "goal": if m.smaller { "min" } else { "max" }, "shown": m.shown })
            })
            .collect();
        let sessions: Vec<Value> = self
            .lines
            .iter()
            .map(|line| {
                let reached: BTreeMap<&String, Value> = self
                    .metrics
                    .iter()
                    .filter_map(|metric| {
                        let r = line.reached.get(&metric.name)?;
                        let value = json!({ "last": r.last, "step": r.step, "min": r.min, "max": r.max });
                        Some((&metric.name, value))
                    })
                    .collect();
                json!({ "run": line.run, "name": line.name, "group": line.group, "status": line.status,
                        "started": line.started, "ended": line.ended, "model": line.model, "monitor": line.monitor,
                        "hparams": line.hparams, "metrics": reached })
            })
            .collect();
        json!({ "experiment": experiment, "name": self.name, "description": self.description, "hparams": hparams,
                "metrics": metrics, "sessions": sessions })
    }
}

/// The first to declare a thing decides.
fn merge(all: &mut Declared, one: &Declared) {
    for (to, from) in [(&mut all.name, &one.name), (&mut all.description, &one.description)] {
        if to.is_empty() {
            to.clone_from(from);
        }
    }
    for info in &one.hparams {
        if !all.hparams.iter().any(|known| known.name == info.name) {
            all.hparams.push(info.clone());
        }
    }
    for info in &one.metrics {
        if !all
            .metrics
            .iter()
            .any(|known| (&known.group, &known.tag) == (&info.group, &info.tag))
        {
            all.metrics.push(info.clone());
        }
    }
}

fn line(session: &Session, said: &[Hparams], recent: f64) -> Line {
    let start = said
        .iter()
        .filter_map(|one| one.start.clone())
        .next_back()
        .unwrap_or_default();
    let end = said.iter().filter_map(|one| one.end).next_back();
    let time = |seconds: f64| (seconds > 0.0 && seconds.is_finite()).then_some(seconds);
    let status = match end.map(|end| end.status) {
        Some(1) => "success",
        Some(2) => "failure",
        // A writer that says nothing of its end is running for as long as it writes.
        _ if session.last_wall.is_some_and(|last| last > recent) => "running",
        Some(3) => "running",
        _ => "unknown",
    };
    let hparams = match &session.hparams {
        Value::Object(map) => map.clone().into_iter().collect(),
        _ => BTreeMap::new(),
    };
    Line {
        run: session.run.clone(),
        name: session.name.clone(),
        group: start.group,
        status,
        started: time(start.started).or(session.first_wall.and_then(time)),
        ended: end.and_then(|end| time(end.ended)).or(session.last_wall.and_then(time)),
        model: start.model,
        monitor: start.monitor,
        hparams,
        reached: session.reached.clone(),
    }
}

/// The innermost session above a folder, and the way down from it.
fn above<'a>(places: &BTreeMap<String, usize>, name: &'a str) -> Option<(usize, &'a str)> {
    let mut end = name.len();
    while let Some(at) = name[..end].rfind('/') {
        if let Some(&place) = places.get(&name[..at]) {
            return Some((place, &name[at + 1..]));
        }
        end = at;
    }
    places.get(".").map(|&place| (place, name))
}

fn givens(lines: &[Line], declared: &Declared) -> Vec<Given> {
    let logged: BTreeSet<&String> = lines.iter().flat_map(|line| line.hparams.keys()).collect();
    // Declared ones come first, in the order declared.
    let mut names: Vec<&String> = declared.hparams.iter().map(|info| &info.name).collect();
    names.retain(|name| logged.contains(name));
    let rest: Vec<&String> = logged.into_iter().filter(|name| !names.contains(name)).collect();
    names.extend(rest);
    names
        .into_iter()
        .map(|name| {
            let values: Vec<&Value> = lines.iter().filter_map(|line| line.hparams.get(name)).collect();
            let info = declared.hparams.iter().find(|info| info.name == *name);
            Given {
                name: name.clone(),
                title: info.map(|info| info.title.clone()).unwrap_or_default(),
                description: info.map(|info| info.description.clone()).unwrap_or_default(),
                kind: if values.iter().all(|value| value.is_number()) {
                    "number"
                } else if values.iter().all(|value| value.is_boolean()) {
                    "switch"
                } else {
                    "text"
                },
                differs: values.len() < lines.len() || values.iter().any(|value| *value != values[0]),
                domain: info.map_or(Value::Null, |info| domain(&info.domain)),
            }
        })
        .collect()
}

fn domain(domain: &Domain) -> Value {
    let plain = |value: &Hparam| match value {
        Hparam::Number(number) => json!(number),
        Hparam::Text(text) => json!(text),
        Hparam::Switch(on) => json!(on),
    };
    match domain {
        Domain::Any => Value::Null,
        Domain::Values(values) => json!({ "values": values.iter().map(plain).collect::<Vec<_>>() }),
        Domain::Interval(min, max) => json!({ "min": min, "max": max }),
    }
}

fn metrics(lines: &[Line], declared: &Declared) -> Vec<Metric> {
    let mut metrics: Vec<Metric> = Vec::new();
    let reached: BTreeSet<&String> = lines.iter().flat_map(|line| line.reached.keys()).collect();
    for info in &declared.metrics {
        let name = if info.group.is_empty() {
            info.tag.clone()
        } else {
            format!("{}/{}", info.group, info.tag)
        };
        if reached.contains(&name) {
            metrics.push(Metric {
                smaller: metric::smaller_is_better(&name),
                title: info.title.clone(),
                description: info.description.clone(),
                shown: true,
                name,
            });
        }
    }
    let mut rest: Vec<&String> = reached
        .into_iter()
        .filter(|name| !metrics.iter().any(|metric| metric.name == **name))
        .collect();
    rest.sort_by_key(|name| metric::rank(name));
    let room = if metrics.is_empty() { SHOWN_METRICS } else { 0 };
    // `add_hparams` says what its metrics are by logging them beside the hyperparameters.
    let told = rest.iter().any(|name| name.starts_with("hparam/"));
    let mut shown = 0;
    for name in rest.into_iter().take(MOST_METRICS) {
        let speaks = if told {
            name.starts_with("hparam/")
        } else {
            metric::rank(name) < 4 || shown == 0
        };
        let shows = speaks && shown < room;
        shown += usize::from(shows);
        metrics.push(Metric {
            smaller: metric::smaller_is_better(name),
            name: name.clone(),
            title: String::new(),
            description: String::new(),
            shown: shows,
        });
    }
    metrics
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(name: &str, hparams: Value, reached: &[(&str, f64)]) -> Session {
        let reached = reached.iter().map(|(tag, last)| {
            let all = Reached {
                last: *last,
                step: 1,
                min: *last,
                max: *last,
            };
            ((*tag).to_owned(), all)
        });
        Session {
            run: format!("id-{name}"),
            name: name.to_owned(),
            hparams,
            said: Vec::new(),
            reached: reached.collect(),
            first_wall: Some(10.0),
            last_wall: Some(20.0),
        }
    }

    #[test]
    fn what_lies_below_a_session_is_the_sessions() {
        let all = Sessions::from(
            &[
                session("a", json!({"lr": 0.1, "opt": "sgd"}), &[("loss", 1.0)]),
                session("a/validation", json!({}), &[("acc", 0.9)]),
                session("b", json!({"lr": 0.2, "opt": "sgd"}), &[("loss", 2.0)]),
                session("other", json!({}), &[("loss", 3.0)]),
            ],
            100.0,
        );
        assert_eq!(all.lines.len(), 2);
        assert!((all.lines[0].reached["validation/acc"].last - 0.9).abs() < 1e-12);
        assert_eq!((all.lines[0].status, all.lines[0].started), ("unknown", Some(10.0)));
        let given: Vec<_> = all
            .hparams
            .iter()
            .map(|h| (h.name.as_str(), h.kind, h.differs))
            .collect();
        assert_eq!(given, [("lr", "number", true), ("opt", "text", false)]);
        assert_eq!(all.metrics[0].name, "validation/acc");
    }

    #[test]
    fn without_hyperparameters_every_run_is_a_line() {
        let all = Sessions::from(&[session("a", json!({}), &[("loss", 1.0)])], 15.0);
        assert_eq!((all.lines.len(), all.lines[0].status), (1, "running"));
        assert!(all.metrics[0].shown && all.metrics[0].smaller);
    }
}
