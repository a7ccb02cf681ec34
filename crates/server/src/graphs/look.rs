//! `POST /graphs/look`: a graph from the reader's own machine, answered as a logged one is. Nothing of it is kept.

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use bytes::Bytes;
use glassboard_events::GraphDef;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::find::{matches, pattern};
use super::held::{Held, hold};
use super::keras;
use super::show::{Look, shown};
use crate::extract::Query;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Largest file.
pub const LARGEST: usize = 32 << 20;
/// Files that are read at the same time: each may take some hundred megabytes while it is.
static READERS: Semaphore = Semaphore::const_new(2);

#[derive(Debug, Deserialize)]
pub struct Asked {
    /// Looks for operations too, as `graph/find` does.
    q: Option<String>,
}

pub async fn look(
    State(_): State<AppState>,
    Query(asked): Query<Asked>,
    Query(look): Query<Look>,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let body = body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!(
                "The file is larger than {} MB; log the graph, and it is shown from there.",
                LARGEST >> 20
            ),
        ),
        _ => Problem::bad_request(format!("The file did not arrive: {}.", error.body_text())),
    })?;
    let wanted = asked.q.as_deref().filter(|q| !q.is_empty()).map(pattern).transpose()?;
    let _turn = READERS.acquire().await.map_err(Problem::internal)?;
    let work = move || -> Answer<Value> {
        let held = read(&body)?;
        drop(body);
        let found = wanted.map(|wanted| matches(&held, &wanted));
        let graph = shown(&held, None, &look);
        Ok(json!({ "graph": graph, "found": found }))
    };
    let answer = tokio::task::spawn_blocking(work).await.map_err(Problem::internal)??;
    Ok(axum::Json(answer).into_response())
}

/// A `GraphDef` as text or on the wire, or a Keras model's JSON.
fn read(file: &[u8]) -> Answer<Held> {
    let graph = match text(file) {
        Some(text) if text.trim_start().starts_with('{') => {
            let json = serde_json::from_str(text)
                .map_err(|error| Problem::bad_request(format!("The Keras model cannot be read: {error}.")))?;
            keras::layers(&json)
        }
        Some(text) => GraphDef::from_text(text)
            .map_err(|error| Problem::bad_request(format!("The text is no GraphDef: {error}.")))?,
        None => GraphDef::decode(file)
            .map_err(|error| Problem::bad_request(format!("The file is no GraphDef: {error}.")))?,
    };
    if graph.nodes.is_empty() {
        return Err(Problem::bad_request(
            "The file holds no operations. A GraphDef is read (.pb, or .pbtxt as text), or the JSON of a Keras model.",
        ));
    }
    hold(graph, None)
}

/// The file as text, where it is some: what is on the wire has control characters before every operator.
fn text(file: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(file).ok()?;
    let control = |c: char| c.is_control() && !c.is_whitespace();
    (!text.contains(control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use glassboard_events::write::Message;

    #[test]
    fn both_forms_and_keras_are_told_apart() {
        let node = Message::default().bytes(1, b"a").bytes(2, b"Add");
        let wire = Message::default().bytes(1, &node.0).0;
        let keras =
            br#"{"class_name":"Sequential","config":{"layers":[{"class_name":"Dense","config":{"name":"a"}}]}}"#;
        for file in [&wire[..], b"node { name: \"a\" op: \"Add\" }", keras] {
            assert_eq!(read(file).unwrap().graph.description().nodes[0].name, "a");
        }
        for (file, word) in [
            (&b""[..], "no operations"),
            (b"{}", "no operations"),
            (b"{", "Keras"),
            (b"node { name: 1 }", "line 1"),
            (b"\x0a\x7f\x00", "no GraphDef"),
            (b"versions { producer: 1 }", "no operations"),
        ] {
            let problem = read(file).unwrap_err();
            assert_eq!(problem.status, StatusCode::BAD_REQUEST);
            assert!(problem.detail.contains(word), "{:?}", problem.detail);
        }
    }
}
