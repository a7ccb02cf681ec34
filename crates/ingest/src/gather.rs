//! From events to columns by tag.

use std::collections::HashMap;

use glassboard_events::{
    Body, Data, Event, Frame, Hparam, Hparams, Malformed, Measure, Metadata, SummaryValue, ValueKind, frame,
};
use glassboard_series::{Columns, Head};
use glassboard_store::logs::{Form, Kind, Restart, Skip, StreamBatch, Values};

/// Reports of one batch; more are counted in the last one.
const MAX_SKIPS: usize = 1000;

/// What the tags of a run are: the first value of a tag decides.
pub(crate) type Tags = HashMap<String, (Kind, String)>;

/// What was read of one file since the last commit.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    streams: Vec<StreamBatch>,
    /// Where a tag's stream is in `streams`.
    places: HashMap<Vec<u8>, usize>,
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
        if let Err(error) = self.event(tags, offset, size, payload) {
            self.skip(offset, size, error.0);
        }
    }

    /// Adds the whole records of `bytes`, which stand at `offset`; answers where the next one begins.
    pub fn bytes(&mut self, tags: &mut Tags, mut offset: u64, bytes: &[u8]) -> u64 {
        let mut rest = bytes;
        loop {
            let taken = match frame(rest) {
                Frame::Record { payload, size } => {
                    self.record(tags, offset, size as u64, payload);
                    size
                }
                Frame::Skip { bytes, reason } => {
                    self.skip(offset, bytes as u64, reason);
                    bytes
                }
                Frame::NeedMore { .. } => return offset,
            };
            offset += taken as u64;
            rest = &rest[taken..];
        }
    }

    fn event(&mut self, tags: &mut Tags, offset: u64, size: u64, payload: &[u8]) -> Result<(), Malformed> {
        let event = Event::decode(payload)?;
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
            Body::Graph(graph) => self.graph(tags, &event, (b"__run_graph__", "graphs"), (Form::Graph, graph))?,
            Body::MetaGraph(graph) => {
                self.graph(tags, &event, (b"__meta_graph__", "graphs"), (Form::MetaGraph, graph))?;
            }
            Body::RunMetadata { tag, message } => {
                let names = (tag, "graph_tagged_run_metadata");
                self.graph(tags, &event, names, (Form::RunMetadata, message))?;
            }
            Body::Nothing | Body::FileVersion(_) => {}
        }
        Ok(())
    }

    fn graph(
        &mut self,
        tags: &mut Tags,
        event: &Event<'_>,
        (tag, plugin): (&[u8], &str),
        (form, bytes): (Form, &[u8]),
    ) -> Result<(), Malformed> {
        let metadata = Metadata {
            plugin,
            ..Metadata::default()
        };
        let stream = match self.known(tag) {
            Some(place) => place,
            None => self.open(tags, tag, Kind::Graph, &metadata)?,
        };
        let measure = Measure {
            parts: 1,
            ..Measure::default()
        };
        self.put(stream, event.step, event.wall, form, bytes, measure)
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
        let place = self.known(value.tag);
        // Nearly all there is: one number more of a tag that is a scalar.
        if let (Some(place), Data::Number(number)) = (place, value.data)
            && let Values::Scalars(columns) = &mut self.streams[place].values
        {
            columns.push(step, wall, f64::from(number));
            self.values += 1;
            return Ok(());
        }
        let metadata = value.metadata.unwrap_or_default();
        // What a tag is was settled by its first value, which is often the only one to name its plugin.
        let known = match place {
            Some(place) => Some((self.streams[place].kind, self.streams[place].plugin.as_str())),
            None => tags
                .get(text(value.tag)?)
                .map(|(kind, plugin)| (*kind, plugin.as_str())),
        };
        let plugin = match known {
            Some((_, plugin)) if metadata.plugin.is_empty() => plugin,
            _ => metadata.plugin,
        };
        let kind = value.kind(plugin);
        if known.is_some_and(|(known, _)| known != store_kind(kind)) {
            return Err(Malformed("the value is of another kind than its tag: it is left out"));
        }
        if kind == ValueKind::Scalar {
            let number = value.data.scalar()?;
            let place = match place {
                Some(place) => place,
                None => self.open(tags, value.tag, Kind::Scalar, &metadata)?,
            };
            if let Values::Scalars(columns) = &mut self.streams[place].values {
                columns.push(step, wall, number);
                self.values += 1;
            }
            return Ok(());
        }
        let measure = value.measure(kind)?;
        if kind == ValueKind::Hparams {
            let hparams = Hparams::decode(metadata.content)?;
            self.hparams
                .extend(hparams.values.into_iter().map(|(name, value)| (name, json(value))));
        }
        let number;
        let (form, bytes) = match value.data {
            _ if kind == ValueKind::Hparams => (Form::Content, metadata.content),
            Data::Nothing => (Form::Nothing, &[][..]),
            Data::Number(value) => {
                number = value.to_le_bytes();
                (Form::Number, &number[..])
            }
            Data::Histogram(bytes) => (Form::Histogram, bytes),
            Data::Image(bytes) => (Form::Image, bytes),
            Data::Audio(bytes) => (Form::Audio, bytes),
            Data::Tensor(bytes) => (Form::Tensor, bytes),
        };
        let place = match place {
            Some(place) => place,
            None => self.open(tags, value.tag, store_kind(kind), &metadata)?,
        };
        self.put(place, step, wall, form, bytes, measure)
    }

    /// Adds a value that is no number.
    fn put(
        &mut self,
        place: usize,
        step: i64,
        wall: f64,
        form: Form,
        bytes: &[u8],
        measure: Measure,
    ) -> Result<(), Malformed> {
        let Values::Records(heads, all) = &mut self.streams[place].values else {
            return Err(Malformed("the value is of another kind than its tag: it is left out"));
        };
        heads.push(Head {
            step,
            wall,
            form: form as u8,
            size: bytes.len() as u32,
            parts: measure.parts,
            width: measure.width,
            height: measure.height,
        });
        all.extend_from_slice(bytes);
        self.values += 1;
        Ok(())
    }

    /// The place of a tag that has values in this batch.
    fn known(&mut self, tag: &[u8]) -> Option<usize> {
        let next = if self.guess + 1 < self.streams.len() {
            self.guess + 1
        } else {
            0
        };
        let is_it = |place: usize| {
            self.streams
                .get(place)
                .is_some_and(|stream| stream.tag.as_bytes() == tag)
        };
        let place = if is_it(next) { next } else { *self.places.get(tag)? };
        self.guess = place;
        Some(place)
    }

    /// Begins a tag's stream.
    fn open(&mut self, tags: &mut Tags, tag: &[u8], kind: Kind, metadata: &Metadata<'_>) -> Result<usize, Malformed> {
        let name = text(tag)?;
        let first = || (kind, metadata.plugin.to_owned());
        let (kind, plugin) = tags.entry(name.to_owned()).or_insert_with(first).clone();
        let place = self.streams.len();
        self.places.insert(tag.to_owned(), place);
        self.streams.push(StreamBatch {
            tag: name.to_owned(),
            kind,
            plugin,
            title: metadata.display_name.to_owned(),
            description: metadata.description.to_owned(),
            content: metadata.content.to_owned(),
            class: metadata.class,
            values: match kind {
                Kind::Scalar => Values::Scalars(Columns::default()),
                _ => Values::Records(Vec::new(), Vec::new()),
            },
        });
        self.guess = place;
        Ok(place)
    }
}

fn text(tag: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(tag).map_err(|_| Malformed("a tag is not UTF-8"))
}

fn store_kind(kind: ValueKind) -> Kind {
    match kind {
        ValueKind::Scalar => Kind::Scalar,
        ValueKind::Histogram => Kind::Histogram,
        ValueKind::Image => Kind::Image,
        ValueKind::Audio => Kind::Audio,
        ValueKind::Text => Kind::Text,
        ValueKind::PrCurve => Kind::PrCurve,
        ValueKind::Hparams => Kind::Hparams,
        ValueKind::CustomScalars => Kind::CustomScalars,
        ValueKind::Mesh => Kind::Mesh,
        ValueKind::Graph => Kind::Graph,
        ValueKind::Tensor => Kind::Tensor,
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
