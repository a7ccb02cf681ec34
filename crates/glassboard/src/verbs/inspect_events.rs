//! The event-file part of `glassboard inspect`: tags, kinds and counts.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use glassboard_events::{Body, Event, Frame, ValueKind, frame};
use serde_json::{Value, json};

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;
/// Most places of damage that are listed.
const MOST_SKIPPED: usize = 1_000;
/// Most tags of one file.
const MOST_TAGS: usize = 1_000_000;

/// Whether the file begins with a record whose length has the right checksum, or says so in its
/// name and begins with anything but that.
pub fn is_event_file(path: &Path) -> anyhow::Result<bool> {
    let mut head = Vec::new();
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    file.take(64)
        .read_to_end(&mut head)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let named = path
        .file_name()
        .is_some_and(|name| name.to_string_lossy().contains("tfevents"));
    let framed = match frame(&head) {
        Frame::Record { .. } => true,
        Frame::NeedMore { at_least } => head.len() >= 12 && at_least > 12,
        Frame::Skip { .. } => false,
    };
    Ok(named || framed)
}

/// The object that `--json` prints.
pub fn inspect(path: &Path) -> anyhow::Result<Value> {
    let mut file = File::open(path)?;
    let mut found = Found::default();
    let (mut buffer, mut offset, mut wanted) = (Vec::new(), 0u64, 0usize);
    loop {
        let read = file.by_ref().take(CHUNK.max(wanted) as u64).read_to_end(&mut buffer)?;
        let mut start = 0;
        loop {
            match frame(&buffer[start..]) {
                Frame::Record { payload, size } => {
                    found.record(payload, offset);
                    start += size;
                    offset += size as u64;
                }
                Frame::Skip { bytes, reason } if bytes > 0 => {
                    found.skip(offset, reason);
                    start += bytes;
                    offset += bytes as u64;
                }
                Frame::Skip { .. } => {
                    wanted = 0;
                    break;
                }
                Frame::NeedMore { at_least } => {
                    wanted = at_least;
                    break;
                }
            }
        }
        buffer.drain(..start);
        if read == 0 {
            break;
        }
    }
    if !buffer.is_empty() {
        found.skip(
            offset,
            "the file ends inside a record: its writer has not flushed, or died",
        );
    }
    Ok(found.shown())
}

#[derive(Default)]
struct Found {
    tags: BTreeMap<String, (ValueKind, u64)>,
    skipped: Vec<Value>,
    more_skipped: u64,
}

impl Found {
    fn record(&mut self, payload: &[u8], offset: u64) {
        let event = match Event::decode(payload) {
            Ok(event) => event,
            Err(error) => return self.skip(offset, &error.to_string()),
        };
        let Body::Summary(values) = event.body else { return };
        for value in values {
            let value = match value {
                Ok(value) => value,
                Err(error) => {
                    self.skip(offset, &error.to_string());
                    continue;
                }
            };
            // Only a tag's first value has to say what the tag is.
            let known = self.tags.get(value.tag).map(|(kind, _)| *kind);
            let kind = known.unwrap_or_else(|| value.kind(value.metadata.map_or("", |metadata| metadata.plugin)));
            if let Err(error) = value.payload(kind) {
                self.skip(offset, &error.to_string());
                continue;
            }
            if known.is_none() && self.tags.len() >= MOST_TAGS {
                self.skip(offset, "the file has more than a million tags: the rest is left out");
                continue;
            }
            self.tags.entry(value.tag.to_owned()).or_insert((kind, 0)).1 += 1;
        }
    }

    fn skip(&mut self, offset: u64, reason: &str) {
        if self.skipped.len() < MOST_SKIPPED {
            self.skipped.push(json!({ "offset": offset, "reason": reason }));
        } else {
            self.more_skipped += 1;
        }
    }

    fn shown(&self) -> Value {
        let tags: Vec<Value> = self
            .tags
            .iter()
            .map(|(tag, (kind, points))| json!({ "tag": tag, "kind": word(*kind), "points": points }))
            .collect();
        json!({ "format": "tfevents", "tags": tags, "skipped": self.skipped, "more_skipped": self.more_skipped })
    }
}

fn word(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Scalar => "scalar",
        ValueKind::Histogram => "histogram",
        ValueKind::Image => "image",
        ValueKind::Text => "text",
        ValueKind::Hparams => "hparams",
        ValueKind::Other => "other",
    }
}
