//! TCAV: is a class sensitive to a concept that rows show?

use std::time::Instant;

use glassboard_catalog::Entry;
use glassboard_explain::cav::MOST_ROWS;
use glassboard_explain::methods::tcav::{Tcav, Test, tcav};
use glassboard_explain::{Ask, Readout, Runner};
use glassboard_model::{Array, OutputSpace};
use ndarray::aview1;
use serde_json::{Value, json};

use super::answer::{Told, answer};
use super::members::{Rows, Which, rows};
use super::{Ears, SetsQuery};
use crate::explain_rows::{Numbers, RowsExplained};
use crate::preprocess::Preprocess;
use crate::reading::{arg_max, choose_output, labels, probabilities};
use crate::trouble::Trouble;

/// Most rows that are scored.
const MOST_ASKED: usize = 10_000;
/// A classifier below this is hardly better than a coin, and chance reaches it with few rows.
const HARDLY: f64 = 0.65;
/// Scores less likely by chance than this are apart from it.
const LEVEL: f64 = 0.05;

pub(super) fn explain(query: &SetsQuery<'_>, entry: &Entry, ears: &mut Ears<'_>) -> Result<RowsExplained, Trouble> {
    let began = Instant::now();
    let question = query.question;
    (ears.progress)(0.0, "Reading the sets");
    let (preprocess, _) = Preprocess::resolve(query.preprocess, &query.loaded.metadata, query.loaded.model.inputs())?;
    let asked = Which {
        span: question.rows,
        filter: None,
        most: MOST_ASKED,
    };
    let asked = rows(query.loaded, query.input, query.preprocess, asked, "the input")?;
    let concept = member(query, "concept", "that show what is meant")?;
    let random = member(query, "random", "that do not, to tell it from")?;

    let output = choose_output(&*query.loaded.model, question.output.as_deref())?;
    let mut run = Runner::new(&*query.loaded.model, &mut *ears.progress, ears.cancelled);
    run.stage("Prediction", 0.0, 0.1);
    let predictions = run.predict(&asked.x, output.as_deref())?;
    let width = predictions.len() / asked.numbers.len().max(1);
    let target = match question.target {
        Some(target) if target >= width => {
            return Err(Trouble::input(format!(
                "target {target} is out of range: the model has {width} outputs"
            )));
        }
        Some(target) => target,
        None => most_told(&predictions, width),
    };
    let first: Vec<f32> = predictions.iter().take(width).copied().collect();
    let (probability, already) = probabilities(&*query.loaded.model, &first);
    let space = match question.on.as_str() {
        "prob" if probability.is_some() && !already => OutputSpace::Probability,
        "logit" | "prob" => OutputSpace::Raw,
        other => return Err(Trouble::input(format!("`on` must be logit or prob, not `{other}`"))),
    };
    let mut params = question.params.clone();
    let named = params.get("layer").and_then(Value::as_str).map(str::to_owned);
    let layer = match named {
        Some(layer) => layer,
        None => run.default_layer(&asked.x.slice_axis(ndarray::Axis(0), ndarray::Slice::from(0..1)))?,
    };
    params.insert("layer".to_owned(), layer.clone().into());
    let whole = |name: &str| params.get(name).and_then(Value::as_u64).unwrap_or_default() as usize;
    let test = Test {
        runs: whole("runs"),
        penalty: params.get("penalty").and_then(Value::as_f64).unwrap_or(0.01),
        folds: whole("folds"),
        seed: question.seed,
    };
    let targets = vec![target; asked.numbers.len()];
    let readout = Readout {
        output: output.clone(),
        space,
    };
    let ask = Ask::new(&asked.x, readout, &targets)?;
    run.stage(entry.title, 0.1, 0.98);
    let found = tcav(&mut run, &ask, &layer, (&concept.x, &random.x), test)?;
    let names = labels(&preprocess, width);
    let told = Told {
        params: &params,
        passes: run.passes(),
        seconds: began.elapsed().as_secs_f64(),
        target: Some(target),
        labels: &names,
        output: output.as_deref(),
        preprocess: &preprocess,
        numbers: &asked.numbers,
        evidence: json!({ "cav_accuracy": found.accuracy, "p_value": found.p_value }),
        found: json!({
            "layer": layer,
            "verdict": verdict(&found),
            "score": found.score.share,
            "magnitude": found.score.magnitude,
            "cav_accuracy": found.accuracy,
            "p_value": found.p_value,
            "concept_scores": found.concept_scores,
            "random_scores": found.random_scores,
            "concept_rows": concept.numbers.len(),
            "random_rows": random.numbers.len(),
        }),
        said: sentences(&found, &names[target], asked.numbers.len(), &layer),
    };
    let double = |values: &[f64]| Numbers::Double(aview1(values).to_owned().into_dyn());
    let numbers: Vec<i64> = asked.numbers.iter().map(|n| *n as i64).collect();
    Ok(RowsExplained {
        answer: answer(query, entry, &told),
        arrays: vec![
            ("directional".to_owned(), double(&found.directional)),
            (
                "cav".to_owned(),
                Numbers::Single(aview1(&found.cav.direction).to_owned().into_dyn()),
            ),
            ("concept_scores".to_owned(), double(&found.concept_scores)),
            ("random_scores".to_owned(), double(&found.random_scores)),
            (
                "rows".to_owned(),
                Numbers::Whole(aview1(&numbers).to_owned().into_dyn()),
            ),
        ],
    })
}

