//! What one server is told when it starts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use glassboard_ingest::Place;

/// What the workers compute with: part of every result's address. The server links no engine, so
/// whoever starts it says which one its workers are.
#[derive(Debug, Clone, Copy)]
pub struct Engine {
    /// Changes whenever results may.
    pub version: &'static str,
    /// The vector instructions that its kernels choose on this machine.
    pub instruction_set: &'static str,
}

/// Everything `glassboard serve` can be told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen. An address that is not loopback needs [`Config::token`].
    pub listen: SocketAddr,
    /// Where stock TensorBoard finds its data over gRPC; loopback only, since it shows no secret.
    pub grpc: Option<SocketAddr>,
    /// Log folders to watch; each root is an experiment.
    pub logdirs: Vec<Place>,
    /// Database and blobs.
    pub data_dir: PathBuf,
    /// A prefix of every path, `/tools/gb`, or empty.
    pub base_path: String,
    /// Worker children; each explains one thing at a time.
    pub workers: usize,
    /// Bytes that one job may hold, mapped files aside.
    pub worker_memory: u64,
    /// Wall time that one job may take.
    pub job_time: Duration,
    /// The secret every request must show, where there is one.
    pub token: Option<String>,
    /// What its workers compute with.
    pub engine: Engine,
    /// How a worker child is started: program and arguments.
    pub worker_command: Vec<String>,
    /// Whether this is the demo (offers nothing to install, says so on the landing page).
    pub demo: bool,
}

impl Config {
    /// The prefix without a trailing slash, or a sentence why it cannot be one.
    pub(crate) fn prefix(&self) -> anyhow::Result<String> {
        let trimmed = self.base_path.trim_end_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
        if trimmed.is_empty() {
            return Ok(String::new());
        }
        anyhow::ensure!(
            trimmed.starts_with('/') && !trimmed.contains("//") && trimmed.chars().all(plain),
            "--base-path {trimmed:?} is not a path: it starts with / and holds letters, digits, - _ . and / only"
        );
        Ok(trimmed.to_owned())
    }

    /// Refuses what would serve strangers without a secret.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.listen.ip().is_loopback() || self.token.is_some(),
            "--listen {} can be reached from other machines: give --token-file with a secret, or listen on 127.0.0.1",
            self.listen
        );
        if let Some(grpc) = self.grpc {
            anyhow::ensure!(
                grpc.ip().is_loopback(),
                "--grpc {grpc} can be reached from other machines, and TensorBoard shows no secret there: \
                 give an address of this machine's own, such as 127.0.0.1:{}",
                grpc.port()
            );
        }
        if let Some(token) = &self.token {
            anyhow::ensure!(
                token.len() >= 16,
                "the token has {} characters; give one of at least 16 (for example from `openssl rand -hex 32`)",
                token.len()
            );
        }
        Ok(())
    }
}
