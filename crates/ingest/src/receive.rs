//! A piece of an event file that lies on another machine.

use glassboard_events::{Frame, frame};
use glassboard_store::logs::{Appended, ExperimentId, FileBatch, FileMark};
use glassboard_store::{Actor, Store};

use crate::IngestError;
use crate::gather::{Gathered, Tags};

/// Whole records of a file (damaged stretches among them), as the sender cut them.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The run's name.
    pub run: String,
    /// The file's name for the sender.
    pub path: String,
    /// Where in the file the bytes begin.
    pub from: u64,
    /// Where the sender stands after them, and its proofs that the file is still the same.
    pub mark: FileMark,
    /// The file is another than before: what was read of it is dropped.
    pub replaced: bool,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// How much of these bytes of a file is whole records, as a receiver will see it who gets no more than that.
pub fn whole(bytes: &[u8]) -> usize {
    let mut end = bytes.len();
    loop {
        let mut at = 0;
        loop {
            match frame(&bytes[at..end]) {
                Frame::Record { size, .. } => at += size,
                Frame::Skip { bytes, .. } => at += bytes,
                Frame::NeedMore { .. } => break,
            }
        }
        // Where damage ends depends on what follows: cut there, it may end earlier.
        if at == end {
            return end;
        }
        end = at;
    }
}

/// Reads a piece into the store, all or nothing. A piece that does not begin where the store stands changes nothing:
/// the error says where that is.
pub async fn receive(
    store: &Store,
    actor: &Actor,
    experiment: ExperimentId,
    piece: Piece,
) -> Result<Appended, IngestError> {
    let path = format!("push:{}", piece.path);
    let series = store.log_series(actor, experiment, Some(&piece.run)).await?;
    let mut tags: Tags = series
        .into_iter()
        .map(|one| (one.tag, (one.kind, one.plugin)))
        .collect();
    let (bytes, from) = (piece.bytes, piece.from);
    let read = move || {
        let mut gathered = Gathered::default();
        let end = gathered.bytes(&mut tags, from, &bytes);
        (gathered, end)
    };
    let (mut gathered, end) = tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| IngestError::Ended(error.to_string()))?;
    if end != piece.mark.position {
        return Err(IngestError::Cut {
            end,
            claimed: piece.mark.position,
        });
    }
    let file = FileBatch {
        run: piece.run.clone(),
        path: path.clone(),
        moved_from: None,
        from: piece.from,
        replaced: piece.replaced,
        mark: piece.mark,
        skips: std::mem::take(&mut gathered.skips),
        restarts: std::mem::take(&mut gathered.restarts),
        hparams: std::mem::take(&mut gathered.hparams),
        streams: gathered.take_streams(),
    };
    let appended = store.append_logs(actor, experiment, vec![file]).await?;
    if appended.runs.is_empty() {
        let next = store.log_position(actor, experiment, &piece.run, &path).await?;
        return Err(if next == piece.from {
            IngestError::Deleted { run: piece.run }
        } else {
            IngestError::Gap { sent: piece.from, next }
        });
    }
    Ok(appended)
}
