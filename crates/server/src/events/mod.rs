//! `GET /api/v1/events`: what happens, as it happens.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use crate::extract::Query;
use crate::live::{LiveEvent, Topic};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    /// Comma-separated; all topics where it is left out.
    topics: Option<String>,
}

pub async fn stream(State(app): State<AppState>, Query(asked): Query<Asked>) -> Answer {
    let topics = match &asked.topics {
        None => vec![Topic::Logs, Topic::Jobs, Topic::Models],
        Some(names) => names
            .split(',')
            .map(|name| {
                Topic::parse(name).ok_or_else(|| {
                    Problem::bad_request(format!(
                        "There is no topic {name:?}: logs, jobs and models are the topics."
                    ))
                })
            })
            .collect::<Result<_, _>>()?,
    };
    let (receiver, permit) = app.hub().subscribe().ok_or_else(|| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Too many pages listen at once; close some and try again.",
        )
    })?;
    let events = BroadcastStream::new(receiver).filter_map(move |received| {
        let _held = &permit;
        std::future::ready(outgoing(received, &topics))
    });
    Ok(answer(events.take_until(app.stopping().cancelled_owned())))
}

fn outgoing(
    received: Result<LiveEvent, BroadcastStreamRecvError>,
    topics: &[Topic],
) -> Option<Result<Event, Infallible>> {
    match received {
        Ok(event) => topics
            .contains(&event.topic)
            .then(|| Ok(Event::default().event(event.name).data(event.data.as_ref()))),
        // Lost events cannot be sent again: the page reads what it shows once more.
        Err(BroadcastStreamRecvError::Lagged(_)) => Some(Ok(Event::default().event("resync").data("{}"))),
    }
}

fn answer(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let mut response = Sse::new(events)
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response();
    // A buffering proxy would hold events back.
    response
        .headers_mut()
        .insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    response
}
