//! Any bytes as an event file, and as one record whose checksums hold: records, reports, or "more is needed".
//!
//! On its own this is a second of random inputs; `BOLERO_RANDOM_TEST_TIME_MS` makes it longer, and `fuzz/run events
//! SECONDS` runs the same under libFuzzer with coverage.

use glassboard_events::write::record as framed;
use glassboard_events::{Body, Event, Frame, GraphDef, MeshInfo, Profile, ValueKind, Wave, frame};

fn record(payload: &[u8]) {
    let Ok(event) = Event::decode(payload) else { return };
    let Body::Summary(values) = event.body else { return };
    for value in values.flatten() {
        let plugin = value.metadata.map_or("", |metadata| metadata.plugin);
        let _ = value.measure(value.kind(plugin));
        for kind in ValueKind::ALL {
            let _ = value.measure(kind);
        }
        let _ = (value.data.scalar(), value.data.histogram(), value.data.pr_curve());
        let _ = (value.data.images(), value.data.sounds(), value.data.texts());
        let _ = (value.data.layout(), value.data.mesh_part());
    }
}

/// The messages and texts inside values, and those that people upload.
fn parts(bytes: &[u8]) {
    let _ = (GraphDef::decode(bytes), Profile::decode(bytes), MeshInfo::decode(bytes));
    let _ = Wave::of(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = GraphDef::from_text(text);
    }
}

fn file(bytes: &[u8]) {
    let mut rest = bytes;
    loop {
        match frame(rest) {
            Frame::Record { payload, size } => {
                record(payload);
                assert!(size > payload.len());
                rest = &rest[size..];
            }
            Frame::Skip { bytes, reason } => {
                assert!(!reason.is_empty() && bytes > 0 && bytes <= rest.len());
                rest = &rest[bytes..];
            }
            Frame::NeedMore { at_least } => {
                assert!(at_least > rest.len());
                break;
            }
        }
    }
}

#[test]
fn bytes_end_in_records_or_reports() {
    bolero::check!().with_max_len(4096).for_each(|bytes: &[u8]| {
        record(bytes);
        parts(bytes);
        file(bytes);
        // A whole record, then one that is cut anywhere.
        let mut both = Vec::new();
        framed(&mut both, bytes);
        framed(&mut both, bytes);
        both.truncate(both.len() - bytes.len() / 2);
        file(&both);
    });
}
