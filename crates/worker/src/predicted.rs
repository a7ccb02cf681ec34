//! What a model says of the input that is explained, and which scalar of it that is.

use glassboard_explain::Runner;
use glassboard_jobs::spec::Question;
use glassboard_model::{Array, OutputSpace};

use crate::reading::{arg_max, probabilities};
use crate::trouble::Trouble;

/// The prediction, and what is explained of it.
#[derive(Debug, Clone)]
pub(crate) struct Predicted {
    /// The model's output, flat.
    pub prediction: Vec<f32>,
    /// Of each class; `None` where the output is a number.
    pub probability: Option<Vec<f32>>,
    /// The class asked for, else the arg-max.
    pub target: usize,
    /// What the question wants explained.
    pub space: OutputSpace,
    /// The space of probabilities, where there are any that the output is not already.
    pub probable: OutputSpace,
}

impl Predicted {
    /// Runs the model on the only row of `x`.
    ///
    /// # Errors
    /// A sentence where the target or `on` of the question cannot be meant.
    pub fn new(run: &mut Runner<'_>, x: &Array, output: Option<&str>, question: &Question) -> Result<Self, Trouble> {
        run.stage("Prediction", 0.0, 0.02);
        let prediction: Vec<f32> = run.predict(x, output)?.iter().copied().collect();
        let (probability, already) = probabilities(run.model(), &prediction);
        let target = question.target.unwrap_or_else(|| arg_max(&prediction));
        if target >= prediction.len() {
            return Err(Trouble::input(format!(
                "target {target} is out of range: the model has {} outputs",
                prediction.len()
            )));
        }
        // A softmax over what is a probability already would flatten it.
        let probable = if probability.is_some() && !already {
            OutputSpace::Probability
        } else {
            OutputSpace::Raw
        };
        let space = match question.on.as_str() {
            "logit" => OutputSpace::Raw,
            "prob" => probable,
            other => return Err(Trouble::input(format!("`on` must be logit or prob, not `{other}`"))),
        };
        Ok(Self {
            prediction,
            probability,
            target,
            space,
            probable,
        })
    }
}
