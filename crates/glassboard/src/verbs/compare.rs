//! `glassboard compare`: how far the explanations of two models lie apart on the same inputs, without a server.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Context;
use glassboard_catalog::{default_method, parse_assignment, validate};
use glassboard_jobs::protocol::Fault;
use glassboard_jobs::spec::{Null, Question, Source, Span, Versus};
use glassboard_jobs::versus::Kept;
use glassboard_report::NpzFile;
use glassboard_worker::compare::{DriftQuery, Drifted, Ears, Model, Place, drift, metrics};
use glassboard_worker::explain_rows::is_for_rows;
use glassboard_worker::input::Input;
use glassboard_worker::preprocess::Preprocess;
use glassboard_worker::reading;
use glassboard_worker::trouble::Trouble;
use glassboard_worker::warm::Loaded;
use serde_json::{Map, Value, json};

use super::explain::{Usage, load};

/// Arguments of `glassboard compare`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The first model: an ONNX file, or the native file of LightGBM, XGBoost or CatBoost.
    a: PathBuf,
    /// The second; the arg-max of its prediction is the class explained.
    b: PathBuf,
    /// Pictures (png, jpg), arrays (npy, npz) or tables with a header (csv, parquet).
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// Method by its catalogue name; without it one that fits both models.
    #[arg(long)]
    method: Option<String>,
    /// A parameter of the method; may be given several times.
    #[arg(long = "param", value_name = "k=v")]
    params: Vec<String>,
    /// Class by index; without it the arg-max of B.
    #[arg(long, value_name = "INDEX")]
    target: Option<usize>,
    /// Explain the models' own output or the probability.
    #[arg(long, default_value = "logit", value_parser = ["logit", "prob"])]
    on: String,
    /// What stands for "nothing there".
    #[arg(long, default_value = "zeros", value_parser = ["zeros", "mean", "blur"])]
    baseline: String,
    /// Seed of every random number.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Rows of arrays and tables: `all`, or `A..B` without the last; without it the first 20.
    #[arg(long, value_name = "all|A..B")]
    rows: Option<String>,
    /// Standard deviation of the noise that inputs are redrawn with, as a share of their range.
    #[arg(long, default_value_t = Null::NOISE)]
    noise: f64,
    /// How often each input is redrawn; without it as often as gives about 200 null distances, at most 20.
    #[arg(long)]
    draws: Option<usize>,
    /// Two models that differ in nothing but their training seed; their distances join the null band. May be given
    /// several times.
    #[arg(long, num_args = 2, value_names = ["P", "Q"])]
    pair: Vec<PathBuf>,
    /// Rows that stand for "not known", a file like an input.
    #[arg(long, value_name = "FILE")]
    background: Option<PathBuf>,
    /// A preprocess.json for both models; without it each model's metadata, else a guess.
    #[arg(long, value_name = "FILE")]
    preprocess: Option<PathBuf>,
    /// A table with a target column: figures of both models on its rows, with intervals, are told as well.
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// Write the maps of A and B, the distances and the null band as npz.
    #[arg(long, value_name = "FILE.npz")]
    out: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Rows of an array or a table where nothing is said.
