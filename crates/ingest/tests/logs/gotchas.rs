//! The 21 odd folders of the team's list of gotchas, one test each: what `RustBoard` and `TensorBoard`'s Python loader do
//! with them is in `docs/logs.md`.

use crate::common::{Bench, file, write};
use glassboard_events::write::{Message, record, scalar, session_start, summary};

const NAME: &str = "events.out.tfevents.1.h";

fn loss(step: i64, value: f32) -> Vec<u8> {
    scalar(1e9 + step as f64, step, "loss", value)
}

fn plain(steps: std::ops::Range<i64>) -> Vec<Vec<u8>> {
    steps.map(|step| loss(step, step as f32)).collect()
}

fn later(steps: std::ops::Range<i64>) -> Vec<Vec<u8>> {
    steps
        .map(|step| scalar(1e9 + 50.0 + step as f64, step, "loss", 100.0 + step as f32))
        .collect()
}

fn tensor(step: i64, message: &Message) -> Vec<u8> {
    let plugin = Message::default().bytes(1, &Message::default().bytes(1, b"scalars").0);
    let value = Message::default()
        .bytes(1, b"loss")
        .bytes(8, &message.0)
        .bytes(9, &plugin.0);
    summary(1e9 + step as f64, step, &value)
}

/// What is shown, what is stored, what is reported.
struct Seen {
    shown: Vec<(i64, f64)>,
    stored: usize,
    skipped: Vec<String>,
}

fn read(files: &[(&str, Vec<u8>)]) -> Seen {
    let bench = Bench::new();
    for (name, bytes) in files {
        write(&bench.logs(), "run", name, bytes);
    }
    bench.import(&bench.logs());
    Seen {
        shown: bench.points("logs", "run", "loss", false),
        stored: bench.points("logs", "run", "loss", true).len(),
        skipped: bench.skipped("logs", "run"),
    }
}

fn one(events: &[Vec<u8>]) -> Seen {
    read(&[(NAME, file(events))])
}

fn points(pairs: &[(i64, f64)]) -> Vec<(i64, f64)> {
    pairs.to_vec()
}

fn line(steps: std::ops::Range<i64>) -> Vec<(i64, f64)> {
    steps.map(|step| (step, step as f64)).collect()
}

/// A record with one byte of it changed.
fn hurt(at_end: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    record(&mut bytes, &loss(5, 5.0));
    let at = if at_end { bytes.len() - 1 } else { 9 };
    bytes[at] ^= 0xff;
    bytes
}

fn raw(events: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for event in events {
        record(&mut bytes, event);
    }
    bytes
}

#[test]
fn a_plain() {
    let seen = one(&plain(0..10));
    assert_eq!((seen.shown, seen.stored, seen.skipped.len()), (line(0..10), 10, 0));
}

#[test]
fn b_step_reset_same_file() {
    let seen = one(&[plain(0..10), later(4..7)].concat());
    let resumed = points(&[(4, 104.0), (5, 105.0), (6, 106.0)]);
    assert_eq!(seen.shown, [line(0..4), resumed].concat(), "the later part is shown");
    assert_eq!((seen.stored, seen.skipped.len()), (13, 0), "all of it is kept");
}

#[test]
fn c_sessionlog_restart() {
    let starts = |wall, step| vec![session_start(wall, step)];
    let events = [starts(1e9, 0), plain(0..10), starts(1e9 + 20.0, 4), later(4..7)].concat();
    let seen = one(&events);
    let resumed = points(&[(4, 104.0), (5, 105.0), (6, 106.0)]);
    assert_eq!(seen.shown, [line(0..4), resumed].concat());
    assert_eq!(seen.stored, 13);
}

#[test]
fn d_two_files_resume() {
    let seen = read(&[
        ("events.out.tfevents.1.h", file(&plain(0..10))),
        ("events.out.tfevents.2.h", file(&later(5..12))),
    ]);
    let resumed = (5..12).map(|step| (step, 100.0 + step as f64)).collect();
    assert_eq!(seen.shown, [line(0..5), resumed].concat(), "the later file wins");
    assert_eq!(seen.stored, 17);
}

#[test]
fn e_two_files_interleaved() {
    let every_second =
        |first: i64| -> Vec<Vec<u8>> { (first..10).step_by(2).map(|step| loss(step, step as f32)).collect() };
    let seen = read(&[
        ("events.out.tfevents.1.h", file(&every_second(0))),
        ("events.out.tfevents.2.h", file(&every_second(1))),
    ]);
    assert_eq!(
        seen.shown,
        line(0..10),
        "no point of either writer is lost, and they are in order"
    );
}

#[test]
fn f_truncated_tail() {
    let whole = file(&plain(0..6));
    let seen = read(&[(NAME, whole[..whole.len() - 7].to_vec())]);
    assert_eq!((seen.shown, seen.skipped.len()), (line(0..5), 0), "the tail waits");
}

#[test]
fn g_bad_data_crc_mid() {
    let seen = read(&[(NAME, [file(&plain(0..5)), hurt(true), raw(&plain(6..8))].concat())]);
    assert_eq!(
        seen.shown,
        [line(0..5), line(6..8)].concat(),
        "what stands behind the damage is read"
    );
    assert_eq!(seen.skipped.len(), 1, "{:?}", seen.skipped);
}

