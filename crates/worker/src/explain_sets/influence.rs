//! `TracIn`: which training rows helped or hurt a prediction.

use std::time::Instant;

use glassboard_catalog::Entry;
use glassboard_explain::methods::tracin::{Known, Loss, tracin};
use glassboard_explain::{Passes, Readout, Runner};
use glassboard_jobs::spec::Span;
use glassboard_model::OutputSpace;
use glassboard_tables::Encoded;
use ndarray::{Array2, aview1};
use serde_json::{Value, json};

use super::answer::{Told, answer};
use super::members::{Rows, Which, rows};
use super::{Ears, SetsQuery};
use crate::explain_rows::{Facts, Numbers, RowsExplained};
use crate::input::Input;
use crate::preprocess::Preprocess;
use crate::reading::{choose_output, probabilities};
use crate::table::for_model;
use crate::trouble::Trouble;

/// Most rows asked about at once.
const MOST_ASKED: usize = 1_000;
/// Most training rows.
const MOST_TRAINING: usize = 100_000;
/// Rows asked about that get a sentence each.
const SENTENCES: usize = 3;

/// Rows of a table with their true answers.
struct Labelled {
    rows: Rows,
    truth: Vec<f64>,
}

impl Labelled {
    fn known(&self) -> Known<'_> {
        Known {
            x: &self.rows.x,
            truth: &self.truth,
        }
    }
}

