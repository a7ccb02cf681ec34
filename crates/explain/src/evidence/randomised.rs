//! Does the explanation notice that the model was randomised? (MPRT, Adebayo et al. 2018)

use super::statistics::spearman;

/// Per row, Spearman's correlation of the map before with the map after the model (or the class asked about) was
/// changed: an explanation that reads the model falls towards 0. None where a map does not vary.
pub fn similarity(before: &[f64], after: &[f64], size: usize) -> Vec<Option<f64>> {
    let rows = before.chunks_exact(size.max(1)).zip(after.chunks_exact(size.max(1)));
    rows.map(|(a, b)| spearman(a, b)).collect()
}
