//! The JSON of every endpoint over one small data set, as snapshots: a field that goes, comes or
//! changes its name shows in a review. `INSTA_UPDATE=always cargo test -p glassboard-tests --test api`
//! writes them anew.
//!
//! Times, durations, ids and hashes are replaced, and numbers are rounded: kernels may differ in the
//! last digits between instruction sets.

use std::time::{Duration, Instant};

use glassboard_tests::{EventFile, Http, Reply, Server, root, strings};
use serde_json::{Map, Value, json};

/// Keys whose values are of the machine or the moment.
const OF_THE_MOMENT: [&str; 6] = [
    "seconds",
    "seconds_left",
    "engine_version",
    "instruction_set",
    "message",
    "root",
];
/// Longest list of numbers that is shown whole.
const SHOWN: usize = 6;

fn api(path: &str) -> String {
    format!("/api/v1{path}")
}

/// What is left of an answer that is the same everywhere and every day.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| {
                let of_the_moment = OF_THE_MOMENT.contains(&key.as_str()) && !value.is_null();
                let value = if of_the_moment {
                    json!(format!("[{key}]"))
                } else {
                    plain(value)
                };
                (key.clone(), value)
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) if items.len() > SHOWN && items.iter().all(|v| !v.is_object()) => {
            let mut shown: Vec<Value> = items[..SHOWN].iter().map(plain).collect();
            shown.push(json!(format!("[{} in all]", items.len())));
            shown.into()
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::String(text) => json!(plain_text(text)),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(micros), _) if micros > 1_500_000_000_000_000 => json!("[time]"),
            (None, Some(float)) => json!(format!("{float:.2e}").parse::<f64>().expect("a number")),
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

/// Hashes and ULIDs in a text are replaced.
fn plain_text(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        let hex = word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit());
        let ulid = word.len() == 26 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        out.push_str(if hex {
            "[hash]"
        } else if ulid {
            "[ulid]"
        } else {
            &word
        });
        word.clear();
        out.push(c);
    }
    out.pop();
    out
}

/// The status, the type and the body (of binary columns: their header) of an answer.
fn shown(reply: &Reply) -> Value {
    let kind = reply.header("content-type").unwrap_or("").to_owned();
    let body = if kind.contains("json") {
        plain(&reply.json())
    } else if reply.body.starts_with(b"GBC1") {
        let length = u32::from_le_bytes(reply.body[4..8].try_into().expect("four bytes")) as usize;
        plain(&serde_json::from_slice(&reply.body[8..8 + length]).expect("a JSON header"))
    } else if kind.starts_with("text/csv") {
        json!(reply.text().lines().take(3).collect::<Vec<_>>())
    } else if reply.body.is_empty() {
        Value::Null
    } else {
        let head: String = reply
            .body
            .iter()
            .take(6)
            .map(|b| char::from(*b))
            .filter(char::is_ascii_graphic)
            .collect();
        json!(format!("[a body that begins with {head}]"))
    };
    json!({ "status": reply.status, "type": kind, "body": body })
}

struct House {
    http: Http,
    _server: Server,
    _home: tempfile::TempDir,
}

impl House {
    fn get(&self, path: &str) -> Reply {
        self.http.get(&api(path)).expect("an answer")
    }

    fn post(&self, path: &str, body: &Value) -> Reply {
        self.http.post(&api(path), body).expect("an answer")
    }

    fn put(&self, path: &str, name: &str, file: &str) -> Reply {
        let bytes = std::fs::read(root().join("tests/fixtures").join(file)).expect("a fixture");
        self.http.put(&api(path), name, &bytes).expect("an answer")
    }

