//! A folder into the store, from where it was left.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use glassboard_store::logs::{Appended, ExperimentId, FileBatch, FileMark};
use glassboard_store::{Actor, Store};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::embeddings::Embeddings;
use crate::file::EventFile;
use crate::gather::{Gathered, Tags};
use crate::place::{Place, Stamp};
use crate::walk::{Found, Listing};
use crate::{IngestError, Root, Stop};

/// A commit after this many bytes of logs: few at first, so that the first chart is soon there,
const FIRST_BATCH: u64 = 2 << 20;
/// more with every commit of a sweep, up to these,
const BATCH_BYTES: u64 = 32 << 20;
/// or this many values,
const BATCH_VALUES: usize = 1_000_000;
/// or this many files.
const BATCH_FILES: usize = 500;

/// What an import did.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// The experiment's name in URLs.
    pub experiment: String,
    /// The experiment's row.
    pub id: Option<ExperimentId>,
    /// Paths of the event files that are there, sorted.
    pub files: Vec<String>,
    /// Values added this time.
    pub points: u64,
    /// Bytes read this time.
    pub bytes: u64,
    /// Ids of the runs that got values.
    pub runs: Vec<String>,
    /// Their tags.
    pub tags: Vec<String>,
}

/// Reads what is new of every event file of `root`. Blocks the calling thread, which must not be one of the
/// runtime's own; `handle` is the runtime the store lives on.
pub fn import_once(
    store: &Store,
    actor: &Actor,
    handle: &Handle,
    root: &Root,
    stop: &Stop,
) -> Result<Imported, IngestError> {
    let mut importer = Importer::open(store, *actor, handle, root)?;
    importer.refresh()?;
    let listing = importer.find()?;
    let found = &listing.events;
    let mut done = Imported {
        experiment: importer.slug.clone(),
        id: Some(importer.experiment),
        ..Imported::default()
    };
    done.files = found
        .iter()
        .map(|file| file.path.to_string_lossy().into_owned())
        .collect();
    // A walk goes folder by folder, which is not the order of whole paths.
    done.files.sort_unstable();
    let (mut runs, mut tags) = (BTreeSet::new(), BTreeSet::new());
    importer.sweep(found, stop, &mut |appended, bytes| {
        done.points += appended.points;
        done.bytes += bytes;
        runs.extend(appended.runs.iter().cloned());
        tags.extend(appended.tags.iter().cloned());
    })?;
    importer.embeddings(&listing.configs)?;
    done.runs = runs.into_iter().collect();
    done.tags = tags.into_iter().collect();
    Ok(done)
}

/// One root and what is known of its files.
pub(crate) struct Importer {
    store: Store,
    actor: Actor,
    handle: Handle,
    pub root: Place,
    pub slug: String,
    experiment: ExperimentId,
    /// By path: the run, and how far it is read.
    known: HashMap<String, (String, FileMark)>,
    deleted: HashSet<String>,
    tags: HashMap<String, Tags>,
    /// How each file was when last read, by path: nothing to do while it stays so.
    seen: HashMap<String, Stamp>,
    /// Bytes of logs in the next commit.
    batch: u64,
    in_flight: Option<InFlight>,
    embeddings: Embeddings,
}

/// How far a file will be read once a commit is made.
struct Read {
    path: String,
    run: String,
    mark: FileMark,
    moved_from: Option<String>,
}

/// A commit that is being made.
struct InFlight {
    task: JoinHandle<glassboard_store::Result<Appended>>,
    /// What will be known of its files.
    known: Vec<Read>,
    /// Bytes of logs read for it.
    bytes: u64,
}

impl Importer {
    pub fn open(store: &Store, actor: Actor, handle: &Handle, root: &Root) -> Result<Self, IngestError> {
        let place = root.place.resolved().map_err(|source| IngestError::Path {
            path: root.place.to_string(),
            source,
        })?;
        let (own_name, folder) = place.folder();
        let name = root.name.clone().unwrap_or(own_name);
        let folder = root.name.is_none().then_some(folder);
        let (experiment, slug) = handle.block_on(store.open_experiment(&actor, &name, folder.as_deref()))?;
        Ok(Self {
            store: store.clone(),
            actor,
            handle: handle.clone(),
            root: place,
            slug,
            experiment,
            known: HashMap::new(),
            deleted: HashSet::new(),
            tags: HashMap::new(),
            seen: HashMap::new(),
            batch: FIRST_BATCH,
            in_flight: None,
            embeddings: Embeddings::default(),
        })
    }

