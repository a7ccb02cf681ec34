//! The three ways a data endpoint answers: JSON, CSV for people's own tools, columns for the page.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::security::headers::OwnPolicy;

/// `?format=`; JSON where it is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Json,
    Csv,
    Columns,
}

/// CSV bytes as a download; user text in it has been through [`cell`].
pub fn csv(body: String) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], body).into_response();
    response.headers_mut().insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"glassboard.csv\""),
    );
    response
}

/// A file in the columns format.
pub fn columns(body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, glassboard_model::columns::MEDIA_TYPE)], body).into_response()
}

/// A text as a CSV cell: quoted, and never a formula for the spreadsheet that opens it.
pub fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
}

/// Bytes as somebody logged them. Opened on their own they download, and could do nothing if they did not.
pub fn somebodys_bytes(media_type: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    put(header::CONTENT_TYPE, media_type);
    put(header::CACHE_CONTROL, "private, max-age=31536000, immutable");
    put(header::CONTENT_DISPOSITION, "attachment");
    if let Some(policy) = OwnPolicy::sandbox() {
        response.extensions_mut().insert(policy);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_run_name_is_no_formula() {
        assert_eq!(cell("lr=0.1"), "\"lr=0.1\"");
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell("-1"), "\"'-1\"");
    }
}
