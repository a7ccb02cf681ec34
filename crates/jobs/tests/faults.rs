//! A worker that is killed, hangs, eats memory or talks nonsense costs one job, with a sentence that
//! says so, and the next job runs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use glassboard_jobs::child::{ChildCommand, Limits};
use glassboard_jobs::pool::{Pool, PoolConfig};
use glassboard_jobs::spec::{JobSpec, Source};
use glassboard_jobs::{AskError, Jobs, Order, Subject};
use glassboard_store::{Actor, JobRow, NewCheckpoint, Store, SystemClock};

struct House {
    store: Store,
    jobs: Jobs,
    _pool: Pool,
    _folder: tempfile::TempDir,
}

async fn house(slots: usize) -> House {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Arc::new(SystemClock)).await.unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fake_worker.py");
    let config = PoolConfig {
        slots,
        command: ChildCommand {
            program: "python3".into(),
            arguments: vec![script.display().to_string()],
            environment: vec![("PATH".into(), std::env::var("PATH").unwrap())],
            limits: Limits {
                memory_bytes: 200 << 20,
                job_time: Duration::from_secs(3),
            },
        },
    };
    let (jobs, pool) = Jobs::start(&store, &config, Arc::new(|_| {})).await.unwrap();
    House {
        store,
        jobs,
        _pool: pool,
        _folder: folder,
    }
}

impl House {
    async fn scan(&self, name: &str) -> JobRow {
        let blob = self
            .store
            .put_blob(name.as_bytes(), "application/octet-stream")
            .await
            .unwrap();
        let new = NewCheckpoint {
            checkpoint_of: None,
            name: name.into(),
            filename: name.into(),
            step: None,
            blob: blob.clone(),
        };
        let added = self.store.add_checkpoint(Actor::OWNER, new).await.unwrap();
        let order = Order {
            title: format!("Scan {name}"),
            dedupe_key: format!("scan:{}", blob.hash),
            spec: spec(&self.store, name, &blob.hash),
            subject: Subject::Checkpoint { id: added.checkpoint },
        };
        let id = self.jobs.enqueue(Actor::OWNER, &order).await.unwrap();
        self.job(&id).await
    }

    async fn job(&self, id: &str) -> JobRow {
        self.store.job(Actor::OWNER, id).await.unwrap()
    }

    async fn ended(&self, id: &str) -> JobRow {
        for _ in 0..400 {
            let row = self.job(id).await;
            if !matches!(row.state.as_str(), "queued" | "running") {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("job {id} did not end: {:?}", self.job(id).await);
    }
}

fn spec(store: &Store, name: &str, hash: &str) -> JobSpec {
    let model = Source::Blob {
        hash: hash.into(),
        path: store.blob_path(hash).unwrap(),
    };
    JobSpec::Scan {
        model,
        name: name.into(),
        graph: None,
    }
}

async fn costs_one_job(what: &str, sentence: &str, attempts: i64) {
    let house = house(1).await;
    let bad = house.scan(what).await;
    let good = house.scan("fine").await;
    let bad = house.ended(&bad.id).await;
    assert_eq!(bad.state, "failed");
    assert_eq!(bad.attempt, attempts);
    let error = bad.error.unwrap();
    assert!(error.contains(sentence), "{error}");
    assert_eq!(house.ended(&good.id).await.state, "done");
    let model = house.store.model(Actor::OWNER, what).await.unwrap();
    assert_eq!(model.checkpoints[0].state, "failed");
    assert!(model.checkpoints[0].error.as_ref().unwrap().contains(sentence));
}

#[tokio::test]
async fn a_killed_worker_is_tried_once_more_then_costs_one_job() {
    costs_one_job("kill", "killed (signal 9)", 2).await;
}

#[tokio::test]
async fn a_hanging_worker_costs_one_job() {
    costs_one_job("hang", "did not finish within the 3 s", 1).await;
}

#[tokio::test]
async fn a_worker_out_of_memory_costs_one_job() {
    costs_one_job("memory", "more than the 200 MiB", 1).await;
}

#[tokio::test]
async fn a_worker_that_talks_nonsense_costs_one_job() {
    costs_one_job("garbage", "no answer", 2).await;
}

#[tokio::test]
async fn a_broken_file_costs_nothing_but_its_sentence() {
    costs_one_job("broken", "ends after 12 bytes", 1).await;
}

#[tokio::test]
async fn a_running_job_can_be_cancelled() {
    let house = house(1).await;
    let job = house.scan("hang").await;
    while house.job(&job.id).await.state != "running" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The worker must have the job before the switch is there to be thrown.
    while house.job(&job.id).await.progress < 0.5 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    house.jobs.cancel(Actor::OWNER, &job.id).await.unwrap();
    assert_eq!(house.ended(&job.id).await.state, "cancelled");
    let next = house.scan("fine").await;
    assert_eq!(house.ended(&next.id).await.state, "done");
}

#[tokio::test]
async fn a_waiting_job_can_be_cancelled() {
    let house = house(1).await;
    let busy = house.scan("hang").await;
    let waiting = house.scan("fine").await;
    house.jobs.cancel(Actor::OWNER, &waiting.id).await.unwrap();
    assert_eq!(house.job(&waiting.id).await.state, "cancelled");
    house.jobs.cancel(Actor::OWNER, &busy.id).await.unwrap();
    assert!(matches!(
        house.ended(&busy.id).await.state.as_str(),
        "cancelled" | "failed"
    ));
}

#[tokio::test]
async fn the_same_question_waits_once() {
    let house = house(1).await;
    let _busy = house.scan("hang").await;
    let first = house.scan("fine").await;
    let second = house.scan("fine").await;
    assert_eq!(first.id, second.id);
}

#[tokio::test]
async fn jobs_left_running_are_queued_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Arc::new(SystemClock)).await.unwrap();
    let blob = store.put_blob(b"x", "application/octet-stream").await.unwrap();
    let new = NewCheckpoint {
        checkpoint_of: None,
        name: "m".into(),
        filename: "m".into(),
        step: None,
        blob: blob.clone(),
    };
    let added = store.add_checkpoint(Actor::OWNER, new).await.unwrap();
    let order = Order {
        title: "Scan".into(),
        dedupe_key: "k".into(),
        spec: spec(&store, "fine", &blob.hash),
        subject: Subject::Checkpoint { id: added.checkpoint },
    };
    let mut tx = store.write().await.unwrap();
    let (id, _) = tx
        .enqueue(Actor::OWNER, &order.row().unwrap(), store.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    store.claim_job(None).await.unwrap().unwrap();
    assert_eq!(store.requeue_orphaned_jobs().await.unwrap(), 1);
    assert_eq!(store.job(Actor::OWNER, &id).await.unwrap().state, "queued");
}

#[tokio::test]
async fn a_question_in_memory_is_answered_and_forgotten() {
    let house = house(1).await;
    let model = Source::Attached {
        hash: String::new(),
        part: 0,
    };
    let ask = |name: &str| JobSpec::Scan {
        model: model.clone(),
        name: name.into(),
        graph: None,
    };
    let answer = house.jobs.ask(ask("fine"), vec![vec![1, 2, 3]]).await.unwrap();
    assert_eq!(answer.result["parameters"], 3);
    let Err(AskError::Failed { message, .. }) = house.jobs.ask(ask("broken"), vec![vec![1]]).await else {
        panic!()
    };
    assert!(message.contains("ends after 12 bytes"));
    assert!(house.store.jobs(Actor::OWNER, 10).await.unwrap().is_empty());
}
