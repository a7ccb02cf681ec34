//! One explanation: prepare, predict, attribute, weigh.

use std::time::Instant;

use glassboard_catalog::{Need, Output};
use glassboard_engine::{engine_version, instruction_set};
use glassboard_explain::evidence::{Plan, Words, gaps, sentences, weigh};
use glassboard_explain::{Ask, Extras, Readout, Runner, Start, adds_up, explain as attribute};
use glassboard_jobs::spec::Question;
use glassboard_model::columns::Writer;
use glassboard_model::{Array, OutputSpace};
use serde_json::{Value, json};

use crate::baseline::{Baseline, baseline};
use crate::input::Input;
use crate::reading::{Reading, arg_max, choose_output, labels, probabilities};
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// What is explained.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    /// The model.
    pub loaded: &'a Loaded,
    /// The input.
    pub input: &'a Input<'a>,
    /// Its row.
    pub row: usize,
    /// `preprocess.json` or null.
    pub preprocess: &'a Value,
    /// Method, parameters, target and so on.
    pub question: &'a Question,
    /// Rows to compare with, prepared.
    pub background: Option<&'a Array>,
    /// A baseline of the user's own, prepared; goes before the question's.
    pub baseline: Option<&'a Array>,
}

/// An explanation.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The object of `docs/api.md`.
    pub answer: Value,
    /// `[1, ...]`: the input's shape, one channel for maps of pixels, or a layer's shape.
    pub attribution: Array,
    /// What the model saw, `[1, ...]`.
    pub x: Array,
    /// In the units of the file, the shape of `x`.
    pub display: Array,
    /// The baseline, flat.
    pub baseline: Vec<f32>,
    /// The model's output.
    pub prediction: Vec<f32>,
    /// Class explained.
    pub target: usize,
    range: Option<[f32; 2]>,
}

impl Explained {
    /// The columns file that goes with [`Self::answer`].
    pub fn columns(&self) -> Vec<u8> {
        let flat = |array: &Array| array.iter().copied().collect::<Vec<f32>>();
        Writer::new()
            .f32("attribution", &self.attribution.shape()[1..], &flat(&self.attribution))
            .f32("input", &self.display.shape()[1..], &flat(&self.display))
            .meta("range", json!(self.range))
            .finish()
    }
}

/// Computes what `query` asks; `progress` hears a fraction and a sentence, `cancelled` is asked between batches.
pub fn explain(
    query: Query<'_>,
    progress: &mut dyn FnMut(f64, &str),
    cancelled: &dyn Fn() -> bool,
) -> Result<Explained, Trouble> {
    let began = Instant::now();
    let Query { loaded, question, .. } = query;
    let entry = glassboard_catalog::find(&question.method)
        .ok_or_else(|| Trouble::input(format!("there is no method `{}`", question.method)))?;
    progress(0.0, "Preparing the input");
    let reading = Reading::new(loaded, query.input, query.row, query.preprocess)?;
    let (x, preprocess) = (&reading.prepared.x, &reading.preprocess);
    let output = choose_output(&*loaded.model, question.output.as_deref())?;

    let mut run = Runner::new(&*loaded.model, progress, cancelled);
    run.stage("Prediction", 0.0, 0.02);
    let prediction: Vec<f32> = run.predict(x, output.as_deref())?.iter().copied().collect();
    let (probability, already) = probabilities(&*loaded.model, &prediction);
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
    let (kind, baseline_name) = match (query.baseline, question.baseline.as_str()) {
        (Some(row), name) => (Baseline::Given(row), name),
        (None, "zeros") => (Baseline::Zeros, "zeros"),
        (None, "mean") => (Baseline::Mean, "mean"),
        (None, "blur") => (Baseline::Blur, "blur"),
        (None, other) => {
            return Err(Trouble::input(format!(
                "the baseline must be zeros, mean or blur, not `{other}`"
            )));
        }
    };
    let base = baseline(&kind, x, preprocess, query.background)?;

    let targets = [target];
    let ask = Ask::new(
        x,
        Readout {
            output: output.clone(),
            space,
        },
        &targets,
    )?;
    let plan = match entry.output {
        Output::Input | Output::Pixels => Plan::parse(&question.evidence, x.len())?,
        _ => None,
    };
    run.stage(entry.title, 0.02, if plan.is_some() { 0.6 } else { 0.98 });
    let mut params = question.params.clone();
    let extras = Extras {
        baseline: &base,
        background: query.background,
        seed: question.seed,
    };
    let attribution = attribute(&mut run, &ask, &question.method, &mut params, extras)?;
    if attribution.iter().any(|v| !v.is_finite()) {
        return Err(Trouble::internal(format!(
            "{} gave values that are not numbers for this input",
            entry.title
        )));
    }

    let mut said = Vec::new();
    if entry.needs.contains(&Need::Gradients) {
        said.extend(loaded.model.notes());
    }
    said.extend_from_slice(run.remarks());
    let names = labels(preprocess, prediction.len());
    let mut gap = None;
    if let Some(sums) = adds_up(&mut run, &ask, &question.method, extras)? {
        let missing = gaps(&attribution, &sums.values, &sums.base)[0];
        let change = sums.values[0] - sums.base[0];
        let should = match sums.start {
            Start::Baseline => {
                format!("the output changes by {change:.4} from the {baseline_name} baseline to this input")
            }
            Start::Background => {
                format!("the output of this input lies {change:.4} from its mean over the background rows")
            }
            Start::Zero => format!("the output is {change:.4}"),
        };
        let why = if sums.start == Start::Zero {
            ", which biases and stabilisers took or gave"
        } else {
            ""
        };
        said.push(format!(
            "The attributions add up to {:.4}; {should} (gap {missing:.4}{why}).",
            f64::from(change) + missing
        ));
        gap = Some(missing);
    }
    let mut evidence = json!({});
    if let Some(plan) = plan {
        run.stage("Evidence", 0.6, 0.98);
        let flat: Vec<f32> = attribution.iter().copied().collect();
        let weighing = Ask::new(x, ask.readout.within(probable), &targets)?;
        let weighed = weigh(&mut run, &weighing, 0, &flat, &base, plan, question.seed)?;
        if probability.is_some() {
            let words = Words {
                target: &names[target],
                baseline: baseline_name,
                pixels: ask.picture().is_some(),
            };
            said.extend(sentences(&weighed, words));
        }
        evidence = serde_json::to_value(&weighed).map_err(|e| Trouble::internal(e.to_string()))?;
    }
    let passes = run.passes();
    let answer = json!({
        "method": entry.name,
        "title": entry.title,
        "params": params,
        "target": target,
        "target_label": names[target],
        "on": question.on,
        "output": output,
        "baseline": baseline_name,
        "seed": question.seed,
        "model_hash": loaded.hash,
        "row": query.row,
        "engine_version": engine_version(),
        "instruction_set": instruction_set(),
        "passes": passes,
        "seconds": began.elapsed().as_secs_f64(),
        "prediction": prediction,
        "probability": probability,
        "labels": names,
        "classes": preprocess.labels,
        "feature_names": preprocess.feature_names,
        "shape": &attribution.shape()[1..],
        "completeness_gap": gap,
        "evidence": evidence,
        "sentences": said,
        "notice": entry.notice,
        "preprocess": preprocess,
    });
    let Reading { prepared, .. } = reading;
    Ok(Explained {
        answer,
        attribution,
        x: prepared.x,
        display: prepared.display,
        baseline: base,
        prediction,
        target,
        range: prepared.range,
    })
}
