//! The main loop of a child: frames in from stdin, one job at a time, frames out to stdout.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use glassboard_jobs::protocol::{FromWorker, ToWorker, read_frame, write_frame};
use glassboard_jobs::spec::JobSpec;

use crate::context::{CancelSwitch, Context};
use crate::dispatch::{Answer, dispatch};
use crate::fault;
use crate::trouble::Trouble;
use crate::warm::Warm;

/// Bytes of model files that are kept planned.
const WARM_BYTES: u64 = 512 << 20;
/// Stack of the thread that works: deep graphs are walked recursively in places.
const STACK_BYTES: usize = 64 << 20;

/// How a child runs.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Memory that one job may hold. A model's values get three quarters of it, so that a pass that
    /// cannot fit is refused before it begins. The supervisor watches the whole; half as much again
    /// is all that the process can map, so that one huge allocation fails at once.
    pub memory_bytes: Option<u64>,
}

impl Options {
    /// Bytes past which the system refuses to map more: room for stacks and the program itself on
    /// top of what the supervisor tolerates.
    fn hard_limit(&self) -> Option<u64> {
        self.memory_bytes
            .map(|bytes| bytes.saturating_add(bytes / 2).saturating_add(1 << 30))
    }

    fn warm(&self) -> Warm {
        match self.memory_bytes {
            None => Warm::new(WARM_BYTES),
            Some(bytes) => Warm::new(WARM_BYTES.min(bytes / 8)).with_memory(bytes / 4 * 3),
        }
    }
}

/// Frames to the supervisor.
pub(crate) struct Output(Mutex<io::Stdout>);

impl Output {
    pub(crate) fn send(&self, frame: &FromWorker, attachments: &[Vec<u8>]) -> io::Result<()> {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner).lock();
        write_frame(&mut out, frame, attachments)?;
        out.flush()
    }
}

type Work = (String, JobSpec, Vec<Vec<u8>>);

/// Works until stdin ends. Call it from `main`: the process dies with its parent.
pub fn serve_stdio(options: &Options) -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
    if let Some(bytes) = options.hard_limit() {
        nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_DATA, bytes, bytes)?;
    }
    let options = options.clone();
    let cancel = CancelSwitch::default();
    // One job is asked at a time; the second place is for one that is sent while the first ends.
    let (send, jobs) = sync_channel::<Work>(2);
    let switch = cancel.clone();
    std::thread::Builder::new()
        .name("stdin".into())
        .spawn(move || read_requests(&send, &switch))?;
    let worker = std::thread::Builder::new()
        .name("job".into())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            let output = Output(Mutex::new(io::stdout()));
            let mut warm = options.warm();
            for (job, spec, attachments) in jobs {
                cancel.arm(&job);
                let context = Context::new(&job, &attachments, &cancel, &output);
                let result = catch_unwind(AssertUnwindSafe(|| {
                    fault::trip(&spec);
                    dispatch(&spec, &context, &mut warm)
                }));
                let answer = result.unwrap_or_else(|panic| {
                    // Whatever the panic left half done goes with the cache.
                    warm = options.warm();
                    Err(Trouble::internal(format!(
                        "the worker failed on this job: {}",
                        words(&*panic)
                    )))
                });
                if report(&output, job, answer).is_err() {
                    return;
                }
            }
        })?;
    worker
        .join()
        .map_err(|_| io::Error::other("the worker's thread failed"))
}

fn report(output: &Output, job: String, answer: Result<Answer, Trouble>) -> io::Result<()> {
    match answer {
        Ok(answer) => {
            let done = FromWorker::Done {
                job: job.clone(),
                result: answer.result,
            };
            output.send(&done, &answer.attachments).or_else(|error| {
                let fault = glassboard_jobs::protocol::Fault::Internal;
                let message = format!("the result cannot be sent ({error}); ask for less at once");
                output.send(&FromWorker::Failed { job, fault, message }, &[])
            })
        }
        Err(trouble) => output.send(
            &FromWorker::Failed {
                job,
                fault: trouble.fault,
                message: trouble.message,
            },
            &[],
        ),
    }
}

/// Hands jobs on and cancels at once. The end of stdin is the end of the process, whatever runs.
fn read_requests(send: &SyncSender<Work>, cancel: &CancelSwitch) {
    let mut input = io::stdin().lock();
    loop {
        match read_frame::<ToWorker>(&mut input) {
            Ok(Some((ToWorker::Run { job, spec }, attachments))) => {
                if send.send((job, *spec, attachments)).is_err() {
                    return;
                }
            }
            Ok(Some((ToWorker::Cancel { job }, _))) => cancel.cancel(&job),
            Ok(None) => std::process::exit(0),
            Err(error) => {
                tracing::error!(%error, "the supervisor sent what is no request");
                std::process::exit(1);
            }
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it gave no reason".into())
}
