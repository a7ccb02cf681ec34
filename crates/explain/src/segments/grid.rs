//! Squares.

/// How many rows and columns of about square cells make about `count` of them.
pub(super) fn cells((h, w): (usize, usize), count: usize) -> (usize, usize) {
    let side = ((h * w) as f64 / count.max(1) as f64).sqrt().max(1.0);
    let along = |n: usize| ((n as f64 / side).round() as usize).clamp(1, n.max(1));
    (along(h), along(w))
}

/// The cell of every pixel of a picture that is cut into about `count` of them; they differ by a pixel a side at most.
pub fn grid((h, w): (usize, usize), count: usize) -> Vec<usize> {
    let (down, across) = cells((h, w), count);
    (0..h * w)
        .map(|p| (p / w * down / h) * across + p % w * across / w)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::grid;

    #[test]
    fn cells_are_as_equal_as_they_can_be() {
        assert_eq!(grid((2, 4), 2), [0, 0, 1, 1, 0, 0, 1, 1]);
        let cut = grid((32, 32), 64);
        assert!((0..64).all(|cell| cut.iter().filter(|c| **c == cell).count() == 16));
        assert_eq!(grid((1, 3), 100), [0, 1, 2]);
    }
}
