//! PNG, JPEG, WebP and TIFF, upright and as deep as they were written.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder as _, ImageError, ImageReader, Limits};

use crate::trouble::Trouble;

/// Longest side of a picture.
pub(super) const MAX_SIDE: u32 = 16_384;
/// Most bytes a decoded picture may take.
pub(super) const MAX_BYTES: u64 = 256 << 20;

/// The format of [`picture`] that `bytes` begin as.
pub(super) fn format(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"RIFF") {
        return (bytes.get(8..12) == Some(b"WEBP")).then_some("webp");
    }
    let starts: [(&[u8], &str); 4] = [
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff", "jpeg"),
        (b"II*\0", "tiff"),
        (b"MM\0*", "tiff"),
    ];
    let known = starts.iter().find(|(start, _)| bytes.starts_with(start));
    known.map(|(_, name)| *name)
}

/// The picture in `bytes`, turned as its EXIF orientation says: as it looks in a viewer.
pub(super) fn picture(bytes: &[u8]) -> Result<DynamicImage, Trouble> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_BYTES);
    let mut reader = ImageReader::new(Cursor::new(bytes));
    reader.limits(limits);
    let reader = reader
        .with_guessed_format()
        .map_err(|e| Trouble::input(format!("the picture cannot be read: {e}")))?;
    let mut decoder = reader.into_decoder().map_err(told)?;
    if decoder.total_bytes() > MAX_BYTES {
        return Err(too_large());
    }
    // A picture whose EXIF part is broken is still a picture.
    let orientation = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(told)?;
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Ok(picture)
}

pub(super) fn too_large() -> Trouble {
    Trouble::input(format!(
        "the picture is too large: {MAX_SIDE} pixels a side and {} MiB decoded are the limits",
        MAX_BYTES >> 20
    ))
}

fn told(error: ImageError) -> Trouble {
    match error {
        ImageError::Limits(_) => too_large(),
        ImageError::Unsupported(e) => Trouble::unsupported(format!("this kind of picture is not read: {e}")),
        other => Trouble::input(format!("the picture cannot be read: {other}")),
    }
}
