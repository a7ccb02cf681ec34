//! Pictures, sounds and texts, in the form of 2015 and as tensors of strings.

use crate::payload::OTHER_KIND;
use crate::tensor::Tensor;
use crate::wave::Wave;
use crate::wire::Fields;
use crate::{Data, Malformed};

/// A value of more strings or pictures is damage.
pub(crate) const MAX_STRINGS: usize = 1 << 14;

/// Pictures logged together.
#[derive(Debug, Clone, PartialEq)]
pub struct Images<'a> {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// PNG, JPEG or GIF bytes, as encoded.
    pub pictures: Vec<&'a [u8]>,
}

/// One of the sounds logged together.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound<'a> {
    /// WAV bytes in practice, as encoded.
    pub bytes: &'a [u8],
    /// As logged; empty where nothing was said.
    pub media_type: &'a str,
    /// Markdown; empty where nothing was said.
    pub label: &'a [u8],
    /// What the bytes say of themselves, else what was logged beside them.
    pub wave: Option<Wave>,
}

/// Strings, and how they were laid out.
#[derive(Debug, Clone, PartialEq)]
pub struct Texts<'a> {
    /// The tensor's shape; empty for one string.
    pub dims: Vec<u64>,
    /// The strings, row by row.
    pub strings: Vec<&'a [u8]>,
}

impl<'a> Data<'a> {
    /// A `Summary.Image`, or a tensor of strings: width, height, then the pictures.
    pub fn images(&self) -> Result<Images<'a>, Malformed> {
        match *self {
            Self::Image(message) => old_image(message),
            Self::Tensor(message) => images(message),
            _ => Err(OTHER_KIND),
        }
    }

    /// A `Summary.Audio`, or a tensor of strings `[k]` or `[k, 2]`: sounds, each with its label.
    pub fn sounds(&self) -> Result<Vec<Sound<'a>>, Malformed> {
        match *self {
            Self::Audio(message) => old_audio(message),
            Self::Tensor(message) => sounds(message),
            _ => Err(OTHER_KIND),
        }
    }

    /// A tensor of strings.
    pub fn texts(&self) -> Result<Texts<'a>, Malformed> {
        let Self::Tensor(message) = *self else {
            return Err(OTHER_KIND);
        };
        let tensor = Tensor::decode(message)?;
        Ok(Texts {
            dims: tensor.dims().to_vec(),
            strings: tensor.strings(MAX_STRINGS)?,
        })
    }
}

fn old_image(message: &[u8]) -> Result<Images<'_>, Malformed> {
    let (mut width, mut height, mut picture) = (0, 0, &[][..]);
    for field in Fields::new(message) {
        match field? {
            (1, wire) => height = wire.integer()?,
            (2, wire) => width = wire.integer()?,
            (4, wire) => picture = wire.bytes()?,
            _ => {}
        }
    }
    Ok(Images {
        width: pixels(width)?,
        height: pixels(height)?,
        pictures: vec![picture],
    })
}

fn images(message: &[u8]) -> Result<Images<'_>, Malformed> {
    let strings = Tensor::decode(message)?.strings(MAX_STRINGS)?;
    let [width, height, pictures @ ..] = strings.as_slice() else {
        return Err(Malformed("an image's tensor holds no width and height"));
    };
    let number = |text: &[u8]| {
        let text = std::str::from_utf8(text).ok();
        text.and_then(|text| text.trim().parse::<i64>().ok())
            .ok_or(Malformed("an image's width or height is no number"))
    };
    Ok(Images {
        width: pixels(number(width)?)?,
        height: pixels(number(height)?)?,
        pictures: pictures.to_vec(),
    })
}

fn pixels(number: i64) -> Result<u32, Malformed> {
    u32::try_from(number).map_err(|_| Malformed("an image's width or height is out of range"))
}

fn old_audio(message: &[u8]) -> Result<Vec<Sound<'_>>, Malformed> {
    let (mut bytes, mut media_type) = (&[][..], "");
    // What is said beside the sound may be nonsense without harm.
    let (mut rate, mut channels, mut frames) = (0.0, 0, 0);
    for field in Fields::new(message) {
        match field? {
            (1, wire) => rate = f64::from(wire.float().unwrap_or_default()),
            (2, wire) => channels = wire.integer().unwrap_or_default(),
            (3, wire) => frames = wire.integer().unwrap_or_default(),
            (4, wire) => bytes = wire.bytes()?,
            (5, wire) => media_type = wire.text()?,
            _ => {}
        }
    }
    Ok(vec![Sound {
        bytes,
        media_type,
        label: &[],
        wave: Wave::of(bytes).or_else(|| Wave::said(rate, channels, frames)),
    }])
}

fn sounds<'a>(message: &'a [u8]) -> Result<Vec<Sound<'a>>, Malformed> {
    let tensor = Tensor::decode(message)?;
    let strings = tensor.strings(MAX_STRINGS)?;
    let sound = |bytes: &'a [u8], label: &'a [u8]| Sound {
        bytes,
        media_type: "",
        label,
        wave: Wave::of(bytes),
    };
    match tensor.dims() {
        [_, 2] => Ok(strings
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&[bytes, label]| sound(bytes, label))
            .collect()),
        [] | [_] => Ok(strings.into_iter().map(|bytes| sound(bytes, &[][..])).collect()),
        _ => Err(Malformed("a sound's tensor is not a list of sounds and labels")),
    }
}
