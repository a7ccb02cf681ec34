//! A very small HTTP client for a server of ours on this machine or in this network: one request a
//! connection, plain HTTP/1.1, the whole answer in memory.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

/// Nothing we ask for is larger; a longer answer is an error.
const MAX_ANSWER: u64 = 64 << 20;
/// Longest silence of the server before we give up.
const PATIENCE: Duration = Duration::from_mins(2);

/// Where a server is, and the secret it wants.
#[derive(Debug, Clone)]
pub struct Client {
    authority: String,
    base: String,
    token: Option<String>,
    patience: Duration,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body, decoded.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON, where the status is a success; else the server's own sentence as the error.
    pub fn json(self) -> anyhow::Result<Value> {
        let value: Result<Value, _> = serde_json::from_slice(&self.body);
        if !(200..300).contains(&self.status) {
            let detail = value.ok().and_then(|v| v["detail"].as_str().map(str::to_owned));
            bail!(
                "the server answered {}: {}",
                self.status,
                detail.as_deref().unwrap_or("no reason given")
            );
        }
        value.context("the server's answer is not JSON")
    }
}

impl Client {
    /// A client of the server at `url` (`http://host:port/base/`).
    pub fn at(url: &str, token: Option<String>) -> anyhow::Result<Self> {
        let rest = url
            .strip_prefix("http://")
            .with_context(|| format!("{url} does not start with http://"))?;
        let (authority, base) = rest.split_once('/').unwrap_or((rest, ""));
        let base = base.trim_end_matches('/');
        let base = if base.is_empty() {
            String::new()
        } else {
            format!("/{base}")
        };
        Ok(Self {
            authority: authority.to_owned(),
            base,
            token,
            patience: PATIENCE,
        })
    }

    /// Waits this long for an answer.
    #[must_use]
    pub fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// GET of a path below `/api/v1`.
    pub fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send("GET", path, &[], &[])
    }

    /// PUT of a path below `/api/v1`, with the file's own name in `X-Filename`.
    pub fn put(&self, path: &str, filename: &str, body: &[u8]) -> anyhow::Result<Answer> {
        self.send(
            "PUT",
            path,
            &[("X-Filename", filename), ("Content-Type", "application/octet-stream")],
            body,
        )
    }

    /// PUT of a JSON document to a path below `/api/v1`.
    pub fn put_json(&self, path: &str, body: &[u8]) -> anyhow::Result<Answer> {
        self.send("PUT", path, &[("Content-Type", "application/json")], body)
    }

    /// POST of JSON to a path below `/api/v1`.
    pub fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        let body = body.to_string();
        self.send("POST", path, &[("Content-Type", "application/json")], body.as_bytes())
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> anyhow::Result<Answer> {
        let stream = TcpStream::connect(&self.authority).with_context(|| format!("no server at {}", self.authority))?;
        stream.set_read_timeout(Some(self.patience))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut head = format!(
            "{method} {}/api/v1{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: application/json\r\nContent-Length: {}\r\n",
            self.base,
            self.authority,
            body.len()
        );
        if let Some(token) = &self.token {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        for (name, value) in headers {
            ensure!(
                !value.contains(['\r', '\n']),
                "a header value may not hold a line break: {value:?}"
            );
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut out = &stream;
        // A server that refuses early closes its side; its answer says why, so read it anyway.
        let sent = out
            .write_all(head.as_bytes())
            .and_then(|()| out.write_all(body))
            .and_then(|()| out.flush());
        let mut raw = Vec::new();
        let received = (&stream).take(MAX_ANSWER + 1).read_to_end(&mut raw);
        ensure!(
            raw.len() as u64 <= MAX_ANSWER,
            "the answer to {method} {path} is over {MAX_ANSWER} bytes"
        );
        if raw.is_empty() {
            sent.with_context(|| format!("{method} {path} could not be sent"))?;
            received.with_context(|| format!("no answer to {method} {path}"))?;
        }
        parse(&raw).with_context(|| format!("{method} {path}"))
    }
}

/// Takes an HTTP/1.1 answer apart.
fn parse(raw: &[u8]) -> anyhow::Result<Answer> {
    let split = raw
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .context("the answer has no end of headers")?;
    let head = std::str::from_utf8(&raw[..split]).context("the answer's headers are not text")?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .context("the answer has no status")?;
    let chunked = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .any(|(name, value)| {
            name.eq_ignore_ascii_case("transfer-encoding") && value.trim().eq_ignore_ascii_case("chunked")
        });
    let rest = &raw[split + 4..];
    let body = if chunked { unchunk(rest)? } else { rest.to_vec() };
    Ok(Answer { status, body })
}

fn unchunk(mut rest: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest
            .windows(2)
            .position(|w| w == b"\r\n")
            .context("a chunk has no length")?;
        let text = std::str::from_utf8(&rest[..line]).context("a chunk's length is not text")?;
        let length = usize::from_str_radix(text.split(';').next().unwrap_or("").trim(), 16)
            .context("a chunk's length is no number")?;
        rest = &rest[line + 2..];
        if length == 0 {
            return Ok(body);
        }
        let end = length
            .checked_add(2)
            .filter(|end| *end <= rest.len())
            .context("the answer ends inside a chunk")?;
        body.extend_from_slice(&rest[..length]);
        rest = &rest[end..];
    }
}

/// A string as one component of a query (`application/x-www-form-urlencoded` safe set).
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_both_framings_are_read() {
        let plain = parse(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}").expect("plain");
        assert_eq!((plain.status, plain.body.as_slice()), (201, b"{}".as_slice()));
        let chunked = parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n")
            .expect("chunked");
        assert_eq!(chunked.body, b"[1,2]");
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n[1,").is_err());
    }

    #[test]
    fn a_refusal_is_the_servers_own_sentence() {
        let answer = Answer {
            status: 415,
            body: br#"{"detail":"It is not a model."}"#.to_vec(),
        };
        assert!(
            answer
                .json()
                .expect_err("refused")
                .to_string()
                .contains("It is not a model.")
        );
    }

    #[test]
    fn urls_and_queries() {
        let client = Client::at("http://127.0.0.1:6006/tools/gb/", None).expect("a url");
        assert_eq!(
            (client.authority.as_str(), client.base.as_str()),
            ("127.0.0.1:6006", "/tools/gb")
        );
        assert_eq!(encode("a b/ü&"), "a%20b%2F%C3%BC%26");
    }
}