    /// Learns from the store how far each file is read, and which runs were deleted.
    pub fn refresh(&mut self) -> Result<(), IngestError> {
        let files = self
            .handle
            .block_on(self.store.log_files(&self.actor, self.experiment))?;
        self.known = files
            .into_iter()
            .map(|file| (file.path, (file.run, file.mark)))
            .collect();
        let runs: HashSet<&str> = self.known.values().map(|(run, _)| run.as_str()).collect();
        self.tags.retain(|run, _| runs.contains(run.as_str()));
        self.refresh_deleted()
    }

    /// Learns which runs were deleted.
    pub fn refresh_deleted(&mut self) -> Result<(), IngestError> {
        let deleted = self
            .handle
            .block_on(self.store.deleted_runs(&self.actor, self.experiment))?;
        self.deleted = deleted.into_iter().collect();
        Ok(())
    }

    /// What there is to read now.
    pub fn find(&self) -> Result<Listing, IngestError> {
        self.root.find(&self.handle).map_err(|source| IngestError::Path {
            path: self.root.to_string(),
            source,
        })
    }

    /// The event file at `path`, if it belongs to this root.
    pub fn find_one(&self, path: &Path) -> Option<Found> {
        self.root.find_one(path)
    }

    /// Bytes of these files that are read, and that are there.
    pub fn extent(&self, found: &[Found]) -> (u64, u64) {
        let (mut read, mut total) = (0, 0);
        for file in found.iter().filter(|file| !self.deleted.contains(&file.run)) {
            let known = self.known.get(file.path.to_string_lossy().as_ref());
            read += known.map_or(0, |(_, mark)| mark.position);
            total += Place::stamp(file).map_or(0, |stamp| stamp.size);
        }
        (read, total)
    }

    /// Reads what the projector shows, where it is new or changed.
    pub fn embeddings(&mut self, configs: &[Found]) -> Result<(), IngestError> {
        let (store, actor, handle) = (&self.store, self.actor, &self.handle);
        self.embeddings
            .look(store, actor, handle, self.experiment, &self.root, configs)
    }

    /// Reads what is new, committing batch by batch; `committed` hears of each, with the bytes read.
    pub fn sweep(
        &mut self,
        found: &[Found],
        stop: &Stop,
        committed: &mut dyn FnMut(&Appended, u64),
    ) -> Result<(), IngestError> {
        let here: HashSet<String> = found
            .iter()
            .map(|file| file.path.to_string_lossy().into_owned())
            .collect();
        let mut pending = Pending::default();
        self.batch = FIRST_BATCH;
        for file in found {
            if stop.is_stopped() {
                break;
            }
            // A file that vanishes or fails under the reader costs itself alone; the next sweep tries again.
            match self.read_file(file, &here, stop, &mut pending, committed) {
                Err(ReadFailed::Ingest(error)) => return Err(error),
                Err(ReadFailed::Io(error)) => warn!(file = %file.path.display(), %error, "an event file was not read"),
                Ok(()) => {}
            }
        }
        self.commit(&mut pending, committed)?;
        self.settle(committed)
    }

    fn read_file(
        &mut self,
        found: &Found,
        here: &HashSet<String>,
        stop: &Stop,
        pending: &mut Pending,
        committed: &mut dyn FnMut(&Appended, u64),
    ) -> Result<(), ReadFailed> {
        if self.deleted.contains(&found.run) {
            return Ok(());
        }
        let path = found.path.to_string_lossy().into_owned();
        let now = Place::stamp(found)?;
        if self.known.contains_key(&path) && self.seen.get(&path) == Some(&now) {
            return Ok(());
        }
        let mut file = self.root.open(found, &self.handle)?;
        let mut start = self.start(&file, found, &path, here)?;
        file.seek(start.mark.position);
        let mut new_file = !self.known.contains_key(&path);
        loop {
            self.load_tags(&found.run)?;
            let tags = self.tags.entry(found.run.clone()).or_default();
            let mut gathered = Gathered::default();
            let at_end = read_batch(&mut file, self.batch, tags, &mut gathered)?;
            let mark = file.mark()?;
            let nothing_new = mark.position == start.mark.position && !start.replaced && start.moved_from.is_none();
            if !nothing_new || new_file || mark.size != start.mark.size {
                pending.bytes += mark.position - start.mark.position;
                pending.values += gathered.values;
                pending.files.push(FileBatch {
                    run: found.run.clone(),
                    path: path.clone(),
                    moved_from: start.moved_from.take(),
                    from: start.mark.position,
                    replaced: std::mem::take(&mut start.replaced),
                    mark,
                    skips: std::mem::take(&mut gathered.skips),
                    restarts: std::mem::take(&mut gathered.restarts),
                    hparams: std::mem::take(&mut gathered.hparams),
                    streams: gathered.take_streams(),
                });
            }
            new_file = false;
            start.mark = mark;
            if pending.is_full(self.batch) || !at_end {
                self.commit(pending, committed).map_err(ReadFailed::Ingest)?;
            }
            if at_end {
                self.seen.insert(path, now);
                return Ok(());
            }
            if stop.is_stopped() {
                return Ok(());
            }
        }
    }

