//! How much is spent on the evidence of one picture.

use crate::ExplainError;

/// Pixels past which a pass is slow enough for fewer comparisons.
const LARGE: usize = 128 * 128;
/// Pixels up to which filling in holes costs less than the passes it is for.
const SMALL: usize = 64 * 64;

/// Numbers of everything that is drawn or stepped.
#[derive(Debug, Clone, PartialEq)]
pub struct PicturePlan {
    /// Steps of a curve from nothing to everything.
    pub steps: usize,
    /// Moved maps beside each curve and score.
    pub random: usize,
    /// Regions are taken away too: squares and segments.
    pub regions: bool,
    /// Random sets of pixels of each size; 0: none.
    pub sets: usize,
    /// Groups of pixels that are taken away alone; 0: none.
    pub groups: usize,
    /// Shares of the pixels that are removed and filled in from around.
    pub road: Vec<f64>,
}

/// Sizes of the random sets, as shares of the pixels: few, some, and a third.
pub(super) const SET_SHARES: [f64; 3] = [0.02, 0.1, 1.0 / 3.0];
/// About how many squares and how many segments a picture is cut into.
pub(super) const REGIONS: usize = 64;

impl PicturePlan {
    /// By name, for a picture of `pixels`: `none`, `cheap` or `all`.
    pub fn parse(name: &str, pixels: usize) -> Result<Option<Self>, ExplainError> {
        let large = pixels > LARGE;
        let road = |shares: &[f64], most: usize| if pixels <= most { shares.to_vec() } else { Vec::new() };
        match name {
            "none" => Ok(None),
            "cheap" => Ok(Some(Self {
                steps: 4,
                random: if large { 3 } else { 6 },
                regions: !large,
                sets: if large { 0 } else { 16 },
                groups: if large { 0 } else { 16 },
                road: road(&[0.1, 0.3], SMALL / 4),
            })),
            "all" => Ok(Some(Self {
                steps: 10,
                random: if large { 10 } else { 20 },
                regions: true,
                sets: if large { 30 } else { 100 },
                groups: 20,
                road: road(&[0.1, 0.3, 0.5], SMALL),
            })),
            _ => Err(ExplainError::parameters(format!(
                "evidence must be none, cheap or all, not `{name}`"
            ))),
        }
    }

    /// Most forward passes of [`super::weigh_picture`] under `baselines` baselines.
    pub fn most_passes(&self, baselines: usize) -> u64 {
        // Both ends, and between them every map from its highest and from its lowest.
        let curve = 2 + 2 * (1 + self.random) * self.steps.saturating_sub(1);
        let curves = if self.regions { 3 } else { 1 };
        let sets = if self.sets > 0 {
            SET_SHARES.len() * (self.sets + 1)
        } else {
            0
        };
        let groups = if self.groups > 0 { self.groups + 2 } else { 0 };
        let road = 2 * (1 + self.random) * self.road.len();
        (baselines * (curves * curve + sets + groups) + road) as u64
    }
}
