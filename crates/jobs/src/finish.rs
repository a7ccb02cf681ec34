//! The end of a job: what it found and the job's own row, in one transaction.

use glassboard_store::{Actor, Blob, CheckpointId, JobRow, NewJob, ScanRows, Store, StoreError, Tx};
use serde_json::{Value, json};

use crate::spec::{JobSpec, Source};
use crate::subject::Subject;

const COLUMNS: &str = "application/vnd.glassboard.columns";

type Result<T> = std::result::Result<T, StoreError>;

/// Writes a result. Blobs are durable before the row that names them. Gives back a job that follows
/// from this one, already queued.
pub async fn complete(store: &Store, row: &JobRow, mut result: Value, attachments: &[Vec<u8>]) -> Result<()> {
    let actor = Actor {
        project: row.project_id,
    };
    let subject = parse(&row.subject)?;
    match subject {
        Subject::Checkpoint { id } => {
            let scan = scan_rows(store, row, result, attachments).await?;
            let mut tx = store.write().await?;
            if !tx.end_job(row, "done", None, store.now()).await? {
                return Ok(());
            }
            tx.finish_scan(id, &scan).await?;
            bind(&mut tx, store, actor, row, id, &scan).await?;
            tx.commit().await
        }
        Subject::Input { id } => {
            let picture = put(store, attachments.first(), "image/png").await?;
            // What a worker kept of an upload that holds more than its picture.
            let kept = put(store, attachments.get(1), "image/png").await?;
            let mut tx = store.write().await?;
            if !tx.end_job(row, "done", None, store.now()).await? {
                return Ok(());
            }
            tx.finish_input(id, &result, picture.as_ref()).await?;
            let uploaded = match &kept {
                Some(blob) => Some(tx.replace_input(id, blob).await?),
                None => None,
            };
            tx.commit().await?;
            store.release_blobs(uploaded.as_slice()).await
        }
        Subject::Answer { id } => {
            let array = put(store, attachments.first(), COLUMNS).await?;
            if let Value::Object(fields) = &mut result {
                fields.insert("attempt".into(), json!(row.attempt));
            }
            let mut tx = store.write().await?;
            if !tx.end_job(row, "done", None, store.now()).await? {
                return Ok(());
            }
            tx.finish_answer(actor, &id, &result, array.as_ref()).await?;
            tx.commit().await
        }
        Subject::Parity { id } => {
            let mut tx = store.write().await?;
            if !tx.end_job(row, "done", None, store.now()).await? {
                return Ok(());
            }
            tx.finish_parity(id, &row.id, &result).await?;
            tx.commit().await
        }
        Subject::Comparison { id } => {
            let maps = put(store, attachments.first(), "application/octet-stream").await?;
            let mut tx = store.write().await?;
            if !tx.end_job(row, "done", None, store.now()).await? {
                return Ok(());
            }
            tx.finish_comparison(actor, &id, &result, maps.as_ref()).await?;
            tx.commit().await
        }
        Subject::Projection { id } => {
            let at = put(store, attachments.first(), "application/octet-stream").await?;
            let mut tx = store.write().await?;
            if !tx.end_job(row, "done", None, store.now()).await? {
                return Ok(());
            }
            tx.finish_projection(actor, &id, &result, at.as_ref()).await?;
            tx.commit().await
        }
    }
}

/// Writes that a job ended without a result: `failed` or `cancelled`.
pub async fn fail(store: &Store, row: &JobRow, state: &str, message: &str) -> Result<()> {
    let actor = Actor {
        project: row.project_id,
    };
    let mut tx = store.write().await?;
    if !tx.end_job(row, state, Some(message), store.now()).await? {
        return Ok(());
    }
    match parse(&row.subject)? {
        Subject::Checkpoint { id } => tx.fail_scan(id, message).await?,
        Subject::Input { id } => tx.fail_input(id, message).await?,
        Subject::Answer { id } => tx.fail_answer(actor, &id, state, message).await?,
        Subject::Parity { id } => tx.fail_parity(id, &row.id, state, message).await?,
        Subject::Comparison { id } => tx.fail_comparison(actor, &id, state, message).await?,
        Subject::Projection { id } => tx.fail_projection(actor, &id, state, message).await?,
    }
    tx.commit().await
}

/// What a scan sent, as rows, with its attachments made blobs.
async fn scan_rows(store: &Store, row: &JobRow, result: Value, attachments: &[Vec<u8>]) -> Result<ScanRows> {
    let roles: Vec<&str> = result["attachments"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let attached = |role: &str| roles.iter().position(|r| *r == role).and_then(|at| attachments.get(at));
    let graph = put(store, attached("graph"), "application/json").await?;
    let format = result["format"].as_str().unwrap_or_default().to_owned();
    let run = match put(store, attached("run"), "application/octet-stream").await? {
        Some(blob) => Some(blob),
        None if format == "onnx" || result["runs"] == true => own_file(row)?,
        None => None,
    };
    let preprocess = match &result["preprocess"] {
        Value::Null => None,
        given => Some((
            given.clone(),
            result["preprocess_origin"].as_str().unwrap_or("guessed").to_owned(),
        )),
    };
    Ok(ScanRows {
        parameters: result["parameters"].as_i64().unwrap_or(0),
        summary: result["summary"].clone(),
        tensors: result["tensors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|tensor| (tensor["name"].as_str().unwrap_or_default().to_owned(), tensor.clone()))
            .collect(),
        format,
        graph,
        run,
        preprocess,
    })
}

/// An ONNX file, or a native file of trees, runs itself.
fn own_file(row: &JobRow) -> Result<Option<Blob>> {
    Ok(match parse(&row.spec)? {
        JobSpec::Scan {
            model: Source::Blob { hash, .. },
            ..
        } => Some(Blob { hash, bytes: 0 }),
        _ => None,
    })
}

/// Bare weights whose names and shapes fit an uploaded graph become that model's checkpoint, and are
/// scanned once more to be put into it.
async fn bind(tx: &mut Tx, store: &Store, actor: Actor, row: &JobRow, id: CheckpointId, scan: &ScanRows) -> Result<()> {
    let JobSpec::Scan {
        model,
        name,
        graph: None,
    } = parse(&row.spec)?
    else {
        return Ok(());
    };
    if scan.run.is_some() {
        return Ok(());
    }
    let Some(found) = tx.graph_for(actor, &scan.tensors).await? else {
        return Ok(());
    };
    tx.move_checkpoint(id, found.model).await?;
    let graph = Source::Blob {
        path: store.blob_path(&found.graph)?,
        hash: found.graph,
    };
    let spec = JobSpec::Scan {
        model,
        name: name.clone(),
        graph: Some(graph),
    };
    let job = NewJob {
        id: ulid::Ulid::new().to_string(),
        kind: "scan".into(),
        title: format!("Put the weights of {name} into the graph of {}", found.slug),
        dedupe_key: format!("bind:{}", id.0),
        spec: to_json(&spec)?,
        subject: to_json(&Subject::Checkpoint { id })?,
    };
    let (job, _) = tx.enqueue(actor, &job, store.now()).await?;
    tx.set_scan_job(id, &job).await
}

async fn put(store: &Store, bytes: Option<&Vec<u8>>, media_type: &str) -> Result<Option<Blob>> {
    match bytes {
        Some(bytes) if !bytes.is_empty() => Ok(Some(store.put_blob(bytes, media_type).await?)),
        _ => Ok(None),
    }
}

pub(crate) fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(format!("a job's row: {error}")))
}

pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| StoreError::Damaged(format!("a job's row: {error}")))
}
