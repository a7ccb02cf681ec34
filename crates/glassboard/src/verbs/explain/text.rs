//! `glassboard explain MODEL --text "..." --tokenizer FILE`: sentences.

use std::path::Path;

use anyhow::Context as _;
use glassboard_catalog::{applies, default_method, find, parse_assignment, validate};
use glassboard_jobs::spec::{Question, Source};
use glassboard_report::Arrays;
use glassboard_worker::explain_text::{TextQuery, explain_text, is_for_text};
use glassboard_worker::input::Input;
use glassboard_worker::preprocess::Preprocess;
use glassboard_worker::reading::{self, Reading};
use glassboard_worker::text::{FILE, count, of_tokens, vocabulary};
use glassboard_worker::warm::Loaded;
use serde_json::{Map, Value, json};

use super::{Args, Usage, open, read, report, told};

/// `preprocess` with the vocabulary of `path`: what is said of it there, else what the file says of itself.
pub fn with_vocabulary(loaded: &Loaded, preprocess: &Value, path: &Path) -> anyhow::Result<Value> {
    let bytes = read(path)?;
    let hash = blake3::hash(&bytes).to_hex().to_string();
    let name = path
        .file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let now = Preprocess::of(loaded, preprocess)?;
    let mut out = serde_json::to_value(vocabulary(now, &bytes, &hash, &name)?)?;
    let path = path
        .canonicalize()
        .with_context(|| format!("cannot read {}", path.display()))?;
    out[FILE] = serde_json::to_value(Source::Blob { hash, path })?;
    Ok(out)
}

/// Explains the sentences of `input`.
pub fn answer(args: &Args, loaded: &Loaded, input: &[u8], preprocess: &Value) -> anyhow::Result<()> {
    let given = Input::of(input, &Value::Null);
    let resolved = Preprocess::of(loaded, preprocess)?;
    let rows = match args.row {
        Some(row) => vec![row],
        None => (0..count(&given, &resolved.input)?).collect(),
    };
    let first = Reading::new(loaded, &given, rows.first().copied().unwrap_or(0), preprocess)?;
    let facts = reading::facts(loaded, &first.preprocess);
    let method = args.method.as_deref().unwrap_or_else(|| default_method(&facts).0);
    let params = params(args, method)?;
    let entry = find(method).ok_or_else(|| Usage(format!("there is no method `{method}`")))?;
    if let Err(why) = applies(entry, &facts) {
        return Err(super::super::Unsupported(format!("{method} {why}")).into());
    }
    if !is_for_text(method) {
        return Err(Usage(format!("`{method}` is no method for sentences")).into());
    }
    let target = target(args, loaded, &first)?;
    let mut all = Vec::new();
    for row in &rows {
        let question = Question {
            method: method.to_owned(),
            params: params.clone(),
            target,
            output: args.output.clone(),
            on: args.on.clone(),
            baseline: "zeros".to_owned(),
            seed: args.seed,
            evidence: args.evidence.clone(),
            rows: None,
            background: None,
            company: None,
            mask: None,
        };
        let query = TextQuery {
            loaded,
            input: &given,
            row: *row,
            preprocess,
            question: &question,
        };
        let explained = explain_text(query, &mut |_, _| {}, &|| false)?;
        let arrays = Arrays::read(&explained.columns())?;
        all.push((explained.answer, arrays));
    }
    let Some((one, arrays)) = all.first() else {
        return Ok(());
    };
    if let Some(path) = &args.out {
        std::fs::write(path, glassboard_report::npz(&all)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &args.report {
        report(args, path, one, arrays)?;
    }
    let opened = if args.open {
        let content = args.input.is_none().then_some(("sentence.txt", input));
        let wanted = open::Wanted {
            model: &args.model,
            input: args.input.as_deref().unwrap_or(Path::new("sentence.txt")),
            content,
            vocabulary: args.tokenizer.as_deref(),
            row: rows.first().copied().unwrap_or(0),
            preprocess: if args.preprocess.is_some() {
                preprocess
            } else {
                &Value::Null
            },
            method,
            params: &params,
            target,
            on: &args.on,
            baseline: "zeros",
            seed: args.seed,
            evidence: &args.evidence,
        };
        Some(open::open(args.data_dir.clone(), &wanted)?)
    } else {
        None
    };
    let summed = args.json.then(|| summary(&all, args));
    told(summed, opened, || {
        for (answer, arrays) in &all {
            tell(answer, arrays);
        }
        for path in [&args.out, &args.report].into_iter().flatten() {
            println!("  written to {}", path.display());
        }
    })
}

fn params(args: &Args, method: &str) -> anyhow::Result<Map<String, Value>> {
    let mut params = Map::new();
    for assignment in &args.params {
        let (name, value) = parse_assignment(method, assignment).map_err(|e| Usage(e.to_string()))?;
        params.insert(name, value);
    }
    Ok(validate(method, &params).map_err(|e| Usage(e.to_string()))?)
}

fn target(args: &Args, loaded: &Loaded, first: &Reading) -> anyhow::Result<Option<usize>> {
    if let Some(index) = args.target_index {
        return Ok(Some(index));
    }
    let Some(text) = &args.target else { return Ok(None) };
    let view = of_tokens(loaded, first.sentence.as_ref());
    let model = view.as_deref().unwrap_or(&*loaded.model);
    let output = reading::choose_output(model, args.output.as_deref())?;
    let width = glassboard_worker::predict::run(model, &first.prepared.x, output.as_deref())?.len();
    let labels = reading::labels(&first.preprocess, width);
    let found = labels
        .iter()
        .position(|l| l == text)
        .or_else(|| text.parse().ok().filter(|i| *i < width));
    match found {
        Some(index) => Ok(Some(index)),
        None => Err(Usage(format!(
            "there is no target `{text}`; the model has {width} outputs: {}",
            labels.join(", ")
        ))
        .into()),
    }
}

/// The object of `--json`: that of the only sentence, or one entry a sentence in `rows`.
fn summary(all: &[(Value, Arrays)], args: &Args) -> Value {
    let mut rows: Vec<Value> = all
        .iter()
        .map(|(answer, arrays)| {
            let mut out = answer.clone();
            for (name, array) in arrays.all() {
                if ["attribution", "error"].contains(&name.as_str()) {
                    out[name] = json!(array.values);
                }
            }
            out["out"] = json!(args.out);
            out["report"] = json!(args.report);
            out
        })
        .collect();
    if rows.len() == 1 {
        rows.remove(0)
    } else {
        json!({ "rows": rows })
    }
}

/// A few lines for people.
fn tell(answer: &Value, arrays: &Arrays) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    println!(
        "{} of {} on \"{}\"",
        text(&answer["title"]),
        text(&answer["target_label"]),
        text(&answer["sentence"])
    );
    let target = answer["target"].as_u64().unwrap_or(0) as usize;
    match answer["probability"][target].as_f64() {
        Some(p) => println!(
            "  probability {p:.4}, output {:.4}",
            answer["prediction"][target].as_f64().unwrap_or(0.0)
        ),
        None => println!("  output {:.4}", answer["prediction"][target].as_f64().unwrap_or(0.0)),
    }
    let values = arrays.get("attribution").map_or(&[][..], |a| &a.values);
    for (token, value) in answer["tokens"].as_array().into_iter().flatten().zip(values) {
        if token["special"] != json!(true) {
            println!("  {value:+.4}  {}", text(&token["token"]));
        }
    }
    for sentence in answer["sentences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        println!("  {sentence}");
    }
    println!(
        "  {} forward and {} backward passes",
        answer["passes"]["forward"], answer["passes"]["backward"]
    );
}
