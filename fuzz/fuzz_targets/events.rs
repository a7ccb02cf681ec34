//! Event files: any bytes as a file, and any bytes as one record whose checksums hold.

#![no_main]

use glassboard_events::{Body, Event, Frame, ValueKind, frame};
use libfuzzer_sys::fuzz_target;

const KINDS: [ValueKind; 11] = [
    ValueKind::Histogram,
    ValueKind::Image,
    ValueKind::Audio,
    ValueKind::Text,
    ValueKind::PrCurve,
    ValueKind::Hparams,
    ValueKind::CustomScalars,
    ValueKind::Mesh,
    ValueKind::Graph,
    ValueKind::Tensor,
    ValueKind::Other,
];

fn record(payload: &[u8]) {
    let Ok(event) = Event::decode(payload) else { return };
    let Body::Summary(values) = event.body else { return };
    for value in values.flatten() {
        let plugin = value.metadata.map_or("", |metadata| metadata.plugin);
        let _ = value.measure(value.kind(plugin));
        for kind in KINDS {
            let _ = value.measure(kind);
        }
        let _ = (value.data.scalar(), value.data.histogram(), value.data.pr_curve());
        let _ = (value.data.images(), value.data.sounds(), value.data.texts());
    }
}

fuzz_target!(|bytes: &[u8]| {
    record(bytes);
    let mut rest = bytes;
    loop {
        match frame(rest) {
            Frame::Record { payload, size } => {
                record(payload);
                assert!(size > payload.len());
                rest = &rest[size..];
            }
            Frame::Skip { bytes, reason } => {
                assert!(!reason.is_empty() && bytes <= rest.len());
                if bytes == 0 {
                    break;
                }
                rest = &rest[bytes..];
            }
            Frame::NeedMore { at_least } => {
                assert!(at_least > rest.len());
                break;
            }
        }
    }
});
