//! `glassboard explain`: one explanation without a server.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use glassboard_catalog::{Facts, default_method, parse_assignment, validate};
use glassboard_jobs::protocol::Fault;
use glassboard_jobs::spec::Question;
use glassboard_report::{Arrays, Command, Report, html, settled};
use glassboard_worker::explain::{Hooks, Query, explain};
use glassboard_worker::explain_rows::is_for_rows;
use glassboard_worker::explain_sets::is_for_sets;
use glassboard_worker::input::Input;
use glassboard_worker::mask::of_png;
use glassboard_worker::preprocess::Preprocess;
use glassboard_worker::reading::{self, Reading};
use glassboard_worker::trouble::Trouble;
use glassboard_worker::warm::Loaded;
use serde_json::{Map, Value, json};

mod inputs;
mod model;
mod open;
mod rows;
mod sets;
mod text;

pub(super) use self::model::load;
use self::model::with_weights;

/// Arguments of `glassboard explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// An ONNX file, or the native file of LightGBM, XGBoost or CatBoost.
    model: PathBuf,
    /// Weights of the same names and shapes (safetensors, PyTorch, npz), in the place of the model's own.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// A picture (png, jpg), an array (npy, npz; leading batch axis), a table with a header (csv, parquet), or sentences
    /// (txt, one a line; json, a list).
    #[arg(required_unless_present = "text")]
    input: Option<PathBuf>,
    /// A sentence, in the place of INPUT.
    #[arg(long, value_name = "SENTENCE", conflicts_with = "input")]
    text: Option<String>,
    /// The vocabulary of a model that reads tokens: a token a line, JSON, or a tokenizer.json.
    #[arg(long, value_name = "FILE")]
    tokenizer: Option<PathBuf>,
    /// Method by its catalogue name; without it the default for the model and the input.
    #[arg(long)]
    method: Option<String>,
    /// Class by index or label, or `all`; without it the arg-max of the prediction.
    #[arg(long, value_name = "INDEX|LABEL|all")]
    target: Option<String>,
    /// Graph output by name.
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
    /// Explain the model's own output or the probability.
    #[arg(long, default_value = "logit", value_parser = ["logit", "prob"])]
    on: String,
    /// What stands for "nothing there": zeros, mean, blur, or a file like INPUT.
    #[arg(long, default_value = "zeros", value_name = "zeros|mean|blur|FILE")]
    baseline: String,
    /// Rows to compare with, a file like INPUT.
    #[arg(long, value_name = "FILE")]
    background: Option<PathBuf>,
    /// A parameter of the method; may be given several times.
    #[arg(long = "param", value_name = "k=v")]
    params: Vec<String>,
    /// Seed of every random number.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How much is spent on weighing the explanation.
    #[arg(long, default_value = "cheap", value_parser = ["none", "cheap", "all"])]
    evidence: String,
    /// A preprocess.json; without it the model's metadata, else a guess.
    #[arg(long, value_name = "FILE")]
    preprocess: Option<PathBuf>,
    /// Row of the input (the first is 0); without it every row of an array, row 0 of a table.
    #[arg(long)]
    row: Option<usize>,
    /// Rows of a table: `all`, or `A..B` without the last.
    #[arg(long, value_name = "all|A..B", conflicts_with = "row")]
    rows: Option<String>,
    /// Class by index, also where a label is a number.
    #[arg(long, value_name = "INDEX", conflicts_with = "target")]
    target_index: Option<usize>,
    /// Rows drawn from the background (methods for rows of a table).
    #[arg(long, value_name = "N")]
    background_rows: Option<usize>,
    /// How the table is to be read: kinds of columns, labels, target, as a report gives them (methods for rows of a table).
    #[arg(long, value_name = "FILE.json")]
    table: Option<PathBuf>,
    /// Where the object of a picture is, for the evidence: a PNG, white is the object.
    #[arg(long, value_name = "FILE.png")]
    mask: Option<PathBuf>,
    /// Write a self-contained HTML report of one explanation.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    #[command(flatten)]
    company: sets::Company,
    /// Write attribution, input, baseline, prediction, target and meta as npz.
    #[arg(long, value_name = "FILE.npz")]
    out: Option<PathBuf>,
    /// Show it on the page of the server that holds the data directory; one is started where none runs.
    #[arg(long)]
    open: bool,
    /// The data directory of --open; the platform's data home by default.
    #[arg(long, value_name = "DIR", env = "GLASSBOARD_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// The input as a sentence names it.
    fn shown(&self) -> String {
        let file = self.input.as_ref().map(|path| path.display().to_string());
        file.unwrap_or_else(|| "the sentence".to_owned())
    }

    /// The input's file.
    fn file(&self) -> anyhow::Result<&Path> {
        self.input
            .as_deref()
            .ok_or_else(|| Usage("this needs an input file".to_owned()).into())
    }
}

/// What the user asked cannot be meant: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Usage(pub String);

