//! Models, inputs, answers and jobs over a real data directory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::sync::Arc;

use glassboard_store::{
    Actor, CheckpointId, JobRow, ManualClock, NewAnswer, NewCheckpoint, NewJob, ProjectId, ScanRows, Store, StoreError,
};
use serde_json::json;

const ME: Actor = Actor::OWNER;

async fn open() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), Arc::new(ManualClock::at(1_000_000)))
        .await
        .unwrap();
    (directory, store)
}

async fn upload(store: &Store, bytes: &[u8], of: Option<&str>) -> glassboard_store::AddedCheckpoint {
    let blob = store.put_blob(bytes, "application/octet-stream").await.unwrap();
    let new = NewCheckpoint {
        checkpoint_of: of.map(str::to_owned),
        name: "Digits CNN".into(),
        filename: "digits.onnx".into(),
        step: None,
        blob,
    };
    store.add_checkpoint(ME, new).await.unwrap()
}

async fn scanned(store: &Store, id: CheckpointId, graph: &[u8]) {
    let graph = store.put_blob(graph, "application/json").await.unwrap();
    let rows = ScanRows {
        format: "onnx".into(),
        parameters: 6,
        summary: json!({"kind": "image"}),
        tensors: vec![("w".into(), json!({"name": "w", "shape": [2, 3], "mean": 0.5}))],
        graph: Some(graph),
        preprocess: Some((json!({"input": "x"}), "metadata".into())),
        ..Default::default()
    };
    let mut tx = store.write().await.unwrap();
    tx.finish_scan(id, &rows).await.unwrap();
    tx.commit().await.unwrap();
}

fn blobs(directory: &tempfile::TempDir) -> usize {
    let mut count = 0;
    for folder in std::fs::read_dir(directory.path().join("blobs")).unwrap() {
        count += std::fs::read_dir(folder.unwrap().path()).unwrap().count();
    }
    count
}

fn new_job(id: &str, key: &str) -> NewJob {
    NewJob {
        id: id.into(),
        kind: "scan".into(),
        title: "Scan".into(),
        dedupe_key: key.into(),
        spec: json!({}),
        subject: json!({}),
    }
}

#[tokio::test]
async fn a_model_comes_is_scanned_and_goes_with_its_bytes() {
    let (directory, store) = open().await;
    let first = upload(&store, b"one", None).await;
    assert_eq!((first.model.as_str(), first.created), ("digits-cnn", true));
    let again = upload(&store, b"one", None).await;
    assert_eq!((again.checkpoint, again.created), (first.checkpoint, false));
    let second = upload(&store, b"two", Some("digits-cnn")).await;
    let other = upload(&store, b"three", None).await;
    assert_eq!(other.model, "digits-cnn-2");

    // Both share one graph blob.
    scanned(&store, first.checkpoint, b"graph").await;
    scanned(&store, second.checkpoint, b"graph").await;
    scanned(&store, other.checkpoint, b"graph").await;
    let detail = store.model(ME, "digits-cnn").await.unwrap();
    assert_eq!(detail.checkpoints.len(), 2);
    assert_eq!(detail.checkpoint(None).unwrap().id, second.checkpoint);
    assert_eq!(detail.model.preprocess_origin, "metadata");
    assert_eq!(store.tensor_history(ME, "digits-cnn", "w").await.unwrap().len(), 2);
    assert_eq!(store.tensors(first.checkpoint).await.unwrap()[0]["mean"], 0.5);
    assert_eq!(blobs(&directory), 4);

    let stranger = Actor { project: ProjectId(2) };
    assert!(matches!(
        store.model(stranger, "digits-cnn").await,
        Err(StoreError::NotFound { .. })
    ));
    assert!(matches!(
        store.delete_model(stranger, "digits-cnn").await,
        Err(StoreError::NotFound { .. })
    ));

    store.delete_model(ME, "digits-cnn").await.unwrap();
    assert_eq!(blobs(&directory), 2, "the graph is still named by the other model");
    assert!(matches!(
        store.model(ME, "digits-cnn").await,
        Err(StoreError::NotFound { .. })
    ));
    store.delete_model(ME, "digits-cnn-2").await.unwrap();
    assert_eq!(blobs(&directory), 0);
}

