//! The page itself.

use askama::Template;
use serde_json::Value;

use crate::arrays::Arrays;
use crate::beeswarm::{Swarm, beeswarm};
use crate::command::{Again, Command, again};
use crate::curves::{Chart, charts};
use crate::measures::{Measures, measures};
use crate::numbers::{short, signed};
use crate::picture::{Picture, picture};
use crate::sentence::{Token, tokens};
use crate::style::{STYLE, own_policy};
use crate::waterfall::{Waterfall, waterfall};
use crate::written::written;

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The answer, as `docs/api.md` has it.
    pub answer: &'a Value,
    /// Its arrays.
    pub arrays: &'a Arrays,
    /// What the command line names.
    pub command: Command<'a>,
    /// What is known against the model where the report is made: it fails the outputs it was compared with. The
    /// command knows nothing of it.
    pub warning: Option<&'a str>,
}

/// Most rows of the table of effects.
const MOST_LINES: usize = 500;

struct Line {
    name: String,
    value: String,
    effect: String,
    error: String,
}

struct Fact {
    name: &'static str,
    value: String,
    code: bool,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    style: &'static str,
    policy: String,
    title: String,
    subject: String,
    verdict: String,
    facts: Vec<Fact>,
    sentences: Vec<String>,
    notice: String,
    warning: String,
    tokens: Vec<Token>,
    picture: Option<Picture>,
    mask: String,
    measures: Option<Measures>,
    parts: &'static str,
    waterfall: Option<Waterfall>,
    swarm: Option<Swarm>,
    lines: Vec<Line>,
    with_error: bool,
    left_out: usize,
    charts: Vec<Chart>,
    found: String,
    preprocess: String,
    table: String,
    again: Again,
    arrays: Vec<(String, String)>,
    arrays_hash: String,
}

/// The report as one HTML file.
pub fn html(report: &Report<'_>) -> Result<String, askama::Error> {
    page(report).render()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), short),
        other => other.to_string(),
    }
}

fn page(report: &Report<'_>) -> Page {
    let Report {
        answer,
        arrays,
        command: of,
        warning,
    } = report;
    let names: Vec<String> = answer["feature_names"]
        .as_array()
        .into_iter()
        .flatten()
        .map(text)
        .collect();
    let kinds = &answer["columns"]["kinds"];
    let shown = |column: usize, value: f64| -> String {
        let labels = kinds[column]["category"].as_array();
        match labels
            .and_then(|labels| labels.get(value as usize))
            .and_then(Value::as_str)
        {
            Some(label) if value >= 0.0 => label.to_owned(),
            _ => short(value),
        }
    };
    let effects = arrays.get("attribution");
    let one_row = answer["rows"].is_null();
    let fits = effects.is_some_and(|e| e.shape.len() == 2 && e.shape[1] == names.len() && !names.is_empty());
    let mut features: Vec<(String, String, f64)> = Vec::new();
    let mut lines = Vec::new();
    let tokens = tokens(answer, arrays);
    let errors = if tokens.is_empty() { arrays.row("error", 0) } else { &[] };
    features.extend(
        tokens
            .iter()
            .map(|token| (token.text.clone(), String::new(), token.effect)),
    );
    if fits && one_row {
        let (row, values) = (arrays.row("attribution", 0), arrays.row("input", 0));
        for (i, effect) in row.iter().enumerate() {
            let value = values.get(i).map(|v| shown(i, *v)).unwrap_or_default();
            features.push((names[i].clone(), value, *effect));
        }
    }
    if !features.is_empty() {
        let mut order: Vec<usize> = (0..features.len()).collect();
        order.sort_by(|a, b| features[*b].2.abs().total_cmp(&features[*a].2.abs()));
        lines = order
            .iter()
            .take(MOST_LINES)
            .map(|i| Line {
                name: features[*i].0.clone(),
                value: features[*i].1.clone(),
                effect: signed(features[*i].2),
                error: errors.get(*i).map(|e| short(*e)).unwrap_or_default(),
            })
            .collect();
    }
    let swarm = effects
        .filter(|_| fits && !one_row)
        .map(|e| beeswarm(&names, &e.values, arrays.get("input").map_or(&[], |a| &a.values)));
    let base = arrays
        .row("base", 0)
        .first()
        .copied()
        .or_else(|| answer["base"].as_f64());
    let left_out = features.len().saturating_sub(lines.len());
    let picture = picture(answer, arrays);
    let sentence = !tokens.is_empty();
    let parts = match (&picture, tokens.is_empty()) {
        (Some(_), _) => "pixels",
        (None, false) => "tokens",
        (None, true) => "features",
    };
    Page {
        style: STYLE,
        policy: own_policy(),
        title: text(&answer["title"]),
        subject: subject(answer, of),
        verdict: verdict(answer),
        facts: facts(answer, of),
        sentences: answer["sentences"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|said| text(said).replace('`', ""))
            .collect(),
        notice: text(&answer["notice"]),
        warning: warning.unwrap_or_default().to_owned(),
        tokens,
        picture,
        mask: text(&answer["mask"]),
        measures: measures(&answer["evidence"]),
        parts,
        waterfall: (!features.is_empty()).then(|| waterfall(&features, base)),
        swarm,
        with_error: !errors.is_empty(),
        lines,
        left_out,
        charts: charts(&answer["evidence"], sentence),
        found: match &answer["found"] {
            Value::Object(found) if !found.is_empty() => written(&answer["found"], 0),
            _ => String::new(),
        },
        preprocess: serde_json::to_string_pretty(&answer["preprocess"]).unwrap_or_default(),
        table: match &answer["table"] {
            Value::Object(_) => serde_json::to_string_pretty(&answer["table"]).unwrap_or_default(),
            _ => String::new(),
        },
        again: again(answer, *of),
        arrays: arrays
            .all()
            .iter()
            .map(|(name, array)| {
                let sizes: Vec<String> = array.shape.iter().map(ToString::to_string).collect();
                (name.clone(), sizes.join(" × "))
            })
            .collect(),
        arrays_hash: arrays_hash(arrays),
    }
}

