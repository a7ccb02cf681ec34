//! Numbers that a few bytes of a file can name, and how large they may be.

use crate::error::ReadError;

/// Most columns of a row.
pub(crate) const FEATURES: usize = 1 << 18;
/// Most sums a model makes.
pub(crate) const OUTPUTS: usize = 1 << 14;

pub(crate) fn features(format: &'static str, count: usize) -> Result<(), ReadError> {
    if count > FEATURES {
        return Err(ReadError::damaged(
            format,
            format!("{count} features; at most {FEATURES} are read"),
        ));
    }
    Ok(())
}

pub(crate) fn outputs(format: &'static str, count: usize) -> Result<(), ReadError> {
    if count == 0 || count > OUTPUTS {
        return Err(ReadError::damaged(
            format,
            format!("{count} outputs; 1 to {OUTPUTS} are read"),
        ));
    }
    Ok(())
}
