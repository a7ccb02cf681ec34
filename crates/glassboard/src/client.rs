//! A client of a server of ours: JSON and bytes over HTTP or HTTPS, connections kept, the whole answer in memory.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use ureq::Agent;

/// Nothing we ask for is larger; a longer answer is an error.
const MAX_ANSWER: u64 = 64 << 20;
/// Longest silence of the server before we give up.
const PATIENCE: Duration = Duration::from_mins(2);

/// Where a server is, and the secret it wants.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    base: String,
    token: Option<String>,
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
    /// A client of the server at `url` (`http://host:port/base/` or `https://...`).
    pub fn at(url: &str, token: Option<String>) -> anyhow::Result<Self> {
        ensure!(
            url.starts_with("http://") || url.starts_with("https://"),
            "{url} starts with neither http:// nor https://"
        );
        Ok(Self {
            agent: agent(PATIENCE),
            base: url.trim_end_matches('/').to_owned(),
            token,
        })
    }

    /// Waits this long for an answer.
    #[must_use]
    pub fn patient(self, patience: Duration) -> Self {
        Self {
            agent: agent(patience),
            ..self
        }
    }

    /// GET of a path below `/api/v1`.
    pub fn get(&self, path: &str) -> anyhow::Result<Answer> {
        let answer = self.with_token(self.agent.get(self.url(path))).call();
        self.read(answer, path)
    }

    /// PUT of a path below `/api/v1`, with the file's own name in `X-Filename`.
    pub fn put(&self, path: &str, filename: &str, body: &[u8]) -> anyhow::Result<Answer> {
        let request = self.with_token(self.agent.put(self.url(path)));
        let request = request
            .header("X-Filename", filename.as_bytes())
            .header("Content-Type", "application/octet-stream");
        self.read(request.send(body), path)
    }

    /// PUT of a JSON document to a path below `/api/v1`.
    pub fn put_json(&self, path: &str, body: &[u8]) -> anyhow::Result<Answer> {
        let request = self.with_token(self.agent.put(self.url(path)));
        self.read(request.header("Content-Type", "application/json").send(body), path)
    }

    /// POST of JSON to a path below `/api/v1`.
    pub fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        let request = self.with_token(self.agent.post(self.url(path)));
        let body = body.to_string();
        self.read(
            request.header("Content-Type", "application/json").send(body.as_bytes()),
            path,
        )
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.base)
    }

    fn with_token<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        let request = request.header("Accept", "application/json");
        match &self.token {
            Some(token) => request.header("Authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    fn read(&self, answer: Result<http::Response<ureq::Body>, ureq::Error>, path: &str) -> anyhow::Result<Answer> {
        let mut answer = answer.with_context(|| format!("no answer from {} to {path}", self.base))?;
        let body = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        Ok(Answer {
            status: answer.status().as_u16(),
            body: body.with_context(|| format!("the answer to {path} cannot be read"))?,
        })
    }
}

/// A refusal is an answer, whose body says why.
fn agent(patience: Duration) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(patience))
        .timeout_recv_body(Some(patience))
        .timeout_send_body(Some(PATIENCE))
        .build();
    config.into()
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
    fn a_refusal_is_the_servers_own_sentence() {
        let answer = Answer {
            status: 415,
            body: br#"{"detail":"It is not a model."}"#.to_vec(),
        };
        let error = answer.json().expect_err("refused").to_string();
        assert!(error.contains("It is not a model."));
    }

    #[test]
    fn urls_and_queries() {
        let client = Client::at("http://127.0.0.1:6006/tools/gb/", None).expect("a url");
        assert_eq!(client.url("/runs"), "http://127.0.0.1:6006/tools/gb/api/v1/runs");
        assert!(Client::at("127.0.0.1:6006", None).is_err());
        assert_eq!(encode("a b/ü&"), "a%20b%2F%C3%BC%26");
    }
}
