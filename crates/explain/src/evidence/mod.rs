//! Measurements that say how far an attribution can be trusted.
//!
//! One file a measurement. What takes parts of a row away is written once over [`Exchange`]. [`weigh`] puts them
//! together for an input of 32 bits, [`weigh_rows`] for a row of a table under several baselines.
//!
//! Every number stands beside the same of matched random attributions; the sentences claim what was measured
//! and no more.

mod agreement;
mod completeness;
mod complexity;
mod comprehensiveness;
mod curve;
mod effective_complexity;
mod exchange;
mod faithfulness_correlation;
mod faithfulness_estimate;
mod infidelity;
mod like_answers;
mod localisation;
mod max_sensitivity;
mod monotonicity;
mod monotonicity_correlation;
mod mprt;
mod non_sensitivity;
mod normalise;
mod pictures;
mod random_logit;
mod random_maps;
mod randomise;
mod randomised;
mod regions;
mod relative_stability;
mod road;
mod rows;
mod sensitivity_n;
mod sentences;
mod sparseness;
mod statistics;
mod tokens;
mod units;
mod weigh;

pub use agreement::{Agreement, agreement, top_parts};
pub use completeness::{Completeness, gaps};
pub use complexity::complexity;
pub use comprehensiveness::{BINS, aopc, counts, drops};
pub use curve::{Direction, area, curves};
pub use effective_complexity::effective_complexity;
pub use exchange::{Choose, Exchange, InputExchange, RowExchange, changes, ends};
pub use faithfulness_correlation::{faithfulness_correlation, sets_of, usual_size};
pub use faithfulness_estimate::{faithfulness_estimate, groups};
pub use infidelity::{Infidelity, infidelity, infidelity_of_sets, random_sets, said};
pub use like_answers::like_answers;
pub use localisation::{
    attribution_localisation, localisation_auc, pointing_game, relevance_mass_accuracy, relevance_rank_accuracy,
    top_k_intersection,
};
pub use max_sensitivity::{Again, Sensitivity, max_sensitivity, moved_rows, relative_change, spreads};
pub use monotonicity::{Monotonicity, announced, monotonicity, never_falls, rising};
pub use monotonicity_correlation::monotonicity_correlation;
pub use mprt::{Effort, ExplainUnder, Randomised, mprt};
pub use non_sensitivity::non_sensitivity;
pub use normalise::Normalise;
pub use pictures::{
    AtSize, Flipped, Localised, PictureEvidence, PicturePlan, Removed, UnderPicture, picture_sentences, weigh_picture,
};
pub use random_logit::{RandomLogit, random_logit};
pub use random_maps::{Texture, random_orders};
pub use randomise::{layers as weight_layers, shuffled};
pub use randomised::similarity;
pub use regions::{patches, sums};
pub use relative_stability::{relative_output_stability, relative_stability};
pub use road::impute;
pub use rows::{
    AtBins, Claim, Judged, Moved, Other, RowBaseline, RowCurve, RowEvidence, RowPlan, RowWords, Scored, UnderBaseline,
    Verdict, row_baselines, row_sentences, weigh_rows,
};
pub use sensitivity_n::{SensitivityN, sensitivity_n, sizes as sensitivity_sizes};
pub use sentences::{Words, sentences};
pub use sparseness::sparseness;
pub use statistics::{ascending_order, descending_order, magnitudes, pearson, ranks, spearman};
pub use tokens::{TokenEvidence, TokensUnder, token_sentences, weigh_tokens};
pub use units::{Units, descending};
pub use weigh::{Compared, Plan, Weighed, weigh};
