//! One file a method. To add one: its file here, its line below, its file in `explain`, its golden case.

use crate::entry::Entry;

mod ablationcam;
mod accumulated_local_effects;
mod anchors;
mod attention_maps;
mod attention_rollout;
mod cohorts;
mod counterfactuals;
mod deconvolution;
mod deeplift;
mod deeplift_shap;
mod eigencam;
mod error_slices;
mod exact_interactions;
mod exact_shapley;
mod expected_gradients;
mod feature_ablation;
mod feature_permutation;
mod grad_cam;
mod gradcam_pp;
mod gradient;
mod gradient_x_attention;
mod guided_backprop;
mod guided_grad_cam;
mod hirescam;
mod input_x_gradient;
mod integrated_gradients;
mod internal_influence;
mod kernel_shap;
mod layer_activation;
mod layer_conductance;
mod layer_gradient;
mod layer_gradient_x_activation;
mod layer_integrated_gradients;
mod layercam;
mod leverage_shap;
mod lime_image;
mod lime_tabular;
mod lime_text;
mod linear_shap;
mod lrp;
mod morris;
mod neuron_conductance;
mod neuron_gradient;
mod neuron_integrated_gradients;
mod occlusion;
mod partial_dependence;
mod partial_dependence_2d;
mod partition_shap;
mod partition_shap_image;
mod partition_shap_tokens;
mod performance;
mod permutation_importance;
mod permutation_shap;
mod regression_shap;
mod rise;
mod saliency;
mod sampling_shap;
mod scorecam;
mod shapley_tokens;
mod shared;
mod smoothgrad;
mod submodular_pick;
mod surrogate_linear;
mod surrogate_tree;
mod tcav;
mod token_gradient;
mod token_input_x_gradient;
mod token_integrated_gradients;
mod token_occlusion;
mod token_saliency;
mod tracin;
mod tree_shap;
mod tree_shap_interactions;
mod xgradcam;

pub(crate) const INPUT: &[Entry] = &[
    saliency::ENTRY,
    gradient::ENTRY,
    input_x_gradient::ENTRY,
    smoothgrad::ENTRY,
    integrated_gradients::ENTRY,
    expected_gradients::ENTRY,
    deeplift::ENTRY,
    deeplift_shap::ENTRY,
    lrp::ENTRY,
    guided_backprop::ENTRY,
    deconvolution::ENTRY,
    grad_cam::ENTRY,
    guided_grad_cam::ENTRY,
    gradcam_pp::ENTRY,
    xgradcam::ENTRY,
    hirescam::ENTRY,
    layercam::ENTRY,
    eigencam::ENTRY,
    scorecam::ENTRY,
    ablationcam::ENTRY,
    occlusion::ENTRY,
    feature_ablation::ENTRY,
    rise::ENTRY,
    neuron_gradient::ENTRY,
    neuron_integrated_gradients::ENTRY,
    neuron_conductance::ENTRY,
    lime_image::ENTRY,
    partition_shap_image::ENTRY,
];

pub(crate) const LAYER: &[Entry] = &[
    layer_activation::ENTRY,
    layer_gradient::ENTRY,
    layer_gradient_x_activation::ENTRY,
    layer_integrated_gradients::ENTRY,
    layer_conductance::ENTRY,
    internal_influence::ENTRY,
];

/// Methods for rows of a table, one answer a row.
pub(crate) const ROWS: &[Entry] = &[
    tree_shap::ENTRY,
    linear_shap::ENTRY,
    exact_shapley::ENTRY,
    kernel_shap::ENTRY,
    leverage_shap::ENTRY,
    regression_shap::ENTRY,
    permutation_shap::ENTRY,
    sampling_shap::ENTRY,
    partition_shap::ENTRY,
    lime_tabular::ENTRY,
    anchors::ENTRY,
    counterfactuals::ENTRY,
    tree_shap_interactions::ENTRY,
    exact_interactions::ENTRY,
];

/// Methods for a data set as a whole.
pub(crate) const DATA: &[Entry] = &[
    partial_dependence::ENTRY,
    partial_dependence_2d::ENTRY,
    accumulated_local_effects::ENTRY,
    morris::ENTRY,
    permutation_importance::ENTRY,
    feature_permutation::ENTRY,
    performance::ENTRY,
    cohorts::ENTRY,
    error_slices::ENTRY,
    submodular_pick::ENTRY,
    surrogate_linear::ENTRY,
    surrogate_tree::ENTRY,
];

/// Methods that need several sets of inputs, as the model takes them.
pub(crate) const SETS: &[Entry] = &[tcav::ENTRY, tracin::ENTRY];
/// Methods for sentences, one value a token.
pub(crate) const TEXT: &[Entry] = &[
    token_saliency::ENTRY,
    token_gradient::ENTRY,
    token_input_x_gradient::ENTRY,
    token_integrated_gradients::ENTRY,
    token_occlusion::ENTRY,
    shapley_tokens::ENTRY,
    partition_shap_tokens::ENTRY,
    lime_text::ENTRY,
    attention_maps::ENTRY,
    attention_rollout::ENTRY,
    gradient_x_attention::ENTRY,
];
