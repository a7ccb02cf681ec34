//! A report says how to make it again, and the command it prints does: byte for byte.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use glassboard_tests::{Server, demo, digits, program};
use serde_json::{Value, json};

const MODEL: &str = "breast-cancer-lightgbm.txt";
const TABLE: &str = "breast-cancer.csv";

/// Asks and waits for the end.
fn explained(server: &Server, question: &Value) -> String {
    let asked = server.http.post("/api/v1/explanations", question).unwrap().json();
    let id = asked["id"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    let until = Instant::now() + Duration::from_mins(1);
    loop {
        let now = server.http.get(&format!("/api/v1/explanations/{id}")).unwrap().json();
        match now["state"].as_str() {
            Some("done") => return id,
            Some("queued" | "running") if Instant::now() < until => std::thread::sleep(Duration::from_millis(50)),
            _ => panic!("{now}"),
        }
    }
}

/// The command in a report, as a shell would read it.
fn printed(report: &str) -> Vec<String> {
    let from = report.find("<pre>glassboard explain").unwrap() + "<pre>".len();
    let text = &report[from..from + report[from..].find("</pre>").unwrap()];
    text.split(' ').skip(1).map(str::to_owned).collect()
}

fn run(folder: &Path, words: &[String]) {
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
}

/// Asks for the report, runs the printed command beside the files, and compares. Gives the report, and the arrays as the
/// command wrote them.
fn made_again(server: &Server, question: &Value, files: &[(&str, &[u8])]) -> (String, Vec<u8>) {
    let id = explained(server, question);
    let report = server.http.get(&format!("/api/v1/explanations/{id}/report")).unwrap();
    assert_eq!(report.status, 200, "{question}: {}", report.text());

    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let mut words = printed(&report.text());
    words.extend(["--out".to_owned(), "arrays.npz".to_owned()]);
    run(folder.path(), &words);
    let again = std::fs::read(folder.path().join("report.html")).unwrap();
    assert!(again == report.body, "{question}: another report");
    let arrays = std::fs::read(folder.path().join("arrays.npz")).unwrap();
    (report.text(), arrays)
}

/// The same for rows of a table, whose arrays the server writes as the command does.
fn rows_made_again(server: &Server, question: &Value, files: &[(&str, &[u8])]) -> String {
    let (report, again) = made_again(server, question, files);
    let id = explained(server, question);
    let arrays = server
        .http
        .get(&format!("/api/v1/explanations/{id}/attribution?format=npz"))
        .unwrap();
    assert!(again == arrays.body, "{question}: other arrays");
    report
}

#[test]
fn the_printed_command_writes_the_same_bytes() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), None, &[]).unwrap();
    let (model, table) = (
        std::fs::read(demo(&format!("models/{MODEL}"))).unwrap(),
        std::fs::read(demo(&format!("inputs/{TABLE}"))).unwrap(),
    );
    let made = server.http.put("/api/v1/models", MODEL, &model).unwrap().json();
    let slug = made["model"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let input = server.http.put("/api/v1/inputs", TABLE, &table).unwrap().json();
    let input = input["slug"].as_str().unwrap_or_else(|| panic!("{input}")).to_owned();
    let until = Instant::now() + Duration::from_secs(30);
    while server.http.get(&format!("/api/v1/models/{slug}")).unwrap().json()["state"] != "ready" {
        assert!(Instant::now() < until, "the model is not read");
        std::thread::sleep(Duration::from_millis(50));
    }

    let one = |method: &str, on: &str| json!({ "model": slug, "input": input, "row": 7, "method": method, "on": on, "seed": 3 });
    let all =
        |method: &str| json!({ "model": slug, "input": input, "rows": "all", "method": method, "evidence": "none" });
    let asked = [
        one("tree_shap", "logit"),
        one("leverage_shap", "prob"),
        one("lime_tabular", "prob"),
        one("counterfactuals", "prob"),
        all("tree_shap"),
        json!({ "model": slug, "input": input, "method": "performance", "on": "prob" }),
    ];
    let files: [(&str, &[u8]); 2] = [(MODEL, &model), (TABLE, &table)];
    for question in asked {
        rows_made_again(&server, &question, &files);
    }

    // What was said of the table goes with the report, and so does preprocessing that was given.
    let edit = json!({ "kinds": { "mean area": "number" }, "target": "" });
    let edited = server
        .http
        .send(
            "PATCH",
            &format!("/api/v1/inputs/{input}"),
            &[("content-type", "application/json")],
            edit.to_string().as_bytes(),
        )
        .unwrap();
    assert_eq!(edited.status, 200, "{}", edited.text());
    let said = r#"{"columns":{"mean area":{"kind":"number"}},"label_order":"sorted","target":""}"#;
    let page = rows_made_again(
        &server,
        &one("tree_shap", "logit"),
        &[(MODEL, &model), (TABLE, &table), ("table.json", said.as_bytes())],
    );
    assert!(page.contains("How the table was read"), "the edits are in the report");
}