    /// Asks until `done`; the last answer.
    fn until(&self, path: &str, done: impl Fn(&Value) -> bool) -> Reply {
        let began = Instant::now();
        loop {
            let reply = self.get(path);
            if done(&reply.json()) {
                return reply;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "{path}: {}", reply.text());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    fn settled(&self, path: &str) -> Reply {
        self.until(path, |answer| {
            matches!(answer["state"].as_str(), Some("done" | "failed" | "cancelled"))
        })
    }

    fn upload(&self, name: &str, file: &str) -> Reply {
        let reply = self.put(&format!("/models?name={name}"), &format!("{name}.onnx"), file);
        self.until(&format!("/models/{name}"), |model| model["state"] == "ready");
        reply
    }
}

fn house() -> House {
    let home = tempfile::tempdir().expect("a directory");
    let logs = home.path().join("logs");
    let mut file = EventFile::create(&logs.join("first/events.out.tfevents.1.a")).expect("a log");
    file.scalars("loss", 0..40, 0.5).expect("points");
    file.histogram("weights", 3, &[-1.0, 0.0, 2.0], &[1.0, 4.0, 2.0])
        .expect("a histogram");
    let png = std::fs::read(root().join("tests/fixtures/eight.png")).expect("a fixture");
    file.image("picture", 5, 8, 8, &png).expect("a picture");
    EventFile::create(&logs.join("second/events.out.tfevents.1.a"))
        .expect("a log")
        .scalars("loss", 0..3, -1.0)
        .expect("points");
    let server = Server::start(&home.path().join("data"), Some(&logs), &[]).expect("a server");
    let house = House {
        http: server.http.clone(),
        _server: server,
        _home: home,
    };
    house.until("/experiments", |found| found["experiments"][0]["points"] == 45);
    house
}

macro_rules! snap {
    ($name:literal, $reply:expr) => {
        insta::assert_json_snapshot!($name, shown(&$reply))
    };
}

#[test]
fn logs() {
    let house = house();
    snap!("experiments", house.get("/experiments"));
    snap!("runs", house.get("/experiments/logs/runs"));
    let runs = house.get("/experiments/logs/runs").json();
    let id = |i: usize| runs["runs"][i]["id"].as_str().expect("an id").to_owned();
    let (first, second) = (id(0), id(1));
    snap!("tags", house.get("/experiments/logs/tags"));
    snap!(
        "scalars",
        house.get(&format!(
            "/experiments/logs/scalars?tag=loss&runs={second}&smoothing=0.6"
        ))
    );
    snap!(
        "scalars_buckets",
        house.get(&format!(
            "/experiments/logs/scalars?tag=loss&runs={first},{second}&columns=2"
        ))
    );
    snap!(
        "scalars_columns",
        house.get(&format!(
            "/experiments/logs/scalars?tag=loss&runs={second}&format=columns"
        ))
    );
    snap!(
        "scalars_csv",
        house.get(&format!("/experiments/logs/scalars?tag=loss&runs={second}&format=csv"))
    );
    snap!("latest", house.get("/experiments/logs/latest?tag=loss"));
    snap!(
        "histograms",
        house.get(&format!("/experiments/logs/histograms?tag=weights&run={first}"))
    );
    let images = house.get(&format!("/experiments/logs/images?tag=picture&run={first}"));
    snap!("images", images);
    let image = &images.json()["images"][0]["id"];
    let image = image.as_str().map_or_else(|| image.to_string(), str::to_owned);
    snap!("image", house.get(&format!("/images/{image}")));
    snap!("run", {
        let mut reply = house.get(&format!("/experiments/logs/runs/{second}"));
        let mut body = reply.json();
        body["files"][0]["path"] = json!("[path]");
        reply.body = body.to_string().into_bytes();
        reply
    });
    let path = api(&format!("/experiments/logs/runs/{second}"));
    snap!("run_deleted", house.http.delete(&path).expect("an answer"));
    snap!("run_gone", house.get(&format!("/experiments/logs/runs/{second}")));
}

/// Points of many dimensions, and pictures of them.
#[test]
fn embeddings() {
    let home = tempfile::tempdir().expect("a directory");
    let logs = home.path().join("logs");
    let mut file = EventFile::create(&logs.join("one/events.out.tfevents.1.a")).expect("a log");
    file.scalars("loss", 0..3, 1.0).expect("points");
    let points: String = (0..6).map(|i| format!("{i}\t{}\t{}\n", i * i, i % 2)).collect();
    std::fs::write(logs.join("one/points.tsv"), points).expect("points");
    let config = r#"embeddings { tensor_name: "fc" tensor_path: "points.tsv" }"#;
    std::fs::write(logs.join("one/projector_config.pbtxt"), config).expect("a config");
    let server = Server::start(&home.path().join("data"), Some(&logs), &[]).expect("a server");
    let house = House {
        http: server.http.clone(),
        _server: server,
        _home: home,
    };
    house.until("/experiments", |found| found["experiments"][0]["points"] == 3);
    let list = "/experiments/logs/embeddings";
    let found = house.until(list, |found| {
        found["embeddings"].as_array().is_some_and(|all| !all.is_empty())
    });
    let id = found.json()["embeddings"][0]["id"].clone();
    snap!("embeddings", found);
    let path = format!("/embeddings/{id}/projections");
    let asked = json!({ "method": "pca", "dimensions": 2 });
    let picture = house.post(&path, &asked).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let picture = format!("/projections/{picture}");
    let done = house.until(&picture, |found| found["state"] == "done");
    snap!("projection", done);
    let at = house.get(&format!("{picture}/at"));
    assert_eq!(at.body.len(), 6 * 2 * 4);
    let again = house.post(&path, &asked);
    assert_eq!((again.status, &again.json()["state"]), (200, &json!("done")));
    snap!("projection_refused", house.post(&path, &json!({ "method": "mds" })));
}

/// Histograms, precision-recall curves and a layout of charts, in an experiment of their own.
#[test]
fn curves() {
    let home = tempfile::tempdir().expect("a directory");
    let logs = home.path().join("logs");
    let mut file = EventFile::create(&logs.join("first/events.out.tfevents.1.a")).expect("a log");
    for step in [1, 2] {
        file.histogram("weights", step, &[-1.0, 0.0, 2.0], &[1.0, 4.0, 2.0])
            .expect("a histogram");
        file.histogram("sparse", step, &[-1.0, 0.0, 2.0, 3.0], &[1.0, 0.0, 0.0, 2.0])
            .expect("a histogram");
        let rows = [
            [3.0, 2.0, 0.0],
            [3.0, step as f32 - 1.0, 0.0],
            [0.0, 2.0, 3.0],
            [0.0, 1.0, 3.0],
            [0.5, 1.0 / step as f32, 0.0],
            [1.0, 0.667, 0.0],
        ];
        file.floats("curve", "pr_curves", step, &[6, 3], &rows.concat())
            .expect("a curve");
    }
    for (tag, factor) in [("value", 1.0), ("low", 0.5), ("high", 2.0)] {
        file.scalars(tag, 0..3, factor).expect("points");
    }
    file.string("custom_scalars__config__", "custom_scalars", 0, &layout())
        .expect("a layout");
    let server = Server::start(&home.path().join("data"), Some(&logs), &[]).expect("a server");
    let house = House {
        http: server.http.clone(),
        _server: server,
        _home: home,
    };
    house.until("/experiments", |found| found["experiments"][0]["points"] == 16);
    let runs = house.get("/experiments/logs/runs").json();
    let run = runs["runs"][0]["id"].as_str().expect("an id").to_owned();
    let distributions = format!("/experiments/logs/distributions?tag=weights&run={run}");
    snap!("distributions", house.get(&distributions));
    snap!(
        "distributions_columns",
        house.get(&format!("{distributions}&format=columns"))
    );
    snap!("distributions_csv", house.get(&format!("{distributions}&format=csv")));
    let sparse = format!("/experiments/logs/histograms?tag=sparse&run={run}&max=1");
    snap!("histograms_filled", house.get(&format!("{sparse}&empty=0")));
    let bins = house.get(&sparse).json()["histograms"][0]["bins"].clone();
    assert_eq!(bins.as_array().map(Vec::len), Some(4), "{bins}");
    let curves = "/experiments/logs/pr-curves?tag=curve";
    snap!("pr_curves", house.get(&format!("{curves}&at=1")));
    snap!("pr_curves_columns", house.get(&format!("{curves}&format=columns")));
    snap!("pr_curves_csv", house.get(&format!("{curves}&format=csv")));
    snap!("pr_curves_refused", house.get(&format!("{curves}&at=1,2")));
    snap!("custom", house.get("/experiments/logs/custom"));
    let margins = "/experiments/logs/margins?value=value&lower=low&upper=high";
    snap!("margins", house.get(margins));
    snap!("margins_columns", house.get(&format!("{margins}&format=columns")));
    snap!("margins_csv", house.get(&format!("{margins}&format=csv")));
}

/// A `Layout` of one category: lines, and a value inside a band.
fn layout() -> Vec<u8> {
    fn field(number: u8, parts: &[Vec<u8>]) -> Vec<u8> {
        let bytes = parts.concat();
        assert!(bytes.len() < 128, "a length of one byte");
        [&[number << 3 | 2, bytes.len() as u8][..], &bytes].concat()
    }
    let text = |number: u8, text: &str| field(number, &[text.into()]);
    let lines = field(2, &[text(1, "val.*"), text(1, "(")]);
    let band = field(1, &[text(1, "value"), text(2, "low"), text(3, "top")]);
    let charts = [
        field(2, &[text(1, "lines"), lines]),
        field(2, &[text(1, "band"), field(3, &[band])]),
    ];
    field(2, &[text(1, "all"), charts.concat(), vec![0x18, 1]])
}

/// A sound of eight samples.
fn wav() -> Vec<u8> {
    let mut bytes =
        b"RIFF\x34\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x10\0\0\0".to_vec();
    bytes.extend((0..16).map(|n| n * 7));
    bytes
}

#[test]
fn media() {
    let home = tempfile::tempdir().expect("a directory");
    let logs = home.path().join("logs");
    let mut file = EventFile::create(&logs.join("one/events.out.tfevents.1.a")).expect("a log");
    for step in [0, 7] {
        let table = strings(&[2, 2], &[b"*a*", b"b", b"<script>x</script>", b"[l](javascript:x)"]);
        file.tensor("note", step, "text", &[], &table).expect("a text");
        let sounds = strings(&[2, 2], &[&wav(), b"**first**", b"no sound", b""]);
        file.tensor("voice", step, "audio", &[], &sounds).expect("sounds");
        file.mesh("cube", step, 1, &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
            .expect("points");
        file.mesh("cube", step, 2, &[0.0, 1.0, 2.0, 0.0, 1.0, 9.0])
            .expect("faces");
        file.mesh("cube", step, 3, &[255.0, 0.0, 300.0, -1.0, 10.5, 20.0, 1.0, 2.0, 3.0])
            .expect("colours");
    }
    let server = Server::start(&home.path().join("data"), Some(&logs), &[]).expect("a server");
    let house = House {
        http: server.http.clone(),
        _server: server,
        _home: home,
    };
    house.until("/experiments", |found| found["experiments"][0]["points"] == 10);
    let runs = house.get("/experiments/logs/runs").json();
    let run = runs["runs"][0]["id"].as_str().expect("an id").to_owned();
    let id = |list: &Reply, key: &str, at: usize| list.json()[key][at]["id"].as_str().expect("an id").to_owned();

    let texts = house.get(&format!("/experiments/logs/texts?tag=note&run={run}"));
    snap!("texts", texts);
    let text = id(&texts, "texts", 1);
    snap!("text", house.get(&format!("/texts/{text}")));
    let plain = house.get(&format!("/texts/{text}?format=text"));
    assert_eq!(plain.text(), "*a*\tb\n<script>x</script>\t[l](javascript:x)");
    let piece = house.get(&format!("/texts/{text}?format=html"));
    assert!(!piece.text().contains("<script") && !piece.text().contains("javascript:x\""));
    for reply in [&plain, &piece] {
        let policy = reply.header("content-security-policy").expect("a policy");
        assert!(policy.ends_with("; sandbox"), "{policy}");
        assert_eq!(reply.header("content-disposition"), Some("attachment"));
    }

    let sounds = house.get(&format!("/experiments/logs/audio?tag=voice&run={run}"));
    snap!("audio", sounds);
    let sound = id(&sounds, "audio", 0);
    snap!("sound_about", house.get(&format!("/audio/{sound}/about")));
    let whole = house.get(&format!("/audio/{sound}"));
    assert_eq!((whole.status, whole.header("content-type")), (200, Some("audio/wav")));
    assert_eq!((whole.header("accept-ranges"), &whole.body), (Some("bytes"), &wav()));
    let path = api(&format!("/audio/{sound}"));
    let part = house
        .http
        .send("GET", &path, &[("Range", "bytes=4-9")], b"")
        .expect("an answer");
    assert_eq!((part.status, part.header("content-range")), (206, Some("bytes 4-9/60")));
    assert_eq!(part.body, wav()[4..10]);
    let beyond = house
        .http
        .send("GET", &path, &[("Range", "bytes=60-")], b"")
        .expect("an answer");
    assert_eq!(
        (beyond.status, beyond.header("content-range")),
        (416, Some("bytes */60"))
    );
    let tag = whole.header("etag").expect("a tag");
    let known = house
        .http
        .send("GET", &path, &[("If-None-Match", tag)], b"")
        .expect("an answer");
    assert_eq!((known.status, known.body.len()), (304, 0));
    let other = house.get(&format!("/audio/{}", id(&sounds, "audio", 1)));
    assert_eq!(other.header("content-type"), Some("application/octet-stream"));
    assert_eq!(other.header("content-disposition"), Some("attachment"));

    let page = house.http.get("/runs/logs/audio").expect("an answer").text();
    assert_eq!(
        (page.matches("<audio").count(), page.matches(">Download<").count()),
        (1, 1)
    );

    snap!("meshes", house.get("/experiments/logs/meshes"));
    snap!(
        "mesh",
        house.get(&format!("/experiments/logs/mesh?run={run}&mesh=cube"))
    );
    let data = house.get(&format!("/experiments/logs/mesh/data?run={run}&mesh=cube&step=7"));
    snap!("mesh_data", data);
    // Header, then points, the one sound face, colours within a byte.
    let end = &data.body[data.body.len() - 16..];
    assert_eq!(end, [255, 0, 255, 0, 11, 20, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0]);
    snap!(
        "mesh_nowhere",
        house.get(&format!("/experiments/logs/mesh/data?run={run}&mesh=cube&step=3"))
    );
    snap!(
        "mesh_no_sample",
        house.get(&format!("/experiments/logs/mesh/data?run={run}&mesh=cube&sample=5"))
    );
    snap!("no_such_text", house.get(&format!("/texts/{sound}")));
    snap!("no_such_sound", house.get("/audio/x"));
}

#[test]
fn models() {
    let house = house();
    snap!("model_put", house.upload("cnn8", "goldens/models/cnn8.onnx"));
    snap!(
        "model_put_again",
        house.put("/models?name=cnn8", "cnn8.onnx", "goldens/models/cnn8.onnx")
    );
    snap!("models", house.get("/models"));
    snap!("model", house.get("/models/cnn8"));
    snap!("model_graph", house.get("/models/cnn8/graph"));
    snap!("model_tensors", house.get("/models/cnn8/tensors"));
    let name = house.get("/models/cnn8/tensors").json()["tensors"][0]["name"].clone();
    let name = name.as_str().expect("a name").to_owned();
    snap!(
        "model_history",
        house.get(&format!("/models/cnn8/tensors/history?name={name}"))
    );
    snap!("model_preprocess", house.get("/models/cnn8/preprocess"));
    let mut given = house.get("/models/cnn8/preprocess").json();
    given["scale"] = json!(0.5);
    let put = |given: &Value| {
        let path = api("/models/cnn8/preprocess");
        let headers = [("Content-Type", "application/json")];
        house
            .http
            .send("PUT", &path, &headers, given.to_string().as_bytes())
            .expect("an answer")
    };
    snap!("model_preprocess_put", put(&given));
    snap!("model_preprocess_refused", put(&json!({"smell": 1})));
    // One of them: a new method is its own files' business.
    let mut methods = house.get("/methods?model=cnn8");
    let one = methods
        .json()
        .as_array()
        .expect("methods")
        .iter()
        .find(|m| m["name"] == "occlusion")
        .cloned();
    methods.body = json!([one]).to_string().into_bytes();
    snap!("methods", methods);
    snap!(
        "model_deleted",
        house.http.delete(&api("/models/cnn8")).expect("an answer")
    );
    snap!("model_gone", house.get("/models/cnn8"));
    let broken = house
        .http
        .put(&api("/models?name=broken"), "b.onnx", b"\x08\x07nonsense")
        .expect("an answer");
    snap!("model_put_broken", broken);
    snap!(
        "model_broken",
        house.until("/models/broken", |model| model["state"] == "failed")
    );
}

#[test]
fn explanations() {
    let house = house();
    house.upload("cnn8", "goldens/models/cnn8.onnx");
    snap!(
        "input_put",
        house.put("/inputs?name=eight&model=cnn8", "eight.png", "eight.png")
    );
    snap!("inputs", house.get("/inputs"));
    snap!("input", house.get("/inputs/eight"));
    snap!("input_picture", house.get("/inputs/eight/picture.png"));
    let table = house
        .http
        .put(&api("/inputs?name=table"), "t.csv", b"a,b\n1,2\n3,4\n")
        .expect("an answer");
    snap!("input_put_table", table);
    snap!("input_rows", house.get("/inputs/table/rows?from=1&count=5"));

    let question = json!({
        "model": "cnn8", "input": "eight", "row": 0, "method": "integrated_gradients", "params": {},
        "target": null, "on": "logit", "baseline": "zeros", "seed": 0, "evidence": "cheap",
    });
    let asked = house.post("/explanations", &question);
    assert_eq!(asked.status, 202, "{}", asked.text());
    let id = asked.json()["id"].as_str().expect("an id").to_owned();
    snap!("explanation", house.settled(&format!("/explanations/{id}")));
    snap!("explanation_known", house.post("/explanations", &question));
    snap!(
        "explanation_columns",
        house.get(&format!("/explanations/{id}/attribution?format=columns"))
    );
    let csv = house.get(&format!("/explanations/{id}/attribution?format=csv"));
    assert_eq!((csv.status, csv.text().lines().next().is_some()), (200, true));
    snap!(
        "explanation_npy",
        house.get(&format!("/explanations/{id}/attribution?format=npy"))
    );
    snap!("explanations", house.get("/explanations?model=cnn8"));
    let mut wrong = question.clone();
    wrong["params"] = json!({"n_steps": -1});
    snap!("explanation_refused", house.post("/explanations", &wrong));

    let subject = json!({ "model": "cnn8", "input": "eight", "row": 0 });
    let asked = house.post("/predictions", &subject);
    let prediction = asked.json()["id"].as_str().expect("an id").to_owned();
    house.settled(&format!("/explanations/{prediction}"));
    snap!("prediction", house.post("/predictions", &subject));
    // The upper half of 8 x 8 pixels is replaced: four bytes of ones.
    let mask = "/////wAAAAA=";
    let erased = |fill: &str, mask: &str| json!({ "model": "cnn8", "input": "eight", "row": 0, "erased": [{ "mask": mask, "fill": fill }] });
    snap!("prediction_erased", house.post("/predictions", &erased("zeros", mask)));
    snap!(
        "prediction_erased_short",
        house.post("/predictions", &erased("mean", "AAA="))
    );
    snap!(
        "prediction_erased_fill",
        house.post("/predictions", &erased("stars", mask))
    );
    let layer = house.get("/models/cnn8/graph?depth=9").json()["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["op"] == "Conv")
        .expect("a convolution")["values"][0]
        .clone();
    let subject = json!({ "model": "cnn8", "input": "eight", "row": 0, "layer": layer });
    let asked = house.post("/activations", &subject);
    let activation = asked.json()["id"].as_str().expect("an id").to_owned();
    house.settled(&format!("/explanations/{activation}"));
    snap!("activations", house.post("/activations", &subject));
    snap!(
        "activation_columns",
        house.get(&format!("/activations/{activation}?format=columns"))
    );

    let jobs = house.get("/jobs");
    snap!("jobs", jobs);
    let job = jobs.json()["jobs"][0]["id"].as_str().expect("an id").to_owned();
    snap!("job", house.get(&format!("/jobs/{job}")));
    snap!(
        "job_cancel_done",
        house.post(&format!("/jobs/{job}/cancel"), &json!({}))
    );

    let path = api("/explanations/ephemeral?model=cnn8&method=saliency&name=eight.png&evidence=none");
    let png = std::fs::read(root().join("tests/fixtures/eight.png")).expect("a fixture");
    let passing = house
        .http
        .send("POST", &path, &[("X-Filename", "eight.png")], &png)
        .expect("an answer");
    let passing = passing.json()["id"].as_str().expect("an id").to_owned();
    snap!(
        "explanation_passing",
        house.settled(&format!("/explanations/{passing}"))
    );

    snap!(
        "explanation_deleted",
        house
            .http
            .delete(&api(&format!("/explanations/{id}")))
            .expect("an answer")
    );
    snap!("explanation_gone", house.get(&format!("/explanations/{id}")));
    snap!(
        "input_deleted",
        house.http.delete(&api("/inputs/eight")).expect("an answer")
    );
}

#[test]
fn refusals() {
    let house = house();
    snap!("nothing_here", house.get("/weather"));
    snap!("not_that_way", house.http.delete(&api("/jobs")).expect("an answer"));
    snap!(
        "bad_query",
        house.get("/experiments/logs/scalars?tag=loss&axis=sideways")
    );
    snap!("no_such_run", house.get("/experiments/logs/runs/nobody"));
    snap!("no_such_job", house.get("/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV"));
    snap!(
        "no_such_model",
        house.post("/predictions", &json!({"model": "x", "input": "y", "row": 0}))
    );
    let as_text = house
        .http
        .send("POST", &api("/predictions"), &[("Content-Type", "text/plain")], b"{}");
    snap!("not_json", as_text.expect("an answer"));
    snap!(
        "empty_upload",
        house.http.put(&api("/models?name=x"), "x", b"").expect("an answer")
    );
    snap!(
        "import_refused",
        house.post("/imports", &json!({"paths": ["/var/log"]}))
    );
    let foreign = house.http.send("GET", "/", &[("Host", "evil.example")], b"");
    snap!("foreign_host", foreign.expect("an answer"));
    let cross = house
        .http
        .send("PUT", &api("/inputs"), &[("Origin", "http://evil.example")], b"x");
    snap!("foreign_origin", cross.expect("an answer"));
}

/// Two models beside each other.
#[test]
fn comparisons() {
    let house = house();
    house.upload("cnn8", "goldens/models/cnn8.onnx");
    house.upload("mlp10", "goldens/models/mlp10.onnx");
    let picture = house.put("/inputs?name=eight.png", "eight.png", "eight.png").json()["input"]
        .as_str()
        .expect("a slug")
        .to_owned();
    house.until(&format!("/inputs/{picture}"), |input| input["state"] == "ready");
    let both = |a: &str, b: &str, rest: &Value| {
        let mut body = json!({ "a": { "model": a }, "b": { "model": b } });
        for (name, value) in rest.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body
    };
    let ask = |body: &Value| {
        let asked = house.post("/comparisons", body);
        let id = asked.json()["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", asked.text()))
            .to_owned();
        (format!("/comparisons/{id}"), asked)
    };

    let drift = both(
        "cnn8",
        "cnn8",
        &json!({ "kind": "drift", "inputs": [{ "input": picture }], "method": "saliency", "draws": 2 }),
    );
    let (path, asked) = ask(&drift);
    assert!(matches!(asked.status, 200 | 202), "{}", asked.text());
    let done = house.settled(&path);
    snap!("comparison_drift", done);
    let one = &done.json()["found"]["inputs"][0];
    assert_eq!(
        (one["distance"].as_f64(), done.json()["found"]["above"].as_u64()),
        (Some(0.0), Some(0))
    );
    snap!("comparison_maps", house.get(&format!("{path}/maps?at=0")));
    snap!("comparison_no_map", house.get(&format!("{path}/maps?at=7")));
    let again = house.post("/comparisons", &drift);
    assert_eq!(
        (again.status, &again.json()["state"]),
        (200, &json!("done")),
        "known at once"
    );

    let (path, _) = ask(&both("cnn8", "cnn8", &json!({ "kind": "weights" })));
    let mut weights = house.settled(&path);
    let mut body = weights.json();
    let all = body["found"]["tensors"].as_array().map_or(0, Vec::len);
    assert!(all > 1, "{body}");
    assert_eq!(body["found"]["relative"].as_f64(), Some(0.0));
    // One of them shows what is told of each.
    body["found"]["tensors"] = json!([body["found"]["tensors"][0]]);
    weights.body = body.to_string().into_bytes();
    snap!("comparison_weights", weights);

    snap!(
        "comparison_no_method",
        house.post(
            "/comparisons",
            &both(
                "cnn8",
                "cnn8",
                &json!({ "kind": "drift", "inputs": [{ "input": picture }] })
            )
        )
    );
    snap!(
        "comparison_no_truth",
        house.post(
            "/comparisons",
            &both(
                "cnn8",
                "cnn8",
                &json!({ "kind": "metrics", "inputs": [{ "input": picture }] })
            )
        )
    );
    // A picture is nothing for a model of rows: the job fails with a sentence that names the input.
    let (path, _) = ask(&both(
        "mlp10",
        "cnn8",
        &json!({ "kind": "drift", "inputs": [{ "input": picture }], "method": "saliency" }),
    ));
    let failed = house.settled(&path).json();
    assert_eq!(failed["state"], "failed");
    assert!(
        failed["error"]
            .as_str()
            .is_some_and(|error| error.starts_with("eight.png: ")),
        "{failed}"
    );

    // With an input, and with a model, goes what was asked about it.
    let path = format!("/comparisons/{}", again.json()["id"].as_str().expect("an id"));
    assert_eq!(
        house
            .http
            .delete(&api(&format!("/inputs/{picture}")))
            .expect("an answer")
            .status,
        204
    );
    snap!("comparison_gone", house.get(&path));
    let (path, _) = ask(&both("cnn8", "mlp10", &json!({ "kind": "weights" })));
    house.settled(&path);
    assert_eq!(house.http.delete(&api("/models/mlp10")).expect("an answer").status, 204);
    assert_eq!(house.get(&path).status, 404);
    let (path, _) = ask(&both("cnn8", "cnn8", &json!({ "kind": "weights" })));
    snap!("comparison_deleted", house.http.delete(&api(&path)).expect("an answer"));
}

/// Figures of two models of one table.
#[test]
fn comparison_of_figures() {
    let house = house();
    house.upload("mlp10", "goldens/models/mlp10.onnx");
    let rows: Vec<String> = (0..40)
        .map(|i| {
            let row: Vec<String> = (0..10)
                .map(|j| format!("{}", f64::from((i * 7 + j * 3) % 11) / 5.0 - 1.0))
                .collect();
            format!("{},{}", row.join(","), i % 2)
        })
        .collect();
    let heads: Vec<String> = (0..10).map(|j| format!("x{j}")).collect();
    let table = format!("{},target\n{}\n", heads.join(","), rows.join("\n"));
    let sent = house
        .http
        .put(&api("/inputs?name=rows.csv"), "rows.csv", table.as_bytes())
        .expect("an answer");
    let input = sent.json()["input"].as_str().expect("a slug").to_owned();
    house.until(&format!("/inputs/{input}"), |input| input["state"] == "ready");
    let body = json!({ "kind": "metrics", "a": { "model": "mlp10" }, "b": { "model": "mlp10" }, "inputs": [{ "input": input }], "draws": 100 });
    let asked = house.post("/comparisons", &body);
    let id = asked.json()["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", asked.text()))
        .to_owned();
    snap!("comparison_metrics", house.settled(&format!("/comparisons/{id}")));
    let page = house.http.get("/models/mlp10/difference").expect("an answer").text();
    assert!(
        page.contains("paired bootstrap, 95 %"),
        "the page has them without a script"
    );
}
