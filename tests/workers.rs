//! A worker that dies costs one job, with a message; the next job runs. And no worker outlives its server.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use glassboard_tests::{Http, Server, demo, digits};
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
    let model = fs::read(digits()).expect("a model");
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
    let method = if params["masks"].is_number() {
        "rise"
    } else {
        "occlusion"
    };
    let question = json!({"model": model, "input": input, "row": 0, "method": method, "params": params, "target": null,
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

/// More masks than any machine gets through in the few seconds of these tests.
fn long() -> Value {
    json!({"masks": 20_000})
}

#[test]
fn a_worker_killed_again_and_again_costs_one_job_and_the_next_one_runs() {
    let home = tempfile::tempdir().expect("a directory");
    let server = Server::start(home.path(), None, &[]).expect("a server");
    let (model, input) = upload(&server.http);
    let id = ask(&server.http, &model, &input, 1, &long());
    let ended = wait_for("its end", Duration::from_mins(1), || {
        for pid in children(server.pid()) {
            // It may have gone since the list was made.
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        let state = server.http.get(&format!("/api/v1/explanations/{id}")).ok()?.json();
        matches!(state["state"].as_str(), Some("done" | "failed")).then_some(state)
    });
    assert_eq!(ended["state"], "failed", "{ended}");
    let error = ended["error"].as_str().unwrap_or_default();
    assert!(
        error.contains("killed (signal 9)"),
        "the message says what happened: {ended}"
    );
    let id = ask(&server.http, &model, &input, 2, &json!({}));
    assert_eq!(outcome(&server.http, &id)["state"], "done", "the next job runs");
}

#[test]
fn a_job_over_its_time_names_the_flag_and_the_next_one_runs() {
    let home = tempfile::tempdir().expect("a directory");
    let server = Server::start(home.path(), None, &["--job-time", "3s"]).expect("a server");
    let (model, input) = upload(&server.http);
    let id = ask(&server.http, &model, &input, 1, &long());
    let ended = outcome(&server.http, &id);
    assert_eq!(ended["state"], "failed", "{ended}");
    let error = ended["error"].as_str().unwrap_or_default();
    assert!(error.contains("3 s") && error.contains("--job-time"), "{ended}");
    let reply = server.http.post(
        "/api/v1/predictions",
        &json!({"model": model, "input": input, "row": 0}),
    );
    let id = reply.expect("an answer").json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(outcome(&server.http, &id)["state"], "done", "the next job runs");
}

#[test]
fn a_job_over_its_memory_names_the_flag_and_the_next_one_runs() {
    let home = tempfile::tempdir().expect("a directory");
    let server = Server::start(home.path(), None, &["--worker-memory", "64MiB"]).expect("a server");
    let reply = server
        .http
        .put("/api/v1/inputs?name=wide", "wide.npy", &npy(14_000_000))
        .expect("an answer");
    assert_eq!(reply.status, 201, "{}", reply.text());
    let slug = reply.json()["input"].as_str().expect("a slug").to_owned();
    let job = reply.json()["job"].as_str().expect("a job").to_owned();
    let ended = wait_for("its end", Duration::from_mins(1), || {
        let job = server.http.get(&format!("/api/v1/jobs/{job}")).ok()?.json();
        matches!(job["state"].as_str(), Some("done" | "failed")).then_some(job)
    });
    assert_eq!(ended["state"], "failed", "{ended}");
    let error = ended["error"].as_str().unwrap_or_default();
    assert!(error.contains("64 MiB") && error.contains("--worker-memory"), "{ended}");
    let shown = server
        .http
        .get(&format!("/api/v1/inputs/{slug}"))
        .expect("an answer")
        .json();
    assert_eq!(shown["slug"], slug.as_str(), "the input is still there: {shown}");
    let small = server
        .http
        .put("/api/v1/inputs?name=small", "small.npy", &npy(12))
        .expect("an answer");
    assert_eq!(small.json()["kind"], "array", "the next job runs: {}", small.text());
}

/// An array file of `count` numbers.
fn npy(count: usize) -> Vec<u8> {
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': (1, {count}), }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend_from_slice(&(header.len() as u16).to_le_bytes());
    file.extend_from_slice(header.as_bytes());
    file.extend((0..count).flat_map(|i| (i as f32).to_le_bytes()));
    file
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
