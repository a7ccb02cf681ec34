//! One worker child: spawn it, give it a job, watch its memory and its time, and say how it ended.
//!
//! The child is `glassboard worker --stdio` of the running binary. Everything it is sent or sends
//! goes through [`crate::protocol`]; what it prints on stderr goes to ours.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::protocol::{Fault, FromWorker, MAX_FRAME_BYTES, ToWorker, read_frame, write_frame};
use crate::spec::JobSpec;

/// How often the child's memory is looked at.
const MEMORY_CHECK: Duration = Duration::from_millis(100);
/// How long a cancelled child may take to stop by itself.
const CANCEL_GRACE: Duration = Duration::from_secs(2);
/// Frames that wait between the reader of the child's stdout and the supervisor.
const FRAME_QUEUE: usize = 16;

/// What a child may use.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes the child may hold, mapped files aside; past it the child is killed.
    pub memory_bytes: u64,
    /// Wall time of one job; past it the child is killed.
    pub job_time: Duration,
}

/// How to start a child.
#[derive(Debug, Clone)]
pub struct ChildCommand {
    /// The binary (`std::env::current_exe`).
    pub program: PathBuf,
    /// Its arguments (`worker --stdio`).
    pub arguments: Vec<String>,
    /// Environment variables on top of the cleaned environment.
    pub environment: Vec<(String, String)>,
    /// What each child may use.
    pub limits: Limits,
}

/// What a job sends up while it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// 0 to 1.
    pub fraction: f64,
    /// "Occlusion, 312 of 900 patches".
    pub message: String,
}

/// What comes up before the end.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// How far it is.
    Progress(Progress),
    /// What is known so far.
    Partial {
        /// As the result will be, as far as it goes.
        result: Value,
        /// The arrays so far.
        attachments: Vec<Vec<u8>>,
    },
}

/// How one job ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// With a result, and its big arrays.
    Done {
        /// As [`JobSpec`] says for the kind.
        result: Value,
        /// The arrays.
        attachments: Vec<Vec<u8>>,
    },
    /// With a sentence; the child lives on.
    Failed {
        /// Whose fault.
        fault: Fault,
        /// What, where, what to do.
        message: String,
    },
    /// The child is gone: killed, crashed, out of memory or out of time. The sentence says which.
    Lost {
        /// What happened, and what to do.
        message: String,
        /// Whether the same job may be tried again on a fresh child.
        retry: bool,
    },
}

/// A living child, idle between jobs.
pub struct WorkerChild {
    child: Child,
    stdin: ChildStdin,
    frames: mpsc::Receiver<std::io::Result<(FromWorker, Vec<Vec<u8>>)>>,
    limits: Limits,
    jobs: u32,
}

impl WorkerChild {
    /// Starts one, in its own process group, with a cleaned environment.
    pub fn spawn(command: &ChildCommand) -> std::io::Result<Self> {
        let mut child = Command::new(&command.program)
            .args(&command.arguments)
            .env_clear()
            .envs(
                std::env::vars().filter(|(name, _)| matches!(name.as_str(), "RUST_LOG" | "RUST_BACKTRACE" | "TMPDIR")),
            )
            .envs(command.environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::Error::other("the worker's pipes are missing"));
        };
        let (send, frames) = mpsc::channel(FRAME_QUEUE);
        tokio::spawn(read_frames(stdout, send));
        Ok(Self {
            child,
            stdin,
            frames,
            limits: command.limits.clone(),
            jobs: 0,
        })
    }

    /// Jobs this child has been given so far.
    pub fn jobs(&self) -> u32 {
        self.jobs
    }

    /// Whether the child still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Process id, for fault tests and the jobs page.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Gives the child one job and stays with it to its end. After [`Outcome::Lost`] the child is
    /// dead and must be dropped.
    pub async fn run(
        &mut self,
        job: &str,
        spec: JobSpec,
        attachments: &[Vec<u8>],
        mut cancel: watch::Receiver<bool>,
        mut on_step: impl FnMut(Step) + Send,
    ) -> Outcome {
        self.jobs += 1;
        let request = ToWorker::Run {
            job: job.to_owned(),
            spec: Box::new(spec),
        };
        if let Err(error) = self.send(&request, attachments).await {
            return self.lost(&format!("it took no job ({error})"), true).await;
        }
        let deadline = Instant::now() + self.limits.job_time;
        let mut killed_at: Option<Instant> = None;
        let mut memory = interval(MEMORY_CHECK);
        memory.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut cancel_open = true;
        loop {
            let stop_at = killed_at.unwrap_or(deadline);
            tokio::select! {
                frame = self.frames.recv() => match frame {
                    Some(Ok((FromWorker::Progress { job: id, fraction, message }, _))) => {
                        if id == job {
                            on_step(Step::Progress(Progress { fraction: fraction.clamp(0.0, 1.0), message }));
                        }
                    }
                    Some(Ok((FromWorker::Partial { job: id, result }, attachments))) if id == job => {
                        on_step(Step::Partial { result, attachments });
                    }
                    Some(Ok((FromWorker::Done { job: id, result }, attachments))) if id == job => {
                        return Outcome::Done { result, attachments };
                    }
                    Some(Ok((FromWorker::Failed { job: id, fault, message }, _))) if id == job => {
                        return Outcome::Failed { fault, message };
                    }
                    // An answer to an earlier job that was given up on.
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return self.lost(&format!("it sent what is no answer ({error})"), true).await,
                    None => return self.lost("", true).await,
                },
                _ = memory.tick() => {
                    if let Some(used) = self.child.id().and_then(held_bytes)
                        && used > self.limits.memory_bytes
                    {
                        let text = format!(
                            "it needed more than the {} MiB a job may use; choose a smaller input or fewer samples, \
                             or start the server with a larger --worker-memory",
                            self.limits.memory_bytes >> 20
                        );
                        return self.lost(&text, false).await;
                    }
                }
                changed = cancel.changed(), if cancel_open && killed_at.is_none() => {
                    cancel_open = changed.is_ok();
                    if cancel_open && *cancel.borrow() {
                        killed_at = Some(Instant::now() + CANCEL_GRACE);
                        // A child that reads no frame any more is killed at the end of the grace.
                        let _ = tokio::time::timeout(CANCEL_GRACE, self.send(&ToWorker::Cancel { job: job.to_owned() }, &[])).await;
                    }
                }
                () = sleep_until(stop_at) => {
                    if killed_at.is_some() {
                        self.kill().await;
                        return Outcome::Failed { fault: Fault::Cancelled, message: "cancelled".into() };
                    }
                    let text = format!(
                        "it did not finish within the {} s a job may take; choose fewer samples, or start the server \
                         with a longer --job-time",
                        self.limits.job_time.as_secs_f32()
                    );
                    return self.lost(&text, false).await;
                }
            }
        }
    }

    async fn send(&mut self, message: &ToWorker, attachments: &[Vec<u8>]) -> std::io::Result<()> {
        let mut frame = Vec::new();
        write_frame(&mut frame, message, attachments)?;
        self.stdin.write_all(&frame).await?;
        self.stdin.flush().await
    }

    /// Makes sure the child is gone and says how it went.
    async fn lost(&mut self, why: &str, retry: bool) -> Outcome {
        let message = if why.is_empty() {
            match tokio::time::timeout(CANCEL_GRACE, self.child.wait()).await {
                Ok(Ok(status)) => format!("The worker stopped in the middle of the job: {}.", describe(status)),
                _ => "The worker closed its output in the middle of the job.".to_owned(),
            }
        } else {
            format!("The worker was stopped: {why}.")
        };
        self.kill().await;
        Outcome::Lost { message, retry }
    }

    /// Kills the whole process group and reaps the child.
    pub async fn kill(&mut self) {
        if let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            // It may have died on its own between the two calls: nothing to do then.
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
        if let Err(error) = self.child.wait().await {
            tracing::warn!(%error, "a worker could not be reaped");
        }
    }
}