    /// Where to go on in a file: its own mark, that of the same file at another place, or the beginning.
    fn start(&self, file: &EventFile, found: &Found, path: &str, here: &HashSet<String>) -> std::io::Result<StartFrom> {
        if let Some((_, mark)) = self.known.get(path) {
            let replaced = !file.continues(mark)?;
            let mark = if replaced { FileMark::default() } else { *mark };
            return Ok(StartFrom {
                mark,
                replaced,
                moved_from: None,
            });
        }
        for (old, (run, mark)) in &self.known {
            let same_name = Path::new(old).file_name() == found.path.file_name();
            if *run == found.run && same_name && mark.position > 0 && !here.contains(old) && file.continues(mark)? {
                return Ok(StartFrom {
                    mark: *mark,
                    replaced: false,
                    moved_from: Some(old.clone()),
                });
            }
        }
        Ok(StartFrom {
            mark: FileMark::default(),
            replaced: false,
            moved_from: None,
        })
    }

    fn load_tags(&mut self, run: &str) -> Result<(), ReadFailed> {
        if !self.tags.contains_key(run) {
            let series = self.store.log_series(&self.actor, self.experiment, Some(run));
            let series = self
                .handle
                .block_on(series)
                .map_err(|error| ReadFailed::Ingest(error.into()))?;
            let tags = series
                .into_iter()
                .map(|one| (one.tag, (one.kind, one.plugin)))
                .collect();
            self.tags.insert(run.to_owned(), tags);
        }
        Ok(())
    }

    /// Hands what was read to the store, which compresses and writes it while the next batch is read.
    fn commit(&mut self, pending: &mut Pending, committed: &mut dyn FnMut(&Appended, u64)) -> Result<(), IngestError> {
        self.settle(committed)?;
        let Pending { files, bytes, .. } = std::mem::take(pending);
        if files.is_empty() {
            return Ok(());
        }
        self.batch = (2 * self.batch).min(BATCH_BYTES);
        let known = files
            .iter()
            .map(|file| Read {
                path: file.path.clone(),
                run: file.run.clone(),
                mark: file.mark,
                moved_from: file.moved_from.clone(),
            })
            .collect();
        let (store, actor, experiment) = (self.store.clone(), self.actor, self.experiment);
        let task = self
            .handle
            .spawn(async move { store.append_logs(&actor, experiment, files).await });
        self.in_flight = Some(InFlight { task, known, bytes });
        Ok(())
    }

    /// Waits for the commit at hand.
    fn settle(&mut self, committed: &mut dyn FnMut(&Appended, u64)) -> Result<(), IngestError> {
        let Some(InFlight { task, known, bytes }) = self.in_flight.take() else {
            return Ok(());
        };
        let appended = self
            .handle
            .block_on(task)
            .map_err(|error| IngestError::Ended(error.to_string()))??;
        for read in known {
            if let Some(old) = read.moved_from {
                self.known.remove(&old);
            }
            self.known.insert(read.path, (read.run, read.mark));
        }
        committed(&appended, bytes);
        Ok(())
    }
}

/// Reads up to a batch's bytes or values; true at the end of the file.
fn read_batch(file: &mut EventFile, most: u64, tags: &mut Tags, gathered: &mut Gathered) -> std::io::Result<bool> {
    let mut bytes = 0;
    while bytes < most && gathered.values < BATCH_VALUES {
        let step = 1 << 20;
        if file.read(step, tags, gathered)? {
            return Ok(true);
        }
        bytes += step;
    }
    Ok(false)
}

struct StartFrom {
    mark: FileMark,
    replaced: bool,
    moved_from: Option<String>,
}

#[derive(Default)]
struct Pending {
    files: Vec<FileBatch>,
    bytes: u64,
    values: usize,
}

impl Pending {
    fn is_full(&self, most: u64) -> bool {
        self.bytes >= most || self.values >= BATCH_VALUES || self.files.len() >= BATCH_FILES
    }
}

enum ReadFailed {
    Io(std::io::Error),
    Ingest(IngestError),
}

impl From<std::io::Error> for ReadFailed {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}
