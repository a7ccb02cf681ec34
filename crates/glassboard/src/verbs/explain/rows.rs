//! Explanations of rows of a table: one row, many, or the whole set.

use std::path::Path;

use anyhow::Context;
use glassboard_catalog::{Scope, parse_assignment, validate};
use glassboard_jobs::spec::{Background, Question, Span};
use glassboard_report::{Arrays, Command, Report, html, settled};
use glassboard_worker::explain_rows::{Hooks, RowQuery, RowsExplained, explain_rows};
use glassboard_worker::input::Input;
use glassboard_worker::warm::Loaded;
use serde_json::{Map, Value, json};

use super::{Args, Usage, read};

/// Answers with `method`, one of the catalogue's methods for rows.
pub fn answer(args: &Args, loaded: &Loaded, input: &[u8], preprocess: &Value, method: &str) -> anyhow::Result<()> {
    let mut params = Map::new();
    for assignment in &args.params {
        let (name, value) = parse_assignment(method, assignment).map_err(|e| Usage(e.to_string()))?;
        params.insert(name, value);
    }
    let params = validate(method, &params).map_err(|e| Usage(e.to_string()))?;
    let table_hash = blake3::hash(input).to_hex().to_string();
    let background = args.background.as_deref().map(read).transpose()?;
    let whole_set = glassboard_catalog::scope(method) == Some(Scope::Set);
    let question = Question {
        method: method.to_owned(),
        params,
        target: target(args, loaded, preprocess)?,
        output: args.output.clone(),
        on: args.on.clone(),
        baseline: "zeros".to_owned(),
        seed: args.seed,
        evidence: args.evidence.clone(),
        rows: span(args, whole_set)?,
        background: Some(Background {
            table: background
                .as_ref()
                .map_or_else(|| table_hash.clone(), |bytes| blake3::hash(bytes).to_hex().to_string()),
            rows: args.background_rows.unwrap_or(Background::ROWS),
        }),
    };
    let facts = facts(args)?;
    let table = Input::of(input, &facts);
    let other = background.as_deref().map(|bytes| Input::of(bytes, &Value::Null));
    let query = RowQuery {
        loaded,
        table: &table,
        table_hash: &table_hash,
        row: args.row.unwrap_or(0),
        background: other.as_ref(),
        preprocess,
        question: &question,
        changes: None,
    };
    let hooks = Hooks {
        progress: &mut |_, _| {},
        cancelled: &|| false,
        partial: &mut |_| {},
    };
    let explained = explain_rows(query, hooks)?;
    let arrays = Arrays::read(&explained.columns())?;
    if let Some(path) = &args.out {
        let file = glassboard_report::npz(&explained.answer, &arrays)?;
        std::fs::write(path, file).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &args.report {
        let page = html(&Report {
            answer: &settled(&explained.answer),
            arrays: &arrays,
            command: Command {
                model: &name(&args.model),
                data: &name(&args.input),
                background: args.background.as_deref().map(name).as_deref(),
                preprocess: args.preprocess.is_some(),
            },
            warning: None,
        })?;
        std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if args.json {
        println!("{}", summary(&explained, args));
    } else {
        tell(&explained, &arrays, args);
    }
    Ok(())
}

/// What is said of the table: the edits of `--table`.
fn facts(args: &Args) -> anyhow::Result<Value> {
    let Some(path) = &args.table else {
        return Ok(Value::Null);
    };
    let options: Value =
        serde_json::from_slice(&read(path)?).with_context(|| format!("{} is not JSON", path.display()))?;
    Ok(json!({ "options": options }))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// `all`, `A..B` (B not included), or none: the one row.
fn span(args: &Args, whole_set: bool) -> anyhow::Result<Option<Span>> {
    let Some(text) = &args.rows else {
        return Ok(whole_set.then_some(Span::ALL));
    };
    if text == "all" {
        return Ok(Some(Span::ALL));
    }
    let ends = text.split_once("..").and_then(|(from, to)| {
        let (from, to): (usize, usize) = (from.parse().ok()?, to.parse().ok()?);
        (from < to).then_some((from, to))
    });
    let (from, to) = ends.ok_or_else(|| {
        Usage(format!(
            "--rows must be `all` or like `0..100` (the last not included), not `{text}`"
        ))
    })?;
    Ok(Some(Span { from, count: to - from }))
}

fn target(args: &Args, loaded: &Loaded, preprocess: &Value) -> anyhow::Result<Option<usize>> {
    if let Some(index) = args.target_index {
        return Ok(Some(index));
    }
    let Some(text) = &args.target else { return Ok(None) };
    let (preprocess, _) =
        glassboard_worker::preprocess::Preprocess::resolve(preprocess, &loaded.metadata, loaded.model.inputs())?;
    let found = preprocess.labels.iter().position(|label| label == text);
    match found.or_else(|| text.parse().ok()) {
        Some(index) => Ok(Some(index)),
        None => Err(Usage(format!(
            "there is no target `{text}`; the model's labels are {}; give an index with --target-index",
            if preprocess.labels.is_empty() {
                "not known".to_owned()
            } else {
                preprocess.labels.join(", ")
            }
        ))
        .into()),
    }
}

/// The object of `--json`.
fn summary(explained: &RowsExplained, args: &Args) -> Value {
    let answer = &explained.answer;
    let mut out = Map::new();
    for key in [
        "method",
        "params",
        "target",
        "target_label",
        "prediction",
        "probability",
        "passes",
        "seconds",
        "sentences",
        "seed",
        "on",
        "background",
        "shape",
        "row",
        "rows",
        "base",
        "model_hash",
        "data_hash",
        "engine_version",
        "instruction_set",
        "found",
    ] {
        out.insert(key.to_owned(), answer[key].clone());
    }
    let mut evidence = Map::new();
    evidence.insert("completeness_gap".to_owned(), answer["completeness_gap"].clone());
    for under in answer["evidence"]["under"].as_array().into_iter().flatten() {
        let baseline = under["baseline"].as_str().unwrap_or_default().replace(' ', "_");
        for curve in ["deletion", "insertion"] {
            evidence.insert(format!("{curve}_auc_{baseline}"), under[curve]["auc"].clone());
        }
    }
    out.insert("evidence".to_owned(), Value::Object(evidence));
    out.insert("out".to_owned(), json!(args.out));
    out.insert("report".to_owned(), json!(args.report));
    Value::Object(out)
}

/// A few lines for people.
fn tell(explained: &RowsExplained, arrays: &Arrays, args: &Args) {
    let answer = &explained.answer;
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    println!("{} of {}", text("title"), text("target_label"));
    if let (Some(base), Some(row)) = (answer["base"].as_f64(), answer["row"].as_u64()) {
        println!("  row {row}, base {base:.4}");
    }
    if let (None, Some(effects)) = (answer["rows"].as_object(), arrays.get("attribution")) {
        let names: Vec<&str> = answer["feature_names"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut ranked: Vec<(&str, f64)> = names.into_iter().zip(effects.values.iter().copied()).collect();
        ranked.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        for (name, effect) in ranked.into_iter().take(10) {
            println!("  {effect:+.4}  {name}");
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
    for path in [&args.out, &args.report].into_iter().flatten() {
        println!("  written to {}", path.display());
    }
}
