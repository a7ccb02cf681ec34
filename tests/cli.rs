//! The command line as a script meets it: `--json` shapes and exit codes.

use std::process::{Command, Output};

use glassboard_tests::{EventFile, Server, demo, digits, program};
use serde_json::Value;

fn glassboard(arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).output().expect("it starts")
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object on stdout, and nothing else")
}

#[test]
fn bad_usage_is_exit_code_two() {
    assert_eq!(glassboard(&["serve", "--no-such-flag"]).status.code(), Some(2));
    assert_eq!(glassboard(&["no-such-verb"]).status.code(), Some(2));
    for (flag, value, word) in [
        ("--worker-memory", "plenty", "512MiB"),
        ("--worker-memory", "1MiB", "64 MiB"),
        ("--job-time", "soon", "30m"),
        ("--workers", "0", "1..=64"),
    ] {
        for verb in ["serve", "demo"] {
            let output = glassboard(&[verb, flag, value]);
            assert_eq!(output.status.code(), Some(2), "{verb} {flag} {value}");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                said.contains(flag) && said.contains(word),
                "{verb} {flag} {value}: {said}"
            );
        }
    }
}

#[test]
fn a_missing_file_is_exit_code_one_and_a_sentence_that_names_it() {
    for verb in ["inspect", "import"] {
        let output = glassboard(&[verb, "/no/such/file"]);
        assert_eq!(output.status.code(), Some(1), "{verb}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("/no/such/file"),
            "{verb}: {output:?}"
        );
        assert!(output.stdout.is_empty(), "{verb} printed to stdout");
    }
}

#[test]
fn import_says_what_it_stored_and_the_second_time_stores_nothing_new() {
    let home = tempfile::tempdir().expect("a directory");
    let log = home.path().join("logs/a/events.out.tfevents.1.x");
    EventFile::create(&log)
        .expect("a log")
        .scalars("loss", 0..300, 1.0)
        .expect("points");
    let (data, logs) = (home.path().join("data"), home.path().join("logs"));
    let arguments = [
        "import",
        logs.to_str().expect("utf-8"),
        "--json",
        "--data-dir",
        data.to_str().expect("utf-8"),
    ];
    let first = json(&glassboard(&arguments));
    assert_eq!(first["points"], 300, "{first}");
    assert_eq!(first["runs"][0]["name"], "a", "{first}");
    assert_eq!(first["runs"][0]["series"][0]["tag"], "loss", "{first}");
    let second = json(&glassboard(&arguments));
    assert_eq!(second["points"], 300, "what is stored: {second}");
    assert_eq!(second["added_points"], 0, "read twice: {second}");
    assert_eq!(second["read_bytes"], 0, "read twice: {second}");
}

#[test]
fn import_into_a_served_directory_goes_through_the_server() {
    let home = tempfile::tempdir().expect("a directory");
    let log = home.path().join("logs/a/events.out.tfevents.1.x");
    EventFile::create(&log)
        .expect("a log")
        .scalars("loss", 0..50, 1.0)
        .expect("points");
    let secret = home.path().join("token");
    std::fs::write(&secret, "a-secret-of-more-than-sixteen-characters").expect("a token");
    let (data, logs) = (home.path().join("data"), home.path().join("logs"));
    // The owner of the directory needs no token: the key in the lock file is theirs.
    let mut server = Server::start(&data, None, &["--token-file", secret.to_str().expect("utf-8")]).expect("a server");
    let arguments = [
        "import",
        logs.to_str().expect("utf-8"),
        "--experiment",
        "mine",
        "--json",
        "--data-dir",
        data.to_str().expect("utf-8"),
    ];
    let first = json(&glassboard(&arguments));
    assert_eq!(
        (&first["points"], &first["added_points"]),
        (&50.into(), &50.into()),
        "{first}"
    );
    assert_eq!(first["runs"][0]["series"][0]["tag"], "loss", "{first}");
    let second = json(&glassboard(&arguments));
    assert_eq!(second["added_points"], 0, "read twice: {second}");

    let body = serde_json::json!({ "paths": [logs] });
    let stranger = server.http.post("/api/v1/imports", &body).expect("an answer");
    assert_eq!(stranger.status, 401, "{}", stranger.text());
    server.http.token = Some("a-secret-of-more-than-sixteen-characters".to_owned());
    let guest = server.http.post("/api/v1/imports", &body).expect("an answer");
    assert_eq!(
        guest.status,
        403,
        "who holds the token does not name paths: {}",
        guest.text()
    );
    let shown = server.http.get("/api/v1/experiments").expect("an answer").json();
    assert_eq!(shown["experiments"][0]["points"], 50, "{shown}");
}

