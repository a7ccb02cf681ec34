//! A chunk's bytes: compressed by pco when sealed, plain little-endian columns while hot.

use pco::ChunkConfig;
use pco::data_types::Number;
use pco::standalone::{simple_compress, simple_decompress_into};

use crate::Columns;

/// Points of a sealed chunk.
pub const CHUNK: usize = 4096;

const VERSION: u8 = 1;
const HEADER: usize = 17;
/// A level-4 encoding costs 1 % of size against level 8 and is two to four times faster.
const LEVEL: usize = 4;

/// Stored bytes that are no chunk: the data directory is damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ChunkError(pub &'static str);

/// Seals at most [`CHUNK`] points.
pub fn encode(columns: &Columns) -> Result<Vec<u8>, ChunkError> {
    if columns.len() > CHUNK || columns.walls.len() != columns.len() || columns.values.len() != columns.len() {
        return Err(ChunkError(
            "a chunk holds at most 4096 points, in columns of one length",
        ));
    }
    let parts = [
        compress(&columns.steps)?,
        compress(&columns.walls)?,
        compress(&columns.values)?,
    ];
    let mut bytes = Vec::with_capacity(HEADER + parts.iter().map(Vec::len).sum::<usize>());
    bytes.push(VERSION);
    bytes.extend((columns.len() as u32).to_le_bytes());
    for part in &parts {
        bytes.extend((part.len() as u32).to_le_bytes());
    }
    for part in &parts {
        bytes.extend(part);
    }
    Ok(bytes)
}

/// Reads a sealed chunk.
pub fn decode(bytes: &[u8]) -> Result<Columns, ChunkError> {
    let cut = ChunkError("a chunk is cut short");
    let (&[version, ref lengths @ ..], rest) = bytes.split_first_chunk::<HEADER>().ok_or(cut.clone())?;
    if version != VERSION {
        return Err(ChunkError("a chunk is of an unknown version"));
    }
    let mut lengths = lengths
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| u32::from_le_bytes(*b) as usize);
    let mut length = || lengths.next().unwrap_or(0);
    let n = length();
    if n > CHUNK {
        return Err(ChunkError("a chunk claims more than 4096 points"));
    }
    let (steps, rest) = rest.split_at_checked(length()).ok_or(cut.clone())?;
    let (walls, rest) = rest.split_at_checked(length()).ok_or(cut.clone())?;
    let (values, rest) = rest.split_at_checked(length()).ok_or(cut)?;
    if !rest.is_empty() {
        return Err(ChunkError("a chunk has bytes after its end"));
    }
    Ok(Columns {
        steps: decompress(steps, n)?,
        walls: decompress(walls, n)?,
        values: decompress(values, n)?,
    })
}

fn compress<T: Number>(column: &[T]) -> Result<Vec<u8>, ChunkError> {
    simple_compress(column, &ChunkConfig::default().with_compression_level(LEVEL))
        .map_err(|_| ChunkError("a column does not compress"))
}

/// Decompresses exactly `n` numbers into a buffer of that size, whatever the bytes claim.
fn decompress<T: Number + Default>(bytes: &[u8], n: usize) -> Result<Vec<T>, ChunkError> {
    let mut column = vec![T::default(); n];
    let progress =
        simple_decompress_into(bytes, &mut column).map_err(|_| ChunkError("a chunk's column does not decompress"))?;
    if progress.n_processed == n && progress.finished {
        Ok(column)
    } else {
        Err(ChunkError("a chunk's column has another length than its header says"))
    }
}

/// Plain columns: steps, walls, values, eight bytes each.
pub fn encode_raw(columns: &Columns) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(24 * columns.len());
    bytes.extend(columns.steps.iter().flat_map(|step| step.to_le_bytes()));
    bytes.extend(
        columns
            .walls
            .iter()
            .chain(&columns.values)
            .flat_map(|number| number.to_le_bytes()),
    );
    bytes
}

/// Reads plain columns.
pub fn decode_raw(bytes: &[u8]) -> Result<Columns, ChunkError> {
    let (words, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() || !words.len().is_multiple_of(3) {
        return Err(ChunkError("a hot chunk is cut short"));
    }
    let n = words.len() / 3;
    let numbers = |from: usize| words[from..from + n].iter().map(|b| f64::from_le_bytes(*b)).collect();
    Ok(Columns {
        steps: words[..n].iter().map(|b| i64::from_le_bytes(*b)).collect(),
        walls: numbers(n),
        values: numbers(2 * n),
    })
}
