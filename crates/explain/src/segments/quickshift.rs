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
    let near = |y: usize, n: usize| y.saturating_sub(window)..(y + window + 1).min(n);
    let distance = |a: usize, b: usize| {
        let place = (a / w).abs_diff(b / w).pow(2) + (a % w).abs_diff(b % w).pow(2);
        scaled.distance(a, b) + place as f64
    };
    let density: Vec<f64> = (0..h * w)
        .map(|pixel| {
            let mut sum = TIE * Counter::new(0, STREAM, pixel as u64).normal();
            for y in near(pixel / w, h) {
                for x in near(pixel % w, w) {
                    sum += (distance(pixel, y * w + x) * narrow).exp();
                }
            }
            sum
        })
        .collect();
    let mut parent: Vec<usize> = (0..h * w)
        .map(|pixel| {
            let (mut closest, mut found) = (f64::INFINITY, pixel);
            for y in near(pixel / w, h) {
                for x in near(pixel % w, w) {
                    let other = y * w + x;
                    if density[other] > density[pixel] {
                        let far = distance(pixel, other);
                        if far < closest {
                            (closest, found) = (far, other);
                        }
                    }
                }
            }
            if closest.sqrt() <= reach { found } else { pixel }
        })
        .collect();
    // Densities rise along the way, so it ends.
    loop {
        let further: Vec<usize> = parent.iter().map(|p| parent[*p]).collect();
        if further == parent {
            return parent;
        }
        parent = further;
    }
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
