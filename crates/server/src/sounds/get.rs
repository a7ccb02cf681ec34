//! `GET /audio/{id}`: the bytes as logged, whole or the stretch a player asks for.

use axum::extract::State;
use axum::http::HeaderMap;
use glassboard_events::Data;
use glassboard_store::logs::{Kind, StoredRecord};

use crate::extract::Path;
use crate::problem::{Answer, Problem};
use crate::ranges;
use crate::state::AppState;
use crate::values::{self, PartId};

pub async fn get(State(app): State<AppState>, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    let (record, part) = sound(&app, &id).await?;
    let sounds = values::data(&record).sounds().map_err(values::damaged)?;
    let sound = sounds.get(part).ok_or_else(|| missing(&id))?;
    Ok(ranges::somebodys_bytes(
        &headers,
        media_type(sound.bytes).unwrap_or("application/octet-stream"),
        sound.bytes.to_vec(),
    ))
}

pub fn missing(id: &str) -> Problem {
    Problem::not_found(format!("There is no sound {id:?}."))
}

/// The value an id names, and which of its sounds.
pub async fn sound(app: &AppState, id: &str) -> Answer<(StoredRecord, usize)> {
    let at: PartId = id.parse().map_err(|_| missing(id))?;
    let (kind, record) = app.store().record(&app.actor(), at.record).await?;
    let there = matches!(values::data(&record), Data::Audio(_) | Data::Tensor(_));
    if kind != Kind::Audio || !there {
        return Err(missing(id));
    }
    Ok((record, at.part))
}

/// By content: what a log calls a sound may be anything, and is never served as a page.
pub fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some("audio/wav"),
        [b'O', b'g', b'g', b'S', ..] => Some("audio/ogg"),
        [b'f', b'L', b'a', b'C', ..] => Some("audio/flac"),
        [b'I', b'D', b'3', ..] | [0xff, 0xe2..=0xff, ..] => Some("audio/mpeg"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("audio/mp4"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn only_sounds_are_called_sounds() {
        assert_eq!(media_type(b"RIFF....WAVEfmt "), Some("audio/wav"));
        assert_eq!(media_type(b"RIFF....AVI LIST"), None);
        assert_eq!(media_type(b"OggS"), Some("audio/ogg"));
        for page in [&b"<!doctype html>"[..], b"<svg xmlns=", b"", b"%PDF", b"\xff", b"RIFF"] {
            assert_eq!(media_type(page), None);
        }
    }
}
