//! The methods for sentences, one file each; each explains every sentence of an [`AskText`](crate::text::AskText).

pub mod attention_maps;
pub mod attention_rollout;
pub mod gradient_x_attention;
pub mod lime_text;
pub mod partition_shap_tokens;
pub mod shapley_tokens;
pub mod token_gradient;
pub mod token_input_x_gradient;
pub mod token_integrated_gradients;
pub mod token_occlusion;
pub mod token_saliency;