fn describe(status: std::process::ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.signal(), status.code()) {
        (Some(9), _) => "it was killed (signal 9), by hand or because the machine ran out of memory".into(),
        (Some(6), _) => "it aborted (signal 6), most often because it needed more memory than it may use; \
                          choose a smaller input, or start the server with a larger --worker-memory"
            .into(),
        (Some(number), _) => format!("signal {number}"),
        (None, Some(code)) => format!("exit code {code}"),
        (None, None) => "no exit status".into(),
    }
}

/// Memory that a process holds for itself, in bytes. Pages of mapped files are not counted: a large
/// checkpoint is read through a mapping, and the system takes those pages back when it needs them.
/// `None` once the process is gone.
fn held_bytes(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()
    };
    Some((field("RssAnon:")? + field("RssShmem:")?) * 1024)
}

/// Reads whole frames off the pipe and hands them on; ends with the pipe or the first bad frame.
async fn read_frames(
    mut stdout: impl AsyncRead + Unpin,
    send: mpsc::Sender<std::io::Result<(FromWorker, Vec<Vec<u8>>)>>,
) {
    loop {
        let frame = match read_one(&mut stdout).await {
            Ok(Some(bytes)) => read_frame::<FromWorker>(&mut bytes.as_slice()).transpose(),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        };
        let Some(frame) = frame else { return };
        let bad = frame.is_err();
        if send.send(frame).await.is_err() || bad {
            return;
        }
    }
}

/// The bytes of one frame, as [`read_frame`] wants them; `None` at the end of the stream.
async fn read_one(stdout: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut frame = Vec::new();
    match read_length(stdout, &mut frame).await {
        Ok(length) => read_part(stdout, length, &mut frame).await?,
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let parts = read_length(stdout, &mut frame).await?;
    for _ in 0..parts.min(16) {
        let length = read_length(stdout, &mut frame).await?;
        read_part(stdout, length, &mut frame).await?;
    }
    Ok(Some(frame))
}

async fn read_length(stdout: &mut (impl AsyncRead + Unpin), frame: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut length = [0u8; 4];
    stdout.read_exact(&mut length).await?;
    frame.extend_from_slice(&length);
    Ok(u32::from_le_bytes(length) as usize)
}

async fn read_part(stdout: &mut (impl AsyncRead + Unpin), length: usize, frame: &mut Vec<u8>) -> std::io::Result<()> {
    if frame.len() + length > MAX_FRAME_BYTES + (64 << 10) {
        return Err(std::io::Error::other(format!(
            "a worker's frame passes {MAX_FRAME_BYTES} bytes"
        )));
    }
    let start = frame.len();
    frame.resize(start + length, 0);
    stdout.read_exact(&mut frame[start..]).await?;
    Ok(())
}
