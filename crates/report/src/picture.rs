//! A picture, and the map over it, as pictures inside the file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use serde_json::Value;

use crate::arrays::{Arrays, Named};
use crate::numbers::{short, signed};

/// Regions that the table names.
const REGIONS: usize = 12;
/// Regions that carry their number on the picture.
const MARKED: usize = 5;
/// How much of the map's colour is laid over the picture where the map is largest, as on the page.
const OPACITY: f64 = 0.85;
/// Ends of the colours of either side of zero, as on the page: for small values and for large ones.
const FOR: [[f64; 3]; 2] = [[255.0, 92.0, 32.0], [255.0, 202.0, 122.0]];
const AGAINST: [[f64; 3]; 2] = [[64.0, 140.0, 255.0], [54.0, 180.0, 255.0]];

/// A region of the picture, and what it did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Region {
    pub place: String,
    pub pixels: usize,
    pub effect: String,
    pub share: String,
    /// Where its number stands on the picture, in pixels; those further down the table have none there.
    pub mark: Option<(f64, f64)>,
}

/// The two pictures, and what is said of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picture {
    pub width: usize,
    pub height: usize,
    /// What the model was given, PNG in base64.
    pub plain: String,
    /// The map over it, PNG in base64.
    pub over: String,
    /// The value with the full colour.
    pub scale: String,
    /// Pixels of the picture that one unit of a number's drawing takes; it is eighteen wide.
    pub letter: f64,
    pub regions: Vec<Region>,
}

/// Of an answer about a picture; none for other answers.
pub(crate) fn picture(answer: &Value, arrays: &Arrays) -> Option<Picture> {
    let (map, input) = (arrays.get("attribution")?, arrays.get("input")?);
    if !answer["rows"].is_null() || input.shape.len() != 3 {
        return None;
    }
    let (from, to) = (Layout::of(&input.shape)?, Layout::of(&map.shape)?);
    if (from.height, from.width) != (to.height, to.width) {
        return None;
    }
    let (height, width) = (from.height, from.width);
    let rgb = colours(input, from, arrays.range());
    let values: Vec<f64> = (0..height * width)
        .map(|i| (0..to.channels).map(|c| map.values[to.at(c, i)]).sum())
        .collect();
    let scale = high(&values);
    let over: Vec<u8> = rgb
        .as_chunks::<3>()
        .0
        .iter()
        .zip(&values)
        .flat_map(|(pixel, value)| laid(*pixel, *value, scale))
        .collect();
    let plain: Vec<u8> = rgb.iter().map(|v| v.round() as u8).collect();
    let cut = arrays.get("segments").filter(|cut| cut.shape == [height, width]);
    Some(Picture {
        width,
        height,
        plain: png(&plain, width, height)?,
        over: png(&over, width, height)?,
        scale: short(scale),
        letter: height.max(width) as f64 / 300.0,
        regions: cut.map_or_else(Vec::new, |cut| regions(&cut.values, &values, width)),
    })
}

/// Where channels, rows and columns lie.
#[derive(Debug, Clone, Copy)]
struct Layout {
    channels: usize,
    height: usize,
    width: usize,
    channels_last: bool,
}

impl Layout {
    fn of(shape: &[usize]) -> Option<Self> {
        let (channels, height, width, channels_last) = match *shape {
            [h, w] => (1, h, w, false),
            [h, w, c] if c <= 4 && h > 4 => (c, h, w, true),
            [c, h, w] => (c, h, w, false),
            _ => return None,
        };
        (channels > 0 && height > 1 && width > 1).then_some(Self {
            channels,
            height,
            width,
            channels_last,
        })
    }

    /// Place of `channel` of pixel `i`, counted along rows.
    fn at(self, channel: usize, i: usize) -> usize {
        if self.channels_last {
            i * self.channels + channel
        } else {
            channel * self.height * self.width + i
        }
    }
}

/// Red, green and blue from 0 to 255; `range` is what is black and what is white.
fn colours(input: &Named, layout: Layout, range: Option<[f64; 2]>) -> Vec<f64> {
    let [black, white] = range.unwrap_or_else(|| {
        let (low, high) = input
            .values
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        let low = if low > -1e-3 { 0.0 } else { low };
        match high {
            high if low >= 0.0 && high <= 1.001 => [low, 1.0],
            high if low >= 0.0 && high > 128.0 => [low, 255.0],
            high => [low, high],
        }
    });
    let factor = if white > black { 255.0 / (white - black) } else { 255.0 };
    (0..layout.height * layout.width)
        .flat_map(|i| (0..3).map(move |c| (i, if layout.channels >= 3 { c } else { 0 })))
        .map(|(i, c)| ((input.values[layout.at(c, i)] - black) * factor).clamp(0.0, 255.0))
        .collect()
}

