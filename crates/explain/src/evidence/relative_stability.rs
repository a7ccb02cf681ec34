//! How far the explanation moves, measured by how far the input, or what the model makes of it, has moved
//! (Agarwal et al. 2022).

/// Keeps a share of next to nothing from counting as infinite.
const LEAST: f64 = 1e-6;

/// ||(moved - still) / still||, Euclidean, element by element; elements that were zero count by their own change.
fn relative(still: &[f64], moved: &[f64]) -> f64 {
    let part = |(a, b): (&f64, &f64)| {
        let scale = if a.abs() > LEAST { a.abs() } else { 1.0 };
        ((b - a) / scale).powi(2)
    };
    still.iter().zip(moved).map(part).sum::<f64>().sqrt()
}

/// The largest, over pairs of moved explanations and moved references, of relative change of the explanation by relative
/// change of the reference: the input (relative input stability), an inner value (relative representation stability), or,
/// as it is, the output (relative output stability: see [`relative_output_stability`]). None where nothing moved.
pub fn relative_stability(explanation: (&[f64], &[Vec<f64>]), reference: (&[f64], &[Vec<f64>])) -> Option<f64> {
    let pairs = explanation.1.iter().zip(reference.1);
    pairs
        .map(|(moved, other)| relative(explanation.0, moved) / relative(reference.0, other).max(LEAST))
        .reduce(f64::max)
}

/// The same by the distance, not the relative change, of the outputs.
pub fn relative_output_stability(explanation: (&[f64], &[Vec<f64>]), outputs: (&[f64], &[Vec<f64>])) -> Option<f64> {
    let pairs = explanation.1.iter().zip(outputs.1);
    let distance = |other: &[f64]| {
        let squares = outputs.0.iter().zip(other).map(|(a, b)| (b - a).powi(2));
        squares.sum::<f64>().sqrt()
    };
    pairs
        .map(|(moved, other)| relative(explanation.0, moved) / distance(other).max(LEAST))
        .reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_weighed_by_what_caused_it() {
        let still = [1.0, 2.0];
        let moved = [vec![1.1, 2.0], vec![1.0, 2.2]];
        // Ten per cent of one part each, for one and for ten per cent of the input.
        let inputs = [vec![1.01, 1.0], vec![1.1, 1.0]];
        let found = relative_stability((&still, &moved), (&[1.0, 1.0], &inputs)).unwrap();
        assert!((found - 10.0).abs() < 1e-6, "{found}");
        let by_output = relative_output_stability((&still, &moved), (&[0.0], &[vec![0.2], vec![-0.05]])).unwrap();
        assert!((by_output - 2.0).abs() < 1e-9, "{by_output}");
        assert_eq!(relative_stability((&still, &[]), (&still, &[])), None);
    }
}
