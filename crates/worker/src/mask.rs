//! Where somebody says the object of a picture is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use glassboard_model::Array;
use image::DynamicImage;
use serde_json::Value;

use crate::decode::{Decoded, decode};
use crate::trouble::Trouble;

/// Which pixels of `x` (`[1, channels, height, width]`) `given` marks: a PNG in base64 (white is the object) or rows
/// of zeros and ones. One of another size is brought to the model's, by nearest pixels.
pub(crate) fn mask(given: &Value, x: &Array) -> Result<Vec<bool>, Trouble> {
    let &[_, _, height, width] = x.shape() else {
        return Err(Trouble::input(
            "a mask marks pixels of a picture, and this input is not one",
        ));
    };
    let (marks, (h, w)) = match given {
        Value::String(text) => picture(text)?,
        Value::Array(rows) => numbers(rows)?,
        _ => return Err(wrong()),
    };
    let at = |y: usize, x: usize| marks[(y * h / height) * w + x * w / width];
    let all = (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
    Ok(all.map(|(y, x)| at(y, x)).collect())
}

/// Bytes of a PNG as a question names them.
pub fn of_png(bytes: &[u8]) -> Value {
    Value::String(STANDARD.encode(bytes))
}

type Marks = (Vec<bool>, (usize, usize));

fn picture(text: &str) -> Result<Marks, Trouble> {
    let bytes = STANDARD.decode(text.trim()).map_err(|_| wrong())?;
    let Decoded::Picture(found) = decode(&bytes, "")? else {
        return Err(wrong());
    };
    let size = (found.height() as usize, found.width() as usize);
    // Painted or not: what is transparent is not.
    let painted = DynamicImage::ImageLumaA8(found.to_luma_alpha8()).into_luma_alpha8();
    Ok((painted.pixels().map(|p| p.0[0] > 127 && p.0[1] > 127).collect(), size))
}

fn numbers(rows: &[Value]) -> Result<Marks, Trouble> {
    let mut marks = Vec::new();
    let mut width = None;
    for row in rows {
        let row = row.as_array().ok_or_else(wrong)?;
        if width.is_some_and(|width| width != row.len()) || row.is_empty() {
            return Err(wrong());
        }
        width = Some(row.len());
        for value in row {
            marks.push(match value {
                Value::Bool(mark) => *mark,
                other => other.as_f64().ok_or_else(wrong)? > 0.5,
            });
        }
    }
    Ok((marks, (rows.len(), width.ok_or_else(wrong)?)))
}

fn wrong() -> Trouble {
    Trouble::input("the mask must be a PNG in base64, or rows of zeros and ones of one length, at least one")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{GrayImage, ImageFormat, Luma};
    use ndarray::{ArrayD, IxDyn};
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_and_pictures_mark_the_same_and_are_brought_to_size() {
        let x: Array = ArrayD::zeros(IxDyn(&[1, 3, 4, 4]));
        let rows = mask(&json!([[1, 0], [false, true]]), &x).unwrap();
        let png = GrayImage::from_fn(2, 2, |x, y| Luma([if x == y { 255 } else { 0 }]));
        let mut bytes = Cursor::new(Vec::new());
        png.write_to(&mut bytes, ImageFormat::Png).unwrap();
        assert_eq!(mask(&of_png(&bytes.into_inner()), &x).unwrap(), rows);
        assert_eq!(rows.iter().filter(|m| **m).count(), 8);
        assert!(rows[0] && rows[5] && !rows[2] && rows[15]);
    }

    #[test]
    fn what_is_no_mask_is_told() {
        let x: Array = ArrayD::zeros(IxDyn(&[1, 1, 2, 2]));
        for bad in [
            json!([]),
            json!([[]]),
            json!([[1], [1, 0]]),
            json!("!"),
            json!(3),
            json!([["x"]]),
            json!([1]),
        ] {
            assert!(mask(&bad, &x).unwrap_err().message.contains("mask"), "{bad}");
        }
        assert!(mask(&json!([[1]]), &ArrayD::zeros(IxDyn(&[1, 5]))).is_err());
    }
}