#[tokio::test]
async fn an_answer_is_asked_once_and_goes_with_its_input() {
    let (directory, store) = open().await;
    let model = upload(&store, b"model", None).await;
    let picture = store.put_blob(b"picture", "image/png").await.unwrap();
    let (input, _) = store
        .add_input(ME, "seven.png", Some("digits-cnn"), &picture)
        .await
        .unwrap();
    let (same, created) = store.add_input(ME, "seven.png", None, &picture).await.unwrap();
    assert_eq!((same.id, created), (input.id, false));

    let question = NewAnswer {
        id: "a".repeat(64),
        kind: "explanation",
        checkpoint: model.checkpoint,
        input: input.id,
        row: 0,
        question: json!({"method": "saliency"}),
    };
    let array = store.put_blob(b"array", "application/octet-stream").await.unwrap();
    let mut tx = store.write().await.unwrap();
    tx.ask(ME, &question, "job", store.now()).await.unwrap();
    tx.finish_answer(ME, &question.id, &json!({"seconds": 1.0}), Some(&array))
        .await
        .unwrap();
    // Asked again, or failed late by a duplicate: what is done stays done.
    tx.ask(ME, &question, "other", store.now()).await.unwrap();
    tx.fail_answer(ME, &question.id, "failed", "late").await.unwrap();
    tx.commit().await.unwrap();
    let answer = store.answer(ME, &question.id).await.unwrap();
    assert_eq!(
        (answer.state.as_str(), answer.result().unwrap()["seconds"].as_f64()),
        ("done", Some(1.0))
    );
    assert_eq!(store.explanations(ME, Some("digits-cnn"), None).await.unwrap().len(), 1);

    // A job tells the name of its input, so it goes with the bytes; jobs about other things stay.
    let mut tx = store.write().await.unwrap();
    for (id, hash) in [("about", picture.hash.as_str()), ("other", "0")] {
        let spec = json!({ "input": { "hash": hash } });
        tx.enqueue(
            ME,
            &NewJob {
                spec,
                ..new_job(id, id)
            },
            store.now(),
        )
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    for _ in 0..2 {
        let claimed = store.claim_job(None).await.unwrap().unwrap();
        let mut tx = store.write().await.unwrap();
        assert!(tx.end_job(&claimed, "done", None, store.now()).await.unwrap());
        tx.commit().await.unwrap();
    }

    store.delete_input(ME, &input.slug).await.unwrap();
    assert!(matches!(store.job(ME, "about").await, Err(StoreError::NotFound { .. })));
    assert_eq!(store.job(ME, "other").await.unwrap().state, "done");
    assert!(store.find_answer(ME, &question.id).await.unwrap().is_none());
    assert_eq!(blobs(&directory), 1, "only the model is left");
}

#[tokio::test]
async fn a_stale_attempt_changes_nothing() {
    let (_directory, store) = open().await;
    let mut tx = store.write().await.unwrap();
    assert_eq!(
        tx.enqueue(ME, &new_job("1", "k"), store.now()).await.unwrap(),
        ("1".into(), true)
    );
    assert_eq!(
        tx.enqueue(ME, &new_job("2", "k"), store.now()).await.unwrap(),
        ("1".into(), false)
    );
    tx.commit().await.unwrap();

    let stale: JobRow = store.claim_job(None).await.unwrap().unwrap();
    assert!(store.claim_job(None).await.unwrap().is_none());
    assert_eq!(store.requeue_orphaned_jobs().await.unwrap(), 1);
    let fresh = store.claim_job(None).await.unwrap().unwrap();
    assert_eq!((stale.attempt, fresh.attempt), (1, 2));

    assert!(
        store.progress_job(&stale, 0.5, "late").await.unwrap(),
        "a stale worker is told to stop"
    );
    assert!(!store.requeue_crashed_job(&stale).await.unwrap());
    let mut tx = store.write().await.unwrap();
    assert!(!tx.end_job(&stale, "failed", Some("late"), store.now()).await.unwrap());
    assert!(tx.end_job(&fresh, "done", None, store.now()).await.unwrap());
    assert!(!tx.end_job(&fresh, "failed", Some("twice"), store.now()).await.unwrap());
    // The key is free again once the job ended.
    assert_eq!(tx.enqueue(ME, &new_job("3", "k"), store.now()).await.unwrap().0, "3");
    tx.commit().await.unwrap();
    assert_eq!(store.job(ME, "1").await.unwrap().state, "done");
}

#[tokio::test]
async fn what_a_crash_left_is_swept_and_what_is_named_stays() {
    let (directory, store) = open().await;
    upload(&store, b"kept", None).await;
    std::fs::create_dir_all(directory.path().join("blobs/zz")).unwrap();
    std::fs::write(directory.path().join("blobs/zz/orphan"), b"x").unwrap();
    std::fs::write(directory.path().join("tmp/half"), b"x").unwrap();
    assert_eq!(store.sweep_blobs().await.unwrap(), 2);
    assert_eq!(blobs(&directory), 1);
    // A blob with its row, but without anything that names it.
    store
        .put_blob(b"sent for a row that is gone", "application/json")
        .await
        .unwrap();
    assert_eq!(blobs(&directory), 2);
    assert_eq!(store.sweep_blobs().await.unwrap(), 1);
    assert_eq!(blobs(&directory), 1);
    assert!(matches!(
        store.blob_path("../../etc/passwd"),
        Err(StoreError::NotFound { .. })
    ));
    let mut writer = store.new_blob(4).unwrap();
    assert!(writer.write(b"12345").unwrap_err().to_string().contains("larger than"));
}
