//! Sentences from the outside: vocabularies, the command line, the API, the comparison with given outputs, reports.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use glassboard_tests::{Reply, Server, demo, program, root};
use serde_json::{Value, json};

const MODEL: &str = "generated-sentiment.onnx";
const VOCABULARY: &str = "generated-sentiment.vocab.json";
const SENTENCE: &str = "this quarter the company had strong growth and profit";

fn explain(model: &Path, tokenizer: &Path, more: &[&str]) -> Output {
    Command::new(program())
        .arg("explain")
        .arg(model)
        .arg("--tokenizer")
        .arg(tokenizer)
        .args(more)
        .output()
        .unwrap()
}

fn told(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_sentence_is_explained_from_the_command_line() {
    let (model, vocabulary) = (demo(&format!("models/{MODEL}")), demo(&format!("models/{VOCABULARY}")));
    let ask = |more: &[&str]| {
        let all = [&["--text", SENTENCE, "--json", "--on", "prob"], more].concat();
        told(&explain(&model, &vocabulary, &all))
    };
    let shapley = ask(&["--method", "shapley_tokens"]);
    let sum: f64 = shapley["attribution"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap())
        .sum();
    let target = shapley["target"].as_u64().unwrap() as usize;
    let p = shapley["probability"][target].as_f64().unwrap();
    assert!((shapley["base"].as_f64().unwrap() + sum - p).abs() < 1e-5, "{shapley}");
    assert_eq!(shapley["target_label"], "positive");
    let tokens = shapley["tokens"].as_array().unwrap();
    assert_eq!(
        (tokens.len(), tokens.iter().filter(|t| t["special"] == false).count()),
        (12, 9)
    );
    assert_eq!(
        (&tokens[5]["token"], &tokens[5]["from"], &tokens[5]["to"]),
        (&json!("strong"), &json!(29), &json!(35))
    );
    assert!(shapley["evidence"]["under"].as_array().unwrap().len() == 2);
    let first = ask(&[]);
    assert_eq!(first["method"], "token_integrated_gradients");
    assert_eq!(first, {
        let mut again = ask(&["--seed", "0"]);
        again["seconds"] = first["seconds"].clone();
        again
    });

    let why = |more: &[&str]| {
        let output = explain(&model, &vocabulary, more);
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(why(&["--text", "a a a a a a a a a a a a a"]).contains("13 tokens, and the model takes at most 12"));
    assert!(why(&["--text", "  "]).contains("no sentence"));
    assert!(why(&["--text", SENTENCE, "--method", "occlusion"]).contains("reads tokens"));
    let mlp = explain(
        &demo("models/breast-cancer-mlp.onnx"),
        &vocabulary,
        &["--text", SENTENCE],
    );
    assert!(String::from_utf8_lossy(&mlp.stderr).contains("does not"), "{mlp:?}");
}

#[test]
fn an_encoder_of_three_inputs_takes_a_tokenizer_json() {
    let folder = root().join("tests/fixtures/text");
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    for case in cases {
        for method in [
            "token_integrated_gradients",
            "attention_rollout",
            "partition_shap_tokens",
            "lime_text",
        ] {
            let sentence = case["sentence"].as_str().unwrap();
            let output = explain(
                &folder.join("encoder.onnx"),
                &folder.join("tokenizer.json"),
                &["--text", sentence, "--method", method, "--json"],
            );
            let answer = told(&output);
            let ids: Vec<&Value> = answer["tokens"].as_array().unwrap().iter().map(|t| &t["id"]).collect();
            assert_eq!(ids, case["ids"].as_array().unwrap().iter().collect::<Vec<_>>());
            for (have, want) in answer["prediction"]
                .as_array()
                .unwrap()
                .iter()
                .zip(case["logits"].as_array().unwrap())
            {
                assert!((have.as_f64().unwrap() - want.as_f64().unwrap()).abs() < 1e-5);
            }
            let values = answer["attribution"].as_array().unwrap();
            let marked = |at: usize| answer["tokens"][at]["special"] == true;
            assert!(marked(0) && marked(values.len() - 1));
            if !method.starts_with("attention") {
                assert_eq!(values[0], 0.0, "marks of the tokenizer are never taken away");
            }
        }
    }
}

fn ready(server: &Server, slug: &str) {
    let until = Instant::now() + Duration::from_secs(30);
    while server.http.get(&format!("/api/v1/models/{slug}")).unwrap().json()["state"] != "ready" {
        assert!(Instant::now() < until, "the model is not read");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Follows an address until its state is an end.
fn ended(server: &Server, path: &str) -> Value {
    let until = Instant::now() + Duration::from_mins(1);
    loop {
        let now = server.http.get(path).unwrap().json();
        match now["state"].as_str() {
            Some("queued" | "running") if Instant::now() < until => std::thread::sleep(Duration::from_millis(50)),
            _ => return now,
        }
    }
}

fn fine(reply: &Reply) -> Value {
    assert!(reply.status < 300, "{}", reply.text());
    reply.json()
}

#[test]
fn vocabulary_input_prediction_explanation_report() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), None, &[]).unwrap();
    let http = &server.http;
    let model = std::fs::read(demo(&format!("models/{MODEL}"))).unwrap();
    let words = std::fs::read(demo(&format!("models/{VOCABULARY}"))).unwrap();
    let slug = fine(&http.put("/api/v1/models", MODEL, &model).unwrap())["model"]
        .as_str()
        .unwrap()
        .to_owned();
    ready(&server, &slug);
    let base = format!("/api/v1/models/{slug}");
    let predict = |text: &str| {
        http.post("/api/v1/predictions", &json!({ "model": slug, "text": text }))
            .unwrap()
    };
    assert!(
        predict(SENTENCE).text().contains("no vocabulary"),
        "before there is one"
    );

    // A vocabulary that is none is refused with its reason and changes nothing.
    let bad = http.put(&format!("{base}/vocabulary"), "v.txt", b"one\none\n").unwrap();
    assert!(
        bad.status == 400 && bad.text().contains("`one` twice"),
        "{}",
        bad.text()
    );
    let given = fine(
        &http
            .put(&format!("{base}/vocabulary?name={VOCABULARY}"), VOCABULARY, &words)
            .unwrap(),
    );
    assert_eq!((&given["kind"], &given["tokens"]), (&json!("words"), &json!(62)));
    assert_eq!(given["preprocess"]["labels"], json!(["negative", "positive"]));

    // Nobody names another file as the vocabulary, nor its place.
    let set = |preprocess: &Value| {
        let headers = [("content-type", "application/json")];
        http.send(
            "PUT",
            &format!("{base}/preprocess"),
            &headers,
            preprocess.to_string().as_bytes(),
        )
        .unwrap()
    };
    let mut other = given["preprocess"].clone();
    other["text"]["vocabulary"] = json!("0".repeat(64));
    assert_eq!(set(&other).status, 400);
    let mut place = given["preprocess"].clone();
    place["vocabulary_file"] = json!({ "from": "blob", "hash": "x", "path": "/etc/passwd" });
    assert_eq!(set(&place).status, 400);
    assert_eq!(set(&given["preprocess"]).status, 200);

    let now = fine(&predict(SENTENCE));
    assert_eq!(
        (&now["top"][0], &now["tokens"][5]["token"]),
        (&json!(1), &json!("strong"))
    );
    let flipped = fine(&predict("the loan default is bad and the borrower missed"));
    assert_eq!(flipped["top"][0], 0);

    let text = format!("the results are not good\n{SENTENCE}\n");
    let input = fine(
        &http
            .put(
                &format!("/api/v1/inputs?name=reviews&model={slug}&kind=text"),
                "r",
                text.as_bytes(),
            )
            .unwrap(),
    );
    assert_eq!((&input["kind"], &input["rows"]), (&json!("text"), &json!(2)));
    for page in ["tokens", "attention", "metrics"] {
        let html = http
            .get(&format!(
                "/explain/{slug}/{}/{page}?row=1",
                input["slug"].as_str().unwrap()
            ))
            .unwrap();
        assert!(html.status == 200 && html.text().contains(SENTENCE), "{page}");
    }
    let methods = http.get(&format!("/api/v1/methods?model={slug}")).unwrap().json();
    for method in methods.as_array().unwrap() {
        assert_eq!(method["applies"], method["scope"] == "text", "{}", method["name"]);
    }
    for method in ["lime_text", "token_integrated_gradients", "gradient_x_attention"] {
        let asked = json!({ "model": slug, "input": input["slug"], "row": 1, "method": method, "on": "prob" });
        let id = fine(&http.post("/api/v1/explanations", &asked).unwrap())["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/api/v1/explanations/{id}");
        let answer = ended(&server, &path);
        assert_eq!(
            (&answer["state"], &answer["sentence"]),
            (&json!("done"), &json!(SENTENCE)),
            "{answer}"
        );
        let report = http.get(&format!("{path}/report")).unwrap();
        assert_eq!(report.status, 200);
        made_again(&report.text(), &given["preprocess"], &model, &words);
    }
}

/// The command that the report prints writes the report.
fn made_again(report: &str, preprocess: &Value, model: &[u8], words: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        (MODEL, model),
        (VOCABULARY, words),
        ("preprocess.json", preprocess.to_string().as_bytes()),
    ] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let from = report.find("<pre>glassboard explain").unwrap() + "<pre>glassboard ".len();
    let line = report[from..from + report[from..].find("</pre>").unwrap()].replace("&#39;", "'");
    let done = Command::new("sh")
        .current_dir(folder.path())
        .arg("-c")
        .arg(format!("{} {line}", program().display()))
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    let again = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(again == report, "{line} writes another report");
}

