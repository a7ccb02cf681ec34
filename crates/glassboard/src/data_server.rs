//! The program that TensorBoard starts itself: `TENSORBOARD_DATA_SERVER_BINARY=glassboard tensorboard --logdir X
//! --load_fast=true`. Called without a verb but with `--port-file`, it takes the flags of TensorBoard's own data server.
//!
//! What it reads stays in a folder of its own below the platform's cache, so that the next start reads what is new.

use std::ffi::OsString;
use std::io::Read as _;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use glassboard_ingest::{Root, Stop};
use glassboard_server::Lock;
use glassboard_store::logs::Deletion;
use glassboard_store::{Actor, Clock, Store, SystemClock};
use glassboard_tensorboard::Provider;
use glassboard_tensorboard::grpc::Listening;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::verbs::serve::runtime;

/// What TensorBoard reads as "this log folder cannot be served": it shows the error file's sentence.
const BAD_LOGDIR: u8 = 8;
/// A cache that was not opened for so long is removed.
const FORGOTTEN: Duration = Duration::from_hours(30 * 24);

/// The flags of TensorBoard's data server.
#[derive(Debug, Parser)]
#[command(name = "glassboard", version)]
struct Args {
    /// The log folder to follow.
    #[arg(long, value_name = "DIR")]
    logdir: String,
    /// The host to listen on.
    #[arg(long, default_value = "localhost")]
    host: String,
    /// The port to listen on; 0 is any free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The file that the port is written to.
    #[arg(long, value_name = "FILE")]
    port_file: PathBuf,
    /// The file that a failed start is explained in.
    #[arg(long, value_name = "FILE")]
    error_file: Option<PathBuf>,
    /// `once` to read the folder once; a number of seconds is taken as "follow it".
    #[arg(long, default_value = "5")]
    reload: String,
    /// Taken and not needed: every value is kept, and clients say how many they want.
    #[arg(long, default_value = "")]
    samples_per_plugin: String,
    /// End when standard input closes.
    #[arg(long)]
    die_after_stdin: bool,
    /// Taken and not needed: `GLASSBOARD_LOG` says what is logged.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Taken and not needed: every record is checked.
    #[arg(long)]
    checksum: bool,
    /// Taken and not needed: every record is checked.
    #[arg(long)]
    no_checksum: bool,
}

/// Whether these are the arguments of a data server: no verb, and a port file.
pub fn asked_for(arguments: impl IntoIterator<Item = OsString>) -> bool {
    let mut arguments = arguments.into_iter().skip(1).peekable();
    arguments.peek().is_some_and(|first| is_flag(first, "--"))
        && arguments.any(|argument| is_flag(&argument, "--port-file"))
}

fn is_flag(argument: &OsString, start: &str) -> bool {
    argument.to_str().is_some_and(|argument| argument.starts_with(start))
}

/// Serves until standard input closes or a signal comes.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let explain = |error: &anyhow::Error| {
        let sentence = format!("{error:#}");
        eprintln!("glassboard: {sentence}");
        if let Some(file) = &args.error_file
            && let Err(error) = std::fs::write(file, format!("{sentence}\n"))
        {
            eprintln!("glassboard: {} cannot be written: {error}", file.display());
        }
    };
    let logdir = match logdir(&args.logdir) {
        Ok(logdir) => logdir,
        Err(error) => {
            explain(&error);
            return ExitCode::from(BAD_LOGDIR);
        }
    };
    match run(&args, &logdir) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            explain(&error);
            ExitCode::FAILURE
        }
    }
}

/// The folder, or a sentence why it is none. One that is not there yet is waited for.
fn logdir(named: &str) -> anyhow::Result<PathBuf> {
    anyhow::ensure!(
        !named.contains("://"),
        "--logdir {named} is not on this machine: Glassboard's data server reads local folders only"
    );
    anyhow::ensure!(!named.is_empty(), "--logdir is empty: name a folder of logs");
    let path = Path::new(named);
    if !path.exists() {
        return std::path::absolute(path).with_context(|| format!("--logdir {named} is no path"));
    }
    anyhow::ensure!(path.is_dir(), "--logdir {named} is not a folder");
    std::fs::read_dir(path).with_context(|| format!("--logdir {named} cannot be read"))?;
    path.canonicalize()
        .with_context(|| format!("--logdir {named} cannot be read"))
}

