//! The real worker under the real pool: what it scans, what it binds, and what a dying one costs.
//!
//! This binary is its own worker: called with `worker` it serves stdin, else it runs the checks.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use glassboard_checkpoints::onnx::proto::{StringStringEntryProto, TensorData};
use glassboard_checkpoints::{Checkpoint, Reach, onnx};
use glassboard_jobs::child::{ChildCommand, Limits};
use glassboard_jobs::pool::{Pool, PoolConfig};
use glassboard_jobs::spec::{InputRef, JobSpec, Source};
use glassboard_jobs::{Jobs, Order, Subject};
use glassboard_store::{Actor, CheckpointRow, JobRow, NewCheckpoint, Store, SystemClock};
use glassboard_worker::{Options, serve_stdio};
use prost::Message as _;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

const ME: Actor = Actor::OWNER;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("worker") {
        return if serve_stdio(&Options::default()).is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        if let Some(models) = goldens() {
            a_model_is_scanned_and_weights_are_bound(&models).await;
            a_zip_of_a_model_and_its_data_is_one_model(&models).await;
        } else {
            println!("skipped: no goldens");
        }
        an_input_is_inspected_in_memory().await;
        for (fault, words) in [
            ("kill", "signal 9"),
            ("oom", "needed more than the 300 MiB"),
            ("hang", "did not finish within the 2 s"),
            ("panic", "a fault that a test asked for"),
        ] {
            one_fault_costs_one_job(fault, words).await;
        }
    });
    println!("test result: ok. 7 passed; 0 failed");
    ExitCode::SUCCESS
}

fn goldens() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let places = [
        root.join("../shared/data/goldens/models"),
        root.join("tests/fixtures/goldens/models"),
    ];
    places.into_iter().find(|place| place.join("mlp10.onnx").is_file())
}

struct House {
    store: Store,
    jobs: Jobs,
    _pool: Pool,
    _folder: tempfile::TempDir,
}

async fn house(environment: Vec<(String, String)>) -> House {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Arc::new(SystemClock)).await.unwrap();
    let command = ChildCommand {
        program: std::env::current_exe().unwrap(),
        arguments: vec!["worker".into()],
        environment,
        limits: Limits {
            memory_bytes: 300 << 20,
            job_time: Duration::from_secs(2),
        },
    };
    let (jobs, pool) = Jobs::start(&store, &PoolConfig { slots: 1, command }, Arc::new(|_| {}))
        .await
        .unwrap();
    House {
        store,
        jobs,
        _pool: pool,
        _folder: folder,
    }
}

impl House {
    async fn upload(&self, name: &str, bytes: &[u8]) -> (JobRow, CheckpointRow) {
        let blob = self.store.put_blob(bytes, "application/octet-stream").await.unwrap();
        let path = self.store.blob_path(&blob.hash).unwrap();
        let model = Source::Blob {
            hash: blob.hash.clone(),
            path,
        };
        let new = NewCheckpoint {
            checkpoint_of: None,
            name: name.into(),
            filename: name.into(),
            step: None,
            blob,
        };
        let added = self.store.add_checkpoint(ME, new).await.unwrap();
        let order = Order {
            title: format!("Scan {name}"),
            dedupe_key: format!("scan:{}", added.checkpoint.0),
            spec: JobSpec::Scan {
                model,
                name: name.into(),
                graph: None,
            },
            subject: Subject::Checkpoint { id: added.checkpoint },
        };
        let id = self.jobs.enqueue(ME, &order).await.unwrap();
        for _ in 0..600 {
            tokio::time::sleep(Duration::from_millis(25)).await;
            let job = self.store.job(ME, &id).await.unwrap();
            let models = self.store.models(ME).await.unwrap();
            let found = models
                .iter()
                .flat_map(|model| &model.checkpoints)
                .find(|c| c.id == added.checkpoint);
            let found = found.unwrap();
            if !matches!(job.state.as_str(), "queued" | "running") && found.state != "scanning" {
                return (job, found.clone());
            }
        }
        panic!("{name} was not scanned in time");
    }
}

