//! `POST /logout`.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::security::{SESSION_COOKIE, cookie};
use crate::state::AppState;

pub async fn leave(State(app): State<AppState>, headers: HeaderMap) -> Response {
    if let Some(session) = cookie(&headers, SESSION_COOKIE) {
        app.guard().log_out(session);
    }
    let gone = format!(
        "{SESSION_COOKIE}=; HttpOnly; SameSite=Lax; Path={}; Max-Age=0",
        app.url("/")
    );
    ([(header::SET_COOKIE, gone)], Redirect::to(&app.url("/"))).into_response()
}
