//! From a catalogue name and its parameters to a method that works on rows of a table.

use serde_json::{Map, Value};

use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner, shapley};

/// Runs `method`, one of the catalogue's methods for rows, with validated `params`. What was left for the method to
/// choose is written into `params`.
pub fn explain_rows(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    method: &str,
    params: &mut Map<String, Value>,
    extras: RowExtras<'_>,
) -> Result<Outcome, ExplainError> {
    let full = glassboard_catalog::validate(method, params).map_err(|e| ExplainError::parameters(e.to_string()))?;
    *params = full;
    match method {
        "exact_shapley" | "exact_interactions" | "kernel_shap" | "leverage_shap" | "regression_shap"
        | "permutation_shap" | "sampling_shap" | "partition_shap" | "linear_shap" => {
            shapley::rows(run, ask, method, params, extras)
        }
        _ => Err(ExplainError::parameters(format!(
            "`{method}` is not a method for rows of a table"
        ))),
    }
}
