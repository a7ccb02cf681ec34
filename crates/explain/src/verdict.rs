//! What a model says of a row: a class or a number, and when two answers are the same.

use glassboard_model::OutputSpace;
use ndarray::ArrayView1;

use crate::Readout;

/// How the outputs of a row are read as one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Several outputs: the answer is the class of the highest.
    Classes,
    /// One output, read as a probability: class 1 from one half up, else class 0.
    YesNo,
    /// One output that is a number.
    Number,
}

impl Verdict {
    /// For outputs of `width` values a row, read with `readout`.
    pub fn of(width: usize, readout: &Readout) -> Self {
        match (width, readout.space) {
            (2.., _) => Self::Classes,
            (_, OutputSpace::Probability) => Self::YesNo,
            (_, OutputSpace::Raw) => Self::Number,
        }
    }

    /// The class of a row's outputs; the first of equals. 0 for numbers.
    pub fn class(self, outputs: ArrayView1<'_, f64>) -> usize {
        match self {
            Self::Classes => {
                let mut best = 0;
                for (i, value) in outputs.iter().enumerate() {
                    if *value > outputs[best] {
                        best = i;
                    }
                }
                best
            }
            Self::YesNo => usize::from(outputs.first().is_some_and(|p| *p >= 0.5)),
            Self::Number => 0,
        }
    }

    /// How much the outputs of a row speak for `class`: its output, or the probability of yes or no.
    pub fn support(self, outputs: ArrayView1<'_, f64>, class: usize) -> f64 {
        match self {
            Self::YesNo if class == 0 => 1.0 - outputs[0],
            Self::YesNo | Self::Number => outputs[0],
            Self::Classes => outputs.get(class).copied().unwrap_or(f64::NAN),
        }
    }

    /// How many classes there are; none for numbers.
    pub fn classes(self, width: usize) -> usize {
        match self {
            Self::Classes => width,
            Self::YesNo => 2,
            Self::Number => 0,
        }
    }

    /// The answer in words: "class 1 (0.83)" or "12.3".
    pub fn words(self, outputs: ArrayView1<'_, f64>) -> String {
        match self {
            Self::Number => crate::words::number(outputs[0]),
            Self::Classes | Self::YesNo => {
                let class = self.class(outputs);
                format!("class {class} ({})", crate::words::number(self.support(outputs, class)))
            }
        }
    }
}
