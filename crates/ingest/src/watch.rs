//! Following log folders for as long as the server lives.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use glassboard_store::{Actor, Store};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::runtime::Handle;
use tracing::{info, warn};

use crate::import::Importer;
use crate::place::Place;
use crate::walk::is_event_file;
use crate::{Root, Stop};

/// Network file systems and buckets tell nothing; everything is looked at this often.
const POLL: Duration = Duration::from_secs(5);
/// Writes that come together are read together.
const GATHER: Duration = Duration::from_millis(40);
/// Fewer bytes left to read are the tail of a live run, no import.
const IMPORTING: u64 = 1 << 20;
/// File events waiting to be looked at; when more come, everything is looked at.
const WAITING: usize = 4096;

/// New values are in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The experiment's name in URLs.
    pub experiment: String,
    /// Ids of the runs that got values.
    pub runs: Vec<String>,
    /// Their tags.
    pub tags: Vec<String>,
    /// How far the import is that this commit belongs to; `None` once everything found is read.
    pub import: Option<Progress>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Progress {
    /// Bytes of the log folder that are read.
    pub bytes: u64,
    /// Bytes that were there when it began.
    pub total: u64,
}

/// A running watch: dropping it ends the watch and waits for the batch at hand.
#[derive(Debug)]
pub struct Watcher {
    stop: Stop,
    threads: Vec<JoinHandle<()>>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop.stop();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Imports `roots` and goes on as they grow, on threads of its own, until `stop` is set or the watcher
/// dropped. `on_change` is called after each commit, on those threads: it must not block.
/// `handle` is the runtime the store lives on, and must outlive the watch.
pub fn watch(
    store: &Store,
    actor: &Actor,
    handle: &Handle,
    roots: Vec<Root>,
    on_change: impl Fn(Change) + Send + Sync + 'static,
    stop: &Stop,
) -> std::io::Result<Watcher> {
    let (here, away): (Vec<_>, Vec<_>) = roots.into_iter().partition(|root| root.place.is_local());
    // A bucket that answers slowly or not at all holds up nothing else.
    let mut groups: Vec<_> = away.into_iter().map(|root| vec![root]).collect();
    if !here.is_empty() {
        groups.insert(0, here);
    }
    let on_change = Arc::new(on_change);
    let mut watcher = Watcher {
        stop: stop.clone(),
        threads: Vec::with_capacity(groups.len()),
    };
    for roots in groups {
        let (store, actor, handle, stop) = (store.clone(), *actor, handle.clone(), stop.clone());
        let on_change = on_change.clone();
        let thread = std::thread::Builder::new().name("logs".to_owned()).spawn(move || {
            let roots = roots.into_iter().map(|root| Watched { root, importer: None }).collect();
            Following {
                store,
                actor,
                handle,
                roots,
                on_change,
                stop,
            }
            .run();
        })?;
        watcher.threads.push(thread);
    }
    Ok(watcher)
}

struct Watched {
    root: Root,
    /// `None` until the folder exists.
    importer: Option<Importer>,
}

struct Following {
    store: Store,
    actor: Actor,
    handle: Handle,
    roots: Vec<Watched>,
    on_change: Arc<dyn Fn(Change) + Send + Sync>,
    stop: Stop,
}

impl Following {
    fn run(mut self) {
        let (sender, events) = sync_channel(WAITING);
        let missed = Arc::new(AtomicBool::new(false));
        let local = self.roots.iter().any(|watched| watched.root.place.is_local());
        let mut notifier = if local { notifier(sender, missed.clone()) } else { None };
        let mut looked = None::<Instant>;
        while !self.stop.is_stopped() {
            let everything = looked.is_none_or(|at| at.elapsed() >= POLL) || missed.swap(false, Ordering::Relaxed);
            if everything {
                self.look_at_everything(notifier.as_mut());
                looked = Some(Instant::now());
            }
            match wait(
                &events,
                &self.stop,
                POLL.saturating_sub(looked.map_or(POLL, |at| at.elapsed())),
            ) {
                Seen::Nothing => {}
                Seen::Folders => looked = None,
                Seen::Files(paths) => self.look_at(&paths),
            }
        }
    }

