//! SIGINT and SIGTERM, listened for before anybody is told that the server runs: who stops it right
//! after its address was printed must meet a handler, not the system's default.

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The two signals that mean "stop".
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From here on the process does not die of them.
    pub fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("no handler for SIGINT")?,
            terminate: signal(SignalKind::terminate()).context("no handler for SIGTERM")?,
        })
    }

    /// The next one, or the first that came unseen.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
