//! What the reader promises for any bytes.

use glassboard_events::write::{masked_crc, record, scalar, version};
use glassboard_events::{Body, Data, Event, Frame, ValueKind, frame};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// Reads as an importer does that gets its bytes in these pieces: numbers, and skipped bytes.
fn read(bytes: &[u8], cuts: &[usize]) -> (Vec<f32>, usize) {
    let (mut numbers, mut skipped, mut position) = (Vec::new(), 0, 0);
    for &end in cuts.iter().chain([&bytes.len()]) {
        loop {
            match frame(&bytes[position..end.max(position)]) {
                Frame::Record { payload, size } => {
                    position += size;
                    numbers.extend(numbers_of(payload));
                }
                Frame::Skip { bytes, .. } => {
                    assert!(bytes > 0, "a skip moves on");
                    position += bytes;
                    skipped += bytes;
                }
                Frame::NeedMore { at_least } => {
                    assert!(at_least > end.saturating_sub(position), "more than there is");
                    break;
                }
            }
        }
    }
    (numbers, skipped)
}

fn numbers_of(payload: &[u8]) -> Vec<f32> {
    let Ok(Event {
        body: Body::Summary(values),
        ..
    }) = Event::decode(payload)
    else {
        return Vec::new();
    };
    let numbers = values.flatten().filter_map(|value| match value.data {
        Data::Number(number) => Some(number),
        _ => None,
    });
    numbers.collect()
}

fn log(points: &[f32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    record(&mut bytes, &version(1e9));
    for (step, &point) in points.iter().enumerate() {
        record(&mut bytes, &scalar(1e9, step as i64, "loss", point));
    }
    bytes
}

/// A failing case is written beside this file, to be committed and run first ever after.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_split_gives_the_same_points(points in prop::collection::vec(-1e9f32..1e9, 0..30), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5)) {
        let bytes = log(&points);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.sort_unstable();
        prop_assert_eq!(read(&bytes, &cuts), (points, 0));
    }

    #[test]
    fn one_damaged_byte_costs_at_most_one_record(points in prop::collection::vec(-1e9f32..1e9, 2..30), at in any::<prop::sample::Index>(), flip in 1u8..) {
        let mut bytes = log(&points);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let (kept, skipped) = read(&bytes, &[]);
        prop_assert!(kept.len() + 1 >= points.len());
        prop_assert!(kept.len() == points.len() || skipped > 0 || at + 60 > bytes.len());
        let mut rest = points.iter();
        prop_assert!(kept.iter().all(|point| rest.any(|other| other.to_bits() == point.to_bits())), "in order, nothing invented");
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&bytes, &[]);
        decode_everything(&bytes);
        let mut framed = Vec::new();
        record(&mut framed, &bytes);
        read(&framed, &[]);
    }

    #[test]
    fn a_damaged_event_never_panics(tag in ".{0,20}", at in any::<prop::sample::Index>(), flip in 1u8..) {
        let mut payload = scalar(1.0, 1, &tag, 1.0);
        let at = at.index(payload.len());
        payload[at] ^= flip;
        decode_everything(&payload);
    }
}

fn decode_everything(payload: &[u8]) {
    if let Ok(Event {
        body: Body::Summary(values),
        ..
    }) = Event::decode(payload)
    {
        for value in values.flatten() {
            for kind in ValueKind::ALL {
                let _ = value.measure(kind);
            }
            let _ = (value.data.scalar(), value.data.histogram(), value.data.pr_curve());
            let _ = (value.data.images(), value.data.sounds(), value.data.texts());
        }
    }
}

#[test]
fn checksums_are_tensorflows() {
    assert_eq!(masked_crc(&24u64.to_le_bytes()), 0x224b_7fa3);
    assert_eq!(masked_crc(b"\x1a\x11CRC test, one two"), 0x5794_d08a);
    let version = b"\x09\x00\x00\x80\x38\x99\xd6\xd7\x41\x1a\x0dbrain.Event:2";
    assert_eq!(masked_crc(version), 0xab36_4b12);
    assert!(matches!(
        Event::decode(version).unwrap().body,
        Body::FileVersion("brain.Event:2")
    ));
}
