//! The frame of every page: what the base template needs, gathered from the request.

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::assets::Entry;
use crate::problem::{Answer, Problem};
use crate::security::cookie;
use crate::state::AppState;
use crate::text;

/// The place in the side bar a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Home,
    Runs,
    Models,
    Explain,
    Inputs,
    Jobs,
}

/// One step of the breadcrumb; the last has no address.
#[derive(Debug, Clone)]
pub struct Crumb {
    pub name: String,
    pub href: Option<String>,
}

/// One tab of a page.
#[derive(Debug, Clone)]
pub struct Tab {
    pub name: &'static str,
    pub href: String,
    /// As it is written, for example `1,204`.
    pub count: Option<String>,
    pub on: bool,
}

/// One row of the side bar.
#[derive(Debug, Clone)]
pub struct PlaceLink {
    pub name: &'static str,
    pub icon: &'static str,
    pub href: String,
    /// As it is written, for example `1.2 k`.
    pub count: Option<String>,
    pub on: bool,
}

/// What `base.html` shows around a page. A handler takes it as an extractor, says where it is with
/// [`Shell::at`], and hands it to its template as `shell`.
#[derive(Clone)]
pub struct Shell {
    pub base: String,
    pub theme: Option<&'static str>,
    pub title: String,
    pub crumbs: Vec<Crumb>,
    pub style: String,
    pub fonts: Vec<String>,
    pub entry: Entry,
    pub places: Vec<PlaceLink>,
    pub busy: i64,
    pub logs: Option<String>,
    /// How many folders are followed beside that one.
    pub more_logs: usize,
    pub can_log_out: bool,
    app: AppState,
}

impl Shell {
    /// Where the page is, its title, and the script of its page type (a file in `web/src/entries`; empty
    /// for a page without one).
    #[must_use]
    pub fn at(mut self, place: Place, title: impl Into<String>, entry: &str) -> Self {
        self.title = title.into();
        self.entry = self.app.assets().entry(entry);
        let on = match place {
            Place::Home => None,
            Place::Runs => Some("runs"),
            Place::Models => Some("models"),
            Place::Explain => Some("explain"),
            Place::Inputs => Some("inputs"),
            Place::Jobs => Some("jobs"),
        };
        for link in &mut self.places {
            link.on = Some(link.icon) == on;
        }
        self
    }

    /// The same page with another script.
    #[must_use]
    pub fn with_entry(mut self, entry: &str) -> Self {
        self.entry = self.app.assets().entry(entry);
        self
    }

    /// Adds a step of the breadcrumb that is a link; `path` is without the prefix.
    #[must_use]
    pub fn crumb(mut self, name: impl Into<String>, path: &str) -> Self {
        self.crumbs.push(Crumb {
            name: name.into(),
            href: Some(self.url(path)),
        });
        self
    }

    /// The same page under another name: in the breadcrumb after what it belongs to, and in the title.
    #[must_use]
    pub fn renamed(mut self, name: String) -> Self {
        self.title = format!("{}: {name}", self.title);
        if let Some(last) = self.crumbs.last_mut() {
            last.name = name;
        }
        self
    }

    /// Adds the breadcrumb's last step: this page.
    #[must_use]
    pub fn here(mut self, name: impl Into<String>) -> Self {
        self.crumbs.push(Crumb {
            name: name.into(),
            href: None,
        });
        self
    }

    /// The address of a path of ours.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A frame without counts, for pages of errors.
    pub(crate) fn bare(app: &AppState, parts_headers: &axum::http::HeaderMap) -> Self {
        let theme = match cookie(parts_headers, "gb_theme") {
            Some("dark") => Some("dark"),
            Some("light") => Some("light"),
            _ => None,
        };
        let places = [
            ("Runs", "runs"),
            ("Models", "models"),
            ("Explain", "explain"),
            ("Inputs", "inputs"),
            ("Jobs", "jobs"),
        ];
        Self {
            base: app.base().to_owned(),
            theme,
            title: String::new(),
            crumbs: Vec::new(),
            style: app.url(&format!("/assets/{}", app.assets().style())),
            fonts: app
                .assets()
                .fonts()
                .iter()
                .map(|font| app.url(&format!("/assets/{font}")))
                .collect(),
            entry: app.assets().entry("plain"),
            places: places
                .into_iter()
                .map(|(name, icon)| PlaceLink {
                    name,
                    icon,
                    href: app.url(&format!("/{icon}")),
                    count: None,
                    on: false,
                })
                .collect(),
            busy: 0,
            more_logs: app.logdirs().len().saturating_sub(1),
            logs: app.logdirs().first().map(|place| home_relative(&place.to_string())),
            can_log_out: app.guard().asks(),
            app: app.clone(),
        }
    }

    async fn count(&mut self) -> Answer<()> {
        let counts = self.app.store().counts(self.app.actor()).await?;
        for link in &mut self.places {
            let count = match link.icon {
                "runs" => counts.runs,
                "models" => counts.models,
                "explain" => counts.explanations,
                "inputs" => counts.inputs,
                _ => counts.busy,
            };
            // Nothing is said of nothing: an empty place has no number.
            link.count = (count > 0).then(|| text::short(count));
        }
        self.busy = counts.busy;
        Ok(())
    }
}

impl FromRequestParts<AppState> for Shell {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Answer<Self> {
        let mut shell = Self::bare(app, &parts.headers);
        shell.count().await?;
        Ok(shell)
    }
}

/// A rendered template as an answer.
pub fn html(template: &impl Template) -> Answer {
    html_with(StatusCode::OK, template)
}

/// The same with another status.
pub fn html_with(status: StatusCode, template: &impl Template) -> Answer {
    let body = template.render().map_err(Problem::internal)?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::VARY, "Cookie"),
    ];
    Ok((status, headers, body).into_response())
}

fn home_relative(path: &str) -> String {
    match std::env::var("HOME") {
        Ok(home) if !home.is_empty() && home != "/" => path
            .strip_prefix(&home)
            .map_or_else(|| path.to_owned(), |rest| format!("~{rest}")),
        _ => path.to_owned(),
    }
}

/// The page of an error.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    title: String,
    problem: Problem,
}

/// `Not Found` as the pages write their heads: `Not found`.
fn sentence_case(title: &str) -> String {
    match title.split_at_checked(1) {
        Some((first, rest)) => format!("{first}{}", rest.to_lowercase()),
        None => title.to_owned(),
    }
}

/// The edge: a problem that goes to a reader of pages becomes a page.
pub async fn errors_as_pages(
    axum::extract::State(app): axum::extract::State<AppState>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let path = request
        .uri()
        .path()
        .strip_prefix(app.base())
        .unwrap_or(request.uri().path());
    let reads_pages = !path.starts_with("/api/")
        && request
            .headers()
            .get(header::ACCEPT)
            .is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    let headers = request.headers().clone();
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>().filter(|_| reads_pages).cloned() else {
        return response;
    };
    let status = problem.status;
    let title = sentence_case(problem.title());
    let mut shell = Shell::bare(&app, &headers)
        .at(Place::Home, title.clone(), "plain")
        .here(title.clone());
    shell.can_log_out = false;
    html_with(status, &ErrorPage { shell, title, problem }).unwrap_or(response)
}
