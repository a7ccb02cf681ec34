//! What a job sees of the world: its attachments, a place to say how far it is, and whether to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use glassboard_checkpoints::onnx::proto::ModelProto;
use glassboard_checkpoints::{Reach, onnx};
use glassboard_jobs::protocol::FromWorker;
use glassboard_jobs::spec::Source;
use serde_json::Value;

use crate::native;
use crate::stdio::Output;
use crate::trouble::Trouble;
use crate::warm::Opened;

/// Largest input file (a picture, an array, a table).
const MAX_INPUT_BYTES: u64 = 256 << 20;
/// Largest embedding.
const MAX_POINTS_BYTES: u64 = 1 << 30;
/// Largest model file that is taken into memory whole.
const MAX_MODEL_BYTES: u64 = 2 << 30;

/// One job's surroundings.
pub struct Context<'a> {
    /// The job's id.
    pub job: &'a str,
    attachments: &'a [Vec<u8>],
    cancel: &'a CancelSwitch,
    output: &'a Output,
}

impl<'a> Context<'a> {
    pub(crate) fn new(job: &'a str, attachments: &'a [Vec<u8>], cancel: &'a CancelSwitch, output: &'a Output) -> Self {
        Self {
            job,
            attachments,
            cancel,
            output,
        }
    }

    /// Tells the supervisor: alive, and this far (0 to 1).
    pub fn progress(&self, fraction: f64, message: &str) {
        let frame = FromWorker::Progress {
            job: self.job.to_owned(),
            fraction,
            message: message.to_owned(),
        };
        // Nobody listens any more: the reader of stdin ends the process.
        let _ = self.output.send(&frame, &[]);
    }

    /// Tells the supervisor what is known so far.
    pub fn partial(&self, result: Value, attachments: &[Vec<u8>]) {
        let frame = FromWorker::Partial {
            job: self.job.to_owned(),
            result,
        };
        // What does not fit a frame is told at the end, or not at all.
        let _ = self.output.send(&frame, attachments);
    }

    /// Whether to stop at the next batch border.
    pub fn cancelled(&self) -> bool {
        self.cancel.is_on()
    }

    /// The bytes of an input.
    pub fn input(&self, source: &Source) -> Result<Vec<u8>, Trouble> {
        self.bytes(source, MAX_INPUT_BYTES, "input")
    }

    /// The bytes of an embedding.
    pub fn points(&self, source: &Source) -> Result<Vec<u8>, Trouble> {
        self.bytes(source, MAX_POINTS_BYTES, "embedding")
    }

    /// A model that can be run, told by its content, and the size of what was uploaded.
    pub fn open(&self, source: &Source) -> Result<(Opened, u64), Trouble> {
        let native = match source {
            Source::Blob { path, .. } => native::claims(path).map_err(|error| gone("model", &error))?,
            Source::Attached { .. } => true,
        };
        if native {
            let bytes = self.bytes(source, MAX_MODEL_BYTES, "model")?;
            let length = bytes.len() as u64;
            if glassboard_glassbox::sniff(&bytes).is_some() {
                return Ok((Opened::Native(Box::new(native::read(&bytes)?)), length));
            }
        }
        let (model, length) = self.onnx(source)?;
        Ok((Opened::Onnx(Box::new(model)), length))
    }

    /// An ONNX model, its tensors' bytes still where they are, and the size of what was uploaded.
    pub fn onnx(&self, source: &Source) -> Result<(ModelProto, u64), Trouble> {
        match source {
            Source::Blob { path, .. } => {
                let length = std::fs::metadata(path).map_err(|error| gone("model", &error))?.len();
                // Blobs of others lie in the same folder: nothing beside the upload itself is read.
                Ok((onnx::load(path, Reach::Upload)?, length))
            }
            Source::Attached { .. } => {
                let bytes = self.bytes(source, MAX_MODEL_BYTES, "model")?;
                let length = bytes.len() as u64;
                Ok((onnx::from_bytes(bytes)?, length))
            }
        }
    }

    /// The bytes of a model.
    pub fn model(&self, source: &Source) -> Result<Vec<u8>, Trouble> {
        self.bytes(source, MAX_MODEL_BYTES, "model")
    }

    fn bytes(&self, source: &Source, limit: u64, what: &str) -> Result<Vec<u8>, Trouble> {
        match source {
            Source::Blob { path, .. } => {
                let gone = |error: std::io::Error| gone(what, &error);
                let length = std::fs::metadata(path).map_err(gone)?.len();
                if length > limit {
                    return Err(Trouble::input(format!(
                        "the {what} has {length} bytes; at most {limit} are read"
                    )));
                }
                std::fs::read(path).map_err(gone)
            }
            Source::Attached { part, .. } => {
                let bytes = self.attachments.get(*part).cloned();
                bytes.ok_or_else(|| Trouble::internal(format!("the {what} did not come with the job")))
            }
        }
    }
}

fn gone(what: &str, error: &std::io::Error) -> Trouble {
    Trouble::input(format!(
        "the {what} is not in the store any more ({error}); upload it again"
    ))
}

/// Set by the reader of stdin, looked at between batches.
#[derive(Debug, Clone, Default)]
pub(crate) struct CancelSwitch {
    on: Arc<AtomicBool>,
    job: Arc<Mutex<String>>,
}

impl CancelSwitch {
    /// A new job begins: nothing is cancelled.
    pub(crate) fn arm(&self, job: &str) {
        let mut current = self.job.lock().unwrap_or_else(PoisonError::into_inner);
        job.clone_into(&mut current);
        self.on.store(false, Ordering::SeqCst);
    }

    /// Cancels `job`, if it is the one that runs.
    pub(crate) fn cancel(&self, job: &str) {
        let current = self.job.lock().unwrap_or_else(PoisonError::into_inner);
        if *current == job {
            self.on.store(true, Ordering::SeqCst);
        }
    }

    fn is_on(&self) -> bool {
        self.on.load(Ordering::SeqCst)
    }
}
