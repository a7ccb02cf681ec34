//! Values that a program sends itself: JSON lines into the store, as if a writer's file had grown by them.

use std::collections::HashMap;

use glassboard_series::{Columns, Head};
use glassboard_store::logs::{Appended, ExperimentId, FileBatch, FileMark, Form, Kind, StreamBatch, Values};
use glassboard_store::{Actor, Store};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{IngestError, text_tensor};

/// Values of one batch.
const MOST_VALUES: usize = 1_000_000;

/// A batch of one writer of one run.
#[derive(Debug, Clone)]
pub struct Lines {
    /// The run's name.
    pub run: String,
    /// Who writes: a name of the writer's own choice. Batches of one writer are counted.
    pub writer: String,
    /// The number of this batch, from 0; without one it is simply the next.
    pub batch: Option<u64>,
    /// One JSON object a line.
    pub text: String,
    /// The time of lines that say none, seconds since 1970.
    pub now: f64,
}

/// What came of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What was added; nothing where the batch was there already.
    pub appended: Appended,
    /// The number of the writer's next batch.
    pub next: u64,
}

/// One line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    step: i64,
    time: Option<f64>,
    #[serde(default)]
    scalars: Map<String, Value>,
    #[serde(default)]
    system: Map<String, Value>,
    #[serde(default)]
    text: Map<String, Value>,
    #[serde(default)]
    config: Map<String, Value>,
}

/// Adds a batch: all of it or nothing. A batch with a number that was taken already is known, and changes nothing, so
/// that a client that got no answer sends it again.
pub async fn write_lines(
    store: &Store,
    actor: &Actor,
    experiment: ExperimentId,
    lines: Lines,
) -> Result<Written, IngestError> {
    let path = format!("http:{}", lines.writer);
    let known: HashMap<String, Kind> = store
        .log_series(actor, experiment, Some(&lines.run))
        .await?
        .into_iter()
        .map(|series| (series.tag, series.kind))
        .collect();
    let (text, now) = (lines.text, lines.now);
    let parsed = tokio::task::spawn_blocking(move || Batch::parse(&text, now, &known))
        .await
        .map_err(|error| IngestError::Ended(error.to_string()))??;
    // Without a number the batch is the next one, whoever else writes under this name.
    for _ in 0..16 {
        let position = store.log_position(actor, experiment, &lines.run, &path).await?;
        let batch = lines.batch.unwrap_or(position);
        if batch < position {
            return Ok(Written {
                appended: Appended::default(),
                next: position,
            });
        }
        if batch > position {
            return Err(IngestError::Gap {
                sent: batch,
                next: position,
            });
        }
        let mark = FileMark {
            position: batch + 1,
            size: batch + 1,
            ..FileMark::default()
        };
        let file = FileBatch {
            run: lines.run.clone(),
            path: path.clone(),
            moved_from: None,
            from: batch,
            replaced: false,
            mark,
            streams: parsed.streams.clone(),
            skips: Vec::new(),
            restarts: Vec::new(),
            hparams: parsed.config.clone(),
        };
        let appended = store.append_logs(actor, experiment, vec![file]).await?;
        if !appended.runs.is_empty() {
            return Ok(Written {
                appended,
                next: batch + 1,
            });
        }
        if store.log_position(actor, experiment, &lines.run, &path).await? == position {
            return Err(IngestError::Deleted { run: lines.run });
        }
    }
    Err(IngestError::Ended(
        "others write under this name all the time; give each writer a name of its own".to_owned(),
    ))
}

#[derive(Default)]
struct Batch {
    streams: Vec<StreamBatch>,
    places: HashMap<String, usize>,
    config: Map<String, Value>,
    values: usize,
}

impl Batch {
    fn parse(text: &str, now: f64, known: &HashMap<String, Kind>) -> Result<Self, IngestError> {
        let mut batch = Self::default();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let refused = |reason: String| IngestError::Line {
                number: number + 1,
                reason,
            };
            let line: Line = serde_json::from_str(line).map_err(|error| refused(error.to_string()))?;
            batch.line(line, now, known).map_err(refused)?;
            if batch.values > MOST_VALUES {
                return Err(refused(
                    "a batch holds at most a million values; send it in parts".to_owned(),
                ));
            }
        }
        Ok(batch)
    }

    fn line(&mut self, line: Line, now: f64, known: &HashMap<String, Kind>) -> Result<(), String> {
        let wall = line.time.unwrap_or(now);
        for (tag, value) in line.scalars {
            self.scalar(&tag, line.step, wall, &value, known)?;
        }
        for (name, value) in line.system {
            self.scalar(&format!("system/{name}"), line.step, wall, &value, known)?;
        }
        for (tag, value) in line.text {
            let Value::String(text) = value else {
                return Err(format!("the text {tag:?} is no string"));
            };
            let message = text_tensor(&text);
            let stream = self.stream(&tag, Kind::Text, known)?;
            if let Values::Records(heads, bytes) = &mut stream.values {
                heads.push(Head {
                    step: line.step,
                    wall,
                    form: Form::Tensor as u8,
                    size: message.len() as u32,
                    parts: 1,
                    width: 0,
                    height: 0,
                });
                bytes.extend(message);
            }
            self.values += 1;
        }
        self.config.extend(line.config);
        Ok(())
    }

    fn scalar(
        &mut self,
        tag: &str,
        step: i64,
        wall: f64,
        value: &Value,
        known: &HashMap<String, Kind>,
    ) -> Result<(), String> {
        let number = number(value).ok_or_else(|| {
            format!("{tag:?} is {value}: a scalar is a number, or one of the strings NaN, Infinity, -Infinity")
        })?;
        if let Values::Scalars(columns) = &mut self.stream(tag, Kind::Scalar, known)?.values {
            columns.push(step, wall, number);
        }
        self.values += 1;
        Ok(())
    }

    fn stream(&mut self, tag: &str, kind: Kind, known: &HashMap<String, Kind>) -> Result<&mut StreamBatch, String> {
        let place = *self.places.entry(tag.to_owned()).or_insert_with(|| {
            self.streams.push(StreamBatch {
                tag: tag.to_owned(),
                kind,
                plugin: if kind == Kind::Text { "text" } else { "scalars" }.to_owned(),
                title: String::new(),
                description: String::new(),
                content: Vec::new(),
                class: if kind == Kind::Text { 2 } else { 1 },
                values: if kind == Kind::Text {
                    Values::Records(Vec::new(), Vec::new())
                } else {
                    Values::Scalars(Columns::default())
                },
            });
            self.streams.len() - 1
        });
        let stream = &mut self.streams[place];
        let before = known.get(tag).copied().unwrap_or(stream.kind);
        if before == kind && stream.kind == kind {
            Ok(stream)
        } else {
            Err(format!(
                "{tag:?} holds values of another kind ({}) in this run",
                before.as_str()
            ))
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(on) => Some(f64::from(u8::from(*on))),
        Value::String(word) => match word.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}
