//! `ImageDecoder`: the bytes of an image file as pixels.

use std::io::Cursor;

use image::{ImageReader, Limits};

use super::{Call, Entry, Grad, Out, one_host};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::{Fact, only};
use crate::value::{Elem, Host};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("image", "ImageDecoder", Grad::Stops, decode)
            .shape(|_| only(Fact::ranked(Some(Elem::U8), 3)))
            .limits("no JPEG 2000; JPEG pixels may differ by rounding from other decoders"),
    ]
}

/// Wider or higher images are refused.
const LARGEST_SIDE: u32 = 1 << 15;

fn decode<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let format = c.str("pixel_format", "RGB");
    let bytes: Vec<u8> = c.host(0)?.data.iter().map(|&v| v as u8).collect();
    if bytes.starts_with(b"\0\0\0\x0cjP  ") || bytes.starts_with(b"\xff\x4f\xff\x51") {
        return Err(OpError::unsupported("JPEG 2000"));
    }
    let unreadable = |_| OpError::bad("the bytes are no image that can be read");
    let reader = ImageReader::new(Cursor::new(&bytes))
        .with_guessed_format()
        .map_err(|_| OpError::bad("the bytes are no image that can be read"))?;
    // The header first, so that the pixels are reserved before they are made.
    let (width, height) = reader.into_dimensions().map_err(unreadable)?;
    let channels = if format == "Grayscale" { 1 } else { 3 };
    let shape = vec![height as usize, width as usize, channels];
    if width > LARGEST_SIDE || height > LARGEST_SIDE {
        return Err(OpError::unsupported(format!("an image of {width} by {height} pixels")));
    }
    c.reserve(&[shape[0], shape[1], 16])?;
    let mut reader = ImageReader::new(Cursor::new(&bytes))
        .with_guessed_format()
        .map_err(|_| OpError::bad("the bytes are no image that can be read"))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(c.runner.memory_limit);
    reader.limits(limits);
    let pixels = reader.decode().map_err(unreadable)?.into_rgb8();
    let data: Vec<i64> = match format.as_str() {
        "RGB" => pixels.as_raw().iter().map(|&v| i64::from(v)).collect(),
        "BGR" => pixels
            .pixels()
            .flat_map(|p| [p.0[2], p.0[1], p.0[0]])
            .map(i64::from)
            .collect(),
        // ITU-R BT.601, in 16 fractional bits.
        "Grayscale" => pixels
            .pixels()
            .map(|p| (i64::from(p.0[0]) * 19595 + i64::from(p.0[1]) * 38470 + i64::from(p.0[2]) * 7471 + 0x8000) >> 16)
            .collect(),
        other => return Err(OpError::bad(format!("pixel_format `{other}` is unknown"))),
    };
    one_host(Host::new(shape, Elem::U8, data))
}
