//! Explanations that need several files: concepts, and influence of training rows.

use std::path::PathBuf;
use std::rc::Rc;

use anyhow::Context;
use glassboard_catalog::{Output, parse_assignment, validate};
use glassboard_jobs::spec::{self, Member, Question, Step};
use glassboard_report::Arrays;
use glassboard_worker::explain_sets::{Ears, SetsQuery, explain_sets};
use glassboard_worker::input::Input;
use glassboard_worker::reading;
use glassboard_worker::trouble::Trouble;
use glassboard_worker::warm::Loaded;
use serde_json::{Map, Value, json};

use super::{Args, Usage, load, read, report, rows, targets};

/// Files that take part beside the input.
#[derive(Debug, clap::Args)]
pub struct Company {
    /// Rows that show a concept, a file like INPUT (tcav).
    #[arg(long, value_name = "FILE")]
    concept: Option<PathBuf>,
    /// Only rows of --concept of which this holds, in the query language.
    #[arg(long, value_name = "QUERY", requires = "concept")]
    concept_filter: Option<String>,
    /// Rows to tell the concept from, a file like INPUT (tcav).
    #[arg(long, value_name = "FILE")]
    random: Option<PathBuf>,
    /// Only rows of --random of which this holds, in the query language.
    #[arg(long, value_name = "QUERY", requires = "random")]
    random_filter: Option<String>,
    /// Rows the model was trained on, a table with the true answers; without it INPUT itself (tracin).
    #[arg(long, value_name = "FILE")]
    training: Option<PathBuf>,
    /// Only rows of --training of which this holds, in the query language.
    #[arg(long, value_name = "QUERY", requires = "training")]
    training_filter: Option<String>,
    /// A checkpoint of the training, first to last; may be given several times (tracin; without any, MODEL).
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// The learning rate at every checkpoint, or once for each.
    #[arg(long = "learning-rate", value_name = "RATE", requires = "checkpoints")]
    rates: Vec<f64>,
}

impl Company {
    /// The sets that are given: role, file, filter.
    fn members(&self) -> Vec<(&'static str, &PathBuf, Option<&String>)> {
        let all = [
            ("concept", &self.concept, &self.concept_filter),
            ("random", &self.random, &self.random_filter),
            ("training", &self.training, &self.training_filter),
        ];
        let given = all.into_iter();
        given
            .filter_map(|(role, file, filter)| file.as_ref().map(|file| (role, file, filter.as_ref())))
            .collect()
    }

    /// File names, as a report names them.
    pub fn names(&self) -> glassboard_report::Company {
        let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        glassboard_report::Company {
            members: self.members().into_iter().map(|(_, file, _)| name(file)).collect(),
            steps: self.checkpoints.iter().map(name).collect(),
        }
    }

    fn rates(&self) -> Result<Vec<f64>, Usage> {
        let count = self.checkpoints.len();
        if let Some(bad) = self.rates.iter().find(|rate| !rate.is_finite() || **rate < 0.0) {
            return Err(Usage(format!("a learning rate must be a number from 0, not {bad}")));
        }
        match self.rates.as_slice() {
            [] => Ok(vec![1.0; count]),
            [one] => Ok(vec![*one; count]),
            rates if rates.len() == count => Ok(rates.to_vec()),
            rates => Err(Usage(format!(
                "{} learning rates were given for {count} checkpoints; give one, or one each",
                rates.len()
            ))),
        }
    }
}