#[test]
fn import_counts_the_files_of_nested_runs() {
    let home = tempfile::tempdir().expect("a directory");
    // Folder by folder is another order than that of the whole paths.
    for run in ["a", "a-b", "a/eval", "a.c"] {
        EventFile::create(&home.path().join("logs").join(run).join("events.out.tfevents.1.x"))
            .expect("a log")
            .scalars("loss", 0..10, 1.0)
            .expect("points");
    }
    let report = json(&glassboard(&[
        "import",
        home.path().join("logs").to_str().expect("utf-8"),
        "--json",
        "--data-dir",
        home.path().join("data").to_str().expect("utf-8"),
    ]));
    assert_eq!(
        (&report["points"], &report["added_points"]),
        (&40.into(), &40.into()),
        "{report}"
    );
    assert_eq!(report["bytes"], report["read_bytes"], "{report}");
}

#[test]
fn a_second_serve_names_the_first() {
    let home = tempfile::tempdir().expect("a directory");
    let first = Server::start(home.path(), None, &[]).expect("the first");
    let second = Server::start(home.path(), None, &[]).expect_err("refused");
    assert!(second.contains(&first.http.authority), "{second}");
    assert!(first.stop(), "SIGTERM ends it well");
    Server::start(home.path(), None, &[]).expect("free again");
}

#[test]
fn inspect_knows_every_kind_of_the_demos_files() {
    let model = json(&glassboard(&["inspect", digits().to_str().expect("utf-8"), "--json"]));
    assert_eq!(model["format"], "onnx");
    assert_eq!(model["graph"]["ops"]["Conv"], 8, "{}", model["graph"]);
    let tensors = model["tensors"].as_array().expect("tensors");
    let stem = tensors
        .iter()
        .find(|t| t["name"] == "stem.conv.weight")
        .expect("scoped names");
    assert_eq!((&stem["numel"], &stem["nan"]), (&144.into(), &0.into()));
    for (file, format) in [
        ("models/digits-resnet-epoch-01.safetensors", "safetensors"),
        ("models/digits-resnet-epoch-03.pt", "pytorch"),
    ] {
        let state = json(&glassboard(&["inspect", demo(file).to_str().expect("utf-8"), "--json"]));
        assert_eq!(state["format"], format);
        let names: Vec<_> = state["tensors"]
            .as_array()
            .expect("tensors")
            .iter()
            .map(|t| t["name"].clone())
            .collect();
        assert!(
            tensors.iter().all(|t| names.contains(&t["name"])),
            "{file} misses a tensor of the graph"
        );
    }
    let run = std::fs::read_dir(demo("runs/resnet-lr0.1"))
        .expect("a run")
        .flatten()
        .map(|f| f.path())
        .min()
        .expect("a file");
    let events = json(&glassboard(&["inspect", run.to_str().expect("utf-8"), "--json"]));
    assert_eq!(events["format"], "tfevents");
    let loss = events["tags"]
        .as_array()
        .expect("tags")
        .iter()
        .find(|t| t["tag"] == "train/loss")
        .expect("the loss");
    assert_eq!(loss["points"], 2000);
}

#[test]
fn inspect_describes_inputs_too() {
    let home = tempfile::tempdir().expect("a directory");
    let array = home.path().join("x.npy");
    std::fs::write(&array, npy(&[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0])).expect("written");
    let found = json(&glassboard(&["inspect", array.to_str().expect("utf-8"), "--json"]));
    assert_eq!(
        (&found["format"], &found["tensors"][0]["mean"]),
        (&"npy".into(), &2.5.into()),
        "{found}"
    );
    let picture = demo("inputs/digit-7-held000.png");
    let found = json(&glassboard(&["inspect", picture.to_str().expect("utf-8"), "--json"]));
    assert_eq!(
        (&found["format"], &found["kind"]),
        (&"png".into(), &"image".into()),
        "{found}"
    );
    assert!(found["width"].as_u64().is_some_and(|w| w > 0), "{found}");
    let table = demo("inputs/breast-cancer-held-out.csv");
    let found = json(&glassboard(&["inspect", table.to_str().expect("utf-8"), "--json"]));
    assert_eq!(found["format"], "csv", "{found}");
    assert!(found["columns"].as_array().is_some_and(|c| c.len() >= 30), "{found}");
}

