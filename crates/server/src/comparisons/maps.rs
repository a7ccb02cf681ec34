//! `GET /comparisons/{id}/maps?at=0`: both maps of one input, and the input.

use std::io::SeekFrom;

use axum::extract::State;
use glassboard_jobs::versus::Kept;
use glassboard_model::columns::Writer;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::extract::{Path, Query};
use crate::format;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Which {
    /// Place in the list of inputs.
    #[serde(default)]
    at: usize,
}

pub async fn maps(State(app): State<AppState>, Path(id): Path<String>, Query(which): Query<Which>) -> Answer {
    let row = app.store().comparison(app.actor(), &id).await?;
    let Some(hash) = &row.maps_hash else {
        return Err(Problem::not_found(
            "This comparison has no maps: it is still computed, it failed, or it is of another kind.",
        ));
    };
    let found = row.result()?;
    let one = &found["inputs"][which.at];
    if one.is_null() {
        return Err(Problem::not_found(format!("There is no input {} in it.", which.at)));
    }
    let Ok(kept) = serde_json::from_value::<Kept>(one["kept"].clone()) else {
        return Err(Problem::not_found(
            "The maps of this input were not kept, as there are many; ask for it alone.",
        ));
    };
    let values = read(&app, hash, &kept).await?;
    let (map, display) = (kept.map_len(), kept.display_len());
    let mut writer = Writer::new()
        .meta("at", json!(which.at))
        .meta("distance", one["distance"].clone())
        .f32("a", &kept.shape, &values[..map])
        .f32("b", &kept.shape, &values[map..2 * map]);
    if let Some(shape) = &kept.display {
        writer = writer.f32("input", shape, &values[2 * map..2 * map + display]);
    }
    Ok(format::columns(writer.finish()))
}

/// The values of one input alone: the file of many may be large.
async fn read(app: &AppState, hash: &str, kept: &Kept) -> Answer<Vec<f32>> {
    let mut bytes = vec![0; kept.len() * size_of::<f32>()];
    let mut file = tokio::fs::File::open(app.store().blob_path(hash)?)
        .await
        .map_err(Problem::internal)?;
    let from = u64::try_from(kept.at * size_of::<f32>()).map_err(Problem::internal)?;
    file.seek(SeekFrom::Start(from)).await.map_err(Problem::internal)?;
    file.read_exact(&mut bytes).await.map_err(Problem::internal)?;
    Ok(bytes
        .as_chunks()
        .0
        .iter()
        .map(|four| f32::from_le_bytes(*four))
        .collect())
}
