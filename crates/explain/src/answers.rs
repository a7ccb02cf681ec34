//! What a model said beside what was true, row by row.

use glassboard_model::OutputSpace;
use ndarray::{Array2, Axis};

use crate::rows::in_space;
use crate::{AskRows, ExplainError, Runner};

/// What kind of answer the model gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// One of several classes.
    Classification,
    /// A number.
    Regression,
}

impl Task {
    /// The task called `name`; `None` for `auto`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "classification" => Some(Self::Classification),
            "regression" => Some(Self::Regression),
            _ => None,
        }
    }

    /// Its name in an answer.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Regression => "regression",
        }
    }
}

/// Answers of some rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Answers {
    /// Probabilities, `[rows, classes]`, and the true class of each row.
    Classes {
        /// At least two columns.
        probability: Array2<f64>,
        /// By index.
        truth: Vec<usize>,
    },
    /// Predicted and true numbers.
    Values {
        /// What the model said.
        predicted: Vec<f64>,
        /// What was true.
        truth: Vec<f64>,
    },
}

impl Answers {
    /// How many rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes { truth, .. } => truth.len(),
            Self::Values { truth, .. } => truth.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those of `rows`, in that order.
    #[must_use]
    pub fn of(&self, rows: &[usize]) -> Self {
        match self {
            Self::Classes { probability, truth } => Self::Classes {
                probability: probability.select(Axis(0), rows),
                truth: rows.iter().map(|&row| truth[row]).collect(),
            },
            Self::Values { predicted, truth } => Self::Values {
                predicted: rows.iter().map(|&row| predicted[row]).collect(),
                truth: rows.iter().map(|&row| truth[row]).collect(),
            },
        }
    }
}

/// How outputs become [`Answers`]: settled once for a set, so that the same model on changed rows is read alike.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What kind of answer.
    pub task: Task,
    /// The rows whose truth is known.
    pub rows: Vec<usize>,
    /// Classes of the model; 1 for numbers.
    pub classes: usize,
    /// Outputs are turned into probabilities here, as they are none.
    pub link: bool,
    /// The class (or output) asked about.
    pub target: usize,
    truth: Vec<f64>,
}

impl Reading {
    /// Settles how `outputs` (of every row of `ask`, in its readout's space) are read. Without `task` it is a
    /// classifier's if the model has several outputs, or one and every truth is 0 or 1.
    pub fn new(
        ask: &AskRows<'_>,
        outputs: &Array2<f64>,
        truth: Option<&[f64]>,
        task: Option<Task>,
    ) -> Result<Self, ExplainError> {
        let Some(truth) = truth else {
            return Err(ExplainError::parameters(
                "the true answers are not known; choose the table's target column",
            ));
        };
        if truth.len() != ask.x.nrows() {
            return Err(ExplainError::parameters(format!(
                "{} true answers for {} rows; give one each",
                truth.len(),
                ask.x.nrows()
            )));
        }
        let rows: Vec<usize> = (0..truth.len()).filter(|&row| truth[row].is_finite()).collect();
        if rows.is_empty() {
            return Err(ExplainError::parameters("no row has a true answer"));
        }
        let known: Vec<f64> = rows.iter().map(|&row| truth[row]).collect();
        let width = outputs.ncols();
        let classes = width.max(2);
        let a_class = |v: f64| v.fract() == 0.0 && (0.0..classes as f64).contains(&v);
        let task = task.unwrap_or_else(|| {
            if known.iter().all(|&v| a_class(v)) {
                Task::Classification
            } else {
                Task::Regression
            }
        });
        let target = ask.targets[0];
        if target >= width {
            return Err(ExplainError::parameters(format!(
                "output {target} is asked about and the model has {width} a row"
            )));
        }
        if task == Task::Classification
            && let Some(wrong) = known.iter().find(|&&v| !a_class(v))
        {
            return Err(ExplainError::parameters(format!(
                "the true answer {wrong} is none of the model's {classes} classes, which are counted from 0; \
                 choose another target column, or say that the model predicts a number"
            )));
        }
        let link = task == Task::Classification && ask.readout.space == OutputSpace::Raw && !probabilities(outputs);
        Ok(Self {
            task,
            rows,
            classes: if task == Task::Classification { classes } else { 1 },
            link,
            // The one output of a model of two classes is that of the second.
            target: if task == Task::Classification && width == 1 {
                1
            } else {
                target
            },
            truth: known,
        })
    }

