//! What a value means, given the plugin its tag belongs to.

use crate::tensor::Tensor;
use crate::wire::{Fields, Wire};
use crate::{Data, Hparams, Malformed, SummaryValue, ValueKind};

/// A histogram of more bins is damage.
const MAX_BINS: usize = 1 << 16;
/// A value of more strings or pictures is damage.
const MAX_STRINGS: usize = 1 << 14;

/// A decoded value.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload<'a> {
    /// One number.
    Scalar(f64),
    /// Left edge, right edge, count, from left to right.
    Histogram(Vec<[f64; 3]>),
    /// Pictures logged together, as encoded.
    Images {
        /// Pixels.
        width: i64,
        /// Pixels.
        height: i64,
        /// PNG, JPEG or GIF bytes.
        pictures: Vec<&'a [u8]>,
    },
    /// Strings.
    Text(Vec<&'a [u8]>),
    /// Hyperparameters.
    Hparams(Hparams),
    /// Listed, not decoded.
    Other,
}

/// What a tag of this plugin holds; `None` where the name says nothing.
pub fn plugin_kind(plugin: &str) -> Option<ValueKind> {
    Some(match plugin {
        "" => return None,
        "scalars" => ValueKind::Scalar,
        "histograms" => ValueKind::Histogram,
        "images" => ValueKind::Image,
        "text" => ValueKind::Text,
        "hparams" => ValueKind::Hparams,
        _ => ValueKind::Other,
    })
}

impl<'a> SummaryValue<'a> {
    /// What this value is; `plugin` is what the tag's first value named.
    pub fn kind(&self, plugin: &str) -> ValueKind {
        plugin_kind(plugin).unwrap_or(match self.data {
            Data::Number(_) => ValueKind::Scalar,
            Data::Histogram(_) => ValueKind::Histogram,
            Data::Image(_) => ValueKind::Image,
            _ => ValueKind::Other,
        })
    }

    /// Decodes the value as `kind`.
    pub fn payload(&self, kind: ValueKind) -> Result<Payload<'a>, Malformed> {
        match (kind, self.data) {
            (ValueKind::Scalar, Data::Number(value)) => Ok(Payload::Scalar(f64::from(value))),
            (ValueKind::Scalar, Data::Tensor(bytes)) => Ok(Payload::Scalar(Tensor::decode(bytes)?.number()?)),
            (ValueKind::Histogram, Data::Histogram(bytes)) => Ok(Payload::Histogram(old_histogram(bytes)?)),
            (ValueKind::Histogram, Data::Tensor(bytes)) => Ok(Payload::Histogram(histogram(bytes)?)),
            (ValueKind::Image, Data::Image(bytes)) => old_image(bytes),
            (ValueKind::Image, Data::Tensor(bytes)) => images(bytes),
            (ValueKind::Text, Data::Tensor(bytes)) => Ok(Payload::Text(Tensor::decode(bytes)?.strings(MAX_STRINGS)?)),
            (ValueKind::Hparams, _) => Ok(Payload::Hparams(Hparams::decode(
                self.metadata.map_or(&[], |metadata| metadata.content),
            )?)),
            (ValueKind::Other, _) => Ok(Payload::Other),
            _ => Err(Malformed("the value is of another kind than its tag: it is left out")),
        }
    }
}

/// A `HistogramProto`: empty outer bins (to ±infinity in practice) are trimmed, the outermost edges are the
/// data's minimum and maximum, as TensorBoard shows them.
fn old_histogram(message: &[u8]) -> Result<Vec<[f64; 3]>, Malformed> {
    let (mut min, mut max) = (f64::NEG_INFINITY, f64::INFINITY);
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
        return Err(Malformed("a histogram has not one count a bin"));
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
    if into.len() > MAX_BINS {
        Err(Malformed("a histogram has more than 65 536 bins"))
    } else {
        Ok(())
    }
}

/// A tensor `[k, 3]`: left, right, count.
fn histogram(message: &[u8]) -> Result<Vec<[f64; 3]>, Malformed> {
    let tensor = Tensor::decode(message)?;
    match tensor.dims() {
        [0, ..] => Ok(Vec::new()),
        [_, 3] => Ok(tensor.numbers(3 * MAX_BINS)?.as_chunks::<3>().0.to_vec()),
        _ => Err(Malformed("a histogram's tensor is not of three columns")),
    }
}

fn old_image(message: &[u8]) -> Result<Payload<'_>, Malformed> {
    let (mut width, mut height, mut picture) = (0, 0, &[][..]);
    for field in Fields::new(message) {
        match field? {
            (1, wire) => height = wire.integer()?,
            (2, wire) => width = wire.integer()?,
            (4, wire) => picture = wire.bytes()?,
            _ => {}
        }
    }
    Ok(Payload::Images {
        width,
        height,
        pictures: vec![picture],
    })
}

/// A tensor of strings: width, height, then the pictures.
fn images(message: &[u8]) -> Result<Payload<'_>, Malformed> {
    let strings = Tensor::decode(message)?.strings(MAX_STRINGS)?;
    let [width, height, pictures @ ..] = strings.as_slice() else {
        return Err(Malformed("an image's tensor holds no width and height"));
    };
    let number = |text: &[u8]| {
        std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.trim().parse::<i64>().ok())
    };
    match (number(width), number(height)) {
        (Some(width), Some(height)) => Ok(Payload::Images {
            width,
            height,
            pictures: pictures.to_vec(),
        }),
        _ => Err(Malformed("an image's width or height is no number")),
    }
}
