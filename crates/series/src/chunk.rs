//! A chunk's bytes: compressed by pco when packed, plain little-endian columns while hot.
//!
//! A packed chunk is `version 2, n u32, three times (form u8, length u32), three columns`. Columns on a line are two
//! numbers; times are compressed as their bits, which grow evenly where the floats do not; values that were logged in
//! 32 bits are compressed in 32 bits. Version 1 (three columns of plain numbers) is still read.

use pco::ChunkConfig;
use pco::data_types::Number;
use pco::standalone::{simple_compress, simple_decompress_into};

use crate::{Block, Columns, Numbers, Steps, Walls};

/// Points of a full chunk.
pub const CHUNK: usize = 4096;

const VERSION: u8 = 2;
const HEADER: usize = 20;
/// A level-4 encoding costs 1 % of size against level 8 and is four times faster.
const LEVEL: usize = 4;

/// How a column is written.
mod form {
    /// pco of the numbers themselves.
    pub const NUMBERS: u8 = 0;
    /// First and stride, eight bytes each.
    pub const LINE: u8 = 1;
    /// pco of the bits of 64-bit floats.
    pub const BITS: u8 = 2;
    /// pco of 32-bit floats.
    pub const SINGLE: u8 = 3;
}

/// Stored bytes that are no chunk: the data directory is damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ChunkError(pub &'static str);

/// Packs at most [`CHUNK`] points.
pub fn encode(columns: Columns) -> Result<Vec<u8>, ChunkError> {
    if columns.len() > CHUNK || columns.walls.len() != columns.len() || columns.values.len() != columns.len() {
        return Err(ChunkError(
            "a chunk holds at most 4096 points, in columns of one length",
        ));
    }
    let block = Block::of(columns);
    let steps = match &block.steps {
        Steps::Line { first, stride } => (form::LINE, pair(first.to_le_bytes(), stride.to_le_bytes())),
        Steps::List(steps) => (form::NUMBERS, compress(steps)?),
    };
    let walls = match &block.walls {
        Walls::Line { first, stride } => (form::LINE, pair(first.to_le_bytes(), stride.to_le_bytes())),
        Walls::Near { .. } | Walls::List(_) => {
            let bits: Vec<u64> = (0..block.len()).map(|index| block.wall(index).to_bits()).collect();
            (form::BITS, compress(&bits)?)
        }
    };
    let values = match &block.values {
        Numbers::Single(values) => (form::SINGLE, compress(values)?),
        Numbers::Double(values) => (form::NUMBERS, compress(values)?),
    };
    let parts = [steps, walls, values];
    let mut bytes = Vec::with_capacity(HEADER + parts.iter().map(|part| part.1.len()).sum::<usize>());
    bytes.push(VERSION);
    bytes.extend((block.len() as u32).to_le_bytes());
    for (form, part) in &parts {
        bytes.push(*form);
        bytes.extend((part.len() as u32).to_le_bytes());
    }
    for (_, part) in &parts {
        bytes.extend(part);
    }
    Ok(bytes)
}

/// Reads a packed chunk.
pub fn decode(bytes: &[u8]) -> Result<Block, ChunkError> {
    let mut bytes = Reader(bytes);
    let [version] = bytes.take()?;
    if version != 1 && version != VERSION {
        return Err(ChunkError("a chunk is of an unknown version"));
    }
    let n = u32::from_le_bytes(bytes.take()?) as usize;
    if n > CHUNK {
        return Err(ChunkError("a chunk claims more than 4096 points"));
    }
    let mut part = || -> Result<(u8, usize), ChunkError> {
        let [form] = if version == 1 { [form::NUMBERS] } else { bytes.take()? };
        Ok((form, u32::from_le_bytes(bytes.take()?) as usize))
    };
    let parts = [part()?, part()?, part()?];
    let [steps, walls, values] = parts.map(|(form, length)| (form, bytes.cut(length)));
    if !bytes.0.is_empty() {
        return Err(ChunkError("a chunk has bytes after its end"));
    }
    let unknown = ChunkError("a chunk's column is written in an unknown form");
    let steps = match (steps.0, steps.1?) {
        (form::LINE, mut line) => Steps::Line {
            first: i64::from_le_bytes(line.take()?),
            stride: i64::from_le_bytes(line.take()?),
        },
        (form::NUMBERS, numbers) => Steps::of(decompress(numbers.0, n)?),
        _ => return Err(unknown),
    };
    let walls = match (walls.0, walls.1?) {
        (form::LINE, mut line) => Walls::Line {
            first: f64::from_le_bytes(line.take()?),
            stride: f64::from_le_bytes(line.take()?),
        },
        (form::NUMBERS, numbers) => Walls::of(decompress(numbers.0, n)?),
        (form::BITS, numbers) => {
            let bits: Vec<u64> = decompress(numbers.0, n)?;
            Walls::of(bits.into_iter().map(f64::from_bits).collect())
        }
        _ => return Err(unknown),
    };
    let values = match (values.0, values.1?) {
        (form::NUMBERS, numbers) => Numbers::of(decompress(numbers.0, n)?),
        (form::SINGLE, numbers) => Numbers::Single(decompress(numbers.0, n)?),
        _ => return Err(unknown),
    };
    Ok(Block::new(steps, walls, values))
}

/// Bytes not yet read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ChunkError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(CUT)?;
        self.0 = rest;
        Ok(*head)
    }

    fn cut(&mut self, length: usize) -> Result<Reader<'a>, ChunkError> {
        let (head, rest) = self.0.split_at_checked(length).ok_or(CUT)?;
        self.0 = rest;
        Ok(Reader(head))
    }
}

const CUT: ChunkError = ChunkError("a chunk is cut short");

fn pair(first: [u8; 8], second: [u8; 8]) -> Vec<u8> {
    [first, second].concat()
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
