//! `GET /experiments/{exp}/audio`: the sounds of a series.

use axum::extract::State;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::extract::{Path, Query};
use crate::problem::Answer;
use crate::state::AppState;
use crate::values::PartId;

#[derive(Debug, Deserialize)]
pub struct Asked {
    tag: String,
    run: String,
}

/// A logged sound, without its bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct SoundAt {
    /// Its id in `/audio/{id}`.
    id: String,
    /// Its step.
    step: i64,
    /// Its time, seconds since 1970.
    wall: f64,
    /// Which of the sounds logged together.
    sample: u32,
}

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let sounds = of_series(&app, &experiment, &asked.run, &asked.tag).await?;
    Ok(axum::Json(json!({ "audio": sounds })).into_response())
}

/// The sounds of a series, in order of time. Reads none.
async fn of_series(app: &AppState, experiment: &str, run: &str, tag: &str) -> Answer<Vec<SoundAt>> {
    let heads = app.store().record_heads(&app.actor(), experiment, run, tag).await?;
    let sounds = heads.iter().flat_map(|head| {
        (0..head.parts).map(|sample| SoundAt {
            id: PartId {
                record: head.id,
                part: sample as usize,
            }
            .to_string(),
            step: head.step,
            wall: head.wall,
            sample,
        })
    });
    Ok(sounds.collect())
}