/// The rows of the member that plays `role`.
fn member(query: &SetsQuery<'_>, role: &str, which: &str) -> Result<Rows, Trouble> {
    let at = query
        .member(role)
        .ok_or_else(|| Trouble::input(format!("a concept needs a set called `{role}`: rows {which}")))?;
    let company = query.company();
    let own = &company.members[at];
    let wanted = Which {
        span: own.rows,
        filter: own.filter.as_deref(),
        most: MOST_ROWS,
    };
    let input = query.members.get(at);
    let input = input.ok_or_else(|| Trouble::internal(format!("the set `{role}` did not come with the question")))?;
    rows(
        query.loaded,
        input,
        query.preprocess,
        wanted,
        &format!("the set `{role}`"),
    )
}

/// The class that most rows are told to be, the first of equals.
fn most_told(predictions: &Array, width: usize) -> usize {
    let flat: Vec<f32> = predictions.iter().copied().collect();
    let mut counts = vec![0.0f32; width];
    for row in flat.chunks_exact(width.max(1)) {
        counts[arg_max(row)] += 1.0;
    }
    arg_max(&counts)
}

/// What the answer comes to: `unmeasured` (too few rows to measure the classifier), `hardly_known` (the layer does not tell
/// the concept), `apart_from_chance` or `not_told_apart`.
fn verdict(found: &Tcav) -> &'static str {
    match (found.accuracy, found.p_value) {
        (None, _) => "unmeasured",
        (Some(accuracy), _) if accuracy < HARDLY => "hardly_known",
        (_, Some(p)) if p < LEVEL => "apart_from_chance",
        _ => "not_told_apart",
    }
}

fn sentences(found: &Tcav, label: &str, rows: usize, layer: &str) -> Vec<String> {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let mut said = vec![match found.accuracy {
        Some(accuracy) => format!(
            "`{layer}` tells the concept's rows from the others in {:.0} % of cases it was not fitted on (50 % by chance){}.",
            accuracy * 100.0,
            if accuracy < HARDLY {
                ", so it hardly knows this concept and the score says little"
            } else {
                ""
            }
        ),
        None => {
            "There are too few rows to measure how well the layer tells the concept, so nothing vouches for the score."
                .to_owned()
        }
    }];
    said.push(format!(
        "The output for {label} rises towards the concept in {:.0} % of {rows} rows; they have {:.0} % of all movement.",
        found.score.share * 100.0,
        found.score.magnitude * 100.0
    ));
    if let Some(p) = found.p_value {
        let apart = if p < LEVEL {
            "the concept is apart from chance"
        } else {
            "the concept is not told apart from chance"
        };
        said.push(format!(
            "Over {} runs the share is {:.2} on average, and {:.2} along directions between random rows (p = {p:.2e}, Welch's test both ways): {apart}.",
            found.concept_scores.len(),
            mean(&found.concept_scores),
            mean(&found.random_scores)
        ));
    }
    said
}
