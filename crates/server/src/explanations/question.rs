//! What is asked, and the address of its answer.

use glassboard_catalog::{Need, Output, Scope};
use glassboard_jobs::spec::{Background, Changes, InputRef, Question, Source, Span};
use glassboard_store::{CheckpointRow, InputRow, ModelDetail};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::company::CompanyAsked;
use crate::models::chosen;
use crate::models::vocabulary::FILE;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// The body of `POST /explanations`.
#[derive(Debug, Clone, Deserialize)]
pub struct Asked {
    pub model: String,
    pub checkpoint: Option<String>,
    pub input: String,
    #[serde(default)]
    pub row: usize,
    pub rows: Option<RowsAsked>,
    pub background: Option<BackgroundAsked>,
    pub method: String,
    #[serde(default)]
    pub params: Map<String, Value>,
    pub target: Option<usize>,
    pub output: Option<String>,
    pub on: Option<String>,
    pub baseline: Option<String>,
    #[serde(default)]
    pub seed: u64,
    pub evidence: Option<String>,
    /// Where the object of a picture is: a PNG in base64, or rows of zeros and ones.
    pub mask: Option<Value>,
    /// Other values for some columns of the row; the answer is then kept in memory only.
    pub changes: Option<Changes>,
    /// False: the answer is kept in memory only.
    pub keep: Option<bool>,
    /// Other sets and checkpoints that take part.
    #[serde(flatten)]
    pub company: CompanyAsked,
}

/// Which rows: `"all"` or `{"from","count"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum RowsAsked {
    Word(String),
    Span { from: usize, count: usize },
}

/// Rows that stand for "not known": of which table, and how many.
#[derive(Debug, Clone, Deserialize)]
pub struct BackgroundAsked {
    pub input: Option<String>,
    pub rows: Option<usize>,
}

/// Most rows of a background.
const MOST_BACKGROUND: usize = 100_000;

impl Asked {
    /// The span of rows that is meant; none for the one row of [`Self::row`].
    fn span(&self) -> Answer<Option<Span>> {
        let whole_set = glassboard_catalog::scope(&self.method) == Some(Scope::Set)
            || glassboard_catalog::find(&self.method).is_some_and(|entry| entry.output == Output::Concept);
        match &self.rows {
            None if whole_set => Ok(Some(Span::ALL)),
            None => Ok(None),
            Some(rows) => span_of(rows).map(Some),
        }
    }
}

/// The rows that are meant.
pub fn span_of(rows: &RowsAsked) -> Answer<Span> {
    match rows {
        RowsAsked::Word(word) if word == "all" => Ok(Span::ALL),
        RowsAsked::Word(word) => Err(Problem::bad_request(format!(
            "`rows` must be \"all\" or {{\"from\",\"count\"}}, not `{word}`."
        ))),
        RowsAsked::Span { count, .. } if !(1..=Span::ALL.count).contains(count) => Err(Problem::bad_request(format!(
            "`rows.count` must be from 1 to {}, not {count}.",
            Span::ALL.count
        ))),
        RowsAsked::Span { from, count } => Ok(Span {
            from: *from,
            count: *count,
        }),
    }
}

/// Whether a method compares with rows of a table.
pub fn takes_background(method: &str) -> bool {
    glassboard_catalog::find(method)
        .is_some_and(|entry| entry.needs.contains(&Need::Background) || entry.needs.contains(&Need::Table))
}

/// The table of the background, where the method takes one: the one asked for, else `input` itself where it is a table.
pub async fn background_table(app: &AppState, asked: &Asked, input: &InputRow) -> Answer<Option<InputRow>> {
    let named = asked.background.as_ref().and_then(|b| b.input.as_deref());
    if let Some(name) = named {
        let table = app.store().input(app.actor(), name).await?;
        if table.kind != "table" {
            return Err(Problem::bad_request(format!(
                "`{name}` is not a table, so it cannot be a background."
            )));
        }
        return Ok(Some(table));
    }
    Ok((takes_background(&asked.method) && input.kind == "table").then(|| input.clone()))
}

/// The question with every default filled in, or a sentence.
pub fn question(asked: &Asked, background: Option<&InputRow>) -> Answer<Question> {
    let params = glassboard_catalog::validate(&asked.method, &asked.params)
        .map_err(|error| Problem::bad_request(format!("{error}.")))?;
    let one_of = |name: &str, given: Option<&String>, all: &[&str]| match given {
        None => Ok(all[0].to_owned()),
        Some(text) if all.contains(&text.as_str()) => Ok(text.clone()),
        Some(text) => Err(Problem::bad_request(format!(
            "`{name}` must be one of {}, not `{text}`.",
            all.join(", ")
        ))),
    };
    Ok(Question {
        method: asked.method.clone(),
        params,
        target: asked.target,
        output: asked.output.clone(),
        on: one_of("on", asked.on.as_ref(), &["logit", "prob"])?,
        baseline: one_of("baseline", asked.baseline.as_ref(), &["zeros", "mean", "blur"])?,
        seed: asked.seed,
        evidence: one_of("evidence", asked.evidence.as_ref(), &["cheap", "none", "all"])?,
        rows: asked.span()?,
        mask: asked.mask.as_ref().and_then(mask),
        background: background
            .map(|table| {
                let rows = asked
                    .background
                    .as_ref()
                    .and_then(|b| b.rows)
                    .unwrap_or(Background::ROWS);
                if !(1..=MOST_BACKGROUND).contains(&rows) {
                    return Err(Problem::bad_request(format!(
                        "`background.rows` must be from 1 to {MOST_BACKGROUND}, not {rows}."
                    )));
                }
                Ok(Background {
                    table: table.hash.clone(),
                    rows,
                })
            })
            .transpose()?,
        company: None,
    })
}

