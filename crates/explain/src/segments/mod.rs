//! A picture cut into regions of like colour: what LIME hides, what a page snaps to, what IROF takes away.
//!
//! Own code because no well-kept crate has these: those there are have SLIC alone and have not been looked after for
//! years. All three are deterministic: ties are broken by the position of a pixel, never by the order of threads.

mod colour;
mod felzenszwalb;
mod grid;
mod quickshift;
mod slic;

use ndarray::{ArrayD, IxDyn};
use serde_json::{Map, Value};

use crate::ExplainError;

pub use colour::Colours;
pub use felzenszwalb::felzenszwalb;
pub use grid::grid;
pub use quickshift::quickshift;
pub use slic::slic;

/// The region of every pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segments {
    /// One number a pixel, row by row, from 0 without gaps.
    pub of: Vec<usize>,
    /// How many regions there are.
    pub count: usize,
    /// Height and width.
    pub size: (usize, usize),
}

impl Segments {
    /// From any label a pixel; labels are numbered anew in the order of their value.
    pub fn new(labels: &[usize], size: (usize, usize)) -> Self {
        let mut seen = labels.to_vec();
        seen.sort_unstable();
        seen.dedup();
        let of = labels.iter().map(|label| seen.partition_point(|s| s < label)).collect();
        Self {
            of,
            count: seen.len(),
            size,
        }
    }

    /// The region of every element of a row of `channels` planes.
    pub fn of_elements(&self, channels: usize) -> Vec<usize> {
        std::iter::repeat_n(&self.of, channels).flatten().copied().collect()
    }

    /// As an array, `[height, width]`.
    pub fn to_array(&self) -> ArrayD<f64> {
        let (h, w) = self.size;
        ArrayD::from_shape_fn(IxDyn(&[h, w]), |i| self.of[i[0] * w + i[1]] as f64)
    }
}

/// How a picture is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Segmentation {
    /// Hills of colour and place (Vedaldi and Soatto 2008).
    Quickshift {
        /// Width of the Gaussian that densities are measured with, in pixels.
        kernel: f64,
        /// Farthest that a pixel is from the one it belongs to.
        reach: f64,
        /// Weight of colour against place, 0 to 1.
        ratio: f64,
    },
    /// k-means of colour and place (Achanta et al. 2012).
    Slic {
        /// About how many regions.
        count: usize,
        /// Weight of place against colour.
        compactness: f64,
        /// Rounds of k-means.
        rounds: usize,
    },
    /// Regions joined where their border is no stronger than what they hold (Felzenszwalb and Huttenlocher 2004).
    Felzenszwalb {
        /// The larger, the larger the regions.
        scale: f64,
        /// Deviation of the Gaussian that smooths the picture first, in pixels.
        smooth: f64,
        /// Fewest pixels of a region.
        least: usize,
    },
    /// Squares.
    Grid {
        /// About how many.
        count: usize,
    },
}

/// Rounds of SLIC.
pub const SLIC_ROUNDS: usize = 10;
/// Weight of place in SLIC where nothing else is said.
pub const SLIC_COMPACTNESS: f64 = 10.0;
/// Fewest pixels of a region of felzenszwalb.
const LEAST: usize = 20;
/// Deviation of the Gaussian before felzenszwalb.
const SMOOTH: f64 = 0.8;

impl Segmentation {
    /// From the catalogue's parameters of a method that cuts pictures.
    pub fn from_params(params: &Map<String, Value>) -> Result<Self, ExplainError> {
        let number = |name: &str| params.get(name).and_then(Value::as_f64).unwrap_or_default();
        let name = params.get("segmentation").and_then(Value::as_str).unwrap_or_default();
        let count = number("segments") as usize;
        Ok(match name {
            "quickshift" => Self::Quickshift {
                kernel: number("kernel_size"),
                reach: number("max_dist"),
                ratio: number("ratio"),
            },
            "slic" => Self::Slic {
                count,
                compactness: number("compactness"),
                rounds: SLIC_ROUNDS,
            },
            "felzenszwalb" => Self::Felzenszwalb {
                scale: number("scale"),
                smooth: SMOOTH,
                least: LEAST,
            },
            "grid" => Self::Grid { count },
            other => return Err(ExplainError::parameters(format!("there is no segmentation `{other}`"))),
        })
    }

