//! From a catalogue name and its parameters to a method that works on rows of a table.

use serde_json::{Map, Value};

use crate::methods::{
    accumulated_local_effects, cohorts, error_slices, feature_permutation, morris, partial_dependence,
    partial_dependence_2d, performance, permutation_importance, tree_shap,
};
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner};

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
        "partial_dependence" => partial_dependence::answer(run, ask, params),
        "partial_dependence_2d" => partial_dependence_2d::answer(run, ask, params),
        "accumulated_local_effects" => accumulated_local_effects::answer(run, ask, params),
        "morris" => morris::answer(run, ask, params, extras.seed),
        "permutation_importance" => permutation_importance::answer(run, ask, params, extras),
        "feature_permutation" => feature_permutation::answer(run, ask, params, extras.seed),
        "performance" => performance::answer(run, ask, params, extras),
        "cohorts" => cohorts::answer(run, ask, params, extras),
        "error_slices" => error_slices::answer(run, ask, params, extras),
        "tree_shap" => tree_shap::explain(run, ask, params, extras),
        "tree_shap_interactions" => tree_shap::explain_interactions(run, ask, extras),
        _ => Err(ExplainError::parameters(format!(
            "`{method}` is not a method for rows of a table"
        ))),
    }
}
