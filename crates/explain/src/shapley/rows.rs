//! From a Shapley method's catalogue name and parameters to the method, for rows of a table.

use serde_json::{Map, Value};

use super::select::Keep;
use crate::game::each_row;
use crate::methods::partition_shap::Tree;
use crate::methods::{
    exact_interactions, exact_shapley, kernel_shap, leverage_shap, linear_shap, partition_shap, permutation_shap,
    regression_shap, sampling_shap,
};
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner};

/// Runs `method` with the full set of `params`.
pub fn rows(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    method: &str,
    params: &Map<String, Value>,
    extras: RowExtras<'_>,
) -> Result<Outcome, ExplainError> {
    let text = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
    let whole = |name: &str| params.get(name).and_then(Value::as_u64).map(|v| v as usize);
    let seed = extras.seed;
    match method {
        "exact_shapley" => each_row(run, ask, params, extras, |run, game, round| {
            exact_shapley::exact_shapley(run, game, round)
        }),
        "exact_interactions" => {
            let index = match text("index") {
                "shapley" => exact_interactions::Index::Shapley,
                _ => exact_interactions::Index::Taylor,
            };
            exact_interactions::rows(run, ask, extras, index)
        }
        "kernel_shap" => {
            let options = kernel_shap::Options {
                coalitions: whole("coalitions"),
                keep: Keep::parse(text("l1_reg"))?,
                seed,
            };
            each_row(run, ask, params, extras, |run, game, round| {
                kernel_shap::kernel_shap(run, game, &options, round)
            })
        }
        "leverage_shap" => each_row(run, ask, params, extras, |run, game, round| {
            leverage_shap::leverage_shap(run, game, whole("coalitions"), seed, round)
        }),
        "regression_shap" => each_row(run, ask, params, extras, |run, game, round| {
            regression_shap::regression_shap(run, game, whole("coalitions"), seed, round)
        }),
        "permutation_shap" => each_row(run, ask, params, extras, |run, game, round| {
            permutation_shap::permutation_shap(run, game, whole("permutations").unwrap_or(10), seed, round)
        }),
        "sampling_shap" => each_row(run, ask, params, extras, |run, game, round| {
            sampling_shap::sampling_shap(run, game, whole("samples").unwrap_or(20_000), seed, round)
        }),
        "partition_shap" => {
            let tree = Tree::by_correlation(extras.background);
            let merges: Vec<Value> = tree.merges.iter().map(|(a, b)| serde_json::json!([a, b])).collect();
            let outcome = each_row(run, ask, params, extras, |run, game, round| {
                let columns: Vec<usize> = game.columns_of().iter().flatten().copied().collect();
                partition_shap::partition_shap(run, game, &tree.only(&columns), whole("coalitions"), round)
            })?;
            Ok(outcome.saying("merges", merges))
        }
        _ => linear_shap::linear_shap(run, ask, extras, text("columns") == "correlated"),
    }
}
