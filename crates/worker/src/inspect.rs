//! What an uploaded input is, and a small picture of it.

use std::io::Cursor;

use glassboard_text::{is_list, sentences};
use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};

use crate::decode::{Decoded, decode};
use crate::pixels::shown;
use crate::rows;
use crate::trouble::Trouble;

/// Longest side of the small picture.
const PICTURE_SIDE: u32 = 512;

/// Sentences that are kept with what is known of a text, for its page.
const SHOWN: usize = 200;

/// The result of `JobSpec::Inspect`, and what comes with it: a PNG to be shown, where there is a picture to be drawn,
/// and after that the bytes to keep in place of the upload, where it holds more than anybody asked for. `facts` hold
/// what the user said of a table.
///
/// Text is told by what it begins like (a JSON list of sentences), by its `name`, or by what the user said; any other
/// text is a table.
pub(crate) fn inspect(bytes: &[u8], name: &str, facts: &Value) -> Result<(Value, Vec<Vec<u8>>), Trouble> {
    let lower = name.to_lowercase();
    if is_list(bytes) || facts["kind"] == "text" || [".txt", ".text"].iter().any(|end| lower.ends_with(end)) {
        let list = sentences(bytes)?;
        let shown: Vec<&String> = list.iter().take(SHOWN).collect();
        let facts = json!({ "kind": "text", "rows": list.len(), "columns": [], "sentences": shown });
        return Ok((facts, Vec::new()));
    }
    match decode(bytes, "")? {
        Decoded::Picture(picture) => Ok((facts_of(&picture), vec![png(&picture)?])),
        Decoded::Dicom(found) => {
            let mut facts = facts_of(&found.picture);
            facts["imaging"] = json!(found.imaging);
            facts["note"] = found.imaging.sentence().into();
            Ok((facts, vec![png(&found.picture)?, whole(&found.picture)?]))
        }
        Decoded::Array(array) => {
            let rows = array.shape.first().copied().unwrap_or(1);
            let picture = drawn(&array.shape, &array.values)
                .map(|picture| png(&picture))
                .transpose()?;
            let facts = json!({ "kind": "array", "rows": rows, "columns": [], "shape": array.shape });
            Ok((facts, picture.into_iter().collect()))
        }
        Decoded::Table => Ok((rows::facts(bytes, facts)?, Vec::new())),
    }
}

fn facts_of(picture: &DynamicImage) -> Value {
    json!({ "kind": "image", "rows": 1, "columns": [], "width": picture.width(), "height": picture.height() })
}

/// The picture as it is, without loss.
fn whole(picture: &DynamicImage) -> Result<Vec<u8>, Trouble> {
    let mut out = Cursor::new(Vec::new());
    picture
        .write_to(&mut out, ImageFormat::Png)
        .map_err(|error| Trouble::internal(format!("the picture could not be written: {error}")))?;
    Ok(out.into_inner())
}

/// A small one, as a screen shows it.
fn png(picture: &DynamicImage) -> Result<Vec<u8>, Trouble> {
    let large = picture.width().max(picture.height()) > PICTURE_SIDE;
    whole(&shown(&if large {
        picture.thumbnail(PICTURE_SIDE, PICTURE_SIDE)
    } else {
        picture.clone()
    }))
}

/// The first row of an array as a picture, least value black and greatest white, where its shape is
/// that of one: `[n, 1 or 3, h, w]`, `[n, h, w, 1 or 3]` or `[n, h, w]`.
fn drawn(shape: &[usize], values: &[f32]) -> Option<DynamicImage> {
    let (channels, h, w, planes) = match *shape {
        [_, c @ (1 | 3), h, w] => (c, h, w, true),
        [_, h, w, c @ (1 | 3)] => (c, h, w, false),
        [_, h, w] if h > 1 && w > 1 => (1, h, w, true),
        _ => return None,
    };
    let row = values.get(..channels.checked_mul(h)?.checked_mul(w)?)?;
    let (low, high) = row
        .iter()
        .filter(|v| v.is_finite())
        .fold((f32::MAX, f32::MIN), |(l, u), v| (l.min(*v), u.max(*v)));
    let span = if high > low { high - low } else { 1.0 };
    let at = |c: usize, y: usize, x: usize| {
        let c = c.min(channels - 1);
        let value = row[if planes {
            (c * h + y) * w + x
        } else {
            (y * w + x) * channels + c
        }];
        (((value - low) / span).clamp(0.0, 1.0) * 255.0) as u8
    };
    let picture = image::RgbImage::from_fn(u32::try_from(w).ok()?, u32::try_from(h).ok()?, |x, y| {
        let (x, y) = (x as usize, y as usize);
        image::Rgb([at(0, y, x), at(1, y, x), at(2, y, x)])
    });
    Some(DynamicImage::ImageRgb8(picture))
}