#[test]
fn given_outputs_of_sentences_are_compared() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), None, &[]).unwrap();
    let http = &server.http;
    let folder = root().join("tests/fixtures/text");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let slug = fine(
        &http
            .put("/api/v1/models", "encoder.onnx", &read("encoder.onnx"))
            .unwrap(),
    )["model"]
        .as_str()
        .unwrap()
        .to_owned();
    ready(&server, &slug);
    let base = format!("/api/v1/models/{slug}");
    fine(
        &http
            .put(
                &format!("{base}/vocabulary?name=tokenizer.json"),
                "tokenizer.json",
                &read("tokenizer.json"),
            )
            .unwrap(),
    );
    let cases: Vec<Value> = serde_json::from_slice(&read("expected.json")).unwrap();
    let table = |off: f64| {
        let mut csv = String::from("text,prediction_0,prediction_1\n");
        for case in &cases {
            let logit = |i: usize| case["logits"][i].as_f64().unwrap() + off;
            csv += &format!("{},{},{}\n", case["sentence"].as_str().unwrap(), logit(0), logit(1));
        }
        csv
    };
    let compare = |name: &str, off: f64| {
        let path = format!("{base}/parity?name={name}&tolerance=0.0001");
        fine(&http.put(&path, name, table(off).as_bytes()).unwrap());
        ended(&server, &format!("{base}/parity"))
    };
    let right = compare("right.csv", 0.0);
    assert_eq!(
        (&right["agrees"], &right["compared"]),
        (&json!(true), &json!(3)),
        "{right}"
    );
    let wrong = compare("wrong.csv", 0.5);
    assert_eq!(wrong["agrees"], false, "{wrong}");
}
