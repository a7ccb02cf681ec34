//! A linear model as plain data.

/// `outputs = weights · row + intercept`.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearModel {
    /// Columns of a row.
    pub features: usize,
    /// One row of weights an output, `[outputs][features]`.
    pub weights: Vec<Vec<f64>>,
    /// `[outputs]`.
    pub intercept: Vec<f64>,
}

impl LinearModel {
    /// The outputs of one row, before any link.
    pub fn margins(&self, row: &[f64]) -> Vec<f64> {
        let products = self.weights.iter().zip(&self.intercept);
        products
            .map(|(weights, intercept)| weights.iter().zip(row).map(|(w, v)| w * v).sum::<f64>() + intercept)
            .collect()
    }
}