fn run(args: &Args, logdir: &Path) -> anyhow::Result<()> {
    let home = Home::open(logdir)?;
    runtime()?.block_on(serve(args, logdir, &home))
}

async fn serve(args: &Args, logdir: &Path, home: &Home) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Store::open(&home.directory, clock).await?;
    let root = Root {
        place: logdir.to_owned().into(),
        name: None,
    };
    let name = logdir.file_name().unwrap_or(logdir.as_os_str()).to_string_lossy();
    let (_, slug) = store
        .open_experiment(&Actor::OWNER, &name, Some(&logdir.to_string_lossy()))
        .await?;
    let listening = Listening::bind(address(&args.host, args.port)?)
        .await
        .with_context(|| format!("{}:{} cannot be listened on", args.host, args.port))?;
    let port = listening.address().context("the listener has no address")?.port();
    let stopping = CancellationToken::new();
    let provider = Provider::only(store.clone(), Actor::OWNER, &slug);
    let served = listening.serve(provider, stopping.clone());
    let stop = Stop::default();
    let read = tokio::task::spawn_blocking({
        let (store, stop, once) = (store.clone(), stop.clone(), args.reload == "once");
        move || read(&store, root, &slug, once, &stop)
    });
    announce(&args.port_file, port)?;
    if args.die_after_stdin {
        end_with_input(stopping.clone())?;
    }
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        () = stopping.cancelled() => {}
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stopping.cancel();
    stop.stop();
    // A client that holds its connection does not hold us.
    let _ended = tokio::time::timeout(Duration::from_secs(2), served.ended()).await;
    read.await.context("the reader of logs failed")?;
    store.close().await;
    Ok(())
}

/// Reads the folder, and what is added to it until `stop` unless `once`. Runs on a thread of its own.
fn read(store: &Store, root: Root, slug: &str, once: bool, stop: &Stop) {
    let handle = tokio::runtime::Handle::current();
    if let Err(error) = handle.block_on(forget_removed(store, slug)) {
        tracing::warn!(%error, "runs whose files are gone could not be removed");
    }
    if once {
        if let Err(error) = glassboard_ingest::import_once(store, &Actor::OWNER, &handle, &root, stop) {
            tracing::warn!(%error, "logs were not read");
        }
        return;
    }
    match glassboard_ingest::watch(store, &Actor::OWNER, &handle, vec![root], |_| {}, stop) {
        Ok(watcher) => {
            while !stop.is_stopped() {
                std::thread::sleep(Duration::from_millis(100));
            }
            drop(watcher);
        }
        Err(error) => tracing::warn!(%error, "the watcher of log folders did not start"),
    }
}

/// A run whose files are all gone since the last time is gone: TensorBoard shows what is on disk.
async fn forget_removed(store: &Store, slug: &str) -> anyhow::Result<()> {
    for run in store.runs(&Actor::OWNER, slug).await? {
        let files = store.run(&Actor::OWNER, slug, &run.id).await?.files;
        if !files.is_empty() && files.iter().all(|file| !Path::new(&file.path).exists()) {
            store.delete_run(&Actor::OWNER, slug, &run.id, Deletion::Forget).await?;
        }
    }
    Ok(())
}

/// Writes the port, all at once: TensorBoard reads the file while we write it.
fn announce(file: &Path, port: u16) -> anyhow::Result<()> {
    let unfinished = file.with_extension("unfinished");
    std::fs::write(&unfinished, format!("{port}\n"))
        .and_then(|()| std::fs::rename(&unfinished, file))
        .with_context(|| format!("--port-file {} cannot be written", file.display()))
}

/// Stops when standard input closes: whoever started us is gone.
fn end_with_input(stopping: CancellationToken) -> anyhow::Result<()> {
    let wait = move || {
        let mut bytes = [0; 256];
        while std::io::stdin().read(&mut bytes).is_ok_and(|n| n > 0) {}
        stopping.cancel();
    };
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(wait)
        .context("the watch over standard input did not start")?;
    Ok(())
}