async fn a_model_is_scanned_and_weights_are_bound(models: &Path) {
    let house = house(Vec::new()).await;
    let file = models.join("mlp10.onnx");
    let bytes = std::fs::read(&file).unwrap();
    let (job, graph) = house.upload("mlp10.onnx", &bytes).await;
    assert_eq!((job.state.as_str(), job.error.as_deref()), ("done", None));
    assert_eq!(
        (graph.format.as_str(), graph.run_hash.as_deref()),
        ("onnx", Some(graph.hash.as_str()))
    );
    assert!(graph.graph_hash.is_some() && graph.parameters > 0);
    let tensors = house.store.tensors(graph.id).await.unwrap();
    assert!(
        tensors.iter().all(|tensor| tensor["histogram"]["counts"].is_array()),
        "{tensors:?}"
    );

    // The same weights, bare, all raised by one.
    let open = Checkpoint::open(&file, Reach::Upload).unwrap();
    let raised: Vec<(String, Vec<usize>, Vec<u8>)> = open
        .tensors
        .iter()
        .filter(|tensor| tensor.dtype.is_float())
        .map(|tensor| {
            let mut bytes = Vec::new();
            let old = open.read(tensor).unwrap();
            tensor.dtype.for_each(old.len(), &old, |value| {
                bytes.extend_from_slice(&(value as f32 + 1.0).to_le_bytes());
            });
            (tensor.name.clone(), tensor.shape.clone(), bytes)
        })
        .collect();
    let views = raised.iter().map(|(name, shape, bytes)| {
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap();
        (name.as_str(), view)
    });
    let bare = safetensors::serialize(views, None).unwrap();
    let (_, bound) = house.upload("epoch 2", &bare).await;
    assert_eq!((bound.state.as_str(), bound.error.as_deref()), ("ready", None));
    assert_eq!(
        bound.model_id, graph.model_id,
        "it became the next checkpoint of the graph's model"
    );
    assert_eq!(house.store.models(ME).await.unwrap().len(), 1);
    let run = house.store.read_blob(bound.run_hash.as_ref().unwrap()).await.unwrap();
    let model = onnx::from_bytes(run).unwrap();
    for initialiser in &model.graph.unwrap().initializer {
        if let Some((_, _, wanted)) = raised.iter().find(|(name, _, _)| *name == initialiser.info.name) {
            assert_eq!(onnx::bytes_of(initialiser).unwrap().bytes.as_ref(), wanted.as_slice());
        }
    }

    let (job, other) = house.upload("not a model", b"\0\x01\x02 nothing").await;
    assert_eq!((job.state.as_str(), other.state.as_str()), ("failed", "failed"));
    assert!(other.error.unwrap().contains("the format of this file is not known"));
    println!("test a_model_is_scanned_and_weights_are_bound ... ok");
}

/// A model with its weights moved to `weights.bin`, and that file.
fn apart(bytes: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    let mut model = onnx::from_bytes(bytes).unwrap();
    let mut data = Vec::new();
    for tensor in &mut model.graph.as_mut().unwrap().initializer {
        let held = onnx::bytes_of(tensor).unwrap().bytes;
        let entry = |key: &str, value: String| StringStringEntryProto { key: key.into(), value };
        tensor.info.data_location = 1;
        tensor.info.external_data = vec![
            entry("location", "./data/weights.bin".into()),
            entry("offset", data.len().to_string()),
            entry("length", held.len().to_string()),
        ];
        tensor.data = TensorData::default();
        data.extend_from_slice(&held);
    }
    (model.encode_to_vec(), data)
}

