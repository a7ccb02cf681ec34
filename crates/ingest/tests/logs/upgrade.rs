//! A data directory from before values were kept as logged gives them back.

use std::sync::Arc;

use glassboard_events::Data;
use glassboard_store::logs::{FileBatch, FileMark, Kind, Pick, StreamBatch, Values};
use glassboard_store::{Actor, Store, SystemClock};

use crate::common::Bench;

const OLD: &str = "CREATE TABLE log_record (id INTEGER PRIMARY KEY AUTOINCREMENT, stream_id INTEGER NOT NULL,
    step INTEGER NOT NULL, wall REAL, sample INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    body BLOB NOT NULL) STRICT;
  INSERT INTO log_record (stream_id, step, wall, sample, width, height, body)
    SELECT t.id, 5, 1e9, 0, 0, 0, CAST(x'0000000000000000000000000000f03f0000000000000840' AS BLOB)
    FROM stream t JOIN series s ON s.id = t.series_id WHERE s.tag = 'h';
  INSERT INTO log_record (stream_id, step, wall, sample, width, height, body)
    SELECT t.id, 6, NULL, 0, 8, 4, x'89504e47' FROM stream t JOIN series s ON s.id = t.series_id WHERE s.tag = 'i';
  INSERT INTO log_record (stream_id, step, wall, sample, width, height, body)
    SELECT t.id, 6, NULL, 1, 8, 4, x'89504e48' FROM stream t JOIN series s ON s.id = t.series_id WHERE s.tag = 'i';
  DELETE FROM record_block;";

#[test]
fn values_of_an_older_directory_are_carried_over() {
    let bench = Bench::new();
    let head = glassboard_series::Head {
        step: 5,
        wall: 1e9,
        form: 4,
        size: 0,
        parts: 1,
        width: 0,
        height: 0,
    };
    let stream = |tag: &str, kind: Kind| StreamBatch {
        tag: tag.to_owned(),
        kind,
        plugin: String::new(),
        title: String::new(),
        description: String::new(),
        content: Vec::new(),
        class: 0,
        values: Values::Records(vec![head], Vec::new()),
    };
    let file = FileBatch {
        run: "run".to_owned(),
        path: "f".to_owned(),
        moved_from: None,
        from: 0,
        replaced: false,
        mark: FileMark {
            position: 1,
            ..FileMark::default()
        },
        streams: vec![stream("h", Kind::Histogram), stream("i", Kind::Image)],
        skips: Vec::new(),
        restarts: Vec::new(),
        hparams: serde_json::Map::new(),
    };
    let data = bench.folder.path().join("data");
    bench.runtime.block_on(async {
        let (id, slug) = bench
            .store
            .open_experiment(&Actor::OWNER, "old", None)
            .await
            .expect("made");
        bench
            .store
            .append_logs(&Actor::OWNER, id, vec![file])
            .await
            .expect("added");
        bench.store.close().await;
        let address = format!("sqlite:{}", data.join("glassboard.db").display());
        let database = sqlx::SqlitePool::connect(&address).await.expect("the database");
        sqlx::raw_sql(OLD).execute(&database).await.expect("as it was");
        database.close().await;

        let store = Store::open(&data, Arc::new(SystemClock)).await.expect("opens");
        let run = store.runs(&Actor::OWNER, &slug).await.expect("runs").remove(0).id;
        let read = |tag| store.records(&Actor::OWNER, &slug, &run, tag, Pick::All);
        let histograms = read("h").await.expect("histograms").records;
        assert_eq!(Data::Tensor(&histograms[0].body).histogram(), Ok(vec![[0.0, 1.0, 3.0]]));
        let pictures = read("i").await.expect("pictures").records;
        let images = Data::Tensor(&pictures[0].body).images().expect("images");
        assert_eq!(
            (pictures.len(), images.width, images.height, images.pictures.len()),
            (1, 8, 4, 2)
        );
        assert_eq!(images.pictures[1], b"\x89PNH");
        store.close().await;
        Store::open(&data, Arc::new(SystemClock))
            .await
            .expect("opens again")
            .close()
            .await;
    });
}