    fn look_at_everything(&mut self, mut notifier: Option<&mut RecommendedWatcher>) {
        for index in 0..self.roots.len() {
            let watched = &mut self.roots[index];
            if watched.importer.is_none() {
                match Importer::open(&self.store, self.actor, &self.handle, &watched.root) {
                    Ok(importer) => {
                        info!(folder = %importer.root, experiment = %importer.slug, "following logs");
                        let told = match (&importer.root, notifier.as_mut()) {
                            (Place::Folder(root), Some(notifier)) => notifier.watch(root, RecursiveMode::Recursive),
                            _ => Ok(()),
                        };
                        if let Err(error) = told {
                            warn!(%error, "file events are not available here: looking every five seconds");
                        }
                        watched.importer = Some(importer);
                    }
                    Err(error) => warn!(%error, "logs cannot be followed yet"),
                }
            }
            let Some(importer) = &mut watched.importer else {
                continue;
            };
            let outcome = importer.refresh().and_then(|()| {
                let found = importer.find()?;
                sweep(importer, &found.events, &self.stop, &*self.on_change)?;
                importer.embeddings(&found.configs)
            });
            if let Err(error) = outcome {
                warn!(%error, "logs were not read; trying again in five seconds");
            }
        }
    }

    fn look_at(&mut self, paths: &BTreeSet<PathBuf>) {
        for importer in self.roots.iter_mut().filter_map(|watched| watched.importer.as_mut()) {
            let found: Vec<_> = paths.iter().filter_map(|path| importer.find_one(path)).collect();
            if found.is_empty() {
                continue;
            }
            let outcome = importer
                .refresh_deleted()
                .and_then(|()| sweep(importer, &found, &self.stop, &*self.on_change));
            if let Err(error) = outcome {
                warn!(%error, "logs were not read; trying again in five seconds");
            }
        }
    }
}

fn sweep(
    importer: &mut Importer,
    found: &[crate::walk::Found],
    stop: &Stop,
    on_change: &dyn Fn(Change),
) -> Result<(), crate::IngestError> {
    let experiment = importer.slug.clone();
    let (known, total) = importer.extent(found);
    let mut bytes = known;
    let mut importing = false;
    let swept = importer.sweep(found, stop, &mut |appended, read| {
        bytes += read;
        importing = total.saturating_sub(bytes) > IMPORTING;
        if appended.points > 0 || importing {
            on_change(Change {
                experiment: experiment.clone(),
                runs: appended.runs.clone(),
                tags: appended.tags.clone(),
                import: importing.then_some(Progress { bytes, total }),
            });
        }
    });
    if importing {
        on_change(Change {
            experiment,
            runs: Vec::new(),
            tags: Vec::new(),
            import: None,
        });
    }
    swept
}

enum Seen {
    Nothing,
    /// Folders came or went: look at everything.
    Folders,
    Files(BTreeSet<PathBuf>),
}

/// Waits for a file event (waking to see whether to stop), then a moment for those that come with it.
fn wait(events: &Receiver<Event>, stop: &Stop, most: Duration) -> Seen {
    let until = Instant::now() + most;
    let mut files = BTreeSet::new();
    let mut folders = false;
    let mut gathered = None::<Instant>;
    loop {
        let end = gathered.unwrap_or(until);
        let left = end
            .saturating_duration_since(Instant::now())
            .min(Duration::from_millis(200));
        match events.recv_timeout(left) {
            Ok(event) => {
                for path in event.paths {
                    if is_event_file(&path) {
                        files.insert(path);
                    } else if matches!(event.kind, EventKind::Create(_)) && path.is_dir() {
                        folders = true;
                    }
                }
                if folders || !files.is_empty() {
                    gathered.get_or_insert_with(|| Instant::now() + GATHER);
                }
            }
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(left),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if stop.is_stopped() || Instant::now() >= end {
            break;
        }
    }
    match (folders, files.is_empty()) {
        (true, _) => Seen::Folders,
        (false, true) => Seen::Nothing,
        (false, false) => Seen::Files(files),
    }
}

fn notifier(sender: SyncSender<Event>, missed: Arc<AtomicBool>) -> Option<RecommendedWatcher> {
    let made = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let kept = match event {
            // Our own reading is no news.
            Ok(event) => matches!(event.kind, EventKind::Access(_)) || sender.try_send(event).is_ok(),
            Err(_) => false,
        };
        if !kept {
            missed.store(true, Ordering::Relaxed);
        }
    });
    made.inspect_err(|error| warn!(%error, "file events are not available: looking every five seconds"))
        .ok()
}
