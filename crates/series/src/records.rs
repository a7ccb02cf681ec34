//! Values that are no numbers: their heads as columns beside their bytes, compressed together.
//!
//! Histograms of one series repeat their borders, texts their words: LZ4 over neighbours is what makes them small, and
//! it is faster than the disk. Pictures and sounds are compressed already and stay as they are.

/// One value's place in time, and its size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Head {
    /// Its step.
    pub step: i64,
    /// Seconds since 1970.
    pub wall: f64,
    /// Which message its bytes are; the store gives this a meaning.
    pub form: u8,
    /// Bytes.
    pub size: u32,
    /// Things logged together: pictures of a value, sounds, texts.
    pub parts: u32,
    /// Of a picture, in pixels, as logged.
    pub width: u32,
    /// Of a picture, in pixels, as logged.
    pub height: u32,
}

/// Stored bytes that are no packed values: the data directory is damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RecordsError(pub &'static str);

const HEAD: usize = 33;
/// Fewer bytes are not worth a try.
const LEAST: usize = 128;
/// LZ4 says more than this many bytes with no single byte.
const MOST_PER_BYTE: usize = 255;

/// Heads and bytes as the database holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// The heads, 33 bytes each.
    pub heads: Vec<u8>,
    /// The values' bytes one after the other.
    pub body: Vec<u8>,
    /// Whether `body` is compressed.
    pub compressed: bool,
}

/// Packs values whose bytes stand one after the other in `bytes`.
pub fn pack(heads: &[Head], bytes: &[u8]) -> Packed {
    let mut columns = Vec::with_capacity(HEAD * heads.len());
    for head in heads {
        columns.extend(head.step.to_le_bytes());
        columns.extend(head.wall.to_le_bytes());
        columns.push(head.form);
        for number in [head.size, head.parts, head.width, head.height] {
            columns.extend(number.to_le_bytes());
        }
    }
    let small = (bytes.len() >= LEAST).then(|| lz4_flex::block::compress(bytes));
    match small {
        Some(small) if small.len() < bytes.len() - bytes.len() / 8 => Packed {
            heads: columns,
            body: small,
            compressed: true,
        },
        _ => Packed {
            heads: columns,
            body: bytes.to_vec(),
            compressed: false,
        },
    }
}

/// The heads alone.
pub fn heads(columns: &[u8]) -> Result<Vec<Head>, RecordsError> {
    let (heads, rest) = columns.as_chunks::<HEAD>();
    if !rest.is_empty() {
        return Err(RecordsError("the heads of stored values are cut short"));
    }
    let mut decoded = Vec::with_capacity(heads.len());
    for head in heads {
        let (step, rest) = head.split_first_chunk::<8>().ok_or(CUT)?;
        let (wall, rest) = rest.split_first_chunk::<8>().ok_or(CUT)?;
        let (&[form], rest) = rest.split_first_chunk::<1>().ok_or(CUT)?;
        let [size, parts, width, height] = *rest.as_chunks::<4>().0 else {
            return Err(CUT);
        };
        decoded.push(Head {
            step: i64::from_le_bytes(*step),
            wall: f64::from_le_bytes(*wall),
            form,
            size: u32::from_le_bytes(size),
            parts: u32::from_le_bytes(parts),
            width: u32::from_le_bytes(width),
            height: u32::from_le_bytes(height),
        });
    }
    Ok(decoded)
}

/// The bytes of all values one after the other, as long as `heads` say.
pub fn unpack(heads: &[Head], body: Vec<u8>, compressed: bool) -> Result<Vec<u8>, RecordsError> {
    let size: usize = heads.iter().map(|head| head.size as usize).sum();
    if !compressed {
        return if body.len() == size { Ok(body) } else { Err(CUT) };
    }
    if size / MOST_PER_BYTE > body.len() {
        return Err(RecordsError("stored values claim more bytes than theirs can hold"));
    }
    let mut bytes = vec![0; size];
    match lz4_flex::block::decompress_into(&body, &mut bytes) {
        Ok(written) if written == size => Ok(bytes),
        _ => Err(RecordsError("stored values do not decompress to what their heads say")),
    }
}

const CUT: RecordsError = RecordsError("stored values are cut short");