pub(super) fn explain(query: &mut SetsQuery<'_>, entry: &Entry, ears: &mut Ears<'_>) -> Result<RowsExplained, Trouble> {
    let began = Instant::now();
    let question = query.question;
    (ears.progress)(0.0, "Reading the rows");
    let (preprocess, _) = Preprocess::resolve(query.preprocess, &query.loaded.metadata, query.loaded.model.inputs())?;
    let output = choose_output(&*query.loaded.model, question.output.as_deref())?;
    let asked = Which {
        span: Some(question.rows.unwrap_or(Span {
            from: query.row,
            count: 1,
        })),
        filter: None,
        most: MOST_ASKED,
    };
    let training_at = query.member("training");
    let training_input = training_at.and_then(|at| query.members.get(at)).unwrap_or(query.input);
    let company = query.company();
    let own = training_at.map(|at| &company.members[at]);
    let training = Which {
        span: own.and_then(|own| own.rows),
        filter: own.and_then(|own| own.filter.as_deref()),
        most: MOST_TRAINING,
    };

    // What the classes are, and how the output is read, is told by the training table.
    let table = training_input.table().map_err(|trouble| {
        Trouble::input(format!(
            "training rows are read from a table with their true answers, CSV or Parquet: {}",
            trouble.message
        ))
    })?;
    let data = for_model(table, query.loaded, &preprocess)?;
    let encoded = Encoded::new(&*query.loaded.model, &data.encoder);
    let raw = Readout {
        output: output.clone(),
        space: OutputSpace::Raw,
    };
    let (classes, labels, loss, mut passes) = {
        let mut run = Runner::new(&encoded, &mut *ears.progress, ears.cancelled);
        run.stage("Prediction", 0.0, 0.02);
        let first = data.row(0)?;
        let predictions = run.rows(first.ncols(), 1, &raw, |_, row| {
            row.iter_mut().zip(first.row(0)).for_each(|(to, from)| *to = *from);
        })?;
        let facts = Facts::of(&mut run, &data, &preprocess, &predictions, &raw)?;
        let outputs: Vec<f32> = predictions.iter().map(|v| *v as f32).collect();
        let (probability, already) = probabilities(&*query.loaded.model, &outputs);
        let labelled = !data.target_labels().is_empty();
        let loss = match question.params.get("loss").and_then(Value::as_str) {
            Some("squared") => Loss::Squared,
            wanted => match (probability, already) {
                (Some(_), true) => Loss::OfProbabilities,
                (Some(_), false) => Loss::CrossEntropy,
                // One number before a sigmoid is told from a regression by what the table holds.
                (None, _) if wanted == Some("cross_entropy") || labelled => Loss::CrossEntropy,
                (None, _) => Loss::Squared,
            },
        };
        (facts.classes, facts.labels, loss, run.passes())
    };
    let asked = labelled(query, query.input, asked, "the input", &classes)?;
    let training = labelled(query, training_input, training, "the training rows", &classes)?;

    let count = company.steps.len().max(1);
    let mut pairs = Array2::<f64>::zeros((asked.rows.numbers.len(), training.rows.numbers.len()));
    let mut selves = vec![0.0f64; training.rows.numbers.len()];
    let mut rates = Vec::with_capacity(count);
    for k in 0..count {
        let (held, rate) = match company.steps.get(k) {
            Some(step) => (Some((query.step)(k)?), step.rate),
            None => (None, 1.0),
        };
        let loaded = held.as_deref().unwrap_or(query.loaded);
        let mut run = Runner::new(&*loaded.model, &mut *ears.progress, ears.cancelled);
        let share = |k: usize| 0.02 + 0.96 * k as f64 / count as f64;
        run.stage(&format!("Checkpoint {} of {count}", k + 1), share(k), share(k + 1));
        let found = tracin(&mut run, asked.known(), training.known(), output.as_deref(), loss)?;
        pairs.scaled_add(rate, &found.pairs);
        selves
            .iter_mut()
            .zip(&found.own)
            .for_each(|(sum, own)| *sum += rate * own);
        rates.push(rate);
        let spent = run.passes();
        passes = Passes {
            forward: passes.forward + spent.forward,
            backward: passes.backward + spent.backward,
        };
    }
    if pairs.iter().chain(&selves).any(|v| !v.is_finite()) {
        return Err(Trouble::internal(
            "gradients of the weights gave values that are not numbers".to_owned(),
        ));
    }
    let top = question.params.get("top").and_then(Value::as_u64).unwrap_or(10) as usize;
    let same = training_at.is_none();
    let named: Vec<Named> = (0..asked.rows.numbers.len())
        .map(|i| {
            Named::of(
                &pairs.row(i).to_vec(),
                &training.rows.numbers,
                asked.rows.numbers[i],
                top,
                same,
            )
        })
        .collect();
    let forced = strongest(&selves, &training.rows.numbers, top, |v| v > 0.0);
    let told = Told {
        params: &question.params,
        passes,
        seconds: began.elapsed().as_secs_f64(),
        target: None,
        labels: &labels,
        output: output.as_deref(),
        preprocess: &preprocess,
        numbers: &asked.rows.numbers,
        evidence: json!({}),
        said: sentences(&named, count, &rates),
        found: json!({
            "loss": match loss { Loss::Squared => "squared", _ => "cross_entropy" },
            "checkpoints": count,
            "learning_rates": rates,
            "rows": named.iter().map(Named::json).collect::<Vec<_>>(),
            "most_forced": listed(&forced),
            "training_rows": training.rows.numbers.len(),
        }),
    };
    let whole = |numbers: &[usize]| {
        let numbers: Vec<i64> = numbers.iter().map(|n| *n as i64).collect();
        Numbers::Whole(aview1(&numbers).to_owned().into_dyn())
    };
    let arrays = vec![
        ("influence".to_owned(), Numbers::Double(pairs.into_dyn())),
        (
            "self_influence".to_owned(),
            Numbers::Double(aview1(&selves).to_owned().into_dyn()),
        ),
        ("rows".to_owned(), whole(&asked.rows.numbers)),
        ("training_rows".to_owned(), whole(&training.rows.numbers)),
    ];
    Ok(RowsExplained {
        answer: answer(query, entry, &told),
        arrays,
    })
}