#[test]
fn what_cannot_be_run_is_a_sentence_and_the_right_exit_code() {
    let home = tempfile::tempdir().expect("a directory");
    let pointer = home.path().join("model.onnx");
    let text = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n";
    std::fs::write(&pointer, text).expect("written");
    let weights = demo("models/digits-resnet-epoch-01.safetensors");
    let picture = demo("inputs/digit-7-held000.png");
    let text_input = home.path().join("a.txt");
    std::fs::write(&text_input, "words").expect("written");
    let (home, digits) = (home.path().to_str().expect("utf-8"), digits());
    let path = |path: &std::path::Path| path.to_str().expect("utf-8").to_owned();
    let (pointer, weights, picture) = (path(&pointer), path(&weights), path(&picture));
    let (digits, text_input) = (path(&digits), path(&text_input));
    let run = |model: &str| glassboard(&["run", model, "--inputs", home, "--outputs", home]);
    for (output, code, words) in [
        (run(&pointer), 1, "git lfs pull"),
        (glassboard(&["explain", &pointer, &picture]), 1, "git lfs pull"),
        (glassboard(&["inspect", &pointer]), 1, "git lfs pull"),
        (run(&weights), 3, "torch.onnx.export"),
        (glassboard(&["explain", &weights, &picture]), 3, "torch.onnx.export"),
        (run(&digits), 1, "input_0.npy"),
        (glassboard(&["explain", &digits, &text_input]), 3, "text inputs"),
        (
            glassboard(&["explain", &digits, &picture, "--method", "tarot"]),
            2,
            "tarot",
        ),
        (
            glassboard(&["explain", &digits, &picture, "--target", "eleven"]),
            2,
            "eleven",
        ),
    ] {
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(words), "`{words}` is not in: {said}");
        assert!(output.stdout.is_empty(), "{output:?}");
    }
}

/// An array file of float32.
fn npy(shape: &[usize], values: &[f32]) -> Vec<u8> {
    let shape = shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend_from_slice(&(header.len() as u16).to_le_bytes());
    file.extend_from_slice(header.as_bytes());
    file.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    file
}

#[test]
fn run_executes_a_model_on_arrays_of_a_folder() {
    let home = tempfile::tempdir().expect("a directory");
    let inputs = home.path().join("in");
    let outputs = home.path().join("out");
    std::fs::create_dir(&inputs).expect("made");
    let model = demo("models/breast-cancer-mlp.onnx");
    let facts = json(&glassboard(&["inspect", model.to_str().expect("utf-8"), "--json"]));
    let width = facts["graph"]["inputs"][0]["shape"][1].as_u64().expect("a width") as usize;
    std::fs::write(inputs.join("input_0.npy"), npy(&[2, width], &vec![0.5; 2 * width])).expect("written");
    let done = json(&glassboard(&[
        "run",
        model.to_str().expect("utf-8"),
        "--inputs",
        inputs.to_str().expect("utf-8"),
        "--outputs",
        outputs.to_str().expect("utf-8"),
        "--json",
    ]));
    assert_eq!(done["inputs"][0]["shape"], serde_json::json!([2, width]), "{done}");
    assert_eq!(done["outputs"][0]["shape"], serde_json::json!([2, 2]), "{done}");
    assert!(
        done["peak_bytes"].as_u64().is_some_and(|n| n > 0) && done["seconds"].is_number(),
        "{done}"
    );
    assert_eq!(
        &std::fs::read(outputs.join("output_0.npy")).expect("the output")[..6],
        b"\x93NUMPY"
    );
}

