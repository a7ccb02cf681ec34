//! How well a model does on rows whose answer is known: curves, calibration, thresholds, residuals.

pub mod calibration;
pub mod curves;
pub mod residuals;
pub mod thin;