/// The rows that are meant, with what the table's target column says of them.
fn labelled(
    query: &SetsQuery<'_>,
    input: &Input<'_>,
    which: Which<'_>,
    what: &str,
    classes: &[String],
) -> Result<Labelled, Trouble> {
    let rows = rows(query.loaded, input, query.preprocess, which, what)?;
    let (preprocess, _) = Preprocess::resolve(query.preprocess, &query.loaded.metadata, query.loaded.model.inputs())?;
    let data = for_model(input.table()?, query.loaded, &preprocess)?;
    let all = data
        .truth(Span::ALL, classes)
        .ok_or_else(|| Trouble::input(format!("{what} need true answers; choose the table's target column")))?;
    let truth: Vec<f64> = rows.numbers.iter().map(|row| all[*row]).collect();
    if let Some(at) = truth.iter().position(|v| !v.is_finite()) {
        return Err(Trouble::input(format!(
            "the true answer of row {} of {what} is missing",
            rows.numbers[at]
        )));
    }
    Ok(Labelled { rows, truth })
}

/// Training rows by name for one row asked about.
struct Named {
    row: usize,
    helpful: Vec<(usize, f64)>,
    harmful: Vec<(usize, f64)>,
}

impl Named {
    /// `same`: the rows asked about are among the training rows, and a row says nothing by helping itself.
    fn of(influence: &[f64], numbers: &[usize], row: usize, top: usize, same: bool) -> Self {
        let kept: Vec<f64> = influence
            .iter()
            .zip(numbers)
            .map(|(v, number)| if same && *number == row { 0.0 } else { *v })
            .collect();
        let against: Vec<f64> = kept.iter().map(|v| -v).collect();
        let mut harmful = strongest(&against, numbers, top, |v| v > 0.0);
        for (_, v) in &mut harmful {
            *v = -*v;
        }
        Self {
            row,
            helpful: strongest(&kept, numbers, top, |v| v > 0.0),
            harmful,
        }
    }

    fn json(&self) -> Value {
        json!({ "row": self.row, "helpful": listed(&self.helpful), "harmful": listed(&self.harmful) })
    }
}

/// Numbers of the rows with the largest values, largest first, the first of equals first.
fn strongest(values: &[f64], numbers: &[usize], top: usize, keep: impl Fn(f64) -> bool) -> Vec<(usize, f64)> {
    let mut order: Vec<usize> = (0..values.len()).filter(|i| keep(values[*i])).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]).then(a.cmp(b)));
    order.truncate(top);
    order.into_iter().map(|i| (numbers[i], values[i])).collect()
}

fn listed(rows: &[(usize, f64)]) -> Vec<Value> {
    rows.iter()
        .map(|(row, value)| json!({ "row": row, "influence": value }))
        .collect()
}

fn sentences(named: &[Named], count: usize, rates: &[f64]) -> Vec<String> {
    let mut said = Vec::new();
    let part = |rows: &[(usize, f64)]| {
        let first = rows.iter().take(3).map(|(row, value)| format!("{row} ({value:+.3e})"));
        first.collect::<Vec<_>>().join(", ")
    };
    for one in named.iter().take(SENTENCES) {
        if !one.helpful.is_empty() {
            said.push(format!(
                "A step of training on these rows made the loss of row {} smaller, the first most: {}.",
                one.row,
                part(&one.helpful)
            ));
        }
        if !one.harmful.is_empty() {
            said.push(format!(
                "A step of training on these rows made the loss of row {} larger: {}. Rows with a wrong label are often among them, and rows that look alike and are something else.",
                one.row,
                part(&one.harmful)
            ));
        }
    }
    let same = rates.windows(2).all(|pair| (pair[0] - pair[1]).abs() <= 0.0);
    said.push(match (count, same) {
        (1, _) => {
            "Only one checkpoint was given: what other times of the training would say is not in this.".to_owned()
        }
        (_, true) => format!(
            "The sum runs over {count} checkpoints with the learning rate {} at each.",
            rates.first().copied().unwrap_or(1.0)
        ),
        (_, false) => format!("The sum runs over {count} checkpoints, each with its learning rate."),
    });
    said
}
