//! Do rows with like explanations have the same answer? (Sufficiency, Dasgupta et al. 2022)

/// Per row, among the other rows whose attribution lies within `threshold`, the share with the same class; 0 where
/// there is none. `maps` holds rows of `size` values.
///
/// The distance is Euclidean over values divided by their standard deviation over the rows, and then divided by the
/// largest of all distances. A place without spread has no such distance: with one, no two rows are near.
pub fn like_answers(maps: &[f64], size: usize, classes: &[usize], threshold: f64) -> Vec<f64> {
    let rows: Vec<&[f64]> = maps.chunks_exact(size.max(1)).collect();
    let variances = variances(&rows, size);
    let distance = |a: &[f64], b: &[f64]| {
        let places = a.iter().zip(b).zip(&variances);
        places.map(|((a, b), v)| (a - b).powi(2) / v).sum::<f64>().sqrt()
    };
    let mut all = vec![vec![0.0; rows.len()]; rows.len()];
    for (i, a) in rows.iter().enumerate() {
        for (j, b) in rows.iter().enumerate() {
            all[i][j] = distance(a, b);
        }
    }
    // Not a number where one of them is not: then no row is near.
    let every = || all.iter().flatten().copied();
    let largest = if every().any(f64::is_nan) {
        f64::NAN
    } else {
        every().fold(0.0, f64::max)
    };
    let share = |i: usize| {
        let near: Vec<usize> = (0..rows.len())
            .filter(|j| *j != i && all[i][*j] / largest <= threshold)
            .collect();
        let same = near.iter().filter(|j| classes[**j] == classes[i]).count();
        if near.is_empty() {
            0.0
        } else {
            same as f64 / near.len() as f64
        }
    };
    (0..rows.len()).map(share).collect()
}

/// Of every place over the rows counted twice (as the distances of a set to itself are computed), with one degree
/// of freedom taken off.
fn variances(rows: &[&[f64]], size: usize) -> Vec<f64> {
    let n = rows.len() as f64;
    let place = |p: usize| {
        let mean = rows.iter().map(|row| row[p]).sum::<f64>() / n;
        2.0 * rows.iter().map(|row| (row[p] - mean).powi(2)).sum::<f64>() / (2.0 * n - 1.0)
    };
    (0..size).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::like_answers;

    #[test]
    fn near_rows_are_counted_and_a_place_without_spread_makes_none_near() {
        let maps = [0.0, 0.0, 0.1, 0.1, 5.0, 4.0];
        assert_eq!(like_answers(&maps, 2, &[1, 1, 0], 0.5), [1.0, 1.0, 0.0]);
        assert_eq!(like_answers(&maps, 2, &[1, 0, 0], 0.5), [0.0, 0.0, 0.0]);
        let still = [0.0, 7.0, 0.1, 7.0, 5.0, 7.0];
        assert_eq!(like_answers(&still, 2, &[1, 1, 1], 0.5), [0.0; 3]);
    }
}