const ROWS: usize = 20;
/// How often the rows of `--metrics` are drawn again.
const DRAWS: usize = 1_000;
/// Methods that are taken first for pictures and arrays: cheap, signed, a value for every element.
const FIRST: [&str; 2] = ["input_x_gradient", "saliency"];

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
    let preprocess = match &args.preprocess {
        None => Value::Null,
        Some(path) => serde_json::from_slice(&std::fs::read(path).with_context(|| cannot_read(path))?)
            .with_context(|| format!("{} is not JSON", path.display()))?,
    };
    let (a, b) = (load(&args.a)?, load(&args.b)?);
    let [side_a, side_b] = [&a, &b].map(|loaded| Model {
        loaded,
        preprocess: &preprocess,
    });
    let files: Vec<Given> = args
        .inputs
        .iter()
        .map(|path| Given::of(path))
        .collect::<Result<_, _>>()?;
    let question = question(args, &a, &b, &preprocess, &files)?;
    let span = span(args.rows.as_deref())?;
    let places: Vec<Place<'_>> = files
        .iter()
        .map(|file| Place {
            hash: &file.hash,
            name: &file.name,
            row: 0,
            rows: (!file.picture).then_some(span),
        })
        .collect();
    let null = Null {
        noise: args.noise,
        draws: args.draws,
        pairs: args
            .pair
            .chunks_exact(2)
            .map(|pair| [versus(&pair[0], &preprocess), versus(&pair[1], &preprocess)])
            .collect(),
    };
    let nothing = Value::Null;
    let background = args.background.as_deref().map(|path| opened(path, &nothing));
    let query = DriftQuery {
        a: side_a,
        b: side_b,
        places: &places,
        open: &|at| opened(&files[at].path, &nothing),
        background: background.as_ref(),
        question: &question,
        null: &null,
        load: &mut |versus| match &versus.model {
            Source::Blob { path, .. } => load(path).map(Rc::new).map_err(|error| {
                error
                    .downcast::<Trouble>()
                    .unwrap_or_else(|e| Trouble::input(format!("{e:#}")))
            }),
            Source::Attached { .. } => Err(Trouble::internal("nothing is attached on the command line")),
        },
    };
    let (mut silent, never) = (|_: f64, _: &str| {}, || false);
    let found = drift(
        query,
        Ears {
            progress: &mut silent,
            cancelled: &never,
        },
    )?;
    let figures = match &args.metrics {
        None => Value::Null,
        Some(path) => {
            let ears = Ears {
                progress: &mut silent,
                cancelled: &never,
            };
            metrics(side_a, side_b, &opened(path, &nothing), DRAWS, args.seed, ears)?
        }
    };
    if let Some(path) = &args.out {
        std::fs::write(path, npz(&found)?).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if args.json {
        let mut told = found.answer;
        // Where the maps lie in an attachment is nothing to a reader of files.
        for one in told["inputs"].as_array_mut().into_iter().flatten() {
            if let Some(fields) = one.as_object_mut() {
                fields.remove("kept");
            }
        }
        told["metrics"] = figures;
        told["out"] = json!(args.out);
        println!("{told}");
    } else {
        tell(&found.answer, &figures);
    }
    Ok(())
}

/// An input of the command line.
struct Given {
    path: PathBuf,
    name: String,
    /// BLAKE3, as the store would have it.
    hash: String,
    picture: bool,
}

impl Given {
    fn of(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| cannot_read(path))?;
        Ok(Self {
            path: path.to_owned(),
            name: path
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            hash: blake3::hash(&bytes).to_hex().to_string(),
            picture: bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"\xff\xd8\xff"),
        })
    }
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read {}", path.display())
}

fn opened<'a>(path: &'a Path, facts: &'a Value) -> Input<'a> {
    let read = move || std::fs::read(path).map_err(|error| Trouble::input(format!("{}: {error}", cannot_read(path))));
    Input::later(read, facts)
}

/// A model of the command line, for the null band.
fn versus(path: &Path, preprocess: &Value) -> Versus {
    Versus {
        model: Source::Blob {
            hash: String::new(),
            path: path.to_owned(),
        },
        preprocess: preprocess.clone(),
    }
}

fn span(text: Option<&str>) -> anyhow::Result<Span> {
    let wrong = |text: &str| Usage(format!("--rows takes `all` or `A..B` with A below B, not `{text}`"));
    match text {
        None => Ok(Span { from: 0, count: ROWS }),
        Some("all") => Ok(Span::ALL),
        Some(text) => {
            let ends = text
                .split_once("..")
                .and_then(|(from, to)| Some((from.parse().ok()?, to.parse::<usize>().ok()?)));
            let (from, to) = ends.filter(|(from, to)| from < to).ok_or_else(|| wrong(text))?;
            Ok(Span { from, count: to - from })
        }
    }
}

fn question(args: &Args, a: &Loaded, b: &Loaded, preprocess: &Value, files: &[Given]) -> anyhow::Result<Question> {
    let facts = [a, b].map(|loaded| {
        let (resolved, _) = Preprocess::resolve(preprocess, &loaded.metadata, loaded.model.inputs())?;
        let mut facts = reading::facts(loaded, &resolved);
        // A table is its own background.
        facts.background = args.background.is_some() || files.iter().any(|file| !file.picture);
        Ok::<_, Trouble>(facts)
    });
    let [facts_a, facts_b] = facts;
    let (facts_a, facts_b) = (facts_a?, facts_b?);
    let applies = |name: &str| {
        glassboard_catalog::find(name).is_some_and(|entry| {
            glassboard_catalog::applies(entry, &facts_a).is_ok() && glassboard_catalog::applies(entry, &facts_b).is_ok()
        })
    };
    let method = if let Some(name) = &args.method {
        name.clone()
    } else {
        let own = default_method(&facts_b).0;
        let first = FIRST.into_iter().find(|name| applies(name));
        let fitting = if is_for_rows(own) && applies(own) {
            Some(own)
        } else {
            first
        };
        fitting
            .or_else(|| applies("permutation_shap").then_some("permutation_shap"))
            .ok_or_else(|| Usage("no method fits both models by itself; name one with --method".to_owned()))?
            .to_owned()
    };
    let mut params = Map::new();
    for assignment in &args.params {
        let (name, value) = parse_assignment(&method, assignment).map_err(|e| Usage(e.to_string()))?;
        params.insert(name, value);
    }
    let params = validate(&method, &params).map_err(|e| Usage(e.to_string()))?;
    if let Some(entry) = glassboard_catalog::find(&method) {
        for (name, facts) in [("A", &facts_a), ("B", &facts_b)] {
            if let Err(why) = glassboard_catalog::applies(entry, facts) {
                return Err(super::Unsupported(format!("{method} does not fit model {name}: it {why}")).into());
            }
        }
    }
    Ok(Question {
        method,
        params,
        target: args.target,
        output: None,
        on: args.on.clone(),
        baseline: args.baseline.clone(),
        seed: args.seed,
        evidence: "none".to_owned(),
        rows: None,
        background: None,
        company: None,
        mask: None,
    })
}

