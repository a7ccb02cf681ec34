//! The listener.

use std::net::SocketAddr;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use super::service::DataProvider;
use crate::Provider;

/// Requests of one connection that run at once.
const AT_ONCE: usize = 64;

/// A bound listener.
pub struct Listening {
    listener: tokio::net::TcpListener,
}

impl Listening {
    /// Listens; port 0 is any free port.
    pub async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(address).await?;
        Ok(Self { listener })
    }

    /// Where.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stopping`, then lets open requests end.
    pub fn serve(self, provider: Provider, stopping: CancellationToken) -> Grpc {
        let incoming = TcpIncoming::from(self.listener).with_nodelay(Some(true));
        let mut server = Server::builder().concurrency_limit_per_connection(AT_ONCE);
        let served = server
            .add_service(DataProvider::new(provider))
            .serve_with_incoming_shutdown(incoming, async move { stopping.cancelled().await });
        Grpc {
            task: tokio::spawn(served),
        }
    }
}

/// A running service.
pub struct Grpc {
    task: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl Grpc {
    /// Waits for its end.
    pub async fn ended(self) -> std::io::Result<()> {
        self.task
            .await
            .map_err(std::io::Error::other)?
            .map_err(std::io::Error::other)
    }
}
