//! Explanations of rows of a table: one row, many, or the whole set.

use anyhow::Context;
use glassboard_catalog::{Scope, parse_assignment, validate};
use glassboard_jobs::spec::{Background, Question, Span};
use glassboard_report::Arrays;
use glassboard_worker::explain_rows::{Hooks, RowQuery, explain_rows};
use glassboard_worker::input::Input;
use glassboard_worker::predict::predict_row;
use glassboard_worker::warm::Loaded;
use serde_json::{Map, Value, json};

use super::{Args, Usage, open, read, report, told};

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
    let facts = facts(args)?;
    let table = Input::of(input, &facts);
    let other = background.as_deref().map(|bytes| Input::of(bytes, &Value::Null));
    let rows = span(args, glassboard_catalog::scope(method) == Some(Scope::Set))?;
    let row = args.row.unwrap_or(0);
    let targets = targets(args, loaded, &table, row, preprocess)?;
    if targets.len() > 1 && (rows.is_some() || args.report.is_some() || args.open) {
        return Err(Usage(
            "--target all explains one row, without --rows, --report or --open; choose a target for those".to_owned(),
        )
        .into());
    }
    if args.open && rows.is_some() {
        return Err(Usage("--open shows one row; leave --rows out, or open the page of all rows".to_owned()).into());
    }
    let mut all = Vec::with_capacity(targets.len());
    for target in &targets {
        let question = Question {
            method: method.to_owned(),
            params: params.clone(),
            target: *target,
            output: args.output.clone(),
            on: args.on.clone(),
            baseline: "zeros".to_owned(),
            seed: args.seed,
            evidence: args.evidence.clone(),
            rows,
            mask: None,
            background: Some(Background {
                table: background
                    .as_ref()
                    .map_or_else(|| table_hash.clone(), |bytes| blake3::hash(bytes).to_hex().to_string()),
                rows: args.background_rows.unwrap_or(Background::ROWS),
            }),
            company: None,
        };
        let query = RowQuery {
            loaded,
            table: &table,
            table_hash: &table_hash,
            row,
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
        all.push((explained.answer, arrays));
    }
    let Some((first, arrays)) = all.first() else {
        return Ok(());
    };
    if let Some(path) = &args.out {
        let file = glassboard_report::npz(&all)?;
        std::fs::write(path, file).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &args.report {
        report(args, path, first, arrays)?;
    }
    let opened = if args.open {
        let wanted = open::Wanted {
            model: &args.model,
            input: args.file()?,
            content: None,
            vocabulary: None,
            row,
            preprocess,
            method,
            params: &params,
            target: targets[0],
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

/// What is said of the table: the edits of `--table`.
pub(super) fn facts(args: &Args) -> anyhow::Result<Value> {
    let Some(path) = &args.table else {
        return Ok(Value::Null);
    };
    let options: Value =
        serde_json::from_slice(&read(path)?).with_context(|| format!("{} is not JSON", path.display()))?;
    Ok(json!({ "options": options }))
}

/// `all`, `A..B` (B not included), or none: the one row.
pub(super) fn span(args: &Args, whole_set: bool) -> anyhow::Result<Option<Span>> {
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

/// The outputs to explain: one, every one, or whichever the model finds (`None`). Labels are those of the model, or of
/// the table where the model has none.
fn targets(
    args: &Args,
    loaded: &Loaded,
    table: &Input<'_>,
    row: usize,
    preprocess: &Value,
) -> anyhow::Result<Vec<Option<usize>>> {
    if let Some(index) = args.target_index {
        return Ok(vec![Some(index)]);
    }
    let Some(text) = &args.target else {
        return Ok(vec![None]);
    };
    let said = predict_row(loaded, table, row, preprocess, &Map::new())?;
    let names = |key: &str| -> Vec<String> {
        let list = said[key].as_array().into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (labels, classes) = (names("labels"), names("classes"));
    if text == "all" {
        return Ok((0..labels.len()).map(Some).collect());
    }
    // A label goes before an index: labels may be numbers too.
    let by_label = labels.iter().position(|label| label == text);
    if let Some(index) = by_label.or_else(|| text.parse().ok().filter(|i| *i < labels.len())) {
        return Ok(vec![Some(index)]);
    }
    let why = if classes.contains(text) {
        format!(
            "the model has one output, which speaks of {}; values for {text} are the same with the other sign",
            labels.join(", ")
        )
    } else {
        format!("there is no target `{text}`; the model has {}", labels.join(", "))
    };
    Err(Usage(why).into())
}

/// The object of `--json`; of several targets, what differs is a list.
fn summary(all: &[(Value, Arrays)], args: &Args) -> Value {
    let each = |key: &str| -> Vec<&Value> { all.iter().map(|(answer, _)| &answer[key]).collect() };
    let Some((answer, _)) = all.first() else {
        return Value::Null;
    };
    let mut out = Map::new();
    for key in [
        "method",
        "params",
        "target",
        "target_label",
        "prediction",
        "probability",
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
        let values = each(key);
        let alike = values.iter().all(|value| *value == values[0]);
        let value = if alike { values[0].clone() } else { json!(values) };
        out.insert(key.to_owned(), value);
    }
    let total = |part: &str| -> u64 {
        let counts = each("passes").into_iter();
        counts.filter_map(|passes| passes[part].as_u64()).sum()
    };
    out.insert(
        "passes".to_owned(),
        json!({ "forward": total("forward"), "backward": total("backward") }),
    );
    let seconds: f64 = each("seconds").into_iter().filter_map(Value::as_f64).sum();
    out.insert("seconds".to_owned(), json!(seconds));
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
fn tell(answer: &Value, arrays: &Arrays) {
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
}