#[test]
fn h_bad_len_crc_mid() {
    let seen = read(&[(NAME, [file(&plain(0..5)), hurt(false), raw(&plain(6..7))].concat())]);
    assert_eq!(
        seen.shown,
        [line(0..5), line(6..7)].concat(),
        "the next header that holds is found"
    );
    assert_eq!(seen.skipped.len(), 1, "{:?}", seen.skipped);
}

#[test]
fn i_all_step_zero() {
    let events: Vec<Vec<u8>> = (0..10u8)
        .map(|i| scalar(1e9 + f64::from(i), 0, "loss", f32::from(i)))
        .collect();
    let seen = one(&events);
    assert_eq!(
        seen.shown,
        (0..10).map(|i| (0, f64::from(i))).collect::<Vec<_>>(),
        "all are kept, in order of time"
    );
}

#[test]
fn j_nan_inf() {
    let seen = one(&[loss(0, 1.0), loss(1, f32::NAN), loss(2, f32::INFINITY), loss(3, 2.0)]);
    assert!(seen.shown[1].1.is_nan() && seen.shown[2].1.is_infinite());
    assert_eq!(
        (seen.shown[0], seen.shown[3], seen.skipped.len()),
        ((0, 1.0), (3, 2.0), 0)
    );
}

#[test]
fn k_double_scalar() {
    let events: Vec<Vec<u8>> = (0..5)
        .map(|step| tensor(step, &Message::default().integer(1, 2).double(6, step as f64 + 0.1)))
        .collect();
    let exact = (0..5).map(|step| (step, step as f64 + 0.1)).collect::<Vec<_>>();
    assert_eq!(one(&events).shown, exact, "kept in 64 bits");
}

#[test]
fn l_int64_scalar() {
    let events: Vec<Vec<u8>> = (0..5)
        .map(|step| tensor(step, &Message::default().integer(1, 9).integer(10, step)))
        .collect();
    assert_eq!(one(&events).shown, line(0..5));
}

#[test]
fn m_half_scalar() {
    let events: Vec<Vec<u8>> = (0..5)
        .map(|step| tensor(step, &Message::default().integer(1, 19).integer(13, 15360)))
        .collect();
    assert_eq!(one(&events).shown, (0..5).map(|step| (step, 1.0)).collect::<Vec<_>>());
}

#[test]
fn n_profile_empty() {
    let seen = read(&[
        ("events.out.tfevents.1.h.profile-empty", file(&plain(0..9))),
        ("events.out.tfevents.2.h", file(&plain(0..3))),
    ]);
    assert_eq!(seen.shown, line(0..3), "a profiler's marker is no event file");
}

#[test]
fn o_mixed_kind_same_tag() {
    let bins = Message::default()
        .double(1, 0.0)
        .double(2, 1.0)
        .double(3, 1.0)
        .double(6, 1.0)
        .double(7, 1.0);
    let histogram = summary(1e9 + 1.0, 1, &Message::default().bytes(1, b"loss").bytes(5, &bins.0));
    let seen = one(&[loss(0, 0.0), histogram, loss(2, 2.0)]);
    assert_eq!(seen.shown, points(&[(0, 0.0), (2, 2.0)]));
    assert_eq!(
        seen.skipped.len(),
        1,
        "what was left out is reported: {:?}",
        seen.skipped
    );
}

#[test]
fn p_huge_step() {
    let steps = [0, 1 << 31, (1 << 53) + 1, 1 << 62];
    let events: Vec<Vec<u8>> = steps.iter().map(|&step| loss(step, step as f32)).collect();
    let shown: Vec<i64> = one(&events).shown.iter().map(|point| point.0).collect();
    assert_eq!(shown, steps, "exact beyond 2^53");
}

#[test]
fn q_negative_step() {
    assert_eq!(one(&plain(-1..2)).shown, line(-1..2));
}

#[test]
fn r_empty_file() {
    let bench = Bench::new();
    write(&bench.logs(), "run", NAME, &[]);
    bench.import(&bench.logs());
    write(&bench.logs(), "run", NAME, &file(&plain(0..3)));
    bench.import(&bench.logs());
    assert_eq!(
        bench.points("logs", "run", "loss", false),
        line(0..3),
        "it was waited for"
    );
}

#[test]
fn s_nested() {
    let bench = Bench::new();
    write(&bench.logs(), "s_nested/x/train", NAME, &file(&plain(0..3)));
    write(&bench.logs(), "s_nested", NAME, &file(&plain(0..2)));
    bench.import(&bench.logs());
    assert_eq!(bench.points("logs", "s_nested/x/train", "loss", false), line(0..3));
    assert_eq!(
        bench.points("logs", "s_nested", "loss", false),
        line(0..2),
        "each folder is a run of its own"
    );
}

#[test]
fn t_many_values_one_event_dup_tag() {
    let value = |number: f32| Message::default().bytes(1, b"loss").float(2, number).0;
    let values = Message::default().bytes(1, &value(1.0)).bytes(1, &value(2.0));
    let event = Message::default().double(1, 1e9).integer(2, 0).bytes(5, &values.0).0;
    assert_eq!(one(&[event]).shown, points(&[(0, 1.0), (0, 2.0)]), "both are kept");
}

#[test]
fn u_root_level_file() {
    let bench = Bench::new();
    write(&bench.logs(), ".", "root.tfevents.0", &file(&plain(0..2)));
    bench.import(&bench.logs());
    assert_eq!(
        bench.points("logs", ".", "loss", false),
        line(0..2),
        "the root is the run `.`"
    );
}