/// The host's IPv4 address where it has one: TensorBoard connects to `localhost`.
fn address(host: &str, port: u16) -> anyhow::Result<SocketAddr> {
    let found: Vec<SocketAddr> = (host, port)
        .to_socket_addrs()
        .with_context(|| format!("--host {host} is not known"))?
        .collect();
    let loopback = |address: &&SocketAddr| address.ip() == IpAddr::from([127, 0, 0, 1]);
    let address = found.iter().find(loopback).or(found.first());
    address
        .copied()
        .with_context(|| format!("--host {host} has no address"))
}

/// Where what was read is kept: the log folder's own place in the cache, or a folder that goes with the process
/// where another one reads the same logs.
struct Home {
    directory: PathBuf,
    _lock: Lock,
    _passing: Option<tempfile::TempDir>,
}

impl Home {
    fn open(logdir: &Path) -> anyhow::Result<Self> {
        if let Some(cache) = directories::ProjectDirs::from("", "", "glassboard") {
            let caches = cache.cache_dir().join("data-server");
            let key = blake3::hash(logdir.as_os_str().as_encoded_bytes()).to_hex();
            let directory = caches.join(&key[..32]);
            let locked = std::fs::create_dir_all(&directory)
                .map_err(anyhow::Error::from)
                .and_then(|()| Ok(Lock::take(&directory)?));
            match locked {
                Ok(lock) => {
                    remove_forgotten(&caches, &directory);
                    return Ok(Self {
                        directory,
                        _lock: lock,
                        _passing: None,
                    });
                }
                Err(error) => tracing::info!(%error, "reading into a temporary folder"),
            }
        }
        let passing = tempfile::tempdir().context("no temporary folder can be made")?;
        Ok(Self {
            directory: passing.path().to_owned(),
            _lock: Lock::take(passing.path())?,
            _passing: Some(passing),
        })
    }
}

/// Removes caches that nobody opened for a month.
fn remove_forgotten(caches: &Path, own: &Path) {
    let Ok(entries) = std::fs::read_dir(caches) else { return };
    for directory in entries.flatten().map(|entry| entry.path()).filter(|path| path != own) {
        let opened = std::fs::metadata(directory.join("serve.lock")).and_then(|file| file.modified());
        let old = opened.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > FORGOTTEN));
        if old && let Ok(lock) = Lock::take(&directory) {
            let removed = std::fs::remove_dir_all(&directory);
            drop(lock);
            if let Err(error) = removed {
                tracing::debug!(%error, "an old cache could not be removed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> bool {
        asked_for(line.split(' ').map(OsString::from))
    }

    #[test]
    fn a_port_file_and_no_verb_is_a_data_server() {
        assert!(asked(
            "glassboard --logdir=/x --port=0 --port-file=/y --die-after-stdin"
        ));
        assert!(asked("glassboard --port-file /y --logdir /x"));
        assert!(!asked("glassboard serve --port-file=/y"));
        assert!(!asked("glassboard --version"));
        assert!(!asked("glassboard"));
    }

    #[test]
    fn what_is_no_folder_is_refused_with_a_sentence() {
        let here = tempfile::tempdir().expect("a folder");
        assert_eq!(
            logdir(&here.path().to_string_lossy()).expect("a folder"),
            here.path().canonicalize().expect("a path")
        );
        assert!(logdir(&here.path().join("later").to_string_lossy()).is_ok());
        let file = here.path().join("file");
        std::fs::write(&file, "").expect("a file");
        for bad in ["", "gs://bucket/logs", &file.to_string_lossy()] {
            let error = logdir(bad).expect_err("refused").to_string();
            assert!(error.starts_with("--logdir"), "{error}");
        }
    }

    #[test]
    fn a_second_reader_of_the_same_logs_gets_a_passing_folder() {
        let logs = tempfile::tempdir().expect("a folder");
        let (first, second) = (Home::open(logs.path()), Home::open(logs.path()));
        let (first, second) = (first.expect("a home"), second.expect("a home"));
        assert_ne!(first.directory, second.directory);
        assert!(second.directory.exists());
        let cached = first.directory.clone();
        drop((first, second));
        // Tests leave nothing in the cache.
        let _removed = std::fs::remove_dir_all(cached);
    }
}