#[test]
fn explain_open_shows_the_page_of_the_server_that_runs() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().expect("a directory");
    let (browser, seen) = (home.path().join("browser"), home.path().join("seen"));
    std::fs::write(
        &browser,
        format!("#!/bin/sh\nprintf %s \"$1\" > '{}'\n", seen.display()),
    )
    .expect("written");
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o700)).expect("set");
    let data = home.path().join("data");
    let server = Server::start(&data, None, &[]).expect("a server");
    for (model, input, method, view) in [
        (digits(), demo("inputs/digit-7-held000.png"), "grad_cam", "attribution"),
        (
            demo("models/breast-cancer-mlp.onnx"),
            demo("inputs/breast-cancer-held-out.csv"),
            "saliency",
            "row",
        ),
    ] {
        let output = Command::new(program())
            .args([
                "explain",
                "--open",
                "--json",
                "--evidence",
                "none",
                "--method",
                method,
                "--data-dir",
            ])
            .args([&data, &model, &input])
            .env("BROWSER", &browser)
            .output()
            .expect("it starts");
        let answer = json(&output);
        let url = answer["url"].as_str().expect("an address").to_owned();
        assert_eq!(std::fs::read_to_string(&seen).expect("the browser was called"), url);
        let path = url
            .strip_prefix(&format!("http://{}", server.http.authority))
            .expect("this server");
        assert!(path.contains(&format!("/{view}?m={method}")), "{path}");
        let page = server.http.get(path).expect("the page");
        assert_eq!(page.status, 200, "{}", page.text());
    }
}

#[test]
fn explain_open_starts_a_server_where_none_runs() {
    let home = tempfile::tempdir().expect("a directory");
    let mut child = Command::new(program())
        .args(["explain", "--open", "--json", "--evidence", "none", "--data-dir"])
        .args([home.path(), &digits(), &demo("inputs/digit-7-held000.png")])
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("BROWSER")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().expect("stdout"));
    std::io::BufRead::read_line(&mut out, &mut line).expect("a line");
    let answer: Value = serde_json::from_str(&line).expect("JSON");
    let rest = answer["url"]
        .as_str()
        .expect("an address")
        .strip_prefix("http://")
        .expect("http");
    let (authority, path) = rest.split_once('/').expect("a path");
    let http = glassboard_tests::Http {
        authority: authority.to_owned(),
        token: None,
    };
    let page = http.get(&format!("/{path}"));
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!(page.expect("the page").status, 200);
}

#[test]
fn explain_writes_an_attribution_with_its_evidence() {
    let home = tempfile::tempdir().expect("a directory");
    let out = home.path().join("out.npz");
    let answer = json(&glassboard(&[
        "explain",
        digits().to_str().expect("utf-8"),
        demo("inputs/digit-7-held000.png").to_str().expect("utf-8"),
        "--method",
        "integrated_gradients",
        "--out",
        out.to_str().expect("utf-8"),
        "--json",
    ]));
    assert_eq!(answer["target"], 7, "{answer}");
    assert!(answer["passes"]["backward"].as_u64().is_some_and(|n| n > 0), "{answer}");
    assert!(
        answer["evidence"].as_object().is_some_and(|e| !e.is_empty()),
        "{answer}"
    );
    assert_eq!(&std::fs::read(out).expect("the npz")[..2], b"PK");
}

#[test]
fn explain_takes_a_row_of_a_table() {
    let answer = json(&glassboard(&[
        "explain",
        demo("models/breast-cancer-mlp.onnx").to_str().expect("utf-8"),
        demo("inputs/breast-cancer-held-out.csv").to_str().expect("utf-8"),
        "--row",
        "3",
        "--json",
    ]));
    assert_eq!(answer["prediction"].as_array().map(Vec::len), Some(2), "{answer}");
}

#[test]
fn trees_are_explained_by_their_own_method_and_by_the_tables_labels() {
    let asked = |model: &str, input: &str, extra: &[&str]| {
        let (model, input) = (demo(model), demo(input));
        let mut words = vec![
            "explain",
            model.to_str().expect("utf-8"),
            input.to_str().expect("utf-8"),
            "--row",
            "3",
        ];
        words.extend(extra);
        Command::new(program())
            .args(words)
            .arg("--json")
            .output()
            .expect("it starts")
    };
    let trees = |extra: &[&str]| asked("models/breast-cancer-lightgbm.txt", "inputs/breast-cancer.csv", extra);
    let one = json(&trees(&[]));
    assert_eq!(
        (one["method"].as_str(), one["target_label"].as_str()),
        (Some("tree_shap"), Some("benign"))
    );
    assert!(
        one["passes"]["forward"].as_u64() > Some(0) && one["sentences"].is_array(),
        "{one}"
    );
    assert_eq!(json(&trees(&["--target", "benign"]))["target"], 0);
    let refused = trees(&["--target", "malignant"]);
    assert_eq!(refused.status.code(), Some(2));
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("the other sign"), "{why}");
    let network = |extra: &[&str]| {
        asked(
            "models/breast-cancer-mlp.onnx",
            "inputs/breast-cancer-held-out.csv",
            extra,
        )
    };
    let both = network(&["--method", "permutation_shap", "--target", "all", "--evidence", "none"]);
    let both = json(&both);
    assert_eq!(both["target"], serde_json::json!([0, 1]), "{both}");
}