/// The 99.5th percentile of the sizes: one bright pixel does not make the others pale.
fn high(values: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = values.iter().map(|v| v.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let at = (0.995 * sizes.len() as f64) as usize;
    sizes.get(at.min(sizes.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

fn laid(pixel: [f64; 3], value: f64, scale: f64) -> [u8; 3] {
    let [r, g, b] = pixel;
    let grey = (0.2126 * r + 0.7152 * g + 0.0722 * b) * 0.78;
    let size = if scale > 0.0 {
        (value.abs() / scale).min(1.0)
    } else {
        0.0
    };
    let [small, large] = if value > 0.0 { FOR } else { AGAINST };
    std::array::from_fn(|c| {
        let colour = small[c] + (large[c] - small[c]) * size;
        (grey + (colour - grey) * size * OPACITY).round().clamp(0.0, 255.0) as u8
    })
}

fn png(rgb: &[u8], width: usize, height: usize) -> Option<String> {
    let mut out = Vec::new();
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    PngEncoder::new(&mut out)
        .write_image(rgb, width, height, ExtendedColorType::Rgb8)
        .ok()?;
    Some(STANDARD.encode(out))
}

/// The regions with the largest sums, largest first.
fn regions(cut: &[f64], values: &[f64], width: usize) -> Vec<Region> {
    #[derive(Clone)]
    struct Found {
        sum: f64,
        count: usize,
        /// First and last row, first and last column.
        edges: [usize; 4],
    }
    let many = cut.iter().fold(0.0f64, |m, r| m.max(*r)) as usize + 1;
    let nothing = Found {
        sum: 0.0,
        count: 0,
        edges: [usize::MAX, 0, usize::MAX, 0],
    };
    let mut all = vec![nothing; many.min(cut.len())];
    for (i, (region, value)) in cut.iter().zip(values).enumerate() {
        let Some(found) = all.get_mut(*region as usize) else {
            continue;
        };
        let (row, column) = (i / width, i % width);
        let [top, bottom, left, right] = found.edges;
        found.edges = [top.min(row), bottom.max(row), left.min(column), right.max(column)];
        found.sum += value;
        found.count += 1;
    }
    let whole: f64 = values.iter().map(|v| v.abs()).sum();
    all.retain(|found| found.count > 0);
    all.sort_by(|a, b| b.sum.abs().total_cmp(&a.sum.abs()));
    all.into_iter()
        .take(REGIONS)
        .enumerate()
        .map(
            |(
                i,
                Found {
                    sum,
                    count,
                    edges: [top, bottom, left, right],
                },
            )| Region {
                place: format!("rows {top}\u{2013}{bottom}, columns {left}\u{2013}{right}"),
                pixels: count,
                effect: signed(sum),
                share: if whole > 0.0 {
                    format!("{:.0} %", 100.0 * sum.abs() / whole)
                } else {
                    String::new()
                },
                mark: (i < MARKED).then(|| ((left + right + 1) as f64 / 2.0, (top + bottom + 1) as f64 / 2.0)),
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(shape: &[usize], values: Vec<f64>) -> Named {
        Named {
            dtype: "f32".to_owned(),
            shape: shape.to_vec(),
            values,
        }
    }

    #[test]
    fn what_speaks_for_is_warm_and_what_has_no_effect_is_grey() {
        let [r, g, b] = laid([10.0, 20.0, 30.0], 2.0, 1.0);
        assert!(r > 200 && r > g && g > b);
        let [r, _, b] = laid([10.0, 20.0, 30.0], -2.0, 1.0);
        assert!(b > 200 && b > r);
        let [r, g, b] = laid([10.0, 20.0, 30.0], 0.0, 1.0);
        assert!(r == g && g == b);
    }

    #[test]
    fn regions_are_named_by_what_they_did() {
        let cut = [0.0, 0.0, 1.0, 1.0, 2.0, 2.0];
        let got = regions(&cut, &[0.5, 0.5, -3.0, 0.0, 0.25, 0.25], 2);
        let effects: Vec<&str> = got.iter().map(|r| r.effect.as_str()).collect();
        assert_eq!(effects, ["\u{2212}3", "+1", "+0.5"]);
        assert_eq!(got[0].place, "rows 1\u{2013}1, columns 0\u{2013}1");
        assert_eq!((got[0].mark, got[0].share.as_str()), (Some((1.0, 1.5)), "67 %"));
    }

    #[test]
    fn a_row_of_a_table_and_a_signal_are_no_pictures() {
        let arrays = |shape: &[usize]| {
            let size = shape.iter().product();
            Arrays::of(vec![
                ("attribution".to_owned(), named(shape, vec![0.0; size])),
                ("input".to_owned(), named(shape, vec![0.0; size])),
            ])
        };
        assert!(picture(&json!({}), &arrays(&[1, 30])).is_none());
        assert!(picture(&json!({}), &arrays(&[3, 1, 64])).is_none());
        assert!(picture(&json!({ "rows": { "from": 0, "count": 3 } }), &arrays(&[3, 8, 8])).is_none());
        let found = picture(&json!({}), &arrays(&[3, 8, 9])).unwrap();
        assert_eq!((found.width, found.height, found.scale.as_str()), (9, 8, "0"));
        assert_eq!(picture(&json!({}), &arrays(&[8, 9, 3])).unwrap(), found);
    }
}
