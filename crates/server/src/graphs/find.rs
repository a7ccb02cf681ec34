//! `GET /experiments/{exp}/graph/find`: operations by a regular expression on name and operator.

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_graph::RowKind;
use regex::RegexBuilder;
use serde::Deserialize;
use serde_json::{Value, json};

use super::held::{Chosen, Held, held};
use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Operations that are listed; all are counted.
const MOST: usize = 200;

#[derive(Debug, Deserialize)]
pub struct Asked {
    run: String,
    tag: String,
    q: String,
}

pub async fn find(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let pattern = pattern(&asked.q)?;
    let held = held(
        &app,
        &experiment,
        &Chosen {
            run: asked.run,
            tag: asked.tag,
        },
    )
    .await?;
    let found = tokio::task::spawn_blocking(move || matches(&held, &pattern));
    Ok(axum::Json(found.await.map_err(Problem::internal)?).into_response())
}

/// `q` as a regular expression that does not mind case.
pub fn pattern(q: &str) -> Answer<regex::Regex> {
    RegexBuilder::new(q)
        .case_insensitive(true)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| Problem::bad_request(format!("`q` is no regular expression: {error}")))
}

/// The operations that match, and which groups to open to see them.
pub fn matches(held: &Held, pattern: &regex::Regex) -> Value {
    let mut open: Vec<(u32, &str)> = Vec::new();
    let (mut found, mut total) = (Vec::new(), 0);
    for row in &held.all {
        open.retain(|(depth, _)| *depth < row.depth);
        let op = row.op.as_deref().unwrap_or_default();
        if row.kind != RowKind::Group && (pattern.is_match(&row.id) || pattern.is_match(op)) {
            total += 1;
            if found.len() < MOST {
                let groups: Vec<&str> = open.iter().map(|(_, id)| *id).collect();
                found.push(json!({ "id": row.id, "label": row.label, "op": op, "open": groups }));
            }
        }
        if row.kind == RowKind::Group {
            open.push((row.depth, &row.id));
        }
    }
    json!({ "total": total, "matches": found })
}
