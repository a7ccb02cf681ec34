//! The hub of live events: bounded, and a reader that falls behind is told to read again.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};

/// Events a slow reader may lag behind before it is told to read again.
const CAPACITY: usize = 512;
/// Streams at once; each is a socket and a little memory.
const MAX_STREAMS: usize = 256;

/// What a page can subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// New points.
    Logs,
    /// Progress of work, and results.
    Jobs,
    /// Models that came or changed.
    Models,
}

impl Topic {
    /// The topic of that name in `?topics=`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "logs" => Some(Self::Logs),
            "jobs" => Some(Self::Jobs),
            "models" => Some(Self::Models),
            _ => None,
        }
    }
}

/// One event as it goes out.
#[derive(Debug, Clone)]
pub struct LiveEvent {
    /// Who wants it.
    pub topic: Topic,
    /// `points`, `job`, `model` or `result`.
    pub name: &'static str,
    /// Its JSON, written once for all readers.
    pub data: Arc<str>,
}

/// Where events are sent and read. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Hub {
    sender: broadcast::Sender<LiveEvent>,
    streams: Arc<Semaphore>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            sender: broadcast::channel(CAPACITY).0,
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
        }
    }
}

impl Hub {
    /// Sends to everyone who listens; to nobody is fine.
    pub fn send(&self, topic: Topic, name: &'static str, data: &Value) {
        let event = LiveEvent {
            topic,
            name,
            data: data.to_string().into(),
        };
        // An error says that nobody listens.
        let _nobody = self.sender.send(event);
    }

    /// A place among the streams, or nothing when all are taken.
    pub fn subscribe(&self) -> Option<(broadcast::Receiver<LiveEvent>, OwnedSemaphorePermit)> {
        let permit = Arc::clone(&self.streams).try_acquire_owned().ok()?;
        Some((self.sender.subscribe(), permit))
    }
}
