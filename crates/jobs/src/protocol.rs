//! Frames between the supervisor and a worker child, over the child's stdin and stdout.
//!
//! A frame is `u32` LE length of the JSON, the JSON, `u32` LE number of attachments, then for each
//! a `u32` LE length and its bytes. Nothing in a frame may pass [`MAX_FRAME_BYTES`].

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::spec::JobSpec;

/// Most bytes in one frame. A frame that claims more is an error, not a truncation.
pub const MAX_FRAME_BYTES: usize = 64 << 20;

/// Supervisor to child.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum ToWorker {
    /// Do this. One job at a time.
    Run {
        /// The job's id, echoed in every answer.
        job: String,
        /// What to do.
        spec: Box<JobSpec>,
    },
    /// Stop job `job` at the next batch border.
    Cancel {
        /// The job's id.
        job: String,
    },
}

/// Child to supervisor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum FromWorker {
    /// Alive, and this far.
    Progress {
        /// The job's id.
        job: String,
        /// 0 to 1.
        fraction: f64,
        /// "Occlusion, 312 of 900 patches".
        message: String,
    },
    /// What is known so far; the next one replaces it.
    Partial {
        /// The job's id.
        job: String,
        /// As the result will be, as far as it goes.
        result: Value,
    },
    /// The result; big arrays are attachments.
    Done {
        /// The job's id.
        job: String,
        /// As `JobSpec` says for its kind.
        result: Value,
    },
    /// It cannot be done; the child lives on.
    Failed {
        /// The job's id.
        job: String,
        /// Whose fault.
        fault: Fault,
        /// One sentence: what, where, what to do.
        message: String,
    },
}

/// Whose fault a failed job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The file or the parameters are wrong.
    Input,
    /// An operator or a format we do not have.
    Unsupported,
    /// It was cancelled.
    Cancelled,
    /// Ours.
    Internal,
}

/// Writes one frame and flushes.
pub fn write_frame<T: Serialize>(out: &mut impl Write, message: &T, attachments: &[Vec<u8>]) -> io::Result<()> {
    let json = serde_json::to_vec(message)?;
    let total = json.len() + attachments.iter().map(Vec::len).sum::<usize>();
    if total > MAX_FRAME_BYTES {
        return Err(io::Error::other(format!(
            "a frame of {total} bytes is over the limit of {MAX_FRAME_BYTES}"
        )));
    }
    let put_length = |out: &mut dyn Write, n: usize| out.write_all(&u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes());
    put_length(out, json.len())?;
    out.write_all(&json)?;
    put_length(out, attachments.len())?;
    for bytes in attachments {
        put_length(out, bytes.len())?;
        out.write_all(bytes)?;
    }
    out.flush()
}

/// Reads one frame; `None` at a clean end of the stream.
pub fn read_frame<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<(T, Vec<Vec<u8>>)>> {
    let mut first = [0u8; 4];
    match input.read(&mut first[..1])? {
        0 => return Ok(None),
        _ => input.read_exact(&mut first[1..])?,
    }
    let mut budget = MAX_FRAME_BYTES;
    let json = take(input, u32::from_le_bytes(first) as usize, &mut budget)?;
    let count = read_length(input)?;
    if count > 16 {
        return Err(io::Error::other(format!(
            "a frame claims {count} attachments; 16 is the limit"
        )));
    }
    let mut attachments = Vec::with_capacity(count);
    for _ in 0..count {
        let length = read_length(input)?;
        attachments.push(take(input, length, &mut budget)?);
    }
    Ok(Some((serde_json::from_slice(&json)?, attachments)))
}

fn read_length(input: &mut impl Read) -> io::Result<usize> {
    let mut length = [0u8; 4];
    input.read_exact(&mut length)?;
    Ok(u32::from_le_bytes(length) as usize)
}

fn take(input: &mut impl Read, length: usize, budget: &mut usize) -> io::Result<Vec<u8>> {
    *budget = budget.checked_sub(length).ok_or_else(|| {
        io::Error::other(format!(
            "a frame claims {length} bytes, over the limit of {MAX_FRAME_BYTES}"
        ))
    })?;
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}
