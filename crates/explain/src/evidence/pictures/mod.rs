//! All measurements of one picture's map, under several baselines.

mod baselines;
mod localise;
mod plan;
mod sentences;
mod weigh;

pub use localise::Localised;
pub use plan::PicturePlan;
pub use sentences::picture_sentences;
pub use weigh::{AtSize, Flipped, PictureEvidence, Removed, UnderPicture, weigh_picture};
