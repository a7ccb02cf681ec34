//! Histograms, in the form of 2015 and as a tensor.

use crate::payload::OTHER_KIND;
use crate::tensor::Tensor;
use crate::wire::{Fields, Wire};
use crate::{Data, Malformed};

/// A histogram of more bins is damage.
pub(crate) const MAX_BINS: usize = 1 << 16;

impl Data<'_> {
    /// Left edge, right edge, count, from left to right, as TensorBoard shows them: of a `HistogramProto`, empty outer
    /// bins (to ±infinity in practice) are trimmed, and the outermost edges are the data's minimum and maximum.
    pub fn histogram(&self) -> Result<Vec<[f64; 3]>, Malformed> {
        match *self {
            Self::Histogram(message) => old(message),
            Self::Tensor(message) => tensor(message),
            _ => Err(OTHER_KIND),
        }
    }
}

/// How many bins a `HistogramProto` has, without decoding them.
pub(crate) fn old_bins(message: &[u8]) -> Result<usize, Malformed> {
    let (mut limits, mut counts) = (0, 0);
    for field in Fields::new(message) {
        match field? {
            (6, wire) => limits += length(wire)?,
            (7, wire) => counts += length(wire)?,
            _ => {}
        }
    }
    if limits != counts {
        return Err(UNEVEN);
    }
    if limits > MAX_BINS { Err(TOO_MANY) } else { Ok(limits) }
}

const UNEVEN: Malformed = Malformed("a histogram has not one count a bin");
const TOO_MANY: Malformed = Malformed("a histogram has more than 65 536 bins");

fn length(wire: Wire<'_>) -> Result<usize, Malformed> {
    match wire {
        Wire::Bytes(bytes) => Ok(bytes.len() / 8),
        wire => wire.double().map(|_| 1),
    }
}

fn old(message: &[u8]) -> Result<Vec<[f64; 3]>, Malformed> {
    // A writer leaves out what is 0.
    let (mut min, mut max) = (0.0, 0.0);
    let (mut limits, mut counts) = (Vec::new(), Vec::new());
    for field in Fields::new(message) {
        match field? {
            (1, wire) => min = wire.double()?,
            (2, wire) => max = wire.double()?,
            (6, wire) => doubles(wire, &mut limits)?,
            (7, wire) => doubles(wire, &mut counts)?,
            _ => {}
        }
    }
    if limits.len() != counts.len() {
        return Err(UNEVEN);
    }
    let (Some(first), Some(last)) = (
        counts.iter().position(|&c| c > 0.0),
        counts.iter().rposition(|&c| c > 0.0),
    ) else {
        return Ok(Vec::new());
    };
    Ok((first..=last)
        .map(|bin| {
            let left = if bin == first { min } else { limits[bin - 1] };
            let right = if bin == last { max } else { limits[bin] };
            [left, right, counts[bin]]
        })
        .collect())
}

fn doubles(wire: Wire<'_>, into: &mut Vec<f64>) -> Result<(), Malformed> {
    match wire {
        Wire::Bytes(bytes) => into.extend(bytes.as_chunks::<8>().0.iter().map(|chunk| f64::from_le_bytes(*chunk))),
        wire => into.push(wire.double()?),
    }
    if into.len() > MAX_BINS { Err(TOO_MANY) } else { Ok(()) }
}

/// A tensor `[k, 3]`: left, right, count.
fn tensor(message: &[u8]) -> Result<Vec<[f64; 3]>, Malformed> {
    let tensor = Tensor::decode(message)?;
    match tensor.dims() {
        [0, ..] => Ok(Vec::new()),
        [_, 3] => Ok(tensor.numbers(3 * MAX_BINS)?.as_chunks::<3>().0.to_vec()),
        _ => Err(Malformed("a histogram's tensor is not of three columns")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_that_is_left_out_is_zero() {
        let number = |tag: u8, value: f64| [&[tag << 3 | 1][..], &value.to_le_bytes()].concat();
        let message = [number(2, 3.5), number(6, f64::MAX), number(7, 4.0)].concat();
        assert_eq!(Data::Histogram(&message).histogram(), Ok(vec![[0.0, 3.5, 4.0]]));
    }
}
