//! `POST /login`: the form.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::{LoginPage, local};
use crate::page::{Place, Shell, html_with};
use crate::problem::{Answer, Problem};
use crate::security::{Refused, SESSION_COOKIE};
use crate::state::AppState;

#[derive(Deserialize)]
pub struct Given {
    token: String,
    next: Option<String>,
}

pub async fn submit(
    State(app): State<AppState>,
    headers: HeaderMap,
    form: Result<Form<Given>, FormRejection>,
) -> Answer {
    let Form(given) = form.map_err(|error| Problem::new(error.status(), "The form must hold a token."))?;
    let next = local(given.next.as_deref(), app.base());
    let (status, error) = match app.guard().log_in(given.token.trim()) {
        Ok(session) => {
            let path = app.url("/");
            let cookie = format!("{SESSION_COOKIE}={session}; HttpOnly; SameSite=Lax; Path={path}; Max-Age=2592000");
            return Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&next)).into_response());
        }
        Err(Refused::Wrong) => (StatusCode::UNAUTHORIZED, "That is not this server's token."),
        Err(Refused::TooMany) => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many wrong tokens; wait a minute and try again.",
        ),
    };
    let shell = Shell::bare(&app, &headers).at(Place::Home, "Log in", "");
    html_with(
        status,
        &LoginPage {
            shell,
            next,
            error: Some(error),
        },
    )
}
