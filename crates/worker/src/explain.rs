//! One explanation: prepare, predict, attribute, weigh.

use std::time::Instant;

use glassboard_catalog::{Entry, Need, Output};
use glassboard_engine::{engine_version, instruction_set};
use glassboard_explain::evidence::{
    Completeness, PicturePlan, Plan, Words, gaps, picture_sentences, sentences, weigh, weigh_picture,
};
use glassboard_explain::segments::Segmentation;
use glassboard_explain::{Ask, Extras, Outcome, Passes, Readout, Runner, Start, adds_up, answer as attribute};
use glassboard_jobs::spec::Question;
use glassboard_model::columns::Writer;
use glassboard_model::{Array, OutputSpace};
use ndarray::{ArrayD, Axis};
use serde_json::{Map, Value, json};

use crate::baseline::{Baseline, baseline};
use crate::input::Input;
use crate::layout;
use crate::mask::mask;
use crate::randomised;
use crate::reading::{Reading, arg_max, choose_output, labels, probabilities};
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// About how many regions a picture is cut into where the method has none of its own.
const SEGMENTS: usize = 64;

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
    /// Standard error of [`Self::attribution`], where it is an estimate.
    pub error: Option<Array>,
    /// The region of every pixel, `[height, width]`, of a picture: those the method used, else the usual ones.
    pub segments: Option<ArrayD<f64>>,
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
        let mut writer = Writer::new()
            .f32("attribution", &self.attribution.shape()[1..], &flat(&self.attribution))
            .f32("input", &self.display.shape()[1..], &flat(&self.display));
        if let Some(error) = &self.error {
            writer = writer.f32("error", &error.shape()[1..], &flat(error));
        }
        if let Some(segments) = &self.segments {
            let regions: Vec<u32> = segments.iter().map(|region| *region as u32).collect();
            writer = writer.u32("segments", segments.shape(), &regions);
        }
        writer.meta("range", json!(self.range)).finish()
    }
}

/// Who hears of the work.
pub struct Hooks<'a> {
    /// Hears a fraction and a sentence.
    pub progress: &'a mut dyn FnMut(f64, &str),
    /// Asked between batches.
    pub cancelled: &'a dyn Fn() -> bool,
    /// Hears the map while it is still estimated, and before it is weighed.
    pub partial: &'a mut dyn FnMut(&Explained),
}

