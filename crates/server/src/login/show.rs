//! `GET /login`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::{LoginPage, local};
use crate::extract::Query;
use crate::page::{Place, Shell, html};
use crate::problem::Answer;
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    next: Option<String>,
}

pub async fn show(State(app): State<AppState>, Query(asked): Query<Asked>, headers: HeaderMap) -> Answer {
    let next = local(asked.next.as_deref(), app.base());
    if !app.guard().asks() {
        return Ok(Redirect::to(&next).into_response());
    }
    let shell = Shell::bare(&app, &headers).at(Place::Home, "Log in", "");
    html(&LoginPage {
        shell,
        next,
        error: None,
    })
}
