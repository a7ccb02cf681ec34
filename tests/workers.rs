//! A worker that dies costs one job, with a message; the next job runs. And no worker outlives its server.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use glassboard_tests::{Http, Server, demo};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

/// Children of a process, by Linux' own book.
fn children(parent: u32) -> Vec<i32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<i32>().ok()) else {
            continue;
        };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        // The name in brackets may hold spaces: state and parent follow the last bracket.
        let mut after = stat.rsplit(')').next().unwrap_or("").split_whitespace();
        let (state, ppid) = (after.next(), after.next());
        if state != Some("Z") && ppid == Some(parent.to_string().as_str()) {
            found.push(pid);
        }
    }
    found
}

fn alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn wait_for<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < limit, "{what}: not within {limit:?}");
        sleep(Duration::from_millis(20));
    }
}

fn upload(http: &Http) -> (String, String) {
    let model = fs::read(demo("models/digits-resnet-epoch27.onnx")).expect("a model");
    let made = http
        .put("/api/v1/models?name=digits", "digits.onnx", &model)
        .expect("an answer")
        .json();
    let model = made["model"].as_str().expect("a slug").to_owned();
    wait_for("the scan", Duration::from_mins(1), || {
        (http.get(&format!("/api/v1/models/{model}")).ok()?.json()["state"] == "ready").then_some(())
    });
    let picture = fs::read(demo("inputs/digit-3-held001.png")).expect("a picture");
    let made = http
        .put("/api/v1/inputs?name=three&keep=1", "three.png", &picture)
        .expect("an answer")
        .json();
    (model, made["input"].as_str().expect("a slug").to_owned())
}

fn ask(http: &Http, model: &str, input: &str, seed: u64, params: &Value) -> String {
    let question = json!({"model": model, "input": input, "row": 0, "method": "occlusion", "params": params, "target": null,
        "on": "logit", "baseline": "zeros", "seed": seed, "evidence": "all"});
    let reply = http.post("/api/v1/explanations", &question).expect("an answer");
    assert!(matches!(reply.status, 200 | 202), "{}", reply.text());
    reply.json()["id"].as_str().expect("an id").to_owned()
}

fn outcome(http: &Http, id: &str) -> Value {
    wait_for("the explanation", Duration::from_mins(2), || {
        let state = http.get(&format!("/api/v1/explanations/{id}")).ok()?.json();
        matches!(state["state"].as_str(), Some("done" | "failed" | "cancelled")).then_some(state)
    })
}

#[test]
fn a_killed_worker_costs_at_most_one_job_and_the_next_one_runs() {
    let home = tempfile::tempdir().expect("a directory");
    let server = Server::start(home.path(), None, &[]).expect("a server");
    let (model, input) = upload(&server.http);
    let id = ask(&server.http, &model, &input, 1, &json!({}));
    for pid in children(server.pid()) {
        kill(Pid::from_raw(pid), Signal::SIGKILL).expect("ours to kill");
    }
    let first = outcome(&server.http, &id);
    if first["state"] == "failed" {
        let error = first["error"].as_str().unwrap_or_default();
        assert!(error.contains("worker"), "the message says what happened: {first}");
    }
    let id = ask(&server.http, &model, &input, 2, &json!({}));
    assert_eq!(outcome(&server.http, &id)["state"], "done", "the next job runs");
}

#[test]
fn no_worker_outlives_a_killed_server() {
    let home = tempfile::tempdir().expect("a directory");
    let server = Server::start(home.path(), None, &[]).expect("a server");
    upload(&server.http);
    let workers = children(server.pid());
    assert!(!workers.is_empty(), "a scan ran without a worker");
    server.kill();
    wait_for("the workers' end", Duration::from_secs(10), || {
        workers.iter().all(|pid| !alive(*pid)).then_some(())
    });
}