/// Computes what `query` asks.
pub fn explain(query: Query<'_>, hooks: Hooks<'_>) -> Result<Explained, Trouble> {
    let began = Instant::now();
    let Hooks {
        progress,
        cancelled,
        partial,
    } = hooks;
    let Query { loaded, question, .. } = query;
    let entry = glassboard_catalog::find(&question.method)
        .ok_or_else(|| Trouble::input(format!("there is no method `{}`", question.method)))?;
    progress(0.0, "Preparing the input");
    let reading = Reading::new(loaded, query.input, query.row, query.preprocess)?;
    let (x, preprocess) = (&reading.prepared.x, &reading.preprocess);
    layout::check(preprocess, entry)?;
    let output = choose_output(&*loaded.model, question.output.as_deref())?;

    let mut run = Runner::new(&*loaded.model, &mut *progress, cancelled);
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
    let names = labels(preprocess, prediction.len());
    let known = Known {
        query,
        entry,
        reading: &reading,
        target,
        output: output.as_deref(),
        baseline: (&base, baseline_name),
        prediction: &prediction,
        probability: probability.as_deref(),
        names: &names,
    };
    let before = run.passes();
    let mut told = |outcome: &Outcome| {
        if let Some(map) = &outcome.attribution {
            partial(&known.explained(map.clone(), Told::default()));
        }
    };
    let mut run = Runner::new(&*loaded.model, progress, cancelled).with_partial(&mut told);
    let seen = reading.seen();
    run.stage(entry.title, 0.02, if plan.is_some() { 0.6 } else { 0.98 });
    let mut params = question.params.clone();
    let extras = Extras {
        baseline: &base,
        background: query.background,
        display: seen.as_deref(),
        seed: question.seed,
    };
    let Outcome {
        attribution,
        base: starts,
        error,
        arrays,
        mut found,
    } = attribute(&mut run, &ask, &question.method, &mut params, extras)?;
    let attribution = attribution.ok_or_else(|| Trouble::internal(format!("{} gave no attribution", entry.title)))?;
    if attribution.iter().any(|v| !v.is_finite()) {
        return Err(Trouble::internal(format!(
            "{} gave values that are not numbers for this input",
            entry.title
        )));
    }

    let attributed = run.passes();

    let mut said = Vec::new();
    if entry.needs.contains(&Need::Gradients) {
        said.extend(loaded.model.notes());
    }
    said.extend_from_slice(run.remarks());
    // The map is there before it is weighed, which takes longer than most maps.
    if plan.is_some() {
        run.tell_partial(|| Outcome::of(attribution.clone()));
    }
    let own = found
        .get("rows")
        .and_then(Value::as_array)
        .and_then(|rows| rows.first());
    said.extend(own.and_then(|row| row["sentence"].as_str()).map(str::to_owned));
    if let Some(Value::Array(rows)) = found.remove("rows")
        && let Some(Value::Object(only)) = rows.into_iter().next()
    {
        found.extend(only.into_iter().filter(|(name, _)| name != "sentence"));
    }
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
    if let Some(starts) = starts.as_ref().filter(|_| entry.complete) {
        let whole = Completeness::of(
            &attribution.iter().map(|v| f64::from(*v)).collect::<Vec<_>>(),
            starts[0],
            {
                let fx = run.forward(
                    ask.row_shape(),
                    1,
                    &ask.readout,
                    |_| target,
                    |_, row| row.copy_from_slice(ask.row(0)),
                )?;
                f64::from(fx[0])
            },
        );
        said.push(format!(
            "From {:.4} with everything hidden, the attributions add up to {:.4}; the output for this input is {:.4} (gap {:.4}).",
            whole.base,
            whole.base + whole.sum,
            whole.value,
            whole.gap
        ));
        gap = Some(whole.gap);
    }
    let mut evidence = json!({});
    let channels_last = layout::channels_last(preprocess);
    if channels_last && plan.is_some() {
        said.push(
            "Taking pixels away was not measured: it needs channels first, and this model takes them last (NHWC); export the model as NCHW."
                .to_owned(),
        );
    }
    if let Some(plan) = plan.filter(|_| !channels_last) {
        run.stage("Evidence", 0.6, 0.75);
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
        let json = |found: serde_json::Result<Value>| found.map_err(|e| Trouble::internal(e.to_string()));
        evidence = json(serde_json::to_value(&weighed))?;
        let pictured = ask
            .picture()
            .map(|[_, h, w]| PicturePlan::parse(&question.evidence, h * w));
        if let (Some(plan), Some(seen)) = (pictured.transpose()?.flatten(), seen.as_deref()) {
            run.stage("Evidence", 0.75, 0.98);
            let inside = question.mask.as_ref().map(|given| mask(given, x)).transpose()?;
            let inside = inside.as_deref();
            let found = weigh_picture(&mut run, &weighing, 0, &flat, Some(seen), inside, &plan, question.seed)?;
            if probability.is_some() {
                said.extend(picture_sentences(&found, &names[target]));
            }
            evidence["picture"] = json(serde_json::to_value(&found))?;
        }
    }
    let mut spent = run.passes();
    if plan.is_some() && question.evidence == "all" {
        let flat: Vec<f64> = attribution.iter().map(|v| f64::from(*v)).collect();
        let one = randomised::Explained {
            ask: &ask,
            method: &question.method,
            params: &params,
            extras,
            attribution: &flat,
            spent: attributed,
            labels: &names,
            classes: if probability.is_some() { prediction.len() } else { 1 },
        };
        if let Some((found, words, more)) = randomised::weigh(&*loaded.model, &one, cancelled)? {
            evidence["randomisation"] = found;
            said.extend(words);
            spent.forward += more.forward;
            spent.backward += more.backward;
        }
    }
    let segments = match (
        arrays.into_iter().find(|(name, _)| name == "segments"),
        ask.picture(),
        &seen,
    ) {
        (Some((_, cut)), ..) => Some(cut.index_axis_move(Axis(0), 0)),
        (None, Some(picture), Some(values)) if !channels_last => {
            Some(Segmentation::usual(SEGMENTS).cut(values, picture)?.to_array())
        }
        _ => None,
    };
    let told = Told {
        params,
        gap,
        base: starts.map(|starts| starts[0]),
        found,
        error,
        segments,
        evidence,
        sentences: said,
        passes: Passes {
            forward: before.forward + spent.forward,
            backward: before.backward + spent.backward,
        },
        seconds: began.elapsed().as_secs_f64(),
    };
    Ok(known.explained(attribution, told))
}

/// What is known of an explanation before its map is.
struct Known<'a> {
    query: Query<'a>,
    entry: &'static Entry,
    reading: &'a Reading,
    target: usize,
    output: Option<&'a str>,
    baseline: (&'a [f32], &'a str),
    prediction: &'a [f32],
    probability: Option<&'a [f32]>,
    names: &'a [String],
}

/// What is known when it is done.
#[derive(Default)]
struct Told {
    params: Map<String, Value>,
    gap: Option<f64>,
    base: Option<f64>,
    found: Map<String, Value>,
    error: Option<Array>,
    segments: Option<ArrayD<f64>>,
    evidence: Value,
    sentences: Vec<String>,
    passes: Passes,
    seconds: f64,
}

impl Known<'_> {
    fn explained(&self, attribution: Array, told: Told) -> Explained {
        let Query {
            loaded, question, row, ..
        } = self.query;
        let (baseline, baseline_name) = self.baseline;
        let preprocess = &self.reading.preprocess;
        let answer = json!({
            "method": self.entry.name,
            "title": self.entry.title,
            "params": told.params,
            "target": self.target,
            "target_label": self.names[self.target],
            "on": question.on,
            "output": self.output,
            "baseline": baseline_name,
            "seed": question.seed,
            "model_hash": loaded.hash,
            "row": row,
            "engine_version": engine_version(),
            "instruction_set": instruction_set(),
            "passes": told.passes,
            "seconds": told.seconds,
            "prediction": self.prediction,
            "probability": self.probability,
            "labels": self.names,
            "classes": preprocess.labels,
            "feature_names": preprocess.feature_names,
            "shape": &attribution.shape()[1..],
            "completeness_gap": told.gap,
            "base": told.base,
            "found": told.found,
            "evidence": told.evidence,
            "sentences": told.sentences,
            "notice": self.entry.notice,
            "preprocess": preprocess,
        });
        let prepared = &self.reading.prepared;
        Explained {
            answer,
            attribution,
            x: prepared.x.clone(),
            display: prepared.display.clone(),
            baseline: baseline.to_vec(),
            error: told.error,
            segments: told.segments,
            prediction: self.prediction.to_vec(),
            target: self.target,
            range: prepared.range,
        }
    }
}