/// `distance` and `target` of every input; `a` and `b`, the maps, where all have one shape. Nothing in it depends on
/// the clock.
fn npz(found: &Drifted) -> anyhow::Result<Vec<u8>> {
    let mut file = NpzFile::default();
    let inputs: Vec<&Value> = found.answer["inputs"].as_array().into_iter().flatten().collect();
    let distances: Vec<f32> = inputs
        .iter()
        .map(|one| one["distance"].as_f64().map_or(f32::NAN, |d| d as f32))
        .collect();
    file.f32("distance", &[distances.len()], &distances)?;
    let targets: Vec<i64> = inputs.iter().map(|one| one["target"].as_i64().unwrap_or(-1)).collect();
    file.i64("target", &[targets.len()], &targets)?;
    let band = ["low", "high"].map(|end| found.answer["null"][end].as_f64().map_or(f32::NAN, |d| d as f32));
    file.f32("band", &[2], &band)?;
    let kept: Vec<Kept> = inputs
        .iter()
        .filter_map(|one| serde_json::from_value(one["kept"].clone()).ok())
        .collect();
    if kept.len() == inputs.len() && kept.windows(2).all(|pair| pair[0].shape == pair[1].shape) && !kept.is_empty() {
        let values: Vec<f32> = found
            .maps
            .as_chunks()
            .0
            .iter()
            .map(|four| f32::from_le_bytes(*four))
            .collect();
        for (name, skip) in [("a", 0), ("b", 1)] {
            let maps: Vec<f32> = kept
                .iter()
                .flat_map(|one| values[one.at + skip * one.map_len()..][..one.map_len()].iter().copied())
                .collect();
            let shape: Vec<usize> = std::iter::once(kept.len())
                .chain(kept[0].shape.iter().copied())
                .collect();
            file.f32(name, &shape, &maps)?;
        }
    }
    let mut meta = found.answer.clone();
    for one in meta["inputs"].as_array_mut().into_iter().flatten() {
        if let Some(fields) = one.as_object_mut() {
            fields.remove("kept");
        }
    }
    file.text("meta", &meta.to_string())?;
    Ok(file.finish()?)
}

/// A few lines for people.
fn tell(answer: &Value, figures: &Value) {
    let sentences = |of: &Value| -> Vec<String> {
        let texts = of["sentences"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    println!("{} of A and B", answer["title"].as_str().unwrap_or_default());
    for one in answer["inputs"].as_array().into_iter().flatten() {
        let distance = one["distance"]
            .as_f64()
            .map_or_else(|| "   –  ".to_owned(), |d| format!("{d:.4}"));
        println!(
            "  {distance}  {:<6}  {} row {}, target {}",
            one["in_band"].as_str().unwrap_or("–"),
            one["name"].as_str().unwrap_or_default(),
            one["row"],
            one["target_label"].as_str().unwrap_or_default()
        );
    }
    for sentence in sentences(answer) {
        println!("{sentence}");
    }
    for figure in figures["figures"].as_array().into_iter().flatten() {
        let number = |key: &str| {
            figure[key]
                .as_f64()
                .map_or_else(|| "–".to_owned(), |v| format!("{v:.4}"))
        };
        println!(
            "  {:<22} A {}  B {}  B - A {} ({} to {})",
            figure["title"].as_str().unwrap_or_default(),
            number("a"),
            number("b"),
            number("difference"),
            number("low"),
            number("high")
        );
    }
    for sentence in sentences(figures) {
        println!("{sentence}");
    }
}
