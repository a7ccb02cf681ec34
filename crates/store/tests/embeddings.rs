//! Embeddings and their pictures over a real data directory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::sync::Arc;
use std::time::Duration;

use glassboard_store::logs::{ExperimentId, NewEmbedding};
use glassboard_store::{Actor, ManualClock, NewJob, NewProjection, Store};
use serde_json::json;

const ME: Actor = Actor::OWNER;

async fn open() -> (tempfile::TempDir, Store, ExperimentId) {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(1_000_000));
    let store = Store::open(directory.path(), clock).await.unwrap();
    let (experiment, _) = store.open_experiment(&ME, "space", None).await.unwrap();
    (directory, store, experiment)
}

async fn embedding(store: &Store, points: &[u8]) -> NewEmbedding {
    NewEmbedding {
        name: "fc".into(),
        n: points.len() / 4,
        width: 1,
        tensor: Some(store.put_blob(points, "application/octet-stream").await.unwrap().hash),
        ..NewEmbedding::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_and_embeddings_do_not_wait_for_each_other() {
    let (_directory, store, experiment) = open().await;
    let uploads = tokio::spawn({
        let store = store.clone();
        async move {
            for n in 0..60_u32 {
                store
                    .put_blob(&n.to_le_bytes(), "application/octet-stream")
                    .await
                    .unwrap();
            }
        }
    });
    let embeddings = tokio::spawn(async move {
        for n in 1000..1060_u32 {
            let one = embedding(&store, &n.to_le_bytes()).await;
            store.set_embeddings(&ME, experiment, "run", vec![one]).await.unwrap();
        }
    });
    // Each waiting for what the other held, they would end when the pool gives up: after 30 seconds, with an error.
    let both = async { (uploads.await.unwrap(), embeddings.await.unwrap()) };
    tokio::time::timeout(Duration::from_secs(25), both).await.unwrap();
}

#[tokio::test]
async fn a_picture_goes_with_the_last_run_that_has_its_points() {
    let (_directory, store, experiment) = open().await;
    let points = [0_u8; 64];
    for run in ["a", "b"] {
        let one = embedding(&store, &points).await;
        store.set_embeddings(&ME, experiment, run, vec![one]).await.unwrap();
    }
    let tensor = embedding(&store, &points).await.tensor.unwrap();
    let at = store.put_blob(b"places", "application/octet-stream").await.unwrap();
    let new = NewProjection {
        id: "0".repeat(64),
        tensor,
        question: json!({ "method": "pca" }),
    };
    let job = NewJob {
        id: "01".into(),
        kind: "project".into(),
        title: "PCA".into(),
        dedupe_key: "projection".into(),
        spec: json!({}),
        subject: json!({}),
    };
    let mut tx = store.write().await.unwrap();
    let (job, _) = tx.enqueue(ME, &job, store.now()).await.unwrap();
    tx.ask_projection(ME, &new, &job, store.now()).await.unwrap();
    tx.finish_projection(ME, &new.id, &json!({ "points": 16 }), Some(&at))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.projection(ME, &new.id).await.unwrap().state, "done");
    let (slug, _) = store.projected_embedding(ME, &new.id).await.unwrap().unwrap();
    assert_eq!(slug, "space");

    store.set_embeddings(&ME, experiment, "a", Vec::new()).await.unwrap();
    assert_eq!(
        store.projection(ME, &new.id).await.unwrap().at_hash.as_deref(),
        Some(at.hash.as_str())
    );
    store.set_embeddings(&ME, experiment, "b", Vec::new()).await.unwrap();
    assert!(store.find_projection(ME, &new.id).await.unwrap().is_none());
    assert!(!store.blob_path(&at.hash).unwrap().exists());
    assert!(!store.blob_path(&new.tensor).unwrap().exists());
}
