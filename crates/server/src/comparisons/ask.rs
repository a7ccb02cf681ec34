//! `POST /comparisons`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use glassboard_jobs::spec::{JobSpec, Versus};
use glassboard_store::{CheckpointId, InputRow, ModelDetail, NewComparison};
use serde_json::{Value, json};

use super::question::{Asked, Kind, SideAsked, weights};
use super::{side, standing};
use crate::explanations::question::{Runnable, background_table, input_ref, question, runnable};
use crate::extract::Json;
use crate::models::{chosen, label};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Changes whenever the same question may get another answer of the same engine.
const VERSION: u32 = 1;
/// How often rows are drawn again where nothing is said.
const DRAWS: usize = 1_000;
/// At most.
const MOST_DRAWS: usize = 10_000;

/// A comparison that is about to be asked for.
struct Prepared {
    a: CheckpointId,
    b: CheckpointId,
    inputs: Vec<InputRow>,
    others: Vec<CheckpointId>,
    /// As it is stored and shown.
    asked: Value,
    /// What decides the bytes of the answer.
    address: Value,
    spec: JobSpec,
    title: String,
}

pub async fn ask(State(app): State<AppState>, Json(asked): Json<Asked>) -> Answer<Response> {
    let prepared = match asked.kind {
        Kind::Weights => of_weights(&app, &asked).await?,
        Kind::Drift => of_drift(&app, &asked).await?,
        Kind::Metrics => of_metrics(&app, &asked).await?,
    };
    let engine = app.work().engine();
    // Objects are written with sorted keys, so equal questions have equal text.
    let whole = json!({
        "version": VERSION,
        "kind": asked.kind.name(),
        "question": prepared.address,
        "engine": engine.version,
        "instruction_set": engine.instruction_set,
    });
    let mut inputs: Vec<_> = prepared.inputs.iter().map(|input| input.id).collect();
    inputs.dedup();
    let new = NewComparison {
        id: blake3::hash(whole.to_string().as_bytes()).to_hex().to_string(),
        kind: asked.kind.name(),
        a: prepared.a,
        b: prepared.b,
        inputs,
        others: prepared.others,
        question: prepared.asked,
    };
    let row = app
        .work()
        .ask_comparison(&app, &new, prepared.spec, prepared.title)
        .await?;
    let status = match row.state.as_str() {
        "queued" | "running" => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    Ok((status, axum::Json(standing(&row))).into_response())
}

async fn of_weights(app: &AppState, asked: &Asked) -> Answer<Prepared> {
    let mut found = Vec::with_capacity(2);
    for side_asked in [&asked.a, &asked.b] {
        let detail = app.store().model(app.actor(), &side_asked.model).await?;
        let row = chosen(&detail, side_asked.checkpoint.as_deref())?.clone();
        let source = weights(app, &row)?;
        found.push((detail, row, source));
    }
    let [(detail_a, row_a, a), (detail_b, row_b, b)] = pair(found)?;
    Ok(Prepared {
        a: row_a.id,
        b: row_b.id,
        inputs: Vec::new(),
        others: Vec::new(),
        asked: json!({ "a": side(&detail_a.model.slug, &row_a), "b": side(&detail_b.model.slug, &row_b) }),
        address: json!({ "a": row_a.run_hash.as_ref().unwrap_or(&row_a.hash), "b": row_b.run_hash.as_ref().unwrap_or(&row_b.hash) }),
        title: format!("Weights of {} and {}", label(&row_a), label(&row_b)),
        spec: JobSpec::Weights { a, b },
    })
}

/// A side that can be run.
struct Side {
    detail: ModelDetail,
    runs: Runnable,
    versus: Versus,
}

impl Side {
    async fn of(app: &AppState, asked: &SideAsked) -> Answer<Self> {
        let (detail, runs) = runnable(app, &asked.model, asked.checkpoint.as_deref()).await?;
        let versus = Versus {
            model: runs.source(app)?,
            preprocess: runs.preprocess.clone(),
        };
        Ok(Self { detail, runs, versus })
    }

    /// For people.
    fn told(&self) -> Value {
        side(&self.detail.model.slug, &self.runs.checkpoint)
    }

    /// What decides its answers.
    fn address(&self) -> Value {
        json!({ "model": self.runs.run, "preprocess": self.runs.preprocess })
    }
}

async fn of_drift(app: &AppState, asked: &Asked) -> Answer<Prepared> {
    let (a, b) = (Side::of(app, &asked.a).await?, Side::of(app, &asked.b).await?);
    let inputs = asked.inputs(app).await?;
    let explained = asked.explained()?;
    let background = match inputs.first() {
        Some(first) => background_table(app, &explained, first).await?,
        None => None,
    };
    let mut question = question(&explained, background.as_ref())?;
    // Rows are named by the inputs; each is explained by itself.
    question.rows = None;
    let mut null = asked.null()?;
    let mut pairs = Vec::with_capacity(asked.pairs.len());
    for [first, second] in &asked.pairs {
        pairs.push([Side::of(app, first).await?, Side::of(app, second).await?]);
    }
    null.pairs = pairs
        .iter()
        .map(|[p, q]| [p.versus.clone(), q.versus.clone()])
        .collect();
    let mut wanted = Vec::with_capacity(inputs.len());
    for (asked, input) in asked.inputs.iter().zip(&inputs) {
        wanted.push(asked.wanted(app, input)?);
    }
    let place = |(wanted, input): (&glassboard_jobs::spec::Wanted, &InputRow), named: &str| json!({ "input": named, "name": input.name, "row": wanted.input.row, "rows": wanted.rows });
    let shown: Vec<Value> = wanted
        .iter()
        .zip(&inputs)
        .map(|pair| place(pair, &pair.1.slug))
        .collect();
    let told_pairs: Vec<[Value; 2]> = pairs.iter().map(|[p, q]| [p.told(), q.told()]).collect();
    let pair_addresses: Vec<[Value; 2]> = pairs.iter().map(|[p, q]| [p.address(), q.address()]).collect();
    let places: Vec<Value> = wanted
        .iter()
        .zip(&inputs)
        .map(|(wanted, input)| json!([input.identity(), wanted.input.row, wanted.rows, input.name]))
        .collect();
    // A table is its own background where none is named: which one that is depends on the input.
    let named = asked.background.as_ref().and_then(|b| b.input.as_ref());
    let other = background.as_ref().filter(|_| named.is_some());
    let title = glassboard_catalog::find(&question.method).map_or("Explanation", |entry| entry.title);
    let drawn = (null.noise, null.draws);
    Ok(Prepared {
        a: a.runs.checkpoint.id,
        b: b.runs.checkpoint.id,
        others: pairs.iter().flatten().map(|side| side.runs.checkpoint.id).collect(),
        asked: json!({
            "a": a.told(), "b": b.told(), "inputs": shown, "question": question,
            "noise": drawn.0, "draws": drawn.1, "pairs": told_pairs,
            "background": other.map(|table| &table.slug),
        }),
        address: json!({
            "a": a.address(), "b": b.address(), "inputs": places, "question": question, "null": drawn,
            "pairs": pair_addresses, "background": other.map(InputRow::identity),
        }),
        title: format!(
            "{title} of {} and {}",
            label(&a.runs.checkpoint),
            label(&b.runs.checkpoint)
        ),
        spec: JobSpec::Drift {
            a: a.versus,
            b: b.versus,
            inputs: wanted,
            question: Box::new(question),
            null,
            background: other.map(|table| input_ref(app, table, 0).map(Box::new)).transpose()?,
        },
        inputs: inputs.into_iter().chain(other.cloned()).collect(),
    })
}

async fn of_metrics(app: &AppState, asked: &Asked) -> Answer<Prepared> {
    let (a, b) = (Side::of(app, &asked.a).await?, Side::of(app, &asked.b).await?);
    let inputs = asked.inputs(app).await?;
    let draws = asked.draws.unwrap_or(DRAWS);
    if !(100..=MOST_DRAWS).contains(&draws) {
        return Err(Problem::bad_request(format!(
            "`draws` must be from 100 to {MOST_DRAWS}, not {draws}."
        )));
    }
    let Some(input) = inputs.first() else {
        return Err(Problem::bad_request("`inputs` names no table."));
    };
    if input.kind != "table" || input.facts()["target_column"].is_null() {
        return Err(Problem::bad_request(format!(
            "`{}` holds no true answers: figures need a table with a target column.",
            input.name
        )));
    }
    Ok(Prepared {
        a: a.runs.checkpoint.id,
        b: b.runs.checkpoint.id,
        others: Vec::new(),
        asked: json!({
            "a": a.told(), "b": b.told(), "inputs": [{ "input": input.slug, "name": input.name }],
            "draws": draws, "seed": asked.seed,
        }),
        address: json!({
            "a": a.address(), "b": b.address(), "input": input.identity(), "draws": draws, "seed": asked.seed,
        }),
        title: format!(
            "Figures of {} and {}",
            label(&a.runs.checkpoint),
            label(&b.runs.checkpoint)
        ),
        spec: JobSpec::Metrics {
            a: a.versus,
            b: b.versus,
            input: input_ref(app, input, 0)?,
            draws,
            seed: asked.seed,
        },
        inputs,
    })
}

fn pair<T>(found: Vec<T>) -> Answer<[T; 2]> {
    <[T; 2]>::try_from(found).map_err(|_| Problem::internal("two sides were asked about"))
}
