//! Who may ask what, from where; and files that mean harm. Each against a real server process.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use glassboard_tests::{Server, demo, digits, program, root};
use serde_json::json;

const POLICY: [&str; 5] = [
    "default-src 'none'",
    "script-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
];

fn server(home: &Path, extra: &[&str]) -> Server {
    Server::start(home, None, extra).expect("a server")
}

fn token(home: &Path) -> String {
    let file = home.join("token");
    std::fs::write(&file, "a-secret-of-more-than-sixteen-characters\n").expect("a token");
    file.to_str().expect("utf-8").to_owned()
}

#[test]
fn another_address_is_not_listened_on_without_a_token() {
    let home = tempfile::tempdir().expect("a directory");
    let refused = Server::start(home.path(), None, &["--listen", "0.0.0.0:0"]).expect_err("refused");
    assert!(refused.contains("--token-file"), "{refused}");
}

#[test]
fn a_foreign_host_or_origin_is_turned_away() {
    let home = tempfile::tempdir().expect("a directory");
    let server = server(home.path(), &[]);
    for host in ["evil.example", "127.0.0.1.nip.io", "localhost.evil.example"] {
        assert_eq!(
            server
                .http
                .send("GET", "/", &[("Host", host)], b"")
                .expect("an answer")
                .status,
            421,
            "{host}"
        );
    }
    for header in [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
    ] {
        let reply = server
            .http
            .send("PUT", "/api/v1/models?name=x", &[header], b"x")
            .expect("an answer");
        assert_eq!(reply.status, 403, "{header:?}");
        let reply = server
            .http
            .send("DELETE", "/api/v1/models/x", &[header], b"")
            .expect("an answer");
        assert_eq!(reply.status, 403, "{header:?}");
    }
    assert_eq!(server.http.get("/").expect("an answer").status, 200);
}

#[test]
fn json_sent_as_text_is_refused_as_a_form_could_send_it() {
    let home = tempfile::tempdir().expect("a directory");
    let server = server(home.path(), &[]);
    let body = json!({"model": "x", "input": "y", "method": "saliency"}).to_string();
    let reply = server
        .http
        .send(
            "POST",
            "/api/v1/explanations",
            &[("Content-Type", "text/plain")],
            body.as_bytes(),
        )
        .expect("an answer");
    assert_eq!(reply.status, 415, "{}", reply.text());
}

#[test]
fn with_a_token_every_route_asks_for_it() {
    let home = tempfile::tempdir().expect("a directory");
    let file = token(home.path());
    let mut server = server(&home.path().join("data"), &["--token-file", &file]);
    let closed = [
        ("GET", "/"),
        ("GET", "/runs"),
        ("GET", "/models"),
        ("GET", "/explain"),
        ("GET", "/inputs"),
        ("GET", "/jobs"),
        ("GET", "/api/v1/experiments"),
        ("GET", "/api/v1/models"),
        ("PUT", "/api/v1/models?name=x"),
        ("GET", "/api/v1/inputs"),
        ("PUT", "/api/v1/inputs?name=x"),
        ("GET", "/api/v1/jobs"),
        ("GET", "/api/v1/events"),
        ("GET", "/api/v1/methods"),
        ("POST", "/api/v1/explanations"),
        ("POST", "/api/v1/predictions"),
        ("POST", "/api/v1/activations"),
        ("DELETE", "/api/v1/models/x"),
        ("GET", "/no/such/page"),
    ];
    for (method, path) in closed {
        let reply = server.http.send(method, path, &[], b"").expect("an answer");
        assert_eq!(reply.status, 401, "{method} {path}");
    }
    server.http.token = Some("a-wrong-secret-of-enough-characters".to_owned());
    assert_eq!(server.http.get("/api/v1/models").expect("an answer").status, 401);
    server.http.token = Some("a-secret-of-more-than-sixteen-characters".to_owned());
    assert_eq!(server.http.get("/api/v1/models").expect("an answer").status, 200);
    server.http.token = None;
    assert_eq!(server.http.get("/login").expect("an answer").status, 200);
}

#[test]
fn every_answer_carries_the_strict_headers() {
    let home = tempfile::tempdir().expect("a directory");
    let server = server(home.path(), &[]);
    for path in [
        "/",
        "/runs",
        "/models",
        "/explain",
        "/inputs",
        "/jobs",
        "/api/v1/models",
        "/api/v1/none",
        "/no/such/page",
        "/assets/none.js",
    ] {
        let reply = server.http.get(path).expect("an answer");
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(POLICY.iter().all(|part| policy.contains(part)), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), None, "{path}");
    }
}

