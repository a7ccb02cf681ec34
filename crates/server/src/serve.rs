//! Starting and stopping: lock, store, watcher, listener, and a drain with an end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use glassboard_ingest::{Root, Stop, Watcher};
use glassboard_jobs::pool::Pool;
use glassboard_store::{Actor, Clock, Store, SystemClock};
use glassboard_tensorboard::Provider;
use glassboard_tensorboard::grpc::{Grpc, Listening};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::accept::{Limits, accept};
use crate::assets::Assets;
use crate::config::Config;
use crate::imports::Imports;
use crate::live::{Hub, Topic};
use crate::lock::Lock;
use crate::router::router;
use crate::security::{Guard, host::Hosts};
use crate::signals::Signals;
use crate::state::{AppState, Inner};
use crate::work::Work;

/// How long open requests may take to end once the server stops.
const DRAIN: Duration = Duration::from_secs(10);

/// A server that answers. Stops when told, or with [`Running::until_signal`].
pub struct Running {
    url: String,
    app: AppState,
    stopping: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
    grpc: Option<(SocketAddr, Grpc)>,
    pool: Pool,
    watcher: Option<Watcher>,
    signals: Option<Signals>,
    _lock: Lock,
}

impl Running {
    /// Where the front page is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where TensorBoard's data provider listens, if one does.
    pub fn grpc(&self) -> Option<SocketAddr> {
        self.grpc.as_ref().map(|(address, _)| *address)
    }

    /// Its store.
    pub fn store(&self) -> &Store {
        self.app.store()
    }

    /// Waits for SIGINT or SIGTERM, then stops. A second signal ends the process at once.
    pub async fn until_signal(mut self) -> anyhow::Result<()> {
        let Some(mut signals) = self.signals.take() else {
            anyhow::bail!("this server was not started to be stopped by a signal");
        };
        signals.next().await;
        tracing::info!("stopping; a second signal stops at once");
        tokio::select! {
            stopped = self.stop() => stopped,
            () = signals.next() => Ok(()),
        }
    }

    /// Stops accepting, ends live streams, lets open requests finish for ten seconds, closes the store.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stopping.cancel();
        if let Ok(ended) = tokio::time::timeout(DRAIN, self.task).await {
            ended
                .context("the server's task failed")?
                .context("the listener failed")?;
        } else {
            tracing::warn!("some requests did not end in {} s and were cut", DRAIN.as_secs());
        }
        if let Some((_, grpc)) = self.grpc
            && let Ok(ended) = tokio::time::timeout(DRAIN, grpc.ended()).await
        {
            ended.context("the data provider of TensorBoard failed")?;
        }
        // The watcher ends with the batch at hand, on a thread that may wait for it.
        tokio::task::spawn_blocking(move || drop(self.watcher))
            .await
            .context("the watcher of log folders failed")?;
        self.pool.stop().await;
        self.app.store().close().await;
        Ok(())
    }
}

/// Starts a server and answers once it listens.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    config.check()?;
    let base = config.prefix()?;
    let signals = Signals::listen()?;
    let mut lock = Lock::take(&config.data_dir)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Store::open(&config.data_dir, Arc::clone(&clock)).await?;
    let swept = store.sweep_blobs().await?;
    if swept > 0 {
        tracing::info!(files = swept, "removed what an interrupted upload or job left");
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("{} cannot be listened on; give another --listen", config.listen))?;
    let address = listener.local_addr().context("the listener has no address")?;
    let url = format!("http://{}{base}/", shown(address));
    let key = lock.sign(&url).context("the data directory's lock cannot be written")?;
    let stopping = CancellationToken::new();
    let hub = Hub::default();
    let (work, pool) = Work::start(&store, &config, hub.clone()).await?;
    let tensorboard = Provider::new(store.clone(), Actor::OWNER);
    let grpc = match config.grpc {
        Some(address) => Some(provide(address, tensorboard.clone(), &stopping).await?),
        None => None,
    };
    let imports = Imports::default();
    let watcher = follow(&config, &store, &hub, &imports)?;
    let app = AppState::new(Inner {
        guard: Guard::new(config.token.as_deref(), Hosts::of(address), clock).with_owner_key(&key),
        assets: Assets::load()?,
        hub,
        imports,
        work,
        logdirs: config.logdirs.clone(),
        demo: config.demo,
        graphs: crate::graphs::Cache::default(),
        stopping: stopping.clone(),
        tensorboard,
        store,
        base,
    });
    tokio::spawn(sweep_deleted(app.clone()));
    let service = router(&app);
    let task = tokio::spawn(accept(listener, service, stopping.clone(), Limits::default()));
    Ok(Running {
        url,
        app,
        stopping,
        task,
        grpc,
        pool,
        watcher,
        signals: Some(signals),
        _lock: lock,
    })
}

/// Serves TensorBoard's data provider.
async fn provide(
    address: SocketAddr,
    provider: Provider,
    stopping: &CancellationToken,
) -> anyhow::Result<(SocketAddr, Grpc)> {
    let listening = Listening::bind(address)
        .await
        .with_context(|| format!("{address} cannot be listened on; give another --grpc"))?;
    let address = listening.address().context("the listener has no address")?;
    Ok((address, listening.serve(provider, stopping.clone())))
}

/// Removes runs whose deletion can no longer be taken back: at the start, then hourly.
async fn sweep_deleted(app: AppState) {
    let stopping = app.stopping();
    loop {
        match app.store().purge_deleted().await {
            Ok(0) => {}
            Ok(runs) => tracing::info!(runs, "removed runs that were deleted seven days ago"),
            Err(error) => tracing::warn!(%error, "deleted runs were not removed; trying again in an hour"),
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(Duration::from_hours(1)) => {}
        }
    }
}

/// Follows the log folders; each commit goes out as a `points` event.
fn follow(config: &Config, store: &Store, hub: &Hub, imports: &Imports) -> anyhow::Result<Option<Watcher>> {
    if config.logdirs.is_empty() {
        return Ok(None);
    }
    let roots = config.logdirs.iter().map(|place| Root {
        place: place.clone(),
        name: None,
    });
    let (hub, imports) = (hub.clone(), imports.clone());
    let tell = move |change: glassboard_ingest::Change| {
        imports.set(&change.experiment, change.import);
        let import = imports.of(&change.experiment);
        let event =
            json!({ "experiment": change.experiment, "runs": change.runs, "tags": change.tags, "import": import });
        hub.send(Topic::Logs, "points", &event);
    };
    let handle = tokio::runtime::Handle::current();
    let watcher = glassboard_ingest::watch(store, &Actor::OWNER, &handle, roots.collect(), tell, &Stop::default());
    Ok(Some(watcher.context("the watcher of log folders did not start")?))
}

/// Starts, prints `Glassboard: <url>` once it is ready, and serves until a signal.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let running = start(config).await?;
    #[expect(
        clippy::print_stdout,
        reason = "the address on stdout is part of the command line's contract"
    )]
    {
        println!("Glassboard: {}", running.url());
        if let Some(address) = running.grpc() {
            println!("TensorBoard: tensorboard --grpc_data_provider {address}");
        }
    }
    running.until_signal().await
}

/// An unspecified address is reached from this machine by its loopback name.
fn shown(address: SocketAddr) -> SocketAddr {
    let mut shown = address;
    if address.ip().is_unspecified() {
        shown.set_ip(if address.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    shown
}
