//! Tests that speak to the whole router, as a client would.

mod logs;
mod organise;
mod security;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use glassboard_jobs::pool::Pool;
use glassboard_store::{Clock, ManualClock, Store};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::assets::Assets;
use crate::config::{Config, Engine};
use crate::live::Hub;
use crate::router::router;
use crate::security::{Guard, host::Hosts};
use crate::state::{AppState, Inner};
use crate::work::Work;

/// A server over an empty data directory, without a socket.
pub(crate) struct House {
    app: AppState,
    router: Router,
    _pool: Pool,
    _directory: TempDir,
}

/// What came back.
struct Got {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: String,
}

pub(crate) async fn house(token: Option<&str>, base: &str) -> House {
    let directory = tempfile::tempdir().expect("a directory");
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(1_700_000_100_000_000));
    let store = Store::open(directory.path(), Arc::clone(&clock))
        .await
        .expect("a store");
    let listen = "127.0.0.1:6006".parse().expect("an address");
    let config = Config {
        listen,
        grpc: None,
        logdirs: Vec::new(),
        data_dir: directory.path().to_owned(),
        base_path: base.to_owned(),
        workers: 1,
        worker_memory: 1 << 30,
        job_time: Duration::from_mins(1),
        token: token.map(str::to_owned),
        engine: Engine {
            version: "glassboard-engine 0, test kernels",
            instruction_set: "none",
        },
        worker_command: vec!["/bin/false".to_owned()],
        demo: false,
    };
    let hub = Hub::default();
    let (work, pool) = Work::start(&store, &config, hub.clone()).await.expect("a pool");
    let app = AppState::new(Inner {
        graphs: crate::graphs::Cache::default(),
        guard: Guard::new(token, Hosts::of(listen), clock),
        assets: Assets::load().expect("the web build"),
        hub,
        imports: crate::imports::Imports::default(),
        work,
        logdirs: Vec::new(),
        demo: false,
        stopping: CancellationToken::new(),
        base: base.to_owned(),
        tensorboard: glassboard_tensorboard::Provider::new(store.clone(), glassboard_store::Actor::OWNER),
        store,
    });
    House {
        router: router(&app),
        app,
        _pool: pool,
        _directory: directory,
    }
}

impl House {
    pub(crate) fn app(&self) -> &AppState {
        &self.app
    }

    async fn send(&self, request: Request<Body>) -> Got {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 16 << 20).await.expect("a body");
        Got {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    async fn get(&self, path: &str) -> Got {
        self.send(ask("GET", path).body(Body::empty()).expect("a request"))
            .await
    }
}

fn ask(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "127.0.0.1:6006")
}
