//! Two models on the same inputs: the parts of a question about both, and how the maps of its answer lie.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::spec::{InputRef, Source, Span};

/// One of the models that are compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Versus {
    /// The model file.
    pub model: Source,
    /// `preprocess.json`, or null to guess.
    pub preprocess: Value,
}

/// An input, and which rows of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The input.
    pub input: InputRef,
    /// Rows of it; none: the input's own row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Span>,
}

/// Distances that come about although nothing that should matter differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Null {
    /// Standard deviation of the noise an input is redrawn with, as a share of the input's range.
    pub noise: f64,
    /// How often each input is redrawn; none: as often as gives about [`Null::ENOUGH`] distances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draws: Option<usize>,
    /// Pairs of models that differ in nothing but their training seed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<[Versus; 2]>,
}

impl Null {
    /// The noise where nothing is said: 2 % of the range.
    pub const NOISE: f64 = 0.02;
    /// Distances that the band rests on where nothing is said, as far as [`Null::MOST_DRAWS`] allows.
    pub const ENOUGH: usize = 200;
    /// Most draws of an input where nothing is said.
    pub const MOST_DRAWS: usize = 20;

    /// How often each of `inputs` inputs is redrawn. Both models are, so a draw gives two distances.
    pub fn draws(&self, inputs: usize) -> usize {
        let wanted = (Self::ENOUGH / 2).div_ceil(inputs.max(1));
        self.draws.unwrap_or_else(|| wanted.clamp(1, Self::MOST_DRAWS))
    }
}

impl Default for Null {
    fn default() -> Self {
        Self {
            noise: Self::NOISE,
            draws: None,
            pairs: Vec::new(),
        }
    }
}

/// Where the maps of one input lie in the attachment: 32-bit floats, little endian, the map of A, that of B, and the
/// input as it is shown, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Values before them.
    pub at: usize,
    /// Shape of a map.
    pub shape: Vec<usize>,
    /// Shape of the input as it is shown; none of a row of a table.
    pub display: Option<Vec<usize>>,
}

impl Kept {
    /// Values of a map.
    pub fn map_len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Values of the input.
    pub fn display_len(&self) -> usize {
        self.display.as_ref().map_or(0, |shape| shape.iter().product())
    }

    /// All values.
    pub fn len(&self) -> usize {
        2 * self.map_len() + self.display_len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