/// Runs the verb.
#[expect(clippy::needless_pass_by_value, reason = "every verb takes its arguments by value")]
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match answer(&args) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) if error.is::<Usage>() => {
            eprintln!("glassboard: {error}");
            Ok(ExitCode::from(2))
        }
        Err(error) => match error.downcast::<Trouble>() {
            Ok(Trouble {
                fault: Fault::Unsupported,
                message,
            }) => Err(super::Unsupported(message).into()),
            Ok(trouble) => Err(trouble.into()),
            Err(error) => Err(error),
        },
    }
}

fn answer(args: &Args) -> anyhow::Result<()> {
    if args.open && !matches!(args.baseline.as_str(), "zeros" | "mean" | "blur") {
        return Err(
            Usage("--open shows the baselines zeros, mean and blur; leave --baseline FILE out".to_owned()).into(),
        );
    }
    if args.open && args.weights.is_some() {
        return Err(Usage(
            "--open shows the model's own weights; import --weights as a checkpoint, or leave one out".to_owned(),
        )
        .into());
    }
    let mut preprocess = match &args.preprocess {
        None => Value::Null,
        Some(path) => {
            serde_json::from_slice(&read(path)?).with_context(|| format!("{} is not JSON", path.display()))?
        }
    };
    let loaded = match &args.weights {
        Some(weights) => with_weights(&args.model, weights)?,
        None => load(&args.model)?,
    };
    if let Some(path) = &args.tokenizer {
        preprocess = text::with_vocabulary(&loaded, &preprocess, path)?;
    }
    let input = match (&args.text, &args.input) {
        (Some(sentence), _) => sentence.clone().into_bytes(),
        (None, Some(path)) => read(path)?,
        (None, None) => return Err(Usage("give an input, or a sentence with --text".to_owned()).into()),
    };
    if Preprocess::of(&loaded, &preprocess)?.is_text() {
        without_mask(args, "a sentence")?;
        return text::answer(args, &loaded, &input, &preprocess);
    }
    if args.text.is_some() {
        return Err(Usage("--text is for models that read tokens, and this one does not".to_owned()).into());
    }
    if args
        .input
        .as_ref()
        .and_then(|path| path.extension())
        .is_some_and(|e| e.eq_ignore_ascii_case("txt"))
    {
        return Err(super::Unsupported(
            "text inputs are for models that read tokens, and this one does not; give a picture, an array or a table"
                .to_owned(),
        )
        .into());
    }
    if let Some(method) = args.method.as_deref().filter(|name| is_for_rows(name)) {
        without_mask(args, "a row of a table")?;
        return rows::answer(args, &loaded, &input, &preprocess, method);
    }
    if let Some(method) = args.method.as_deref().filter(|name| is_for_sets(name)) {
        without_mask(args, "a set of inputs")?;
        return sets::answer(args, &loaded, &input, &preprocess, method);
    }
    let given = Input::of(&input, &Value::Null);
    let counted = reading::rows(&loaded, &given, &preprocess)?;
    if args.method.is_none() && counted.is_none() {
        let resolved = Preprocess::of(&loaded, &preprocess)?;
        let facts = Facts {
            // A table is its own background.
            background: true,
            ..reading::facts(&loaded, &resolved)
        };
        let method = default_method(&facts).0;
        if is_for_rows(method) {
            without_mask(args, "a row of a table")?;
            return rows::answer(args, &loaded, &input, &preprocess, method);
        }
    }
    let rows = match (args.row, counted) {
        (Some(row), _) => vec![row],
        (None, count) => (0..count.unwrap_or(1)).collect(),
    };
    let first = rows
        .first()
        .copied()
        .ok_or_else(|| Usage(format!("{} holds no rows", args.shown())))?;
    let looked = Reading::new(&loaded, &given, first, &preprocess)?;
    let mut facts = reading::facts(&loaded, &looked.preprocess);
    let background = args.background.as_ref().map(|path| {
        anyhow::Ok(reading::background(
            &loaded,
            &Input::of(&read(path)?, &Value::Null),
            &preprocess,
        )?)
    });
    let background = background.transpose()?;
    facts.background = background.is_some();

    let method = args.method.as_deref().unwrap_or_else(|| default_method(&facts).0);
    let entry = glassboard_catalog::find(method).ok_or_else(|| {
        Usage(
            validate(method, &Map::new())
                .err()
                .map_or_else(String::new, |e| e.to_string()),
        )
    })?;
    let mut params = Map::new();
    for assignment in &args.params {
        let (name, value) = parse_assignment(method, assignment).map_err(|e| Usage(e.to_string()))?;
        params.insert(name, value);
    }
    let params = validate(method, &params).map_err(|e| Usage(e.to_string()))?;
    if let Err(why) = glassboard_catalog::applies(entry, &facts) {
        return Err(super::Unsupported(format!("{method} {why}")).into());
    }
    let baseline = match args.baseline.as_str() {
        "zeros" | "mean" | "blur" => None,
        file => Some(
            Reading::new(
                &loaded,
                &Input::of(&read(Path::new(file))?, &Value::Null),
                0,
                &preprocess,
            )?
            .prepared
            .x,
        ),
    };
    let targets = targets(args, &loaded, &looked, rows.len())?;
    if args.report.is_some() && rows.len() * targets.len() > 1 {
        return Err(Usage(format!(
            "--report is of one explanation, and {} were asked for; choose one with --row and --target",
            rows.len() * targets.len()
        ))
        .into());
    }
    let mask = args.mask.as_deref().map(read).transpose()?.map(|png| of_png(&png));

    let mut all = Vec::new();
    for row in rows {
        for target in &targets {
            let question = Question {
                method: method.to_owned(),
                params: params.clone(),
                target: *target,
                output: args.output.clone(),
                on: args.on.clone(),
                baseline: args.baseline.clone(),
                seed: args.seed,
                evidence: args.evidence.clone(),
                rows: None,
                background: None,
                company: None,
                mask: mask.clone(),
            };
            let query = Query {
                loaded: &loaded,
                input: &given,
                row,
                preprocess: &preprocess,
                question: &question,
                background: background.as_ref(),
                baseline: baseline.as_ref(),
            };
            let hooks = Hooks {
                progress: &mut |_, _| {},
                cancelled: &|| false,
                partial: &mut |_| {},
            };
            all.push(explain(query, hooks)?);
        }
    }
    if let Some(path) = &args.out {
        std::fs::write(path, inputs::npz(&all)?).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let (Some(path), Some(one)) = (&args.report, all.first()) {
        report(args, path, &one.answer, &Arrays::read(&one.columns())?)?;
    }
    let opened = if args.open {
        let wanted = open::Wanted {
            model: &args.model,
            input: args.file()?,
            content: None,
            vocabulary: None,
            row: first,
            preprocess: &preprocess,
            method,
            params: &params,
            target: if targets.len() == 1 { targets[0] } else { None },
            on: &args.on,
            baseline: &args.baseline,
            seed: args.seed,
            evidence: &args.evidence,
        };
        Some(open::open(args.data_dir.clone(), &wanted)?)
    } else {
        None
    };
    let summed = args.json.then(|| inputs::summary(&all, args));
    told(summed, opened, || inputs::tell(&all, args))
}

/// Ends the verb: one JSON object, or `tell`'s lines for people; then the page, where one was opened.
fn told(summed: Option<Value>, opened: Option<open::Opened>, tell: impl FnOnce()) -> anyhow::Result<()> {
    if let Some(mut summed) = summed {
        if let Some(opened) = &opened {
            summed["url"] = json!(opened.url);
        }
        println!("{summed}");
    } else {
        tell();
        if let Some(opened) = &opened {
            println!("  {}", opened.url);
        }
    }
    opened.map_or(Ok(()), open::Opened::show)
}

fn without_mask(args: &Args, what: &str) -> Result<(), Usage> {
    if args.mask.is_some() {
        return Err(Usage(format!(
            "--mask marks pixels of a picture, and {what} is explained here; leave it out"
        )));
    }
    Ok(())
}

/// Writes the report of an answer about a file.
fn report(args: &Args, path: &Path, answer: &Value, arrays: &Arrays) -> anyhow::Result<()> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let page = html(&Report {
        answer: &settled(answer),
        arrays,
        command: Command {
            model: &name(&args.model),
            weights: args.weights.as_deref().map(name).as_deref(),
            data: &args.input.as_deref().map_or_else(|| args.shown(), name),
            background: args.background.as_deref().map(name).as_deref(),
            preprocess: args.preprocess.is_some(),
            company: Some(&args.company.names()),
        },
        warning: None,
    })?;
    std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The classes to explain: one, all, or whichever the model finds (`None`).
fn targets(args: &Args, loaded: &Loaded, looked: &Reading, rows: usize) -> anyhow::Result<Vec<Option<usize>>> {
    let Some(text) = &args.target else {
        return Ok(vec![None]);
    };
    let output = reading::choose_output(&*loaded.model, args.output.as_deref())?;
    let width = glassboard_worker::predict::run(&*loaded.model, &looked.prepared.x, output.as_deref())?.len();
    if text == "all" {
        if rows > 1 {
            return Err(Usage(format!(
                "--target all explains one row, and there are {rows}; choose one with --row"
            ))
            .into());
        }
        return Ok((0..width).map(Some).collect());
    }
    let labels = reading::labels(&looked.preprocess, width);
    // A label goes before an index: the labels of a digits model are numbers too, usually the same.
    let found = labels
        .iter()
        .position(|l| l == text)
        .or_else(|| text.parse().ok().filter(|i| *i < width));
    match found {
        Some(index) => Ok(vec![Some(index)]),
        None => Err(Usage(format!(
            "there is no target `{text}`; the model has {width} outputs: {}",
            labels.join(", ")
        ))
        .into()),
    }
}
