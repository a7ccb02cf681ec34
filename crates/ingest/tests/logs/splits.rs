//! A file is worth the same however it arrives, whatever died meanwhile.

use std::sync::Arc;

use glassboard_events::write::{Message, record, scalar, session_start, summary, version};
use glassboard_ingest::{Root, Stop, import_once};
use glassboard_store::logs::Pick;
use glassboard_store::{Actor, Store, SystemClock};
use proptest::prelude::*;
use tokio::runtime::Runtime;

/// One value of a log.
#[derive(Debug, Clone)]
enum Logged {
    Number(u8, i64, f32),
    Text(i64, String),
    Restart(i64),
    Damage(Vec<u8>),
}

fn logged() -> impl Strategy<Value = Logged> {
    prop_oneof![
        12 => (0u8..3, 0i64..500, any::<f32>()).prop_map(|(tag, step, value)| Logged::Number(tag, step, value)),
        2 => (0i64..500, ".{0,40}").prop_map(|(step, text)| Logged::Text(step, text)),
        1 => (0i64..500).prop_map(Logged::Restart),
        1 => prop::collection::vec(any::<u8>(), 1..40).prop_map(Logged::Damage),
    ]
}

fn bytes_of(log: &[Logged]) -> Vec<u8> {
    let mut bytes = Vec::new();
    record(&mut bytes, &version(1e9));
    for (index, one) in log.iter().enumerate() {
        let wall = 1e9 + index as f64;
        match one {
            Logged::Number(tag, step, value) => record(&mut bytes, &scalar(wall, *step, &format!("n{tag}"), *value)),
            Logged::Restart(step) => record(&mut bytes, &session_start(wall, *step)),
            Logged::Damage(damage) => bytes.extend(damage),
            Logged::Text(step, text) => {
                let plugin = Message::default().bytes(1, &Message::default().bytes(1, b"text").0);
                let tensor = Message::default().integer(1, 7).bytes(8, text.as_bytes());
                let value = Message::default()
                    .bytes(1, b"text")
                    .bytes(8, &tensor.0)
                    .bytes(9, &plugin.0);
                record(&mut bytes, &summary(wall, *step, &value));
            }
        }
    }
    bytes
}

/// All that is in the store, as text: points to the bit, records to the byte, reports.
fn contents(runtime: &Runtime, store: &Store) -> Vec<String> {
    runtime.block_on(async {
        let mut all = Vec::new();
        for info in store
            .series_info(&Actor::OWNER, "logs", None, None)
            .await
            .expect("series")
        {
            let (run, tag) = (&info.run_id, &info.tag);
            for superseded in [false, true] {
                if let Ok(points) = store.scalar_points(&Actor::OWNER, "logs", run, tag, superseded).await {
                    let bits: Vec<u64> = points.value.iter().map(|value| value.to_bits()).collect();
                    all.push(format!(
                        "{tag} {superseded} {:?} {:?} {bits:?}",
                        points.step, points.wall
                    ));
                }
            }
            if let Ok(records) = store.records(&Actor::OWNER, "logs", run, tag, Pick::All).await {
                for record in records.records {
                    all.push(format!(
                        "{tag} {} {} {:?}",
                        record.head.step, record.head.wall, record.body
                    ));
                }
            }
        }
        for run in store.runs(&Actor::OWNER, "logs").await.expect("runs") {
            let detail = store.run(&Actor::OWNER, "logs", &run.id).await.expect("a run");
            // How a stretch of damage is cut into reports may differ; which bytes are damaged may not.
            let mut damaged: Vec<i64> = detail
                .skipped
                .iter()
                .flat_map(|skip| skip.offset..skip.offset + skip.bytes)
                .collect();
            damaged.dedup();
            all.push(format!("{damaged:?}"));
        }
        all
    })
}

/// Imports these prefixes of the file one after the other, each into a store that was opened anew.
fn imported(bytes: &[u8], cuts: &[usize]) -> Vec<String> {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let (logs, data) = (folder.path().join("logs"), folder.path().join("data"));
    std::fs::create_dir_all(logs.join("run")).expect("folders");
    let mut last = Vec::new();
    for &cut in cuts.iter().chain([&bytes.len()]) {
        std::fs::write(logs.join("run/events.out.tfevents.1.h"), &bytes[..cut]).expect("a file");
        let store = runtime
            .block_on(Store::open(&data, Arc::new(SystemClock)))
            .expect("a store");
        let root = Root {
            place: logs.clone().into(),
            name: None,
        };
        import_once(&store, &Actor::OWNER, runtime.handle(), &root, &Stop::default()).expect("an import");
        last = contents(&runtime, &store);
        // Not closed: as after a crash, the next one finds the write-ahead log.
        drop(store);
    }
    last
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_with_deaths_between_is_the_same_import(
        log in prop::collection::vec(logged(), 1..120),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let bytes = bytes_of(&log);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.sort_unstable();
        prop_assert_eq!(imported(&bytes, &cuts), imported(&bytes, &[]));
    }
}
