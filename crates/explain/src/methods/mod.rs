//! The methods, one file each. Each explains every row of an [`Ask`](crate::Ask) for that row's class.

pub mod ablationcam;
pub mod accumulated_local_effects;
pub mod anchors;
pub mod cam;
pub mod cohorts;
pub mod counterfactuals;
pub mod deeplift;
pub mod eigencam;
pub mod error_slices;
pub mod exact_interactions;
pub mod exact_shapley;
pub mod expected_gradients;
pub mod feature_ablation;
pub mod feature_permutation;
pub mod grad_cam;
pub mod gradient;
pub mod guided_backprop;
pub mod guided_grad_cam;
mod held_out;
pub mod input_x_gradient;
pub mod integrated_gradients;
pub mod internal_influence;
pub mod kernel_shap;
pub mod layer_activation;
pub mod layer_conductance;
pub mod layer_gradient;
pub mod layer_gradient_x_activation;
pub mod layer_integrated_gradients;
pub mod leverage_shap;
pub mod lime_image;
pub mod lime_tabular;
pub mod linear_shap;
pub mod lrp;
pub mod morris;
pub mod neuron_conductance;
pub mod neuron_gradient;
pub mod neuron_integrated_gradients;
pub mod occlusion;
pub mod partial_dependence;
pub mod partial_dependence_2d;
pub mod partition_shap;
pub mod partition_shap_image;
pub mod performance;
pub mod permutation_importance;
pub mod permutation_shap;
pub mod regression_shap;
pub mod rise;
pub mod saliency;
pub mod sampling_shap;
pub mod scorecam;
pub mod smoothgrad;
pub mod submodular_pick;
pub mod surrogate_linear;
pub mod surrogate_tree;
pub mod tcav;
pub mod text;
pub mod tracin;
pub mod tree_shap;

use glassboard_model::{Array, ModelError};
use ndarray::{ArrayD, IxDyn};

use crate::ExplainError;

/// An array of `[rows, shape...]` from its flat values.
pub(crate) fn array(rows: usize, shape: &[usize], values: Vec<f32>) -> Result<Array, ExplainError> {
    let mut full = vec![rows];
    full.extend_from_slice(shape);
    ArrayD::from_shape_vec(IxDyn(&full), values)
        .map_err(|e| ModelError::Failed(format!("an attribution does not have the shape it should: {e}")).into())
}

/// The mean of a sum in double precision.
pub(crate) fn to_f32(values: &[f64], scale: f64) -> Vec<f32> {
    values.iter().map(|v| (v * scale) as f32).collect()
}
