//! Logs that come in by other doors: `glassboard push`, and JSON lines over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use glassboard_tests::{EventFile, Http, Server, program};
use serde_json::{Value, json};

/// A run of `steps` in `logs/run`, appended to what is there.
fn write(logs: &Path, run: &str, steps: std::ops::Range<i64>) {
    let path = logs.join(run).join("events.out.tfevents.1.h");
    EventFile::append(&path).unwrap().scalars("loss", steps, 1.0).unwrap();
}

fn push(to: &str, logs: &Path, more: &[&str]) -> Value {
    let output = Command::new(program())
        .args(["push", "--to", to, "--json"])
        .args(more)
        .arg(logs)
        .env("GLASSBOARD_TOKEN", "a secret of some length")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn bytes(logs: &Path) -> u64 {
    let mut sum = 0;
    for run in std::fs::read_dir(logs).unwrap() {
        for file in std::fs::read_dir(run.unwrap().path()).unwrap() {
            sum += file.unwrap().metadata().unwrap().len();
        }
    }
    sum
}

/// Every run of an experiment by name, with its count of values.
fn runs(http: &Http, experiment: &str) -> Vec<(String, i64)> {
    let reply = http.get(&format!("/api/v1/experiments/{experiment}/runs")).unwrap();
    let runs = reply.json();
    let Some(runs) = runs["runs"].as_array() else {
        return Vec::new();
    };
    runs.iter()
        .map(|run| {
            (
                run["name"].as_str().unwrap().to_owned(),
                run["points"].as_i64().unwrap(),
            )
        })
        .collect()
}

#[test]
fn push_sends_every_byte_once() {
    let home = tempfile::tempdir().unwrap();
    let logs = home.path().join("My Logs");
    let secret = home.path().join("token");
    std::fs::write(&secret, "a secret of some length").unwrap();
    let extra = ["--token-file", secret.to_str().unwrap()];
    let mut server = Server::start(&home.path().join("data"), None, &extra).unwrap();
    server.http.token = Some("a secret of some length".to_owned());
    let url = format!("http://{}", server.http.authority);

    write(&logs, "a", 0..5000);
    write(&logs, "b", 0..10);
    let first = push(&url, &logs, &[]);
    assert_eq!(
        (first["bytes"].as_u64(), first["points"].as_u64()),
        (Some(bytes(&logs)), Some(5010))
    );
    assert_eq!(push(&url, &logs, &[])["bytes"], 0, "nothing is sent twice");

    let before = bytes(&logs);
    write(&logs, "a", 5000..6000);
    write(&logs, "c", 0..1);
    assert_eq!(push(&url, &logs, &[])["bytes"].as_u64(), Some(bytes(&logs) - before));
    let there = runs(&server.http, "my-logs");
    assert_eq!(
        there,
        [("a".to_owned(), 6000), ("b".to_owned(), 10), ("c".to_owned(), 1)]
    );

    let refused = Command::new(program())
        .args(["push", "--to", &url])
        .arg(&logs)
        .env("GLASSBOARD_TOKEN", "another secret, a wrong one")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("token"), "{said}");
}

#[test]
fn push_goes_on_after_the_other_side_died() {
    let home = tempfile::tempdir().unwrap();
    let (logs, data) = (home.path().join("logs"), home.path().join("data"));
    write(&logs, "a", 0..100);
    let mut server = Server::start(&data, None, &[]).unwrap();
    let address = server.http.authority.clone();
    let mut pusher = Command::new(program())
        .args(["push", "--watch", "--to", &format!("http://{address}")])
        .arg(&logs)
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let arrived = |http: &Http, steps: i64| {
        let began = Instant::now();
        while runs(http, "logs") != [("a".to_owned(), steps)] {
            assert!(
                began.elapsed() < Duration::from_mins(1),
                "{:?} is not {steps}",
                runs(http, "logs")
            );
            thread::sleep(Duration::from_millis(20));
        }
    };
    arrived(&server.http, 100);
    for round in 1..4i64 {
        write(&logs, "a", round * 100..round * 100 + 50);
        // In the middle of whatever it does.
        thread::sleep(Duration::from_millis(round as u64 * 130));
        server.kill();
        write(&logs, "a", round * 100 + 50..(round + 1) * 100);
        server = Server::start(&data, None, &["--listen", &address]).unwrap();
        arrived(&server.http, (round + 1) * 100);
    }
    let _ = pusher.kill();
    let _ = pusher.wait();
}

#[test]
fn json_lines_are_written_once_and_wrong_ones_not_at_all() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(&home.path().join("data"), None, &[]).unwrap();
    let post = |query: &str, lines: &[Value]| {
        let body: Vec<String> = lines.iter().map(Value::to_string).collect();
        let path = format!("/api/v1/experiments/credit/log?run=seed-1{query}");
        let headers = [("Content-Type", "application/x-ndjson")];
        server
            .http
            .send("POST", &path, &headers, body.join("\n").as_bytes())
            .unwrap()
    };
    let config = json!({ "config": { "lr": 0.1, "optimizer": "adam" } });
    let first = json!({ "step": 1, "time": 1.7e9, "scalars": { "loss": 0.5, "auc": 0.7 }, "system": { "cpu": 12 } });
    let second = json!({ "step": 2, "time": 1.7e9, "scalars": { "loss": "NaN" }, "text": { "note": "**bold**" } });
    let said = post("&writer=w&batch=0", &[config, first, second.clone()]).json();
    assert_eq!(said, json!({ "experiment": "credit", "points": 5, "next": 1 }));
    let again = post("&writer=w&batch=0", std::slice::from_ref(&second)).json();
    assert_eq!(
        (again["points"].as_i64(), again["next"].as_i64()),
        (Some(0), Some(1)),
        "sent again, it is known"
    );

    let gap = post("&writer=w&batch=7", &[second]);
    assert_eq!((gap.status, gap.json()["next"].as_i64()), (409, Some(1)));
    let wrong = post(
        "",
        &[
            json!({ "step": 3, "scalars": { "loss": 1 } }),
            json!({ "scalars": { "loss": "high" } }),
        ],
    );
    assert_eq!(wrong.status, 400);
    assert!(
        wrong.json()["detail"]
            .as_str()
            .unwrap()
            .starts_with("Line 2: \"loss\" is"),
        "{}",
        wrong.text()
    );
    let kind = post("", &[json!({ "text": { "loss": "words" } })]);
    assert_eq!(kind.status, 400, "a tag keeps its kind");

    assert_eq!(runs(&server.http, "credit"), [("seed-1".to_owned(), 5)]);
    assert_eq!(
        post("", &[json!({ "step": 3, "scalars": { "loss": 1 } })]).json()["points"],
        1
    );
    let detail = server.http.get("/api/v1/experiments/credit/runs").unwrap().json();
    let id = detail["runs"][0]["id"].as_str().unwrap().to_owned();
    let run = server
        .http
        .get(&format!("/api/v1/experiments/credit/runs/{id}"))
        .unwrap()
        .json();
    assert_eq!(run["hparams"], json!({ "lr": 0.1, "optimizer": "adam" }));
}
