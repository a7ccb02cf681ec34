//! Patches of a picture instead of pixels: selectivity (Montavon et al. 2018) and region perturbation
//! (Samek et al. 2015) are the curve of deletion over them.

/// The patch that every element of a picture `[channels, height, width]` belongs to: squares of `side` pixels,
/// row by row; those at the right and lower edge may be cut.
pub fn patches([channels, height, width]: [usize; 3], side: usize) -> Vec<usize> {
    let side = side.max(1);
    let across = width.div_ceil(side);
    let pixel = |p: usize| (p / width / side) * across + (p % width) / side;
    (0..channels * height * width)
        .map(|e| pixel(e % (height * width)))
        .collect()
}

/// One value a part: the sum of its elements.
pub fn sums(values: &[f64], part_of: &[usize]) -> Vec<f64> {
    let mut out = vec![0.0; part_of.iter().max().map_or(0, |last| last + 1)];
    values.iter().zip(part_of).for_each(|(v, part)| out[*part] += v);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_go_row_by_row_and_channels_share_them() {
        let one = [0, 0, 1, 0, 0, 1, 2, 2, 3];
        assert_eq!(patches([1, 3, 3], 2), one);
        assert_eq!(patches([2, 3, 3], 2), [one, one].concat());
        assert_eq!(sums(&[1.0; 9], &one), [4.0, 2.0, 2.0, 1.0]);
    }
}
