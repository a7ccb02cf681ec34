//! LIME's made-up pictures: each segment shown or hidden by the toss of a coin.

use ndarray::{Array2, ArrayView2};

use crate::game::Coalition;
use crate::random::Counter;
use crate::segments::Segments;

/// Stream of [`Counter`] for the tosses.
const STREAM: u64 = 76;

/// Which of `segments` each of `count` pictures shows: the first all, the others each with a chance of one half;
/// `[count, segments]` of ones and zeros.
pub fn shown(segments: usize, count: usize, seed: u64) -> Array2<f64> {
    let mut seen = Array2::ones((count, segments));
    for (k, mut row) in seen.rows_mut().into_iter().enumerate().skip(1) {
        let mut random = Counter::new(seed, STREAM, k as u64);
        row.mapv_inplace(|_| (random.bits() >> 63) as f64);
    }
    seen
}

/// The segments that are shown, one coalition a row of `seen`.
pub fn coalitions(seen: ArrayView2<'_, f64>) -> Vec<Coalition> {
    let one = |row: ndarray::ArrayView1<'_, f64>| {
        let shown = row.iter().enumerate().filter(|(_, v)| **v > 0.5).map(|(i, _)| i);
        Coalition::of(row.len(), shown)
    };
    seen.rows().into_iter().map(one).collect()
}

/// Cosine distance of each row of `seen` from its first; 1 where a row is zero.
pub fn cosine_distances(seen: ArrayView2<'_, f64>) -> Vec<f64> {
    let first = seen.row(0);
    let length = |row: ndarray::ArrayView1<'_, f64>| row.iter().map(|v| v * v).sum::<f64>().sqrt();
    let whole = length(first);
    let distance = |row: ndarray::ArrayView1<'_, f64>| {
        let product: f64 = row.iter().zip(first).map(|(a, b)| a * b).sum();
        let lengths = length(row) * whole;
        // The clamp keeps a row from being nearer to itself than 0 by rounding.
        if lengths > 0.0 {
            (1.0 - product / lengths).clamp(0.0, 2.0)
        } else {
            1.0
        }
    };
    seen.rows().into_iter().map(distance).collect()
}

/// A picture (`[channels, height, width]`, flat) whose every segment has its own mean colour.
pub fn mean_of_segments(values: &[f32], segments: &Segments) -> Vec<f32> {
    let mut size = vec![0usize; segments.count];
    for segment in &segments.of {
        size[*segment] += 1;
    }
    let mut out = Vec::with_capacity(values.len());
    for channel in values.chunks_exact(segments.of.len().max(1)) {
        let mut sums = vec![0.0f64; segments.count];
        for (value, segment) in channel.iter().zip(&segments.of) {
            sums[*segment] += f64::from(*value);
        }
        let mean = |segment: &usize| (sums[*segment] / size[*segment] as f64) as f32;
        out.extend(segments.of.iter().map(mean));
    }
    out
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_first_picture_is_whole_and_the_others_show_about_half() {
        let seen = shown(20, 500, 3);
        assert!(seen.row(0).iter().all(|v| *v > 0.5));
        let share = seen.sum() / seen.len() as f64;
        assert!((share - 0.5).abs() < 0.02, "{share}");
        assert_eq!(shown(20, 40, 3), seen.slice(ndarray::s![..40, ..]));
        assert_eq!(
            coalitions(array![[1.0, 0.0, 1.0]].view())[0]
                .members()
                .collect::<Vec<_>>(),
            [0, 2]
        );
    }

    #[test]
    fn distances_are_of_directions() {
        let far = cosine_distances(array![[1.0, 1.0], [1.0, 0.0], [0.0, 0.0], [1.0, 1.0]].view());
        let want = [0.0, 1.0 - 0.5f64.sqrt(), 1.0, 0.0];
        assert!(far.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12), "{far:?}");
    }

    #[test]
    fn a_hidden_segment_has_its_mean_colour() {
        let segments = Segments::new(&[0, 0, 1], (1, 3));
        let hidden = mean_of_segments(&[1.0, 3.0, 5.0, 0.0, 4.0, 8.0], &segments);
        assert_eq!(hidden, [2.0, 2.0, 5.0, 2.0, 2.0, 8.0]);
    }
}