/// A model that can be run, with what is done to its inputs.
pub struct Runnable {
    pub checkpoint: CheckpointRow,
    /// BLAKE3 of the ONNX file that runs.
    pub run: String,
    /// `preprocess.json`, or null to guess.
    pub preprocess: Value,
    /// Hash of the model's vocabulary, where it has one.
    pub vocabulary: Option<String>,
}

/// The checkpoint that is meant, if it can be run.
pub async fn runnable(app: &AppState, model: &str, checkpoint: Option<&str>) -> Answer<(ModelDetail, Runnable)> {
    let detail = app.store().model(app.actor(), model).await?;
    let row = chosen(&detail, checkpoint)?.clone();
    if row.state == "scanning" {
        return Err(Problem::conflict(format!(
            "A worker is still reading `{}`; ask again in a moment.",
            row.label
        )));
    }
    if let Some(error) = &row.error {
        return Err(Problem::conflict(format!("`{}` could not be read: {error}", row.label)));
    }
    let Some(run) = row.run_hash.clone() else {
        return Err(Problem::conflict(format!(
            "`{}` holds tensors only and cannot be run: export the model to ONNX and upload that first.",
            row.label
        )));
    };
    let detail_vocabulary = detail.model.vocabulary_hash.clone();
    let preprocess = detail
        .model
        .preprocess
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or(Value::Null);
    Ok((
        detail,
        Runnable {
            checkpoint: row,
            run,
            preprocess,
            vocabulary: detail_vocabulary,
        },
    ))
}

impl Runnable {
    /// The model file for a worker.
    pub fn source(&self, app: &AppState) -> Answer<Source> {
        blob(app, &self.run)
    }

    /// `preprocess.json` for a worker: with the place of the vocabulary's bytes, which nobody but this server says.
    pub fn prepared(&self, app: &AppState) -> Answer<Value> {
        let mut out = self.preprocess.clone();
        let named = out["text"]["vocabulary"].as_str().map(str::to_owned);
        if let Some(object) = out.as_object_mut() {
            object.remove(FILE);
            let own = self
                .vocabulary
                .as_deref()
                .filter(|hash| named.as_deref() == Some(*hash));
            if let Some(hash) = own {
                let file = serde_json::to_value(blob(app, hash)?).map_err(Problem::internal)?;
                object.insert(FILE.to_owned(), file);
            }
        }
        Ok(out)
    }

    /// The address of an answer: the hash of everything that decides its bytes.
    pub fn address(&self, app: &AppState, kind: &str, input_hash: &str, row: usize, rest: &Value) -> String {
        // Objects are written with sorted keys, so equal questions have equal text.
        let whole = json!({
            "kind": kind,
            "model": self.run,
            "preprocess": self.preprocess,
            "input": input_hash,
            "row": row,
            "rest": rest,
            "engine": app.work().engine().version,
            "instruction_set": app.work().engine().instruction_set,
        });
        blake3::hash(whole.to_string().as_bytes()).to_hex().to_string()
    }
}

/// Bytes of ours for a worker.
pub fn blob(app: &AppState, hash: &str) -> Answer<Source> {
    Ok(Source::Blob {
        hash: hash.to_owned(),
        path: app.store().blob_path(hash)?,
    })
}

/// A row of an input for a worker.
pub fn input_ref(app: &AppState, input: &InputRow, row: usize) -> Answer<InputRef> {
    if input.state == "failed" {
        return Err(Problem::conflict(format!(
            "`{}` could not be read: {}",
            input.name,
            input.error.as_deref().unwrap_or("no reason was given")
        )));
    }
    if input.state == "ready" && row >= usize::try_from(input.rows).unwrap_or(0).max(1) {
        return Err(Problem::bad_request(format!(
            "`{}` has {} rows, numbered from 0; there is no row {row}.",
            input.name, input.rows
        )));
    }
    Ok(InputRef {
        source: blob(app, &input.hash)?,
        name: input.name.clone(),
        row,
        facts: if input.kind == "table" {
            input.facts()
        } else {
            Value::Null
        },
    })
}

/// The mask in one form, so that the same mask is the same question: of a data URL its base64.
fn mask(given: &Value) -> Option<Value> {
    match given {
        Value::Null => None,
        Value::String(text) => {
            let plain = text.rsplit_once("base64,").map_or(text.as_str(), |(_, rest)| rest);
            Some(Value::String(plain.trim().to_owned()))
        }
        other => Some(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(value: Value) -> Asked {
        serde_json::from_value(value).expect("an Asked")
    }

    #[test]
    fn defaults_are_filled_in_and_nonsense_is_refused() {
        let full = question(
            &asked(json!({ "model": "m", "input": "i", "method": "integrated_gradients" })),
            None,
        )
        .expect("fine");
        assert!(!full.params.is_empty(), "defaults are part of the question");
        assert_eq!(
            (full.on.as_str(), full.baseline.as_str(), full.evidence.as_str()),
            ("logit", "zeros", "cheap")
        );
        let said = |value| question(&asked(value), None).expect_err("refused").detail;
        assert!(said(json!({ "model": "m", "input": "i", "method": "magic" })).contains("no method `magic`"));
        assert!(said(json!({ "model": "m", "input": "i", "method": "saliency", "on": "x" })).contains("logit"));
        assert!(
            said(json!({ "model": "m", "input": "i", "method": "saliency", "params": { "zz": 1 } })).contains("zz")
        );
    }
}
