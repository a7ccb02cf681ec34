//! `GET /experiments/{exp}/images`.

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_store::logs::RecordHead;
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

/// A logged picture, without its bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImageAt {
    /// Its id in `/images/{id}`.
    pub id: String,
    /// Its step.
    pub step: i64,
    /// Its time, seconds since 1970.
    pub wall: f64,
    /// Which of the pictures logged together.
    pub sample: u32,
    /// As logged, in pixels.
    pub width: u32,
    /// As logged, in pixels.
    pub height: u32,
}

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let images = of_series(&app, &experiment, &asked.run, &asked.tag).await?;
    Ok(axum::Json(json!({ "images": images })).into_response())
}

/// The pictures of a series, in order of time. Reads no picture.
pub async fn of_series(app: &AppState, experiment: &str, run: &str, tag: &str) -> Answer<Vec<ImageAt>> {
    let heads = app.store().record_heads(&app.actor(), experiment, run, tag).await?;
    Ok(heads.iter().flat_map(parts).collect())
}

fn parts(head: &RecordHead) -> impl Iterator<Item = ImageAt> {
    (0..head.parts).map(move |sample| ImageAt {
        id: PartId {
            record: head.id,
            part: sample as usize,
        }
        .to_string(),
        step: head.step,
        wall: head.wall,
        sample,
        width: head.width,
        height: head.height,
    })
}
