//! Models whose pictures have their channels last. Methods and evidence that look at neighbouring pixels read
//! `[channels, height, width]`; of `[height, width, channels]` they would read rows as channels and say nothing about it.

use glassboard_catalog::{Entry, Need};

use crate::preprocess::Preprocess;
use crate::trouble::Trouble;

/// Methods that need no picture, yet cut one into windows or cells where they get one.
const CUT: [&str; 2] = ["feature_ablation", "occlusion"];

/// Whether the model takes pictures as `[batch, height, width, channels]`.
pub(crate) fn channels_last(preprocess: &Preprocess) -> bool {
    preprocess.layout == "NHWC"
}

/// Refuses a method that would read the wrong axes.
pub(crate) fn check(preprocess: &Preprocess, entry: &Entry) -> Result<(), Trouble> {
    let looks = entry.needs.contains(&Need::Image) || CUT.contains(&entry.name);
    if looks && channels_last(preprocess) {
        return Err(Trouble::input(format!(
            "{} needs channels first, and this model takes pictures with their channels last (NHWC); export the model as NCHW",
            entry.title
        )));
    }
    Ok(())
}