/// Rows come in parts whose size depends on the machine; their answers do not.
#[test]
fn rows_asked_together_are_the_rows_asked_alone() {
    let folder = tempfile::tempdir().unwrap();
    let told = |method: &str, which: [&str; 2]| -> Value {
        let out = Command::new(program())
            .current_dir(folder.path())
            .arg("explain")
            .args([demo(&format!("models/{MODEL}")), demo(&format!("inputs/{TABLE}"))])
            .args(["--method", method, "--on", "prob", "--evidence", "none", "--json"])
            .args(which)
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{method}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        serde_json::from_slice(&out.stdout).unwrap()
    };
    for method in ["lime_tabular", "counterfactuals", "anchors"] {
        // The first part has four rows, so that seven are two parts at least.
        let all = told(method, ["--rows", "0..7"]);
        let all = all["found"]["rows"]
            .as_array()
            .unwrap_or_else(|| panic!("{all}"))
            .clone();
        assert_eq!(all.len(), 7, "{method}");
        for row in [0, 5, 6] {
            let one = told(method, ["--row", &row.to_string()]);
            assert_eq!(one["found"]["rows"][0], all[row], "{method}, row {row}");
        }
    }
}

/// The picture, the map over it, its regions and its evidence are in the file, and the mask goes along.
#[test]
fn the_report_of_a_picture_holds_its_pictures_and_is_made_again() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), None, &[]).unwrap();
    let (file, picture) = (
        std::fs::read(digits()).unwrap(),
        std::fs::read(demo("inputs/digit-5-held003.png")).unwrap(),
    );
    let made = server.http.put("/api/v1/models", "digits.onnx", &file).unwrap().json();
    let model = made["model"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let input = server.http.put("/api/v1/inputs", "five.png", &picture).unwrap().json();
    let input = input["slug"].as_str().unwrap_or_else(|| panic!("{input}")).to_owned();
    let until = Instant::now() + Duration::from_secs(30);
    while server.http.get(&format!("/api/v1/models/{model}")).unwrap().json()["state"] != "ready" {
        assert!(Instant::now() < until, "the model is not read");
        std::thread::sleep(Duration::from_millis(50));
    }
    let files: [(&str, &[u8]); 2] = [("digits.onnx", &file), ("five.png", &picture)];
    let one = |method: &str, more: Value| {
        let mut question = json!({ "model": model, "input": input, "method": method, "seed": 3 });
        question
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        question
    };
    for method in ["integrated_gradients", "grad_cam", "lime_image", "rise"] {
        let (page, _) = made_again(&server, &one(method, json!({})), &files);
        assert_eq!(
            page.matches("href=\"data:image/png;base64,").count(),
            2,
            "{method}: the picture, and the map over it"
        );
        assert!(
            page.contains("Region of like colour") && page.contains("Pixel flipping"),
            "{method}"
        );
    }

    // How much was weighed is part of the command.
    let (page, _) = made_again(&server, &one("grad_cam", json!({ "evidence": "all" })), &files);
    assert!(page.contains("--evidence all"), "the level is named");

    // The picture itself serves as a mask: its ink is the object.
    let mask = BASE64.encode(&picture);
    let asked = one("saliency", json!({ "mask": format!("data:image/png;base64,{mask}") }));
    let with_mask: [(&str, &[u8]); 3] = [files[0], files[1], ("mask.png", &picture)];
    let (page, _) = made_again(&server, &asked, &with_mask);
    assert!(
        page.contains("--mask mask.png") && page.contains(&mask),
        "the mask can be saved from the report"
    );
    assert!(page.contains("Pointing game"), "what was measured of the mask");

    // Weights of another file in the model's graph: the command names both files, and the right ones.
    let early = "digits-resnet-epoch-01.safetensors";
    let weights = std::fs::read(demo(&format!("models/{early}"))).unwrap();
    let put = server
        .http
        .put(&format!("/api/v1/models?name={model}"), early, &weights)
        .unwrap()
        .json();
    assert!(put["model"].is_string(), "{put}");
    let checkpoint = loop {
        assert!(Instant::now() < until, "the weights are not read");
        let detail = server.http.get(&format!("/api/v1/models/{model}")).unwrap().json();
        let ready = |c: &&Value| c["state"] == "ready" && c["hash"] == blake3::hash(&weights).to_hex().as_str();
        if let Some(found) = detail["checkpoints"].as_array().unwrap().iter().find(ready) {
            break found["id"].clone();
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let with_weights: [(&str, &[u8]); 3] = [files[0], files[1], (early, &weights)];
    let (page, _) = made_again(
        &server,
        &one("saliency", json!({ "checkpoint": checkpoint })),
        &with_weights,
    );
    assert!(
        page.contains(&format!("explain digits.onnx five.png --weights {early}")),
        "the files are named"
    );
    let (page, _) = made_again(&server, &one("saliency", json!({ "checkpoint": "1" })), &files);
    assert!(!page.contains("--weights"), "its own weights need no name");

    // A mask that can tell no map from another fails nothing.
    let all = one("saliency", json!({ "mask": [[1]] }));
    let answer = server
        .http
        .get(&format!("/api/v1/explanations/{}", explained(&server, &all)))
        .unwrap()
        .json();
    assert!(
        answer["sentences"].to_string().contains("marks nothing or everything"),
        "{answer}"
    );
    assert!(answer["evidence"]["picture"]["localisation"].is_null());
    let id = answer["id"].as_str().unwrap();
    let report = server
        .http
        .get(&format!("/api/v1/explanations/{id}/report"))
        .unwrap()
        .text();
    assert!(
        !report.contains("<pre>glassboard "),
        "a mask that is no file has no flag: the question is told"
    );
}
