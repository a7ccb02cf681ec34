//! `GET /audio/{id}/about`: what is known of a sound, as JSON or as a piece of a page.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_events::Sound;
use glassboard_store::logs::{RecordHead, RecordId, StoredRecord};
use serde::Deserialize;
use serde_json::json;

use super::get::{media_type, missing, sound};
use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::values::{self, PartId};
use crate::{format, markdown, text};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum As {
    #[default]
    Json,
    Html,
}

#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    format: As,
}

/// A sound as it stands in a page.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Its id in `/audio/{id}`.
    pub id: String,
    /// Where its bytes are.
    pub href: String,
    /// Which of the sounds logged together.
    pub sample: usize,
    /// Its step.
    pub step: i64,
    /// Rate, channels, length, size: what is known.
    pub facts: String,
    /// The label, safe to stand in a page; may be empty.
    pub label: String,
    /// Whether its bytes are a sound that is known here.
    pub known: bool,
}

#[derive(Template)]
#[template(path = "runs/audio_piece.html")]
struct Page {
    piece: Piece,
}

pub async fn about(State(app): State<AppState>, Path(id): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let (record, part) = sound(&app, &id).await?;
    let sounds = values::data(&record).sounds().map_err(values::damaged)?;
    let one = sounds.get(part).ok_or_else(|| missing(&id))?;
    let label = String::from_utf8_lossy(one.label);
    match asked.format {
        As::Json => Ok(axum::Json(json!({
            "step": record.head.step, "wall": record.head.wall, "sample": part, "bytes": one.bytes.len(),
            "type": media_type(one.bytes), "label": label, "sample_rate": one.wave.map(|wave| wave.rate),
            "channels": one.wave.map(|wave| wave.channels), "seconds": one.wave.map(|wave| wave.seconds),
        }))
        .into_response()),
        As::Html => {
            let piece = piece(&app, record.head.id, record.head.step, part, one);
            let page = Page { piece }.render().map_err(Problem::internal)?;
            Ok(format::somebodys_bytes("text/html; charset=utf-8", page.into_bytes()))
        }
    }
}

/// The pieces of the sounds of these values.
pub async fn pieces(app: &AppState, heads: Vec<RecordHead>) -> Answer<Vec<Vec<Piece>>> {
    let records = app.store().read_records(heads).await?;
    let app = app.clone();
    tokio::task::spawn_blocking(move || records.iter().map(|record| of_record(&app, record)).collect())
        .await
        .map_err(Problem::internal)
}

/// What a damaged value holds is not shown; its endpoint says why.
fn of_record(app: &AppState, record: &StoredRecord) -> Vec<Piece> {
    let sounds = values::data(record).sounds().unwrap_or_default();
    let piece = |(part, sound)| piece(app, record.head.id, record.head.step, part, sound);
    sounds.iter().enumerate().map(piece).collect()
}

fn piece(app: &AppState, record: RecordId, step: i64, sample: usize, sound: &Sound) -> Piece {
    let mut facts = Vec::new();
    if let Some(wave) = sound.wave {
        facts.push(text::seconds(wave.seconds));
        facts.push(format!("{} kHz", text::given(wave.rate / 1000.0)));
        match wave.channels {
            0 => {}
            1 => facts.push("mono".to_owned()),
            2 => facts.push("stereo".to_owned()),
            more => facts.push(format!("{more} channels")),
        }
    }
    let kind = media_type(sound.bytes);
    if let Some(word) = kind.and_then(|kind| kind.strip_prefix("audio/")) {
        facts.push(word.to_owned());
    }
    facts.push(text::bytes(sound.bytes.len() as i64));
    let id = PartId { record, part: sample }.to_string();
    Piece {
        href: app.url(&format!("/api/v1/audio/{id}")),
        id,
        sample,
        step,
        facts: facts.join(" · "),
        label: markdown::to_html(&String::from_utf8_lossy(sound.label)),
        known: kind.is_some(),
    }
}