#[test]
fn no_string_of_a_user_is_a_path() {
    let home = tempfile::tempdir().expect("a directory");
    let data = home.path().join("data");
    let server = server(&data, &[]);
    for name in [
        "..%2f..%2fescaped",
        "..%252fescaped",
        "%2fetc%2fpasswd",
        "a%00b",
        "..%5cescaped",
    ] {
        let body = std::fs::read(demo("models/breast-cancer-mlp.onnx")).expect("a model");
        let _ = server
            .http
            .put(&format!("/api/v1/models?name={name}"), "../../escaped.onnx", &body)
            .expect("an answer");
        for prefix in [
            "/assets/",
            "/api/v1/models/",
            "/api/v1/inputs/",
            "/api/v1/images/",
            "/models/",
            "/inputs/",
        ] {
            let reply = server.http.get(&format!("{prefix}{name}")).expect("an answer");
            assert!(!reply.text().contains("root:"), "{prefix}{name}");
            assert!(reply.status < 500, "{prefix}{name}: {} {}", reply.status, reply.text());
        }
    }
    let outside: Vec<_> = std::fs::read_dir(home.path())
        .expect("the home")
        .flatten()
        .map(|e| e.file_name())
        .collect();
    assert_eq!(outside, ["data"], "something was written outside the data directory");
}

#[test]
fn broken_and_hostile_files_get_a_sentence_and_harm_nothing() {
    let home = tempfile::tempdir().expect("a directory");
    let server = server(&home.path().join("data"), &[]);
    let mut files: Vec<(String, Vec<u8>)> = vec![
        ("empty.onnx".into(), Vec::new()),
        ("zeros.onnx".into(), vec![0; 4096]),
        (
            "huge-header.safetensors".into(),
            [&u64::MAX.to_le_bytes()[..], b"{}"].concat(),
        ),
        (
            "cut.onnx".into(),
            std::fs::read(digits()).expect("a model")[..70_000].to_vec(),
        ),
        (
            "cut.pt".into(),
            std::fs::read(demo("models/digits-resnet-epoch-03.pt")).expect("a model")[..70_000].to_vec(),
        ),
    ];
    let evil = root().join("../shared/data/real/evil");
    if evil.is_dir() {
        for file in std::fs::read_dir(evil)
            .expect("a folder")
            .flatten()
            .map(|e| e.path())
            .filter(|p| p.is_file())
        {
            if std::fs::metadata(&file).is_ok_and(|m| m.len() < 4 << 20) {
                files.push((
                    file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                    std::fs::read(&file).expect("a file"),
                ));
            }
        }
    } else {
        println!("skipped: no real data (the hostile files made here were tried)");
    }
    for (name, bytes) in &files {
        let began = Instant::now();
        let reply = server
            .http
            .put("/api/v1/models?name=hostile", name, bytes)
            .expect("the server answers");
        assert!(reply.status < 500, "{name}: {} {}", reply.status, reply.text());
        if let Some(slug) = reply.json()["model"].as_str() {
            loop {
                let model = server
                    .http
                    .get(&format!("/api/v1/models/{slug}"))
                    .expect("an answer")
                    .json();
                if model["state"] == "failed" {
                    assert!(model["error"].as_str().is_some_and(|e| e.len() > 10), "{name}: {model}");
                }
                if model["state"] != "scanning" {
                    break;
                }
                assert!(began.elapsed() < Duration::from_secs(30), "{name} is still being read");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let reply = server
            .http
            .put("/api/v1/inputs?name=hostile", name, bytes)
            .expect("the server answers");
        assert!(
            reply.status < 500,
            "{name} as an input: {} {}",
            reply.status,
            reply.text()
        );
    }
    assert_eq!(
        server.http.get("/api/v1/models").expect("an answer").status,
        200,
        "the server lives"
    );
    println!("{} files", files.len());
}

/// Every path at or below `path` that others than its owner may touch.
fn open_to_others(path: &Path, found: &mut Vec<String>) {
    let mode = std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        found.push(format!("{} {mode:o}", path.display()));
    }
    if path.is_dir() {
        for entry in std::fs::read_dir(path).expect("a folder") {
            open_to_others(&entry.expect("an entry").path(), found);
        }
    }
}

#[test]
fn nothing_that_is_stored_can_be_read_by_other_users() {
    let home = tempfile::tempdir().expect("a directory");
    let data = home.path().join("data");
    let mut command = std::process::Command::new(program());
    command
        .args(["demo", "--listen", "127.0.0.1:0", "--workers", "1", "--data-dir"])
        .arg(&data);
    let server = Server::spawn(&mut command).expect("the demo");
    let mut found = Vec::new();
    open_to_others(&data, &mut found);
    assert!(found.is_empty(), "while it is served: {found:?}");
    assert!(server.stop());
    open_to_others(&data, &mut found);
    assert!(found.is_empty(), "afterwards: {found:?}");
}
