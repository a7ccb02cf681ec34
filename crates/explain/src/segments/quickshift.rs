//! Quick shift (Vedaldi and Soatto 2008), as scikit-image runs it.

use super::colour::Colours;
use crate::random::Counter;

/// Stream of [`Counter`] for what breaks ties.
const STREAM: u64 = 75;
/// Size of what breaks ties between densities.
const TIE: f64 = 1e-5;

/// The label of every pixel: the pixel at the top of its hill.
///
/// Every pixel has a density, measured with a Gaussian of width `kernel` over colour (times `ratio`) and place, and
/// belongs to the nearest pixel of higher density within three widths and at most `reach` away; one that has none is
/// the top of a hill. What breaks ties depends on the pixel alone, so that a picture is always cut in the same way.
pub fn quickshift(colours: &Colours, kernel: f64, reach: f64, ratio: f64) -> Vec<usize> {
    let (h, w) = colours.size;
    let scaled = Colours {
        of: colours.of.iter().map(|pixel| pixel.map(|v| v * ratio)).collect(),
        size: (h, w),
    };
    let window = (3.0 * kernel).ceil() as usize;
    let narrow = -0.5 / (kernel * kernel);
    let mut density: Vec<f64> = (0..h * w)
        .map(|pixel| TIE * Counter::new(0, STREAM, pixel as u64).normal())
        .collect();
    for y in 0..h {
        for x in 0..w {
            let pixel = y * w + x;
            // Of itself, and of those behind it; to those it is added at the same time: a distance has two ends.
            let mut sum = 1.0;
            for other_y in y..(y + window + 1).min(h) {
                let from = if other_y == y { x + 1 } else { x.saturating_sub(window) };
                for other_x in from..(x + window + 1).min(w) {
                    let other = other_y * w + other_x;
                    let near = (far(&scaled, pixel, other, (other_y - y, other_x.abs_diff(x))) * narrow).exp();
                    sum += near;
                    density[other] += near;
                }
            }
            density[pixel] += sum;
        }
    }
    let mut parent = Vec::with_capacity(h * w);
    for y in 0..h {
        for x in 0..w {
            let pixel = y * w + x;
            let (mut closest, mut found) = (f64::INFINITY, pixel);
            for other_y in y.saturating_sub(window)..(y + window + 1).min(h) {
                for other_x in x.saturating_sub(window)..(x + window + 1).min(w) {
                    let other = other_y * w + other_x;
                    if density[other] > density[pixel] {
                        let far = far(&scaled, pixel, other, (other_y.abs_diff(y), other_x.abs_diff(x)));
                        if far < closest {
                            (closest, found) = (far, other);
                        }
                    }
                }
            }
            parent.push(if closest.sqrt() <= reach { found } else { pixel });
        }
    }
    // Densities rise along the way, so it ends.
    loop {
        let further: Vec<usize> = parent.iter().map(|p| parent[*p]).collect();
        if further == parent {
            return parent;
        }
        parent = further;
    }
}

/// Squared distance of two pixels, `apart` rows and columns from each other, over colour and place.
fn far(colours: &Colours, a: usize, b: usize, apart: (usize, usize)) -> f64 {
    colours.distance(a, b) + (apart.0 * apart.0 + apart.1 * apart.1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_hills_are_apart_and_a_short_reach_leaves_every_pixel_alone() {
        let grey = |v: f64| [v, 0.0, 0.0];
        let of: Vec<[f64; 3]> = (0..60).map(|p| grey(if p % 10 < 5 { 0.0 } else { 90.0 })).collect();
        let colours = Colours { of, size: (6, 10) };
        let labels = quickshift(&colours, 2.0, 6.0, 1.0);
        assert!((0..60).all(|p| (labels[p] % 10 < 5) == (p % 10 < 5)));
        assert_eq!(quickshift(&colours, 2.0, 0.5, 1.0), (0..60).collect::<Vec<_>>());
    }
}
