//! A file that grows is in the store a moment later.

use std::io::Write;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use crate::common::{Bench, file, write};
use glassboard_events::write::{record, scalar};
use glassboard_ingest::{Root, Stop, watch};
use glassboard_store::Actor;

#[test]
fn a_flushed_point_is_announced_and_stored() {
    let bench = Bench::new();
    let logs = bench.logs();
    let path = write(
        &logs,
        "a",
        "events.out.tfevents.1",
        &file(&[scalar(1e9, 0, "loss", 0.0)]),
    );
    let (sender, changes) = sync_channel(100);
    let root = Root {
        place: logs.clone().into(),
        name: None,
    };
    let told = move |change| {
        let _ = sender.try_send(change);
    };
    let watcher = watch(
        &bench.store,
        &Actor::OWNER,
        bench.runtime.handle(),
        vec![root],
        told,
        &Stop::default(),
    );
    let watcher = watcher.expect("a watch");
    let wait = Duration::from_secs(20);
    assert_eq!(changes.recv_timeout(wait).expect("the first import").tags, ["loss"]);

    let mut writer = std::fs::OpenOptions::new().append(true).open(path).expect("the file");
    let mut slowest = Duration::ZERO;
    for step in 1..6 {
        let mut bytes = Vec::new();
        record(&mut bytes, &scalar(1e9 + f64::from(step), i64::from(step), "loss", 1.0));
        let start = Instant::now();
        writer.write_all(&bytes).expect("written");
        let change = changes.recv_timeout(wait).expect("a change");
        slowest = slowest.max(start.elapsed());
        assert_eq!((change.experiment.as_str(), change.runs.len()), ("logs", 1));
        assert_eq!(bench.points("logs", "a", "loss", false).len(), step as usize + 1);
    }
    println!("slowest: {slowest:?}");
    assert!(
        slowest < Duration::from_secs(3),
        "{slowest:?}: file events do not arrive"
    );

    write(
        &logs,
        "b/c",
        "events.out.tfevents.2",
        &file(&[scalar(1e9, 0, "acc", 0.5)]),
    );
    assert_eq!(changes.recv_timeout(wait).expect("a new run").tags, ["acc"]);
    drop(watcher);
}
