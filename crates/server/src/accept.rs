//! The accept loop: how many connections there may be, how long the head of a request may take, and how
//! connections end when the server stops.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What one client may take of the server before it has said anything.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; further ones wait in the system's queue.
    pub connections: usize,
    /// From the first byte that may come to the empty line that ends a request's head.
    pub head: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            head: Duration::from_secs(20),
        }
    }
}

/// How long to wait when the process has no file descriptor left for a connection.
const NO_DESCRIPTORS: Duration = Duration::from_millis(500);

/// Serves until `stopping`, then lets open requests end.
pub async fn accept(
    listener: TcpListener,
    service: Router,
    stopping: CancellationToken,
    limits: Limits,
) -> io::Result<()> {
    // Only HTTP/1: the detection of HTTP/2 would wait for the first bytes without an end.
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head);
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut open = JoinSet::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((place, connection(&listener).await))
        };
        let (place, stream) = tokio::select! {
            next = next => next?,
            () = stopping.cancelled() => break,
        };
        while open.try_join_next().is_some() {}
        let (builder, stopping) = (builder.clone(), stopping.clone());
        let service = TowerToHyperService::new(service.clone());
        open.spawn(async move {
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            tokio::pin!(connection);
            // An error is the client's: it went away, or did not speak HTTP in time.
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stopping.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    while open.join_next().await.is_some() {}
    Ok(())
}

/// The next connection; one that failed on its way is the next one's turn.
async fn connection(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Live events are small and should leave at once.
                let _slower = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => {
                let gone = [
                    io::ErrorKind::ConnectionRefused,
                    io::ErrorKind::ConnectionAborted,
                    io::ErrorKind::ConnectionReset,
                ];
                if !gone.contains(&error.kind()) {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(NO_DESCRIPTORS).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn server(
        limits: Limits,
    ) -> (
        std::net::SocketAddr,
        CancellationToken,
        tokio::task::JoinHandle<io::Result<()>>,
    ) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stopping) = (listener.local_addr().unwrap(), CancellationToken::new());
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            "slow"
        };
        let service = Router::new()
            .route("/", get(|| async { "here" }))
            .route("/slow", get(slow));
        (
            address,
            stopping.clone(),
            tokio::spawn(accept(listener, service, stopping, limits)),
        )
    }

    async fn ask(address: std::net::SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_head_that_does_not_end_is_cut_and_others_are_served_meanwhile() {
        let limits = Limits {
            head: Duration::from_millis(400),
            ..Limits::default()
        };
        let (address, ..) = server(limits).await;
        for begun in ["", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
            let mut slow = TcpStream::connect(address).await.unwrap();
            slow.write_all(begun.as_bytes()).await.unwrap();
            let began = Instant::now();
            assert!(ask(address, "/").await.ends_with("here"));
            let mut rest = Vec::new();
            let cut = tokio::time::timeout(Duration::from_secs(5), slow.read_to_end(&mut rest)).await;
            assert!(cut.is_ok(), "{begun:?} was left open");
            assert!(
                began.elapsed() >= Duration::from_millis(300),
                "{begun:?} was cut too soon"
            );
        }
    }

    #[tokio::test]
    async fn connections_beyond_the_limit_wait_their_turn() {
        let limits = Limits {
            connections: 1,
            head: Duration::from_millis(400),
        };
        let (address, ..) = server(limits).await;
        let _holds_the_place = TcpStream::connect(address).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let began = Instant::now();
        assert!(ask(address, "/").await.ends_with("here"));
        assert!(began.elapsed() >= Duration::from_millis(250));
    }

    #[tokio::test]
    async fn stopping_lets_an_open_request_end() {
        let (address, stopping, task) = server(Limits::default()).await;
        let answer = tokio::spawn(async move { ask(address, "/slow").await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        stopping.cancel();
        assert!(answer.await.unwrap().ends_with("slow"));
        task.await.unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