/// Answers with `method`, one of the catalogue's methods for several sets.
pub fn answer(args: &Args, loaded: &Loaded, input: &[u8], preprocess: &Value, method: &str) -> anyhow::Result<()> {
    if args.open {
        return Err(Usage(format!(
            "--open does not show {method}: import the files and ask on the page Concepts of the model, or use --report"
        ))
        .into());
    }
    let mut params = Map::new();
    for assignment in &args.params {
        let (name, value) = parse_assignment(method, assignment).map_err(|e| Usage(e.to_string()))?;
        params.insert(name, value);
    }
    let params = validate(method, &params).map_err(|e| Usage(e.to_string()))?;
    let facts = rows::facts(args)?;
    let given = Input::of(input, &facts);
    let mut files = Vec::new();
    let mut members = Vec::new();
    for (role, file, filter) in args.company.members() {
        let bytes = read(file)?;
        members.push(Member {
            role: role.to_owned(),
            set: blake3::hash(&bytes).to_hex().to_string(),
            rows: None,
            filter: filter.cloned(),
        });
        files.push(bytes);
    }
    let checkpoints = args.company.checkpoints.iter().map(|path| load(path).map(Rc::new));
    let checkpoints = checkpoints.collect::<anyhow::Result<Vec<_>>>()?;
    let steps = checkpoints.iter().zip(args.company.rates()?);
    let whole = glassboard_catalog::find(method).is_some_and(|entry| entry.output == Output::Concept);
    let target = match (args.target_index, &args.target) {
        (Some(index), _) => Some(index),
        (None, None) => None,
        (None, Some(text)) if text == "all" => {
            return Err(Usage(format!("{method} speaks of one class; name it with --target")).into());
        }
        (None, Some(_)) => {
            let looked = reading::Reading::new(loaded, &given, args.row.unwrap_or(0), preprocess)?;
            targets(args, loaded, &looked, 1)?.into_iter().next().flatten()
        }
    };
    let question = Question {
        method: method.to_owned(),
        params,
        target,
        output: args.output.clone(),
        on: args.on.clone(),
        baseline: "zeros".to_owned(),
        seed: args.seed,
        evidence: args.evidence.clone(),
        rows: rows::span(args, whole && args.row.is_none())?,
        background: None,
        company: Some(spec::Company {
            members,
            steps: steps
                .map(|(checkpoint, rate)| Step {
                    model: checkpoint.hash.clone(),
                    rate,
                })
                .collect(),
        }),
        mask: None,
    };
    let inputs: Vec<Input<'_>> = files.iter().map(|bytes| Input::of(bytes, &facts)).collect();
    let query = SetsQuery {
        loaded,
        input: &given,
        row: args.row.unwrap_or(0),
        preprocess,
        question: &question,
        members: &inputs,
        step: &mut |k| {
            let step = checkpoints.get(k).map(Rc::clone);
            step.ok_or_else(|| Trouble::internal("there is no such checkpoint"))
        },
    };
    let ears = Ears {
        progress: &mut |_, _| {},
        cancelled: &|| false,
    };
    let explained = explain_sets(query, ears)?;
    let all = [(explained.answer.clone(), Arrays::read(&explained.columns())?)];
    if let Some(path) = &args.out {
        std::fs::write(path, glassboard_report::npz(&all)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let (Some(path), [(answer, arrays)]) = (&args.report, &all) {
        report(args, path, answer, arrays)?;
    }
    if args.json {
        println!("{}", summary(&explained.answer, args));
        return Ok(());
    }
    println!("{}", explained.answer["title"].as_str().unwrap_or_default());
    let said = explained.answer["sentences"].as_array().into_iter().flatten();
    for sentence in said.filter_map(Value::as_str) {
        println!("  {sentence}");
    }
    for path in [&args.out, &args.report].into_iter().flatten() {
        println!("  written to {}", path.display());
    }
    Ok(())
}

/// The object of `--json`.
fn summary(answer: &Value, args: &Args) -> Value {
    let mut out = Map::new();
    for key in [
        "method",
        "params",
        "target",
        "target_label",
        "passes",
        "seconds",
        "evidence",
        "sentences",
        "found",
        "seed",
        "on",
        "row",
        "rows",
        "prediction",
        "company",
        "model_hash",
        "engine_version",
        "instruction_set",
    ] {
        out.insert(key.to_owned(), answer[key].clone());
    }
    out.insert("out".to_owned(), json!(args.out));
    out.insert("report".to_owned(), json!(args.report));
    Value::Object(out)
}
