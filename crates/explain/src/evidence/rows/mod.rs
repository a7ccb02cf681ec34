//! All measurements of one row of a table, under several baselines.

mod baselines;
mod compared;
mod plan;
mod removal;
mod sentences;
mod verdict;
mod weigh;

pub use baselines::{RowBaseline, row_baselines};
pub(in crate::evidence) use compared::Better;
pub use compared::{RowCurve, Scored};
pub use plan::RowPlan;
pub use removal::Moved;
pub use sentences::{RowWords, row_sentences};
pub use verdict::{Claim, Verdict};
pub use weigh::{AtBins, Judged, Other, RowEvidence, UnderBaseline, weigh_rows};
