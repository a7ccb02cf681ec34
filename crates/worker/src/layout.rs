//! Models whose pictures have their channels last.

use crate::preprocess::Preprocess;

/// Whether the model takes pictures as `[batch, height, width, channels]`.
pub(crate) fn channels_last(preprocess: &Preprocess) -> bool {
    preprocess.layout == "NHWC"
}
