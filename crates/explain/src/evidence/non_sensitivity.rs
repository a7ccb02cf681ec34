//! Does a zero attribution mean that the model does not look there? (Nguyen and Martinez 2020)

use super::exchange::{Exchange, changes};
use crate::ExplainError;

/// How many parts break the rule that exactly the parts without attribution (below `threshold`) move the model
/// by less than `threshold`.
pub fn non_sensitivity(
    exchange: &mut dyn Exchange,
    attribution: &[f64],
    threshold: f64,
) -> Result<usize, ExplainError> {
    let singles: Vec<Vec<usize>> = (0..exchange.parts()).map(|part| vec![part]).collect();
    let moved = changes(exchange, &singles)?;
    let broken = attribution
        .iter()
        .zip(&moved)
        .filter(|(said, moved)| (**said < threshold) != (moved.abs() < threshold));
    Ok(broken.count())
}
