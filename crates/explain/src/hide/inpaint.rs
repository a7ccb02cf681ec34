//! Holes filled in from what is around them, coarse before fine (push and pull, Gortler et al. 1996).

/// Fills the pixels of one channel (`height x width`) that `hidden` marks from the others; where no pixel is known, the
/// channel stays as it is.
///
/// Each coarser picture holds the mean of the known pixels under it; on the way back, what is not known takes the
/// coarser picture's value between its pixels. The time is that of a few passes over the picture, whatever the holes.
pub fn inpaint(channel: &mut [f32], size: (usize, usize), hidden: &[bool]) {
    if channel.is_empty() || !hidden.contains(&true) {
        return;
    }
    let known = |hidden: &bool| if *hidden { 0.0 } else { 1.0 };
    let mut levels = vec![Level {
        size,
        values: channel.iter().map(|v| f64::from(*v)).collect(),
        known: hidden.iter().map(known).collect(),
    }];
    while let Some(coarser) = levels.last().and_then(Level::coarser) {
        levels.push(coarser);
    }
    let Some(mut coarse) = levels.pop() else { return };
    if coarse.known[0] <= 0.0 {
        return;
    }
    while let Some(mut fine) = levels.pop() {
        fine.fill_from(&coarse);
        coarse = fine;
    }
    for ((to, from), hidden) in channel.iter_mut().zip(&coarse.values).zip(hidden) {
        if *hidden {
            *to = *from as f32;
        }
    }
}

struct Level {
    size: (usize, usize),
    values: Vec<f64>,
    /// How far each value is known, 0 to 1.
    known: Vec<f64>,
}

impl Level {
    /// Half as wide and high; none where there is one pixel left.
    fn coarser(&self) -> Option<Self> {
        let (h, w) = self.size;
        if h * w <= 1 {
            return None;
        }
        let size = (h.div_ceil(2), w.div_ceil(2));
        let (mut sums, mut known) = (vec![0.0; size.0 * size.1], vec![0.0; size.0 * size.1]);
        for (pixel, (value, weight)) in self.values.iter().zip(&self.known).enumerate() {
            let under = pixel / w / 2 * size.1 + pixel % w / 2;
            sums[under] += weight * value;
            known[under] += weight;
        }
        for (sum, weight) in sums.iter_mut().zip(&mut known) {
            if *weight > 0.0 {
                *sum /= *weight;
            }
            *weight = weight.min(1.0);
        }
        Some(Self {
            size,
            values: sums,
            known,
        })
    }

    fn fill_from(&mut self, coarse: &Self) {
        let (h, w) = self.size;
        let (coarse_h, coarse_w) = coarse.size;
        // The two coarse places around a fine one, and the share of the second.
        let around = |at: usize, n: usize| {
            let place = (at as f64 / 2.0 - 0.25).clamp(0.0, (n - 1) as f64);
            let low = place as usize;
            (low, (low + 1).min(n - 1), place - low as f64)
        };
        for y in 0..h {
            let (top, bottom, down) = around(y, coarse_h);
            for x in 0..w {
                let pixel = y * w + x;
                let weight = self.known[pixel];
                if weight >= 1.0 {
                    continue;
                }
                let (left, right, across) = around(x, coarse_w);
                let line = |row: usize| {
                    let at = |column: usize| coarse.values[row * coarse_w + column];
                    at(left) + across * (at(right) - at(left))
                };
                let value = line(top) + down * (line(bottom) - line(top));
                self.values[pixel] = weight * self.values[pixel] + (1.0 - weight) * value;
            }
        }
        // Now all of it is known.
        self.known.fill(1.0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_hole_in_a_slope_is_filled_along_the_slope() {
        let (h, w) = (16, 16);
        let slope: Vec<f32> = (0..h * w).map(|p| (p % w) as f32).collect();
        let hidden: Vec<bool> = (0..h * w)
            .map(|p| (5..10).contains(&(p / w)) && (5..10).contains(&(p % w)))
            .collect();
        let mut filled = slope.clone();
        for (v, hidden) in filled.iter_mut().zip(&hidden) {
            if *hidden {
                *v = 999.0;
            }
        }
        inpaint(&mut filled, (h, w), &hidden);
        let worst = filled
            .iter()
            .zip(&slope)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0f32, f32::max);
        assert!(worst < 3.0, "{worst}");
        let mut all = vec![1.0; 4];
        inpaint(&mut all, (2, 2), &[true; 4]);
        assert_eq!(all, [1.0; 4]);
    }

    proptest! {
        #[test]
        fn known_pixels_stay_and_filled_ones_lie_between_them(
            (h, w, pixels) in (1usize..12, 1usize..12).prop_flat_map(|(h, w)| {
                (Just(h), Just(w), prop::collection::vec((-5.0f32..5.0, any::<bool>()), h * w))
            })
        ) {
            let (before, hidden): (Vec<f32>, Vec<bool>) = pixels.into_iter().unzip();
            let mut after = before.clone();
            inpaint(&mut after, (h, w), &hidden);
            let known: Vec<f32> = before.iter().zip(&hidden).filter(|(_, h)| !**h).map(|(v, _)| *v).collect();
            let low = known.iter().copied().fold(f32::INFINITY, f32::min);
            let high = known.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for ((a, b), hidden) in after.iter().zip(&before).zip(&hidden) {
                if !hidden {
                    prop_assert_eq!(a.to_bits(), b.to_bits());
                } else if !known.is_empty() {
                    prop_assert!(*a >= low - 1e-4 && *a <= high + 1e-4);
                }
            }
        }
    }
}
