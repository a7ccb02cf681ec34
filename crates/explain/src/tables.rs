//! From a catalogue name and its parameters to a method that works on rows of a table.

use serde_json::{Map, Value};

use crate::methods::surrogate_linear::Kind;
use crate::methods::{
    accumulated_local_effects, cohorts, error_slices, feature_permutation, morris, partial_dependence,
    partial_dependence_2d, performance, permutation_importance, tree_shap,
};
use crate::methods::{anchors, counterfactuals, lime_tabular, submodular_pick, surrogate_linear, surrogate_tree};
use crate::surrogate::Growth;
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
    let number = |name: &str| params.get(name).and_then(Value::as_f64).unwrap_or_default();
    let text = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
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
        "exact_shapley" | "exact_interactions" | "kernel_shap" | "leverage_shap" | "regression_shap"
        | "permutation_shap" | "sampling_shap" | "partition_shap" | "linear_shap" => {
            shapley::rows(run, ask, method, params, extras)
        }
        "lime_tabular" => {
            let options = lime_tabular::Options::from_params(params)?;
            lime_tabular::lime_tabular(run, ask, extras, options)
        }
        "submodular_pick" => {
            let options = lime_tabular::Options::from_params(params)?;
            let (count, rows) = (number("count") as usize, number("rows") as usize);
            submodular_pick::submodular_pick(run, ask, extras, options, count, rows)
        }
        "anchors" => anchors::anchors(run, ask, extras, anchors::Options::from_params(params)),
        "counterfactuals" => {
            let options = counterfactuals::Options::from_params(params)?;
            counterfactuals::counterfactuals(run, ask, extras, &options)
        }
        "surrogate_linear" => {
            let kind = match text("kind") {
                "ridge" => Kind::Ridge,
                "logistic" => Kind::Logistic,
                _ => Kind::Auto,
            };
            surrogate_linear::surrogate_linear(run, ask, extras, kind, number("alpha"), number("held_out"))
        }
        "surrogate_tree" => {
            let growth = Growth {
                depth: number("depth") as usize,
                leaves: number("leaves") as usize,
                rows: number("rows_per_leaf") as usize,
            };
            let options = surrogate_tree::Options {
                growth,
                number: text("kind") == "number",
                held_out: number("held_out"),
            };
            surrogate_tree::surrogate_tree(run, ask, extras, options)
        }
        _ => Err(ExplainError::parameters(format!(
            "`{method}` is not a method for rows of a table"
        ))),
    }
}