    /// `outputs` (one row for each of [`Self::rows`]) beside the truth.
    pub fn read(&self, outputs: &Array2<f64>) -> Answers {
        if self.task == Task::Regression {
            let column = self.target.min(outputs.ncols().saturating_sub(1));
            return Answers::Values {
                predicted: outputs.column(column).to_vec(),
                truth: self.truth.clone(),
            };
        }
        let mut probability = Array2::zeros((outputs.nrows(), self.classes));
        for (row, mut to) in outputs.rows().into_iter().zip(probability.rows_mut()) {
            let values = if self.link {
                in_space(row, OutputSpace::Probability)
            } else {
                row.to_vec()
            };
            match values[..] {
                [second] => {
                    to[0] = 1.0 - second;
                    to[1] = second;
                }
                _ => to.iter_mut().zip(values).for_each(|(to, v)| *to = v),
            }
        }
        Answers::Classes {
            probability,
            truth: self.truth.iter().map(|&v| v as usize).collect(),
        }
    }
}

/// Whether outputs are probabilities as they come: between 0 and 1, several of a row adding up to 1.
fn probabilities(outputs: &Array2<f64>) -> bool {
    outputs.rows().into_iter().all(|row| {
        row.iter().all(|v| (-1e-6..=1.0 + 1e-6).contains(v)) && (row.len() == 1 || (row.sum() - 1.0).abs() < 1e-3)
    })
}

/// Runs every row of `ask` and reads the answers of those whose truth is known.
pub fn answers(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    truth: Option<&[f64]>,
    task: Option<Task>,
) -> Result<(Reading, Answers, Array2<f64>), ExplainError> {
    let outputs = run.rows(ask.columns.len(), ask.x.nrows(), &ask.readout, |i, row| {
        row.iter_mut().zip(ask.row(i)).for_each(|(to, from)| *to = *from);
    })?;
    let reading = Reading::new(ask, &outputs, truth, task)?;
    let answers = reading.read(&outputs.select(Axis(0), &reading.rows));
    Ok((reading, answers, outputs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Columns, Readout};
    use ndarray::array;

    fn read(outputs: &Array2<f64>, truth: &[f64], task: Option<Task>) -> Result<(Reading, Answers), ExplainError> {
        let (columns, x) = (Columns::unnamed(1), Array2::zeros((outputs.nrows(), 1)));
        let targets = vec![0; outputs.nrows()];
        let readout = Readout {
            output: None,
            space: OutputSpace::Raw,
        };
        let ask = AskRows::new(x.view(), readout, &targets, &columns)?;
        let reading = Reading::new(&ask, outputs, Some(truth), task)?;
        let answers = reading.read(&outputs.select(Axis(0), &reading.rows));
        Ok((reading, answers))
    }

    #[test]
    fn margins_become_probabilities_and_probabilities_stay() {
        let (reading, answers) = read(&array![[0.0], [3.0], [-3.0]], &[0.0, 1.0, f64::NAN], None).unwrap();
        assert_eq!((reading.rows.len(), reading.link, reading.target), (2, true, 1));
        let Answers::Classes { probability, .. } = answers else {
            panic!()
        };
        assert!((probability[[1, 1]] - 1.0 / (1.0 + (-3.0f64).exp())).abs() < 1e-15);
        let (reading, answers) = read(&array![[0.2, 0.8], [0.9, 0.1]], &[1.0, 0.0], None).unwrap();
        assert!(!reading.link);
        assert_eq!(
            answers.of(&[1]),
            Answers::Classes {
                probability: array![[0.9, 0.1]],
                truth: vec![0]
            }
        );
    }

    #[test]
    fn numbers_are_regression_and_strange_classes_are_told() {
        let (reading, _) = read(&array![[0.5], [1.5]], &[0.25, 3.0], None).unwrap();
        assert_eq!(reading.task, Task::Regression);
        let error = read(&array![[0.5], [1.5]], &[0.25, 3.0], Some(Task::Classification)).unwrap_err();
        assert!(
            error.to_string().contains("0.25 is none of the model's 2 classes"),
            "{error}"
        );
    }
}
