//! Odd but real log folders: nothing is lost in silence, nothing doubled.

use std::path::Path;

use crate::common::{Bench, file, write};
use glassboard_events::write::{Message, record, scalar, session_start, summary};

const NAME: &str = "events.out.tfevents.1.h";

fn loss(step: i64, value: f32) -> Vec<u8> {
    scalar(1e9 + step as f64, step, "loss", value)
}

fn later(step: i64, value: f32) -> Vec<u8> {
    scalar(1e9 + 50.0 + step as f64, step, "loss", value)
}

fn steps(points: &[(i64, f64)]) -> Vec<i64> {
    points.iter().map(|point| point.0).collect()
}

/// Imports one run of these files; answers the steps shown, the steps stored, and the reports.
fn read(files: &[Vec<u8>]) -> (Vec<i64>, Vec<i64>, Vec<String>) {
    let bench = Bench::new();
    for (index, bytes) in files.iter().enumerate() {
        write(&bench.logs(), "run", &format!("events.out.tfevents.{index}.h"), bytes);
    }
    bench.import(&bench.logs());
    let shown = bench.points("logs", "run", "loss", false);
    let stored = bench.points("logs", "run", "loss", true);
    (steps(&shown), steps(&stored), bench.skipped("logs", "run"))
}

#[test]
fn restarts_show_the_latest_and_keep_all() {
    let first: Vec<Vec<u8>> = (0..10).map(|s| loss(s, s as f32)).collect();
    let resumed: Vec<Vec<u8>> = (4..7).map(|s| later(s, 100.0)).collect();
    let same_file = [first.clone(), resumed.clone()].concat();
    assert_eq!(read(&[file(&same_file)]).0, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(read(&[file(&same_file)]).1.len(), 13);
    assert_eq!(read(&[file(&first), file(&resumed)]).0, [0, 1, 2, 3, 4, 5, 6]);
    let start = vec![session_start(1e9 + 20.0, 4)];
    assert_eq!(read(&[file(&[first, start].concat())]).0, [0, 1, 2, 3]);
}

#[test]
fn writers_side_by_side_keep_every_point() {
    let even: Vec<Vec<u8>> = (0..10).step_by(2).map(|s| loss(s, 0.0)).collect();
    let odd: Vec<Vec<u8>> = (1..10).step_by(2).map(|s| loss(s, 0.0)).collect();
    assert_eq!(read(&[file(&even), file(&odd)]).0, (0..10).collect::<Vec<i64>>());
}

#[test]
fn damage_costs_what_is_damaged_and_is_reported() {
    let good = file(&(0..5).map(|s| loss(s, 0.0)).collect::<Vec<_>>());
    let mut hurt = Vec::new();
    record(&mut hurt, &loss(5, 0.0));
    let mut rest = Vec::new();
    record(&mut rest, &loss(6, 0.0));

    let mut bad_data = hurt.clone();
    *bad_data.last_mut().expect("bytes") ^= 0xff;
    let (shown, _, skipped) = read(&[[good.clone(), bad_data, rest.clone()].concat()]);
    assert_eq!((shown, skipped.len()), (vec![0, 1, 2, 3, 4, 6], 1));

    let mut bad_length = hurt.clone();
    bad_length[9] ^= 0xff;
    let (shown, _, skipped) = read(&[[good.clone(), bad_length, rest.clone()].concat()]);
    assert_eq!((shown, skipped.len()), (vec![0, 1, 2, 3, 4, 6], 1));

    let (shown, _, skipped) = read(&[[good.clone(), hurt[..hurt.len() - 7].to_vec()].concat()]);
    assert_eq!((shown, skipped.len()), (vec![0, 1, 2, 3, 4], 0), "a cut tail waits");

    let (shown, _, _) = read(&[[good, hurt[..hurt.len() - 7].to_vec(), rest].concat()]);
    assert_eq!(
        shown,
        [0, 1, 2, 3, 4, 6],
        "a writer that died inside a record, and another after it"
    );
}

#[test]
fn values_of_every_numeric_type_are_kept_and_other_kinds_reported() {
    let tensor = |step: i64, message: Message| {
        let plugin = Message::default().bytes(1, &Message::default().bytes(1, b"scalars").0);
        summary(
            1e9 + step as f64,
            step,
            &Message::default()
                .bytes(1, b"loss")
                .bytes(8, &message.0)
                .bytes(9, &plugin.0),
        )
    };
    let events = [
        tensor(0, Message::default().integer(1, 2).double(6, 0.1)),
        tensor(1, Message::default().integer(1, 9).integer(10, -7)),
        tensor(2, Message::default().integer(1, 19).integer(13, 15360)),
        tensor(3, Message::default().integer(1, 14).integer(13, 0x4049)),
        tensor(4, Message::default().integer(1, 1).bytes(4, &2.5f32.to_le_bytes())),
        tensor(5, Message::default().integer(1, 7).bytes(8, b"text")),
        summary(
            1e9,
            6,
            &Message::default()
                .bytes(1, b"loss")
                .bytes(5, &Message::default().double(1, 0.0).0),
        ),
    ];
    let bench = Bench::new();
    write(&bench.logs(), "run", NAME, &file(&events));
    bench.import(&bench.logs());
    let values: Vec<f64> = bench
        .points("logs", "run", "loss", false)
        .into_iter()
        .map(|point| point.1)
        .collect();
    assert_eq!(values, [0.1, -7.0, 1.0, 3.140_625, 2.5]);
    assert_eq!(bench.skipped("logs", "run").len(), 2);
}

#[test]
fn odd_steps_values_names_and_places_are_kept() {
    let bench = Bench::new();
    let logs = bench.logs();
    let huge: Vec<Vec<u8>> = [-1, 0, 1 << 31, (1 << 53) + 1, 1 << 62]
        .iter()
        .map(|&s| loss(s, 0.0))
        .collect();
    write(&logs, "huge", NAME, &file(&huge));
    write(
        &logs,
        "x/y/train",
        NAME,
        &file(&[loss(0, f32::NAN), loss(1, f32::INFINITY), loss(2, 2.0)]),
    );
    write(&logs, ".", "root.tfevents.0", &file(&[loss(0, 0.0)]));
    write(
        &logs,
        "zero",
        NAME,
        &file(
            &(0..10)
                .map(|s| scalar(1e9 + f64::from(s), 0, "loss", 0.0))
                .collect::<Vec<_>>(),
        ),
    );
    write(&logs, "empty", NAME, &[]);
    std::os::unix::fs::symlink(&logs, logs.join("loop")).expect("a link");
    bench.import(&logs);
    assert_eq!(
        steps(&bench.points("logs", "huge", "loss", false)),
        [-1, 0, 1 << 31, (1 << 53) + 1, 1 << 62]
    );
    assert_eq!(bench.points("logs", ".", "loss", false).len(), 1);
    assert_eq!(bench.points("logs", "zero", "loss", false).len(), 10);
    let nan = bench.points("logs", "x/y/train", "loss", false);
    assert!(nan[0].1.is_nan() && nan[1].1.is_infinite() && nan.len() == 3);
}

#[test]
fn a_file_that_grows_is_read_on_and_one_that_is_replaced_is_not_doubled() {
    let bench = Bench::new();
    let logs = bench.logs();
    let all: Vec<Vec<u8>> = (0..9000).map(|s| loss(s, s as f32)).collect();
    let whole = file(&all);
    for cut in [100, 101, 5000, whole.len() / 2, whole.len() - 3, whole.len()] {
        write(&logs, "run", NAME, &whole[..cut]);
        bench.import(&logs);
    }
    let points = bench.points("logs", "run", "loss", true);
    assert_eq!(points, (0..9000).map(|s| (s, s as f64)).collect::<Vec<_>>());
    assert_eq!(bench.import(&logs).bytes, 0);

    write(&logs, "run", NAME, &file(&[later(0, 7.0)]));
    bench.import(&logs);
    assert_eq!(bench.points("logs", "run", "loss", true), [(0, 7.0)]);

    std::fs::rename(logs.join("run"), bench.folder.path().join("run")).expect("moved away");
    bench.import(&logs);
    assert_eq!(
        bench.points("logs", "run", "loss", true),
        [(0, 7.0)],
        "what was imported stays"
    );
}

#[test]
fn a_tag_may_be_any_text() {
    let bench = Bench::new();
    let tags = ["", "a\0b", "\"quoted\"", "ünï/cödé 💡", "a\nb"];
    let point = |step: i64| {
        tags.map(|tag| scalar(1e9 + step as f64, step, tag, step as f32))
            .to_vec()
    };
    write(&bench.logs(), "run", NAME, &file(&point(0)));
    bench.import(&bench.logs());
    write(&bench.logs(), "run", NAME, &file(&[point(0), point(1)].concat()));
    bench.import(&bench.logs());
    for tag in tags {
        assert_eq!(bench.points("logs", "run", tag, true), [(0, 0.0), (1, 1.0)], "{tag:?}");
    }
}

#[test]
fn a_deleted_run_is_not_read_again_unless_forgotten() {
    let bench = Bench::new();
    let logs = bench.logs();
    write(&logs, "run", NAME, &file(&[loss(0, 1.0)]));
    bench.import(&logs);
    let actor = &glassboard_store::Actor::OWNER;
    let id = bench.runtime.block_on(bench.store.runs(actor, "logs")).expect("runs")[0]
        .id
        .clone();
    bench
        .runtime
        .block_on(
            bench
                .store
                .delete_run(actor, "logs", &id, glassboard_store::logs::Deletion::Now),
        )
        .expect("deleted");
    assert_eq!(bench.import(&logs).points, 0);
    assert!(
        bench
            .runtime
            .block_on(bench.store.runs(actor, "logs"))
            .expect("runs")
            .is_empty()
    );
}

#[test]
fn hostile_files_harm_nothing() {
    let evil = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/real/evil");
    if !evil.exists() {
        println!("skipped: no real data");
        return;
    }
    let bench = Bench::new();
    for entry in std::fs::read_dir(&evil).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some((_, case)) = name.split_once(".evil.") {
            write(&bench.logs(), case, NAME, &std::fs::read(entry.path()).expect("bytes"));
        }
    }
    bench.import(&bench.logs());
    let actor = &glassboard_store::Actor::OWNER;
    let tags = bench
        .runtime
        .block_on(bench.store.tags(actor, "logs", None))
        .expect("tags");
    let runs = bench.runtime.block_on(bench.store.runs(actor, "logs")).expect("runs");
    let points = |run: &str| runs.iter().find(|one| one.name == run).map_or(-1, |one| one.points);
    for run in &runs {
        println!(
            "{}: {} points, skipped {:?}",
            run.name,
            run.points,
            bench.skipped("logs", &run.name)
        );
    }
    assert!(tags.len() >= 20_000);
    assert!(points("bad_data_crc") >= 20 && !bench.skipped("logs", "bad_data_crc").is_empty());
    assert!(points("huge_len") >= 20 && !bench.skipped("logs", "huge_len").is_empty());
    assert!(!bench.skipped("logs", "not_proto").is_empty());
    assert_eq!(points("tensor_bomb"), 1, "listed, never unpacked");
    let purged = tags.iter().find(|tag| {
        tag.runs
            .iter()
            .any(|id| runs.iter().any(|run| run.id == *id && run.name == "restart_purge"))
    });
    let purged = bench.points("logs", "restart_purge", &purged.expect("a tag").tag, false);
    assert!(steps(&purged).is_sorted());
}
