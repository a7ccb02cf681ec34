//! The event-file part of `glassboard inspect`: tags, kinds and counts.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use glassboard_events::{Frame, frame};
use glassboard_store::logs::Kind;
use serde_json::{Value, json};

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
    let survey = glassboard_ingest::survey(path)?;
    let tag = |(tag, (kind, points)): (&String, &(Kind, u64))| json!({ "tag": tag, "kind": kind, "points": points });
    let mut skipped: Vec<Value> = survey
        .skips
        .iter()
        .map(|skip| json!({ "offset": skip.offset, "bytes": skip.bytes, "reason": skip.reason }))
        .collect();
    if survey.unfinished > 0 {
        let reason = "the file ends inside a record: its writer has not flushed, or died";
        skipped.push(json!({ "offset": survey.bytes, "bytes": survey.unfinished, "reason": reason }));
    }
    Ok(json!({
        "format": "tfevents",
        "tags": survey.tags.iter().map(tag).collect::<Vec<_>>(),
        "skipped": skipped,
        "more_skipped": survey.more_skips,
    }))
}
