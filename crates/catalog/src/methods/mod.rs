//! One file a method. To add one: its file here, its line below, its file in `explain`, its golden case.

use crate::entry::Entry;

mod anchors;
mod counterfactuals;
mod expected_gradients;
mod feature_ablation;
mod grad_cam;
mod gradcam_pp;
mod gradient;
mod hirescam;
mod input_x_gradient;
mod integrated_gradients;
mod internal_influence;
mod layer_activation;
mod layer_conductance;
mod layer_gradient_x_activation;
mod layercam;
mod lime_tabular;
mod occlusion;
mod rise;
mod saliency;
mod smoothgrad;
mod submodular_pick;
mod surrogate_linear;
mod surrogate_tree;
mod xgradcam;

pub(crate) const INPUT: &[Entry] = &[
    saliency::ENTRY,
    gradient::ENTRY,
    input_x_gradient::ENTRY,
    smoothgrad::ENTRY,
    integrated_gradients::ENTRY,
    expected_gradients::ENTRY,
    grad_cam::ENTRY,
    gradcam_pp::ENTRY,
    xgradcam::ENTRY,
    hirescam::ENTRY,
    layercam::ENTRY,
    occlusion::ENTRY,
    feature_ablation::ENTRY,
    rise::ENTRY,
];

pub(crate) const LAYER: &[Entry] = &[
    layer_activation::ENTRY,
    layer_gradient_x_activation::ENTRY,
    layer_conductance::ENTRY,
    internal_influence::ENTRY,
];

/// Methods for rows of a table, one answer a row.
pub(crate) const ROWS: &[Entry] = &[lime_tabular::ENTRY, anchors::ENTRY, counterfactuals::ENTRY];

/// Methods for a data set as a whole.
pub(crate) const DATA: &[Entry] = &[submodular_pick::ENTRY, surrogate_linear::ENTRY, surrogate_tree::ENTRY];