#[test]
fn the_demo_is_loaded_once_however_often_it_runs() {
    let home = tempfile::tempdir().expect("a directory");
    let start = || {
        let mut command = Command::new(program());
        command
            .args(["demo", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(home.path());
        Server::spawn(&mut command).expect("the demo")
    };
    let counts = |server: &Server| {
        let models = server.http.get("/api/v1/models").expect("models").json();
        let models = models["models"].as_array().expect("models").clone();
        let checkpoints: u64 = models.iter().filter_map(|m| m["checkpoints"].as_u64()).sum();
        let inputs = server.http.get("/api/v1/inputs").expect("inputs").json();
        assert!(models.iter().all(|m| m["state"] == "ready"), "{models:?}");
        (models.len(), checkpoints, inputs["inputs"].as_array().map(Vec::len))
    };
    let first = start();
    assert_eq!(counts(&first), (4, 8, Some(15)));
    let again = Command::new(program())
        .args(["demo", "--data-dir"])
        .arg(home.path())
        .output()
        .expect("it starts");
    assert!(
        again.status.success(),
        "a second demo beside the first is harmless: {again:?}"
    );
    assert!(
        String::from_utf8_lossy(&again.stdout).contains(&first.http.authority),
        "it names the first"
    );
    assert!(first.stop());
    assert_eq!(counts(&start()), (4, 8, Some(15)));
}

#[test]
fn compare_says_how_far_two_models_lie_apart() {
    let home = tempfile::tempdir().expect("a directory");
    let out = home.path().join("maps.npz");
    let model = digits();
    let model = model.to_str().expect("utf-8");
    let pictures = ["inputs/digit-7-held000.png", "inputs/digit-3-held001.png"].map(demo);
    let mut words = vec!["compare", model, model];
    words.extend(pictures.iter().map(|path| path.to_str().expect("utf-8")));
    words.extend([
        "--method",
        "saliency",
        "--draws",
        "3",
        "--json",
        "--out",
        out.to_str().expect("utf-8"),
    ]);
    let answer = json(&glassboard(&words));
    assert_eq!(
        (answer["measured"].as_u64(), answer["above"].as_u64()),
        (Some(2), Some(0)),
        "{answer}"
    );
    assert_eq!(answer["inputs"][0]["distance"], 0.0, "{answer}");
    assert_eq!(answer["null"]["count"], 12, "{answer}");
    assert_eq!(answer["inputs"][0]["target"], 7, "the arg-max of B: {answer}");
    assert_eq!(&std::fs::read(out).expect("the npz")[..2], b"PK");

    let said = |words: &[&str]| {
        let output = glassboard(words);
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let picture = pictures[0].to_str().expect("utf-8");
    let (code, why) = said(&["compare", model, model, picture, "--rows", "5..2"]);
    assert!(code == Some(2) && why.contains("A below B"), "{why}");
    let (code, why) = said(&["compare", model, model, picture, "--method", "tree_shap"]);
    assert!(code == Some(3) && why.contains("model A"), "{why}");
    let (code, why) = said(&["compare", model, model, "/no/such.png"]);
    assert!(code == Some(1) && why.contains("/no/such.png"), "{why}");
}

#[test]
fn compare_tells_figures_of_two_models_of_a_table() {
    let table = demo("inputs/breast-cancer-held-out.csv");
    let table = table.to_str().expect("utf-8");
    let models = ["models/breast-cancer-mlp.onnx", "models/breast-cancer-lightgbm.txt"].map(demo);
    let [a, b] = [&models[0], &models[1]].map(|path| path.to_str().expect("utf-8"));
    let answer = json(&glassboard(&[
        "compare",
        a,
        b,
        table,
        "--rows",
        "0..2",
        "--draws",
        "1",
        "--metrics",
        table,
        "--json",
    ]));
    assert_eq!(answer["method"], "permutation_shap", "{answer}");
    assert_eq!(answer["inputs"].as_array().map(Vec::len), Some(2), "{answer}");
    assert_eq!(answer["metrics"]["figures"][0]["name"], "accuracy", "{answer}");
}
