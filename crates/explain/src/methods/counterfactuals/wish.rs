//! Which answer is wanted, and how far outputs are from it.

use ndarray::ArrayView1;

use super::text::between;
use crate::verdict::Verdict;
use crate::{ExplainError, words};

/// The answer that is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wish {
    Class(usize),
    NotClass(usize),
    Between { low: f64, high: f64, unit: f64 },
}

impl Wish {
    /// From what was asked; without a wish: any class but the present one. `unit` scales distances of numbers.
    pub fn of(
        text: Option<&str>,
        answers: Verdict,
        outputs: ArrayView1<'_, f64>,
        unit: f64,
    ) -> Result<Self, ExplainError> {
        let classes = answers.classes(outputs.len());
        let present = answers.class(outputs);
        match text.map(str::trim) {
            None if classes == 2 => Ok(Self::Class(1 - present)),
            None if classes > 0 => Ok(Self::NotClass(present)),
            None => Err(ExplainError::parameters(
                "the model's answer is a number: say what it should become, for example `desired=100..200` or `desired=..50`",
            )),
            Some(text) if classes > 0 => match text.parse::<usize>() {
                Ok(class) if class < classes => Ok(Self::Class(class)),
                _ => Err(ExplainError::parameters(format!(
                    "`desired` is `{text}`; the model has the classes 0 to {}, give one of them",
                    classes - 1
                ))),
            },
            Some(text) => {
                let (low, high) = between(text).ok_or_else(|| {
                    ExplainError::parameters(format!(
                        "`desired` is `{text}`; the model's answer is a number: give a range such as `100..200` or `..50`"
                    ))
                })?;
                Ok(Self::Between {
                    low: low.unwrap_or(f64::NEG_INFINITY),
                    high: high.unwrap_or(f64::INFINITY),
                    unit: if unit > 0.0 { unit } else { 1.0 },
                })
            }
        }
    }

    /// Whether the outputs are what is wanted.
    pub fn met(self, answers: Verdict, outputs: ArrayView1<'_, f64>) -> bool {
        match self {
            Self::Class(class) => answers.class(outputs) == class,
            Self::NotClass(class) => answers.class(outputs) != class,
            Self::Between { low, high, .. } => (low..=high).contains(&outputs[0]),
        }
    }

    /// How far the outputs are from what is wanted, zero or less where they are.
    pub fn miss(self, answers: Verdict, outputs: ArrayView1<'_, f64>) -> f64 {
        let rival = |class: usize| {
            let others = (0..answers.classes(outputs.len())).filter(|c| *c != class);
            others
                .map(|c| answers.support(outputs, c))
                .fold(f64::NEG_INFINITY, f64::max)
        };
        match self {
            Self::Class(class) => rival(class) - answers.support(outputs, class),
            Self::NotClass(class) => answers.support(outputs, class) - rival(class),
            Self::Between { low, high, unit } => (low - outputs[0]).max(outputs[0] - high) / unit,
        }
    }

    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Class(class) => format!("class {class}"),
            Self::NotClass(class) => format!("any class but {class}"),
            Self::Between { low, high, .. } if low == f64::NEG_INFINITY => format!("at most {}", words::number(high)),
            Self::Between { low, high, .. } if high == f64::INFINITY => format!("at least {}", words::number(low)),
            Self::Between { low, high, .. } => format!("between {} and {}", words::number(low), words::number(high)),
        }
    }
}
