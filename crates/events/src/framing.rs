//! Records of an event file: `u64 length, u32 masked CRC of the length, payload, u32 masked CRC of the payload`.

use crate::write::masked_crc;

/// No event is longer; a longer claim is damage.
pub const MAX_RECORD: u64 = 256 << 20;

const HEADER: usize = 12;
const FOOTER: usize = 4;

/// What stands at the start of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A whole record with right CRCs; the next one starts `size` bytes on.
    Record {
        /// The event's bytes.
        payload: &'a [u8],
        /// With header and footer.
        size: usize,
    },
    /// Damage: go on `bytes` further, and report it.
    Skip {
        /// Up to the next header that holds, or to the last bytes that may begin one.
        bytes: usize,
        /// What is wrong, in a sentence.
        reason: &'static str,
    },
    /// The record is not complete: come back with at least this many bytes from the same offset.
    /// At the end of a file this is the tail of a writer that has not flushed, or died.
    NeedMore {
        /// Bytes from the record's start.
        at_least: usize,
    },
}

/// Reads what stands at the start of `bytes`.
pub fn frame(bytes: &[u8]) -> Frame<'_> {
    let Some(length) = header(bytes) else {
        if bytes.len() < HEADER {
            return Frame::NeedMore { at_least: HEADER };
        }
        let reason = "a record's length does not match its checksum; reading goes on at the next record that holds";
        return Frame::Skip {
            bytes: resync(bytes, bytes.len()),
            reason,
        };
    };
    if length > MAX_RECORD {
        let reason = "a record claims more than 256 MiB; reading goes on at the next record that holds";
        return Frame::Skip {
            bytes: resync(bytes, bytes.len()),
            reason,
        };
    }
    let end = HEADER + length as usize;
    let size = end + FOOTER;
    let Some(record) = bytes.get(..size) else {
        return Frame::NeedMore { at_least: size };
    };
    let payload = &record[HEADER..end];
    if u32_at(record, end) == masked_crc(payload) {
        return Frame::Record { payload, size };
    }
    // A writer that died inside this record may have been followed by another on the same file, whose
    // records then start inside the claimed length.
    Frame::Skip {
        bytes: nested(bytes, size).unwrap_or(size),
        reason: "a record's bytes do not match their checksum",
    }
}

/// The length a valid header claims.
fn header(bytes: &[u8]) -> Option<u64> {
    let head = bytes.get(..HEADER)?;
    let (length, rest) = head.split_first_chunk::<8>()?;
    (u32_at(rest, 0) == masked_crc(length)).then(|| u64::from_le_bytes(*length))
}

/// How far to go to the next plausible header, at least one byte; a header cut by the end is left standing.
fn resync(bytes: &[u8], end: usize) -> usize {
    let last = end.saturating_sub(HEADER - 1).max(1);
    (1..last).find(|&at| plausible(&bytes[at..])).unwrap_or(last)
}

/// The start of a right record inside a damaged one of `size` bytes; it may end beyond it.
fn nested(bytes: &[u8], size: usize) -> Option<usize> {
    (HEADER..size).find(|&at| {
        let rest = &bytes[at..];
        header(rest).is_some_and(|length| {
            let end = HEADER + length.min(MAX_RECORD) as usize;
            let whole = rest.get(..end + FOOTER);
            length > 0
                && length <= MAX_RECORD
                && whole.is_none_or(|record| u32_at(record, end) == masked_crc(&record[HEADER..end]))
        })
    })
}

fn plausible(bytes: &[u8]) -> bool {
    header(bytes).is_some_and(|length| length <= MAX_RECORD)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .and_then(|b| b.try_into().ok())
        .map_or(0, u32::from_le_bytes)
}
