//! From events to columns by tag.

use std::collections::HashMap;

use glassboard_events::{Body, Event, Hparam, Malformed, Payload, SummaryValue, ValueKind};
use glassboard_series::Columns;
use glassboard_store::logs::{Kind, Record, Restart, Skip, StreamBatch, Values};

/// Reports of one batch; more are counted in the last one.
const MAX_SKIPS: usize = 1000;

/// What the tags of a run are: the first value of a tag decides.
pub(crate) type Tags = HashMap<String, (Kind, String)>;

/// What was read of one file since the last commit.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    streams: Vec<StreamBatch>,
    /// Where a tag's stream is in `streams`.
    places: HashMap<String, usize>,
    /// The place of the value before: files repeat their tags in one order.
    guess: usize,
    pub skips: Vec<Skip>,
    pub restarts: Vec<Restart>,
    pub hparams: serde_json::Map<String, serde_json::Value>,
    /// Values gathered.
    pub values: usize,
}

impl Gathered {
    /// Adds a record's values; `offset` and `size` say where it stands, for reports.
    pub fn record(&mut self, tags: &mut Tags, offset: u64, size: u64, payload: &[u8]) {
        let event = match Event::decode(payload) {
            Ok(event) => event,
            Err(error) => return self.skip(offset, size, error.0),
        };
        match event.body {
            Body::Summary(values) => {
                for value in values {
                    let outcome = value.and_then(|value| self.value(tags, event.step, event.wall, &value));
                    if let Err(error) = outcome {
                        self.skip(offset, size, error.0);
                    }
                }
            }
            Body::SessionStart => self.restarts.push(Restart {
                offset,
                step: event.step,
                wall: event.wall,
            }),
            Body::Graph(_) => {
                let (kind, plugin) = (Kind::Other, "graphs");
                let stream = self.stream(tags, "__run_graph__", || (kind, plugin.to_owned(), "", ""));
                if let Values::Listed(columns) = &mut stream.values {
                    columns.push(event.step, event.wall, 0.0);
                    self.values += 1;
                }
            }
            Body::Nothing | Body::FileVersion(_) => {}
        }
    }

    /// Reports bytes that could not be read; a stretch that goes on is one report.
    pub fn skip(&mut self, offset: u64, bytes: u64, reason: &str) {
        let full = self.skips.len() >= MAX_SKIPS;
        if let Some(last) = self.skips.last_mut() {
            if last.reason == reason && last.offset + last.bytes == offset {
                last.bytes += bytes;
                return;
            }
            if full {
                last.bytes = offset + bytes - last.offset;
                "more than a thousand values in these bytes could not be read".clone_into(&mut last.reason);
                return;
            }
        }
        self.skips.push(Skip {
            offset,
            bytes,
            reason: reason.to_owned(),
        });
    }

    /// The gathered values, leaving nothing behind.
    pub fn take_streams(&mut self) -> Vec<StreamBatch> {
        self.places.clear();
        self.guess = 0;
        self.values = 0;
        std::mem::take(&mut self.streams)
    }

    fn value(&mut self, tags: &mut Tags, step: i64, wall: f64, value: &SummaryValue<'_>) -> Result<(), Malformed> {
        let metadata = value.metadata.unwrap_or_default();
        // What a tag is was settled by its first value, which is often the only one to name its plugin.
        let known = tags.get(value.tag);
        let plugin = match known {
            Some((_, plugin)) if metadata.plugin.is_empty() => plugin,
            _ => metadata.plugin,
        };
        let kind = value.kind(plugin);
        if known.is_some_and(|(known, _)| *known != store_kind(kind)) {
            return Err(Malformed("the value is of another kind than its tag: it is left out"));
        }
        let payload = value.payload(kind)?;
        let stream = self.stream(tags, value.tag, || {
            (
                store_kind(kind),
                metadata.plugin.to_owned(),
                metadata.display_name,
                metadata.description,
            )
        });
        match (payload, &mut stream.values) {
            (Payload::Scalar(number), Values::Scalars(columns)) => columns.push(step, wall, number),
            (Payload::Histogram(bins), Values::Records(records)) => {
                let body = bins.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
                records.push(Record {
                    step,
                    wall,
                    sample: 0,
                    width: 0,
                    height: 0,
                    body,
                });
            }
            (
                Payload::Images {
                    width,
                    height,
                    pictures,
                },
                Values::Records(records),
            ) => {
                for (sample, picture) in pictures.into_iter().enumerate() {
                    let body = picture.to_vec();
                    records.push(Record {
                        step,
                        wall,
                        sample: sample as i64,
                        width,
                        height,
                        body,
                    });
                }
            }
            (Payload::Text(texts), Values::Records(records)) => {
                for (sample, text) in texts.into_iter().enumerate() {
                    let body = text.to_vec();
                    records.push(Record {
                        step,
                        wall,
                        sample: sample as i64,
                        width: 0,
                        height: 0,
                        body,
                    });
                }
            }
            (Payload::Hparams(hparams), Values::Listed(columns)) => {
                columns.push(step, wall, 0.0);
                self.hparams
                    .extend(hparams.values.into_iter().map(|(name, value)| (name, json(value))));
            }
            (_, Values::Listed(columns)) => columns.push(step, wall, 0.0),
            _ => return Err(Malformed("the value is of another kind than its tag: it is left out")),
        }
        self.values += 1;
        Ok(())
    }

    /// The stream of a tag, made at its first value.
    fn stream<'a>(
        &mut self,
        tags: &mut Tags,
        tag: &str,
        describe: impl FnOnce() -> (Kind, String, &'a str, &'a str),
    ) -> &mut StreamBatch {
        let guess = if self.guess + 1 < self.streams.len() {
            self.guess + 1
        } else {
            0
        };
        let place = if self.streams.get(guess).is_some_and(|stream| stream.tag == tag) {
            guess
        } else if let Some(&place) = self.places.get(tag) {
            place
        } else {
            let (kind, plugin, title, description) = describe();
            let (kind, plugin) = tags.entry(tag.to_owned()).or_insert((kind, plugin)).clone();
            self.places.insert(tag.to_owned(), self.streams.len());
            self.streams.push(StreamBatch {
                tag: tag.to_owned(),
                kind,
                plugin,
                title: title.to_owned(),
                description: description.to_owned(),
                values: match kind {
                    Kind::Scalar => Values::Scalars(Columns::default()),
                    Kind::Histogram | Kind::Image | Kind::Text => Values::Records(Vec::new()),
                    Kind::Hparams | Kind::Other => Values::Listed(Columns::default()),
                },
            });
            self.streams.len() - 1
        };
        self.guess = place;
        &mut self.streams[place]
    }
}

fn store_kind(kind: ValueKind) -> Kind {
    match kind {
        ValueKind::Scalar => Kind::Scalar,
        ValueKind::Histogram => Kind::Histogram,
        ValueKind::Image => Kind::Image,
        ValueKind::Text => Kind::Text,
        ValueKind::Hparams => Kind::Hparams,
        ValueKind::Other => Kind::Other,
    }
}

fn json(value: Hparam) -> serde_json::Value {
    match value {
        Hparam::Number(number) => number.into(),
        Hparam::Text(text) => text.into(),
        Hparam::Switch(on) => on.into(),
    }
}
