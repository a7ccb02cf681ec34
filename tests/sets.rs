//! Concepts and influence of training rows, over the API and from the command line: the same answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use glassboard_tests::{Random, Server, program, root};
use serde_json::{Value, json};

fn model(name: &str) -> PathBuf {
    root().join("tests/fixtures/goldens/models").join(name)
}

/// Pictures of 8 x 8 in the layout of numpy; `bright` of their left columns are white.
fn pictures(count: usize, bright: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let head = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({count}, 1, 8, 8), }}");
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    let padded = format!("{head:<117}\n");
    out.extend_from_slice(&u16::try_from(padded.len()).unwrap().to_le_bytes());
    out.extend_from_slice(padded.as_bytes());
    for at in 0..count * 64 {
        let value = random.below(1000) as f32 / 1000.0;
        let value = if at % 8 < bright { 1.0 } else { value };
        out.extend_from_slice(&value.to_le_bytes());
    }
    out
}

/// Rows of ten numbers with a label each.
fn table(count: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut out = (0..10).fold(String::new(), |mut head, i| {
        write!(head, "f{i},").unwrap();
        head
    });
    out += "label\n";
    for _ in 0..count {
        for _ in 0..10 {
            write!(out, "{},", random.below(4000) as f64 / 1000.0 - 2.0).unwrap();
        }
        out += if random.below(2) == 0 {
            "benign\n"
        } else {
            "malignant\n"
        };
    }
    out.into_bytes()
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !done() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn explained(server: &Server, question: &Value) -> Value {
    let asked = server.http.post("/api/v1/explanations", question).unwrap().json();
    let id = asked["id"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    let mut now = Value::Null;
    until("the answer", || {
        now = server.http.get(&format!("/api/v1/explanations/{id}")).unwrap().json();
        !matches!(now["state"].as_str(), Some("queued" | "running"))
    });
    assert_eq!(now["state"], "done", "{now}");
    now
}

fn upload(server: &Server, name: &str, bytes: &[u8]) -> String {
    let made = server.http.put("/api/v1/inputs", name, bytes).unwrap().json();
    made["slug"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

fn put_model(server: &Server, path: &Path, of: Option<&str>) -> String {
    let address = of.map_or_else(
        || "/api/v1/models".to_owned(),
        |of| format!("/api/v1/models?checkpoint_of={of}"),
    );
    let name = path.file_name().unwrap().to_str().unwrap();
    let made = server
        .http
        .put(&address, name, &std::fs::read(path).unwrap())
        .unwrap()
        .json();
    let slug = made["model"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    until("the model", || {
        let now = server.http.get(&format!("/api/v1/models/{slug}")).unwrap().json();
        let all = now["checkpoints"].as_array().unwrap();
        all.iter().all(|c| c["state"] == "ready")
    });
    slug
}

fn command(folder: &Path, words: &[&str]) -> Value {
    let done = Command::new(program())
        .current_dir(folder)
        .args(words)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    serde_json::from_slice(&done.stdout).unwrap()
}

/// The report of an answer says how to make it again, and the command it prints does, byte for byte.
fn again(server: &Server, id: &str, model: &Path, folder: &Path) {
    let report = server
        .http
        .get(&format!("/api/v1/explanations/{id}/report"))
        .unwrap()
        .text();
    let from = report
        .find("<pre>glassboard ")
        .unwrap_or_else(|| panic!("no command: {report}"))
        + "<pre>glassboard ".len();
    let line = report[from..from + report[from..].find("</pre>").unwrap()]
        .replace("&#39;", "'")
        .replace("&#62;", ">");
    let name = model.file_name().unwrap();
    let to = folder.join(name);
    if !to.exists() {
        std::fs::copy(model, &to).unwrap();
    }
    let done = Command::new("sh")
        .current_dir(folder)
        .args(["-c", &format!("{} {line}", program().display())])
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    let written = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(written == report, "{line}: another report");
}

#[test]
fn a_concept_is_asked_over_the_api_and_from_the_command_line() {
    let files = [
        ("asked.npy", pictures(12, 0, 1)),
        ("concept.npy", pictures(20, 2, 2)),
        ("random.npy", pictures(40, 0, 3)),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in &files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let cnn = model("cnn8.onnx");
    let words = [
        "explain",
        cnn.to_str().unwrap(),
        "asked.npy",
        "--method",
        "tcav",
        "--target",
        "3",
        "--concept",
        "concept.npy",
        "--random",
        "random.npy",
        "--param",
        "runs=6",
        "--seed",
        "5",
        "--json",
    ];
    let said = command(folder.path(), &words);
    assert!(said["found"]["cav_accuracy"].as_f64().unwrap() > 0.95, "{said}");
    let apart = said["found"]["p_value"].as_f64().is_some_and(|p| p < 0.05);
    assert_eq!(
        said["found"]["verdict"],
        if apart { "apart_from_chance" } else { "not_told_apart" }
    );
    assert_eq!(said["found"]["concept_scores"].as_array().unwrap().len(), 6);
    assert_eq!(said["sentences"].as_array().unwrap().len(), 3, "{said}");

    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), None, &[]).unwrap();
    let slug = put_model(&server, &cnn, None);
    let names: Vec<String> = files.iter().map(|(name, bytes)| upload(&server, name, bytes)).collect();
    let mut question = json!({ "model": slug, "input": names[0], "method": "tcav", "target": 3, "params": { "runs": 6 }, "seed": 5,
        "concept": { "input": names[1] }, "random": { "input": names[2] } });
    let answer = explained(&server, &question);
    assert_eq!(answer["found"], said["found"], "the same question, the same answer");
    let id = answer["id"].as_str().unwrap();
    let arrays = server
        .http
        .get(&format!("/api/v1/explanations/{id}/attribution?format=npz"))
        .unwrap();
    assert_eq!(arrays.status, 200, "{}", arrays.text());

    again(&server, id, &cnn, folder.path());

    // Another set is another question.
    question["random"]["rows"] = json!({ "from": 0, "count": 20 });
    assert_eq!(explained(&server, &question)["found"]["random_rows"], 20);
    question["random"] = Value::Null;
    let asked = server.http.post("/api/v1/explanations", &question).unwrap().json();
    let id = asked["id"].as_str().unwrap().to_owned();
    let mut now = Value::Null;
    until("the failure", || {
        now = server.http.get(&format!("/api/v1/explanations/{id}")).unwrap().json();
        now["state"] == "failed"
    });
    assert!(
        now["error"].as_str().unwrap().contains("a set called `random`"),
        "{now}"
    );
}

#[test]
fn influence_runs_over_the_checkpoints_of_a_model() {
    let (train, test) = (table(30, 4), table(4, 5));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("train.csv"), &train).unwrap();
    std::fs::write(folder.path().join("test.csv"), &test).unwrap();
    let (first, last) = (model("mlp10_ck0.onnx"), model("mlp10_ck1.onnx"));
    let (first, last) = (first.to_str().unwrap(), last.to_str().unwrap());
    let words = [
        "explain",
        last,
        "test.csv",
        "--method",
        "tracin",
        "--rows",
        "0..4",
        "--training",
        "train.csv",
        "--checkpoint",
        first,
        "--checkpoint",
        last,
        "--learning-rate",
        "0.5",
        "--json",
    ];
    let said = command(folder.path(), &words);
    assert_eq!(said["found"]["learning_rates"], json!([0.5, 0.5]));
    let rows = said["found"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    assert!(rows[0]["helpful"][0]["influence"].as_f64().unwrap() > 0.0, "{said}");
    assert!(rows[0]["harmful"][0]["influence"].as_f64().unwrap() < 0.0, "{said}");

    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), None, &[]).unwrap();
    let slug = put_model(&server, Path::new(first), None);
    put_model(&server, Path::new(last), Some(&slug));
    let (train, test) = (upload(&server, "train.csv", &train), upload(&server, "test.csv", &test));
    let known = server.http.get(&format!("/api/v1/models/{slug}")).unwrap().json();
    let steps: Vec<Value> = known["checkpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| json!({ "checkpoint": c["hash"], "learning_rate": 0.5 }))
        .collect();
    let mut question = json!({ "model": slug, "input": test, "rows": "all", "method": "tracin",
        "training": { "input": train }, "checkpoints": steps });
    assert_eq!(
        explained(&server, &question)["found"],
        said["found"],
        "the same question, the same answer"
    );

    // One row; all checkpoints, as none are named; only some of the training rows.
    question["rows"] = Value::Null;
    question["row"] = json!(2);
    question["checkpoints"] = Value::Null;
    question["training"]["filter"] = json!("f0 > 0");
    let one = explained(&server, &question);
    assert_eq!(one["found"]["checkpoints"], 2);
    assert_eq!(one["found"]["rows"][0]["row"], 2);
    assert!(one["found"]["training_rows"].as_u64().unwrap() < 30, "{one}");
    std::fs::copy(first, folder.path().join("mlp10_ck0.onnx")).unwrap();
    again(&server, one["id"].as_str().unwrap(), Path::new(last), folder.path());
}