fn zip(entries: &[(&str, &[u8], CompressionMethod)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes, method) in entries {
        let options = SimpleFileOptions::default().compression_method(*method);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

async fn a_zip_of_a_model_and_its_data_is_one_model(models: &Path) {
    use CompressionMethod::{Deflated, Stored};
    let house = house(Vec::new()).await;
    let whole = std::fs::read(models.join("mlp10.onnx")).unwrap();
    let (bare, data) = apart(whole.clone());
    let stored = zip(&[
        ("net/model.onnx", &bare, Stored),
        ("net/data/weights.bin", &data, Stored),
    ]);
    let packed = zip(&[("model.onnx", &bare, Deflated), ("data/weights.bin", &data, Deflated)]);
    let mut predictions = Vec::new();
    let mut tensors = Vec::new();
    for (name, bytes) in [("whole.onnx", &whole), ("stored.zip", &stored), ("packed.zip", &packed)] {
        let (job, found) = house.upload(name, bytes).await;
        assert_eq!((job.state.as_str(), job.error.as_deref()), ("done", None), "{name}");
        assert_eq!(
            (found.format.as_str(), found.run_hash.as_deref()),
            ("onnx", Some(found.hash.as_str())),
            "{name}"
        );
        tensors.push(house.store.tensors(found.id).await.unwrap());
        predictions.push(house.predict(&found, bytes).await.unwrap());
    }
    assert!(predictions[0]["prediction"].as_array().is_some_and(|p| !p.is_empty()));
    assert_eq!(predictions[0], predictions[1]);
    assert_eq!(predictions[0], predictions[2]);
    assert_eq!(tensors[0], tensors[1]);

    // Alone, with the data missing, with names that point out of the zip, and with two models.
    let upwards = zip(&[("model.onnx", &bare, Stored), ("../data/weights.bin", &data, Stored)]);
    let two = zip(&[("a.onnx", &bare, Stored), ("b.onnx", &bare, Stored)]);
    for (name, bytes, words) in [
        ("alone.onnx", &bare, "upload a zip"),
        ("upwards.zip", &upwards, "not in this zip"),
        ("two.zip", &two, "more than one ONNX file"),
    ] {
        let (job, found) = house.upload(name, bytes).await;
        assert_eq!(
            (job.state.as_str(), found.state.as_str()),
            ("failed", "failed"),
            "{name}"
        );
        assert!(
            found.error.as_ref().is_some_and(|e| e.contains(words)),
            "{name}: {:?}",
            found.error
        );
    }
    println!("test a_zip_of_a_model_and_its_data_is_one_model ... ok");
}

impl House {
    /// What a model says about a row of ones.
    async fn predict(&self, model: &CheckpointRow, bytes: &[u8]) -> Result<serde_json::Value, String> {
        let inputs = glassboard_checkpoints::onnx::structure(&onnx::from_bytes(bytes.to_vec()).unwrap())
            .unwrap()
            .inputs;
        let width = inputs[0].shape.as_ref().unwrap()[1].unwrap();
        let mut npy = b"\x93NUMPY\x01\x00".to_vec();
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': (1, {width}), }}\n");
        npy.extend_from_slice(&u16::try_from(header.len()).unwrap().to_le_bytes());
        npy.extend_from_slice(header.as_bytes());
        npy.extend([1f32.to_le_bytes()].repeat(width).concat());
        let source = Source::Attached {
            hash: blake3::hash(&npy).to_hex().to_string(),
            part: 0,
        };
        let spec = JobSpec::Predict {
            model: Source::Blob {
                hash: model.hash.clone(),
                path: self.store.blob_path(&model.hash).unwrap(),
            },
            input: InputRef {
                source,
                name: "row.npy".into(),
                row: 0,
                facts: serde_json::Value::Null,
            },
            preprocess: serde_json::Value::Null,
            changes: None,
            erased: None,
        };
        let answer = self.jobs.ask(spec, vec![npy]).await;
        answer.map(|a| a.result.clone()).map_err(|e| format!("{e:?}"))
    }
}

async fn an_input_is_inspected_in_memory() {
    let house = house(Vec::new()).await;
    let csv = b"a,target\n1,0\n2,1\n".to_vec();
    let source = Source::Attached {
        hash: blake3::hash(&csv).to_hex().to_string(),
        part: 0,
    };
    let input = InputRef {
        source,
        name: "rows.csv".into(),
        row: 1,
        facts: serde_json::Value::Null,
    };
    let answer = house
        .jobs
        .ask(JobSpec::Inspect { input: input.clone() }, vec![csv.clone()])
        .await
        .unwrap();
    assert_eq!(
        (answer.result["rows"].as_u64(), answer.result["target_column"].as_str()),
        (Some(2), Some("target"))
    );
    let answer = house
        .jobs
        .ask(
            JobSpec::Rows {
                input,
                count: 5,
                sort: None,
                filter: None,
            },
            vec![csv],
        )
        .await
        .unwrap();
    assert_eq!(answer.result["rows"], serde_json::json!([[2, 1]]));
    assert!(
        house.store.jobs(ME, 10).await.unwrap().is_empty(),
        "nothing is written down"
    );
    println!("test an_input_is_inspected_in_memory ... ok");
}

async fn one_fault_costs_one_job(fault: &str, words: &str) {
    let house = house(vec![
        ("GLASSBOARD_WORKER_FAULT".into(), format!("{fault}:scan")),
        ("GLASSBOARD_WORKER_FAULT_NAME".into(), "bad".into()),
    ])
    .await;
    let bytes = |weight: f32| {
        let raw = weight.to_le_bytes();
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1], &raw).unwrap();
        safetensors::serialize([("w", view)], None).unwrap()
    };
    let (job, checkpoint) = house.upload("bad", &bytes(1.0)).await;
    let error = job.error.clone().unwrap_or_default();
    assert_eq!(
        (job.state.as_str(), checkpoint.state.as_str()),
        ("failed", "failed"),
        "{fault}: {error}"
    );
    assert!(error.contains(words), "{fault}: {error}");
    let (job, checkpoint) = house.upload("good", &bytes(2.0)).await;
    assert_eq!(
        (job.state.as_str(), checkpoint.state.as_str()),
        ("done", "ready"),
        "after {fault}: {:?}",
        job.error
    );
    println!("test one_fault_costs_one_job ({fault}: {error}) ... ok");
}
