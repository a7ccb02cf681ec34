//! One file a measurement. To add one: its file here, its line below, its file in `explain`, its golden case.

use crate::evidence::Evidence;

mod agreement;
mod attribution_localisation;
mod completeness_gap;
mod complexity;
mod comprehensiveness;
mod deletion;
mod effective_complexity;
mod efficient_mprt;
mod faithfulness_correlation;
mod faithfulness_estimate;
mod infidelity;
mod insertion;
mod irof;
mod localisation_auc;
mod max_sensitivity;
mod monotonicity;
mod monotonicity_correlation;
mod mprt;
mod pixel_flipping;
mod pointing_game;
mod random_logit;
mod region_perturbation;
mod relevance_mass_accuracy;
mod relevance_rank_accuracy;
mod removal;
mod road;
mod sensitivity_n;
mod smooth_mprt;
mod sparseness;
mod sufficiency;
mod top_k_intersection;

/// In the order a page shows them.
pub(crate) const ALL: &[Evidence] = &[
    completeness_gap::METRIC,
    deletion::METRIC,
    insertion::METRIC,
    removal::METRIC,
    comprehensiveness::METRIC,
    sufficiency::METRIC,
    infidelity::METRIC,
    faithfulness_correlation::METRIC,
    faithfulness_estimate::METRIC,
    monotonicity::METRIC,
    monotonicity_correlation::METRIC,
    pixel_flipping::METRIC,
    region_perturbation::METRIC,
    irof::METRIC,
    sensitivity_n::METRIC,
    road::METRIC,
    max_sensitivity::METRIC,
    sparseness::METRIC,
    complexity::METRIC,
    effective_complexity::METRIC,
    mprt::METRIC,
    smooth_mprt::METRIC,
    efficient_mprt::METRIC,
    random_logit::METRIC,
    pointing_game::METRIC,
    attribution_localisation::METRIC,
    top_k_intersection::METRIC,
    relevance_rank_accuracy::METRIC,
    relevance_mass_accuracy::METRIC,
    localisation_auc::METRIC,
    agreement::METRIC,
];