/// BLAKE3 over every array's name, shape and values as doubles: what two reports can be compared by.
fn arrays_hash(arrays: &Arrays) -> String {
    let mut hash = blake3::Hasher::new();
    for (name, array) in arrays.all() {
        hash.update(name.as_bytes());
        for size in &array.shape {
            hash.update(&(*size as u64).to_le_bytes());
        }
        for value in &array.values {
            hash.update(&value.to_le_bytes());
        }
    }
    hash.finalize().to_hex().to_string()
}

fn subject(answer: &Value, of: &Command<'_>) -> String {
    if let Some(sentence) = answer["sentence"].as_str() {
        return format!("{} on \u{201c}{sentence}\u{201d}", of.weights.unwrap_or(of.model));
    }
    let rows = answer["rows"].as_object().map(|rows| {
        let count = |key: &str| rows.get(key).and_then(Value::as_u64).unwrap_or(0);
        format!(
            "rows {} to {}",
            count("from"),
            (count("from") + count("count")).saturating_sub(1)
        )
    });
    let which = rows.unwrap_or_else(|| format!("row {}", answer["row"].as_u64().unwrap_or(0)));
    format!("{} on {}, {which}", of.weights.unwrap_or(of.model), of.data)
}

/// What the model said.
fn verdict(answer: &Value) -> String {
    let target = answer["target"].as_u64().unwrap_or(0) as usize;
    let label = text(&answer["target_label"]);
    if let Some(p) = answer["probability"][target].as_f64() {
        return format!("{label}: probability {}", short(p));
    }
    answer["prediction"][target]
        .as_f64()
        .map(|v| format!("{label}: output {}", short(v)))
        .unwrap_or_default()
}

fn facts(answer: &Value, of: &Command<'_>) -> Vec<Fact> {
    let mut out = Vec::new();
    let mut put = |name: &'static str, value: String, code: bool| {
        if !value.is_empty() {
            out.push(Fact { name, value, code });
        }
    };
    put("Model", of.model.to_owned(), false);
    put("Its weights", of.weights.unwrap_or_default().to_owned(), false);
    let hashed = if of.weights.is_some() {
        "Its weights, BLAKE3"
    } else {
        "Model, BLAKE3"
    };
    put(hashed, text(&answer["model_hash"]), true);
    match answer["sentence"].as_str() {
        Some(sentence) => put("Sentence", sentence.to_owned(), false),
        None => put("Data", of.data.to_owned(), false),
    }
    put(
        "Vocabulary, BLAKE3",
        text(&answer["preprocess"]["text"]["vocabulary"]),
        true,
    );
    put("Data, BLAKE3", text(&answer["data_hash"]), true);
    put(
        "Method",
        format!("{} ({})", text(&answer["title"]), text(&answer["method"])),
        false,
    );
    if let Some(params) = answer["params"].as_object() {
        let all: Vec<String> = params.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        put("Parameters", all.join(", "), false);
    }
    put(
        "Explained",
        format!("{} of {}", on(answer), text(&answer["target_label"])),
        false,
    );
    if answer["background"].is_object() {
        put(
            "Background",
            format!(
                "{} rows of {}",
                text(&answer["background"]["rows"]),
                of.background.unwrap_or(of.data)
            ),
            false,
        );
        put("Background, BLAKE3", text(&answer["background"]["table"]), true);
    } else {
        put("Baseline", text(&answer["baseline"]), false);
    }
    put(
        "Seed",
        answer["seed"].as_u64().map(|s| s.to_string()).unwrap_or_default(),
        false,
    );
    put(
        "Cost",
        format!(
            "{} forward and {} backward passes",
            answer["passes"]["forward"], answer["passes"]["backward"]
        ),
        false,
    );
    put(
        "Computed with",
        format!(
            "{} on {}",
            text(&answer["engine_version"]),
            text(&answer["instruction_set"])
        ),
        false,
    );
    out
}

fn on(answer: &Value) -> &'static str {
    match answer["on"].as_str() {
        Some("prob") => "the probability",
        _ => "the raw output",
    }
}