    /// Its name in the catalogue.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Quickshift { .. } => "quickshift",
            Self::Slic { .. } => "slic",
            Self::Felzenszwalb { .. } => "felzenszwalb",
            Self::Grid { .. } => "grid",
        }
    }

    /// The usual cut of a page: SLIC, about `count` regions.
    pub const fn usual(count: usize) -> Self {
        Self::Slic {
            count,
            compactness: SLIC_COMPACTNESS,
            rounds: SLIC_ROUNDS,
        }
    }

    /// Cuts a picture (`[channels, height, width]`, flat, colours from 0 to 1).
    pub fn cut(&self, values: &[f32], picture: [usize; 3]) -> Result<Segments, ExplainError> {
        let [_, h, w] = picture;
        if h * w == 0 || values.len() != picture.iter().product::<usize>() {
            return Err(ExplainError::parameters(format!(
                "a picture of {} values is not {picture:?}",
                values.len()
            )));
        }
        let labels = match *self {
            Self::Quickshift { kernel, reach, ratio } => {
                quickshift(&Colours::lab(values, picture), kernel, reach, ratio)
            }
            Self::Slic {
                count,
                compactness,
                rounds,
            } => slic(&Colours::lab(values, picture), count, compactness, rounds),
            Self::Felzenszwalb { scale, smooth, least } => {
                felzenszwalb(&Colours::rgb(values, picture), scale, smooth, least)
            }
            Self::Grid { count } => grid((h, w), count),
        };
        Ok(Segments::new(&labels, (h, w)))
    }
}

/// `values` on a scale from 0 to 1, where nothing is known of their unit: from the least to the largest.
pub fn stretched(values: &[f32]) -> Vec<f32> {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let span = high - low;
    let one = |v: &f32| if span > 0.0 { (v - low) / span } else { 0.0 };
    values.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Segmentation; 4] = [
        Segmentation::Quickshift {
            kernel: 2.0,
            reach: 10.0,
            ratio: 0.5,
        },
        Segmentation::usual(9),
        Segmentation::Felzenszwalb {
            scale: 50.0,
            smooth: 0.5,
            least: 5,
        },
        Segmentation::Grid { count: 9 },
    ];

    /// Two halves of different colour, a little noise in each.
    fn halves(h: usize, w: usize) -> Vec<f32> {
        let pixel = |i: usize| {
            let noise = ((i * 37) % 11) as f32 / 400.0;
            if i % w < w / 2 { 0.2 + noise } else { 0.8 - noise }
        };
        (0..3 * h * w).map(|e| pixel(e % (h * w))).collect()
    }

    #[test]
    fn no_region_crosses_the_border_between_two_colours() {
        let (h, w) = (16, 20);
        for how in &ALL[..3] {
            let cut = how.cut(&halves(h, w), [3, h, w]).unwrap();
            for region in 0..cut.count {
                let sides: Vec<bool> = (0..h * w)
                    .filter(|p| cut.of[*p] == region)
                    .map(|p| p % w < w / 2)
                    .collect();
                assert!(sides.iter().all(|s| *s == sides[0]), "{how:?}, region {region}");
            }
            assert!(cut.count >= 2, "{how:?}: {}", cut.count);
        }
    }

    #[test]
    fn numbers_without_a_unit_are_stretched() {
        assert_eq!(stretched(&[-1.0, 0.0, 1.0]), [0.0, 0.5, 1.0]);
        assert_eq!(stretched(&[3.0; 2]), [0.0; 2]);
    }

    proptest! {
        #[test]
        fn every_pixel_is_in_a_region_and_the_regions_have_no_gaps(
            (channels, h, w, values) in (1usize..4, 1usize..12, 1usize..12).prop_flat_map(|(c, h, w)| {
                (Just(c), Just(h), Just(w), prop::collection::vec(0.0f32..1.0, c * h * w))
            })
        ) {
            for how in ALL {
                let cut = how.cut(&values, [channels, h, w]).unwrap();
                prop_assert_eq!(cut.of.len(), h * w);
                for region in 0..cut.count {
                    prop_assert!(cut.of.contains(&region));
                }
                prop_assert!(cut.of.iter().all(|r| *r < cut.count));
                prop_assert_eq!(&cut, &how.cut(&values, [channels, h, w]).unwrap());
            }
        }
    }
}
