//! One explanation: prepare, predict, attribute, weigh.

mod explained;
mod sums;
mod weighing;

use std::time::Instant;

use glassboard_catalog::{Need, Output, channels_first};
use glassboard_explain::evidence::{Plan, Words};
use glassboard_explain::segments::Segmentation;
use glassboard_explain::{Ask, Extras, Outcome, Passes, Readout, Runner, answer as attribute};
use glassboard_jobs::spec::Question;
use glassboard_model::Array;
use ndarray::Axis;
use serde_json::{Value, json};

pub use self::explained::Explained;
use self::explained::{Known, Told};
use self::sums::sums;
use self::weighing::Weighing;
use crate::baseline::{Baseline, baseline};
use crate::input::Input;
use crate::predicted::Predicted;
use crate::randomised;
use crate::reading::{Reading, choose_output, labels};
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
    let channels_last = preprocess.is_channels_last();
    if channels_last && let Err(why) = channels_first(entry) {
        return Err(Trouble::input(format!("{} {why}", entry.title)));
    }
    let output = choose_output(&*loaded.model, question.output.as_deref())?;

    let mut run = Runner::new(&*loaded.model, &mut *progress, cancelled);
    let Predicted {
        prediction,
        probability,
        target,
        space,
        probable,
    } = Predicted::new(&mut run, x, output.as_deref(), question)?;
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
    let (gap, sum) = sums(
        &mut run,
        &ask,
        query,
        extras,
        (&attribution, starts.as_deref()),
        baseline_name,
    )?;
    said.extend(sum);
    let mut evidence = json!({});
    if channels_last && plan.is_some() {
        said.push(
            "Taking pixels away was not measured: it needs channels first, and this model takes them last (NHWC); export the model as NCHW."
                .to_owned(),
        );
    }
    if let Some(plan) = plan.filter(|_| !channels_last) {
        let weighing = Weighing {
            query,
            ask: &Ask::new(x, ask.readout.within(probable), &targets)?,
            plan,
            attribution: &attribution,
            base: &base,
            seen: seen.as_deref(),
            names: Words {
                target: &names[target],
                baseline: baseline_name,
                pixels: ask.picture().is_some(),
            },
            probable: probability.is_some(),
        };
        let words;
        (evidence, words) = weighing.weighed(&mut run)?;
        said.extend(words);
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
