//! Anchors (Ribeiro et al. 2018, "Anchors: high-precision model-agnostic explanations"): a rule that the row meets, such
//! that rows which meet it almost always get the same answer, whatever the other columns hold.

mod arm;
mod bounds;
mod condition;
mod search;

use ndarray::Array1;
use serde_json::{Map, Value, json};

use arm::{Same, Trial};
use condition::{Told, edges, met, texts};
use search::{Found, search};

use crate::lime::{bins, moments};
use crate::verdict::Verdict;
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner, words};

/// What can be set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Share of rows meeting the rule that must keep the answer.
    pub threshold: f64,
    /// Chance of an error that is allowed.
    pub error: f64,
    /// Difference of precision between rules that does not matter.
    pub tolerance: f64,
    /// Draws at a time.
    pub batch: usize,
    /// Rules kept at each length.
    pub beam: usize,
    /// Conditions of a rule, at most.
    pub conditions: usize,
    /// Passes for a row after which the search ends.
    pub budget: u64,
    /// For a number: how far an answer may lie off and be the same; 0 is a quarter of the standard deviation.
    pub within: f64,
    /// Whether numbers are cut into ten bins instead of four.
    pub deciles: bool,
}

impl Options {
    /// From the catalogue's parameters.
    pub fn from_params(params: &Map<String, Value>) -> Self {
        let number = |name: &str| params.get(name).and_then(Value::as_f64).unwrap_or_default();
        Self {
            threshold: number("threshold"),
            error: number("delta"),
            tolerance: number("tau"),
            batch: number("batch") as usize,
            beam: number("beam") as usize,
            conditions: number("conditions") as usize,
            budget: number("budget") as u64,
            within: number("within"),
            deciles: params.get("bins").and_then(Value::as_str) == Some("decile"),
        }
    }
}

/// A rule for each row; see the catalogue for what is found.
pub fn anchors(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    extras: RowExtras<'_>,
    options: Options,
) -> Result<Outcome, ExplainError> {
    if extras.background.nrows() == 0 {
        return Err(ExplainError::parameters(
            "anchors draw rows from a background, and there is none; give the table of training rows",
        ));
    }
    let shares: &[f64] = if options.deciles {
        &bins::DECILES
    } else {
        &bins::QUARTILES
    };
    let edges = edges(extras.background, ask.columns, shares);
    let outputs = run.rows(ask.columns.len(), ask.x.nrows(), &ask.readout, |i, row| {
        row.iter_mut().zip(ask.row(i)).for_each(|(to, from)| *to = *from);
    })?;
    let answers = Verdict::of(outputs.ncols(), &ask.readout);
    let within = match answers {
        Verdict::Number if options.within <= 0.0 => {
            let said = run.rows(ask.columns.len(), extras.background.nrows(), &ask.readout, |i, row| {
                row.iter_mut()
                    .zip(extras.background.row(i))
                    .for_each(|(to, from)| *to = *from);
            })?;
            0.25 * moments(&said.column(0).to_vec()).1
        }
        _ => options.within,
    };
    let (mut told, mut precision, mut coverage) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..ask.x.nrows() {
        let same = match answers {
            Verdict::Number => Same::Near {
                value: outputs[[i, 0]],
                within,
            },
            _ => Same::Class(answers, answers.class(outputs.row(i))),
        };
        let trial = Trial {
            ask,
            background: extras.background,
            same,
            seed: extras.seed,
        };
        let all = met(ask.row(i), ask.columns, &edges);
        let before = run.passes().forward;
        let found = search(run, &trial, i, &all, options)?;
        precision.push(found.precision);
        coverage.push(found.arm.coverage);
        let rule: Vec<_> = found.arm.rule.iter().map(|k| all[*k]).collect();
        let parts = texts(&rule, ask.columns, &edges);
        let answer = match answers {
            Verdict::Number => format!("{} ± {}", words::number(outputs[[i, 0]]), words::number(within)),
            _ => format!("class {}", answers.class(outputs.row(i))),
        };
        told.push(tell(
            &found,
            &parts,
            ask,
            &answer,
            options,
            run.passes().forward - before,
        ));
    }
    Ok(Outcome::default()
        .with("precision", Array1::from(precision).into_dyn())
        .with("coverage", Array1::from(coverage).into_dyn())
        .saying("threshold", options.threshold)
        .saying("rows", told))
}

fn tell(found: &Found, parts: &[Told], ask: &AskRows<'_>, answer: &str, options: Options, passes: u64) -> Value {
    let rule = if parts.is_empty() {
        "always".to_owned()
    } else {
        parts
            .iter()
            .map(|part| part.text.as_str())
            .collect::<Vec<_>>()
            .join(" and ")
    };
    let condition = if parts.is_empty() {
        "Whatever the columns hold".to_owned()
    } else {
        format!("If {rule}")
    };
    let keeps = format!(
        "{condition}, the model answers {answer} for {} of rows drawn at random; {} of the background rows meet the rule.",
        words::percent(found.precision),
        words::percent(found.arm.coverage)
    );
    let sentence = if found.reached {
        keeps
    } else {
        format!(
            "No rule of up to {} conditions keeps the answer for {} of rows. The best found: {keeps}",
            options.conditions,
            words::percent(options.threshold)
        )
    };
    let conditions: Vec<Value> = parts
        .iter()
        .map(|part| {
            json!({ "column": ask.columns.names[part.column], "text": part.text, "above": part.above,
                                        "at_most": part.at_most, "label": part.label })
        })
        .collect();
    json!({ "rule": rule, "conditions": conditions, "answer": answer, "precision": found.precision,
            "precision_low": found.low, "coverage": found.arm.coverage, "reached": found.reached,
            "passes": passes, "sentence": sentence })
}
