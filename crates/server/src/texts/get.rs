//! `GET /texts/{id}`: one text, as JSON, as it was written, or as a piece of a page.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_store::logs::{Kind, RecordHead, StoredRecord};
use serde::Deserialize;
use serde_json::json;

use super::shape::{Shaped, shaped, source};
use crate::extract::{Path, Query};
use crate::format;
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::values::{self, PartId};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum As {
    #[default]
    Json,
    Text,
    Html,
}

#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    format: As,
}

/// A text as it stands in a page.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Its id in `/texts/{id}`.
    pub id: String,
    /// Its step.
    pub step: i64,
    /// Its words.
    pub shaped: Shaped,
}

#[derive(Template)]
#[template(path = "runs/text_piece.html")]
struct Page {
    piece: Piece,
}

pub async fn get(State(app): State<AppState>, Path(id): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let missing = || Problem::not_found(format!("There is no text {id:?}."));
    let at: PartId = id.parse().map_err(|_| missing())?;
    let (kind, record) = app.store().record(&app.actor(), at.record).await?;
    if kind != Kind::Text || at.part != 0 {
        return Err(missing());
    }
    let answer = move || match asked.format {
        As::Text => {
            let texts = values::data(&record).texts().map_err(values::damaged)?;
            let plain = source(&texts).into_bytes();
            Ok(format::somebodys_bytes("text/plain; charset=utf-8", plain))
        }
        As::Html => {
            let page = Page { piece: piece(&record) };
            let page = page.render().map_err(Problem::internal)?;
            Ok(format::somebodys_bytes("text/html; charset=utf-8", page.into_bytes()))
        }
        As::Json => {
            let texts = values::data(&record).texts().map_err(values::damaged)?;
            let strings = texts.strings.iter().map(|text| String::from_utf8_lossy(text));
            let Shaped { html, notice } = shaped(&texts);
            Ok(axum::Json(json!({
                "step": record.head.step, "wall": record.head.wall, "dims": texts.dims,
                "strings": strings.collect::<Vec<_>>(), "html": html, "notice": notice,
            }))
            .into_response())
        }
    };
    tokio::task::spawn_blocking(answer).await.map_err(Problem::internal)?
}

/// The pieces of these texts.
pub async fn pieces(app: &AppState, heads: Vec<RecordHead>) -> Answer<Vec<Piece>> {
    let records = app.store().read_records(heads).await?;
    tokio::task::spawn_blocking(move || records.iter().map(piece).collect())
        .await
        .map_err(Problem::internal)
}

fn piece(record: &StoredRecord) -> Piece {
    let shaped = match values::data(record).texts() {
        Ok(texts) => shaped(&texts),
        Err(error) => Shaped {
            html: String::new(),
            notice: Some(format!("This text is damaged: {error}.")),
        },
    };
    Piece {
        id: PartId::whole(record.head.id).to_string(),
        step: record.head.step,
        shaped,
    }
}
