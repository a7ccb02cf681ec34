//! Comparisons over a real data directory: asked once, and gone with what they were asked on.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::sync::Arc;

use glassboard_store::{
    Actor, CheckpointId, ManualClock, NewCheckpoint, NewComparison, NewJob, ProjectId, Store, StoreError,
};
use serde_json::json;

const ME: Actor = Actor::OWNER;

async fn model(store: &Store, bytes: &[u8]) -> (String, CheckpointId) {
    let blob = store.put_blob(bytes, "application/octet-stream").await.unwrap();
    let new = NewCheckpoint {
        checkpoint_of: None,
        name: "net".into(),
        filename: "net.onnx".into(),
        step: None,
        blob,
    };
    let added = store.add_checkpoint(ME, new).await.unwrap();
    (added.model, added.checkpoint)
}

/// Asks, and finishes with maps of its own.
async fn compared(store: &Store, new: &NewComparison) {
    let job = NewJob {
        id: format!("job-{}", new.id),
        kind: new.kind.into(),
        title: "Compare".into(),
        dedupe_key: new.id.clone(),
        spec: json!({}),
        subject: json!({}),
    };
    let mut tx = store.write().await.unwrap();
    let (id, _) = tx.enqueue(ME, &job, store.now()).await.unwrap();
    tx.ask_comparison(ME, new, &id, store.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.comparison(ME, &new.id).await.unwrap().state, "queued");
    let maps = store
        .put_blob(new.id.as_bytes(), "application/octet-stream")
        .await
        .unwrap();
    let mut tx = store.write().await.unwrap();
    tx.finish_comparison(ME, &new.id, &json!({ "above": 0 }), Some(&maps))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_comparison_goes_with_any_of_its_inputs_and_checkpoints_and_its_maps_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), Arc::new(ManualClock::at(1_000_000)))
        .await
        .unwrap();
    let (_, a) = model(&store, b"a").await;
    let (b_slug, b) = model(&store, b"b").await;
    let (other_slug, other) = model(&store, b"c").await;
    let blob = store.put_blob(b"picture", "image/png").await.unwrap();
    let (input, _) = store.add_input(ME, "one.png", None, &blob).await.unwrap();
    let new = |id: &str, with_input: bool, others: Vec<CheckpointId>| NewComparison {
        id: id.into(),
        kind: "drift",
        a,
        b,
        inputs: if with_input { vec![input.id] } else { Vec::new() },
        others,
        question: json!({ "method": "saliency" }),
    };
    compared(&store, &new("one", true, Vec::new())).await;
    compared(&store, &new("two", false, vec![other])).await;
    compared(&store, &new("three", false, Vec::new())).await;
    let found = store.comparison(ME, "one").await.unwrap();
    assert_eq!(
        (found.state.as_str(), found.result().unwrap()["above"].as_i64()),
        ("done", Some(0))
    );
    assert_eq!(store.comparisons_of(ME, "drift", a, b).await.unwrap().len(), 3);
    assert!(
        store.comparisons_of(ME, "drift", b, a).await.unwrap().is_empty(),
        "the order counts"
    );
    let stranger = Actor { project: ProjectId(2) };
    assert!(matches!(
        store.comparison(stranger, "one").await,
        Err(StoreError::NotFound { .. })
    ));

    let gone = async |id: &str, hash: Option<String>| {
        assert!(
            matches!(store.comparison(ME, id).await, Err(StoreError::NotFound { .. })),
            "{id}"
        );
        assert!(store.read_blob(&hash.unwrap()).await.is_err(), "the maps of {id}");
    };
    let maps = async |id: &str| store.comparison(ME, id).await.unwrap().maps_hash;
    let (one, two, three) = (maps("one").await, maps("two").await, maps("three").await);
    assert_eq!(store.sweep_blobs().await.unwrap(), 0, "maps are named");
    store.delete_input(ME, &input.slug).await.unwrap();
    gone("one", one).await;
    store.delete_model(ME, &other_slug).await.unwrap();
    gone("two", two).await;
    assert_eq!(store.comparison(ME, "three").await.unwrap().state, "done");
    store.delete_model(ME, &b_slug).await.unwrap();
    gone("three", three).await;
}
