//! Enlarging maps, as torch does.

/// How to fill in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// Weighted mean of the four neighbours, half-pixel centres, clamped at the border.
    Bilinear,
    /// The same with the first and the last source value at the first and the last place (`align_corners=True`).
    Corners,
    /// Source index floor(destination * in / out).
    Nearest,
}

impl Interpolation {
    /// By catalogue name; anything else is bilinear.
    pub fn parse(name: &str) -> Self {
        if name == "nearest" {
            Self::Nearest
        } else {
            Self::Bilinear
        }
    }
}

/// Resizes one channel of `from` = (height, width) to `to`.
pub fn resize(map: &[f32], from: (usize, usize), to: (usize, usize), how: Interpolation) -> Vec<f32> {
    match how {
        Interpolation::Nearest => {
            let mut out = Vec::with_capacity(to.0 * to.1);
            for y in 0..to.0 {
                let row = y * from.0 / to.0 * from.1;
                out.extend((0..to.1).map(|x| map[row + x * from.1 / to.1]));
            }
            out
        }
        Interpolation::Bilinear | Interpolation::Corners => {
            let taps = if how == Interpolation::Corners { corners } else { taps };
            let (rows, columns) = (taps(from.0, to.0), taps(from.1, to.1));
            // Every line of the source is stretched once; then lines are mixed, element by element.
            let stretched: Vec<f32> = map
                .chunks_exact(from.1)
                .take(from.0)
                .flat_map(|line| columns.iter().map(|&(x0, x1, u)| line[x0] * (1.0 - u) + line[x1] * u))
                .collect();
            let line = |y: usize| &stretched[y * to.1..(y + 1) * to.1];
            let mut out = Vec::with_capacity(to.0 * to.1);
            for &(y0, y1, v) in &rows {
                let pairs = line(y0).iter().zip(line(y1));
                out.extend(pairs.map(|(upper, lower)| upper * (1.0 - v) + lower * v));
            }
            out
        }
    }
}

/// For every destination index: two source indices and the weight of the second.
fn taps(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(|i| {
            let centre = ((i as f64 + 0.5) * scale - 0.5).max(0.0);
            let low = (centre as usize).min(from - 1);
            (low, (low + 1).min(from - 1), (centre - low as f64) as f32)
        })
        .collect()
}

/// The same where the outermost places are the outermost values.
fn corners(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let scale = if to > 1 {
        (from - 1) as f64 / (to - 1) as f64
    } else {
        0.0
    };
    (0..to)
        .map(|i| {
            let place = i as f64 * scale;
            let low = (place as usize).min(from - 1);
            (low, (low + 1).min(from - 1), (place - low as f64) as f32)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_stay_where_they_are() {
        // torch.nn.functional.interpolate(tensor([0., 3.]), size=4, mode="linear", align_corners=True)
        let out = resize(&[0.0, 3.0], (1, 2), (1, 4), Interpolation::Corners);
        assert_eq!(out, [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(resize(&[5.0], (1, 1), (2, 1), Interpolation::Corners), [5.0, 5.0]);
    }

    #[test]
    fn doubling_a_ramp_matches_torch() {
        // torch.nn.functional.interpolate(tensor([0., 1.]), scale_factor=2, mode="linear")
        let out = resize(&[0.0, 1.0], (1, 2), (1, 4), Interpolation::Bilinear);
        assert_eq!(out, [0.0, 0.25, 0.75, 1.0]);
        assert_eq!(
            resize(&[0.0, 1.0], (1, 2), (1, 3), Interpolation::Nearest),
            [0.0, 0.0, 1.0]
        );
    }

    #[test]
    fn the_same_size_is_the_same_map() {
        let map: Vec<f32> = (0..12u8).map(f32::from).collect();
        for how in [Interpolation::Bilinear, Interpolation::Nearest] {
            assert_eq!(resize(&map, (3, 4), (3, 4), how), map);
        }
    }
}
