//! What a provider answers with.

use super::Series;

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEntry {
    /// Its name as clients see it.
    pub name: String,
    /// Its first event, seconds since 1970.
    pub start: Option<f64>,
}

/// Points of a scalar series, as columns of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct ScalarSeries {
    /// Whose.
    pub series: Series,
    /// Steps.
    pub step: Vec<i64>,
    /// Seconds since 1970.
    pub wall: Vec<f64>,
    /// Values.
    pub value: Vec<f64>,
}

/// Points of a tensor series, as columns of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorSeries {
    /// Whose.
    pub series: Series,
    /// Steps.
    pub step: Vec<i64>,
    /// Seconds since 1970.
    pub wall: Vec<f64>,
    /// `TensorProto` messages.
    pub value: Vec<Vec<u8>>,
}

/// Points of a series of byte strings, as columns of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct BlobSeries {
    /// Whose.
    pub series: Series,
    /// Steps, rising.
    pub step: Vec<i64>,
    /// Seconds since 1970.
    pub wall: Vec<f64>,
    /// Keys of each step's blobs.
    pub keys: Vec<Vec<String>>,
}
