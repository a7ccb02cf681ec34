//! What a name means in a table of runs, and what it is worth in a run.

use std::borrow::Cow;
use std::collections::BTreeSet;

use glassboard_query::{Name, Part, Subject, Worth};
use glassboard_store::logs::RunRecord;
use serde_json::Value;

use crate::text;

/// What every run has, by the name it has in queries and columns, with a title for heads.
pub const FIELDS: [(&str, &str); 13] = [
    ("name", "Name"),
    ("folder", "Folder"),
    ("id", "Id"),
    ("status", "Status"),
    ("points", "Points"),
    ("started", "Started"),
    ("updated", "Updated"),
    ("duration", "Duration"),
    ("tag", "Tags"),
    ("notes", "Notes"),
    ("archived", "Archived"),
    ("pinned", "Pinned"),
    ("skipped", "Skipped"),
];

/// The names that mean something in an experiment.
#[derive(Debug, Default)]
pub struct Known {
    pub hparams: BTreeSet<String>,
    pub metrics: Vec<String>,
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    Field(&'static str),
    Hparam(String),
    Metric(String, Part),
}

impl Known {
    /// What `name` means; where it means nothing, a sentence.
    pub fn of(&self, name: &Name) -> Result<Of, String> {
        let text = name.text.as_str();
        let metric = |tag: &str| self.metrics.iter().any(|known| known == tag);
        if let Some(part) = name.part {
            return if metric(text) {
                Ok(Of::Metric(text.to_owned(), part))
            } else {
                Err(format!("no run has a metric `{text}`"))
            };
        }
        let field = FIELDS.iter().find(|(field, _)| *field == text);
        if let Some((field, _)) = field.filter(|_| !name.quoted) {
            return Ok(Of::Field(field));
        }
        if let Some(hparam) = text.strip_prefix("hparam:").filter(|name| self.hparams.contains(*name)) {
            return Ok(Of::Hparam(hparam.to_owned()));
        }
        if let Some(tag) = text.strip_prefix("metric:").filter(|tag| metric(tag)) {
            return Ok(Of::Metric(tag.to_owned(), Part::Last));
        }
        if self.hparams.contains(text) {
            Ok(Of::Hparam(text.to_owned()))
        } else if metric(text) {
            Ok(Of::Metric(text.to_owned(), Part::Last))
        } else {
            Err(format!("no run has a field, hyperparameter or metric `{text}`"))
        }
    }

    /// The tags whose summaries `names` need; names that mean nothing need none.
    pub fn tags<'a>(&self, names: impl Iterator<Item = &'a Name>) -> Vec<String> {
        let tags: BTreeSet<String> = names
            .filter_map(|name| match self.of(name) {
                Ok(Of::Metric(tag, _)) => Some(tag),
                _ => None,
            })
            .collect();
        tags.into_iter().collect()
    }
}

/// How a name is written so that it is read as that name.
pub fn written(name: &str) -> String {
    let plain = glassboard_query::name(name).is_ok_and(|read| read.text == name && read.part.is_none());
    let is_field = FIELDS.iter().any(|(field, _)| *field == name);
    if plain && !is_field {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// A run that a query is asked about.
pub struct Asked<'a> {
    pub known: &'a Known,
    pub run: &'a RunRecord,
}

impl Subject for Asked<'_> {
    fn worth(&self, name: &Name) -> Worth<'_> {
        self.known.of(name).map_or(Worth::Nothing, |of| worth(self.run, &of))
    }
}

/// What a run has there.
pub fn worth<'a>(run: &'a RunRecord, of: &Of) -> Worth<'a> {
    let summary = &run.summary;
    let number = |n: Option<f64>| n.map_or(Worth::Nothing, Worth::Number);
    let words = |text: &'a str| Worth::Text(Cow::Borrowed(text));
    match of {
        Of::Field(field) => match *field {
            "name" => words(&summary.title),
            "folder" => words(&summary.name),
            "id" => words(&summary.id),
            "status" => words(if summary.running { "running" } else { "finished" }),
            "points" => Worth::Number(summary.points as f64),
            "started" => number(summary.first_wall),
            "updated" => number(summary.last_wall),
            "duration" => number(
                summary
                    .last_wall
                    .zip(summary.first_wall)
                    .map(|(last, first)| last - first),
            ),
            "tag" => Worth::Several(&summary.labels),
            "notes" if run.notes.is_empty() => Worth::Nothing,
            "notes" => words(&run.notes),
            "archived" => Worth::Flag(summary.archived),
            "pinned" => Worth::Flag(summary.pinned),
            _ => Worth::Number(summary.skipped as f64),
        },
        Of::Hparam(name) => match run.hparams.get(name) {
            None | Some(Value::Null) => Worth::Nothing,
            Some(Value::Number(number)) => number.as_f64().map_or(Worth::Nothing, Worth::Number),
            Some(Value::Bool(flag)) => Worth::Flag(*flag),
            Some(Value::String(text)) => words(text),
            Some(other) => Worth::Text(Cow::Owned(other.to_string())),
        },
        Of::Metric(tag, part) => match run.metrics.get(tag) {
            None => Worth::Nothing,
            Some(metric) => match part {
                Part::Last => Worth::Number(metric.last),
                Part::Min => number(Some(metric.min).filter(|v| v.is_finite())),
                Part::Max => number(Some(metric.max).filter(|v| v.is_finite())),
            },
        },
    }
}

/// As a page writes it.
pub fn shown(worth: &Worth<'_>, of: &Of, now: f64) -> String {
    match (worth, of) {
        (Worth::Nothing, _) => String::new(),
        (Worth::Number(wall), Of::Field("started" | "updated")) => text::ago(now - wall),
        (Worth::Number(seconds), Of::Field("duration")) => text::ago(*seconds).trim_end_matches(" ago").to_owned(),
        (Worth::Number(n), Of::Field(_)) => text::integer(*n as i64),
        (Worth::Number(v), Of::Hparam(_)) if v.fract() == 0.0 && v.abs() < 1e6 => text::integer(*v as i64),
        (Worth::Number(v), Of::Hparam(_)) => text::given(*v),
        (Worth::Number(v), Of::Metric(..)) => text::value(*v),
        (Worth::Text(text), _) => text.to_string(),
        (Worth::Flag(flag), Of::Hparam(_)) => flag.to_string(),
        (Worth::Flag(flag), _) => if *flag { "yes" } else { "" }.to_owned(),
        (Worth::Several(all), _) => all.join(", "),
    }
}
