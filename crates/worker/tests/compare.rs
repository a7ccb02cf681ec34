//! Two models on the same inputs, where the truth is known: a model beside itself, beside one whose weights were
//! shuffled, beside an earlier checkpoint, and two models of one table.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::path::{Path, PathBuf};
use std::rc::Rc;

use glassboard_checkpoints::onnx::proto::{ModelProto, TensorData};
use glassboard_checkpoints::{Checkpoint, Reach, changes, onnx};
use glassboard_explain::random::Counter;
use glassboard_jobs::spec::{Null, Question, Span, Versus};
use glassboard_worker::compare::{DriftQuery, Drifted, Ears, Model, Place, drift, metrics};
use glassboard_worker::input::Input;
use glassboard_worker::native;
use glassboard_worker::trouble::Trouble;
use glassboard_worker::warm::{Loaded, Opened};
use serde_json::{Map, Value, json};

fn demo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/data").join(path)
}

/// The digits model of the demo, at its last epoch or with the weights of another.
fn digits(epoch: Option<&str>) -> ModelProto {
    let graph = onnx::load(&demo("models/digits-resnet-epoch-45.onnx"), Reach::Upload).unwrap();
    let Some(epoch) = epoch else { return graph };
    let weights = Checkpoint::open(&demo(&format!("models/digits-resnet-epoch-{epoch}")), Reach::Upload).unwrap();
    let binding = onnx::match_names(&graph, &weights).unwrap();
    onnx::from_bytes(onnx::rebind(graph, &weights, &binding).unwrap()).unwrap()
}

/// The same numbers in another order, tensor by tensor: every histogram stays, everything learned is gone.
fn shuffled(mut model: ModelProto) -> ModelProto {
    for (i, tensor) in model.graph.as_mut().unwrap().initializer.iter_mut().enumerate() {
        let held = onnx::bytes_of(tensor).unwrap().bytes;
        let (fours, rest) = held.as_chunks::<4>();
        // Trained weights are 32-bit floats; what is no such number stays where it is.
        if tensor.info.data_type != 1 || !rest.is_empty() || fours.len() < 2 {
            continue;
        }
        let order = Counter::new(7, 1, i as u64).permutation(fours.len());
        let moved: Vec<u8> = order.iter().flat_map(|at| fours[*at]).collect();
        tensor.data = TensorData::raw(moved.into());
    }
    model
}

fn loaded(model: &ModelProto, name: &str) -> Loaded {
    Loaded::new(model, name).unwrap()
}

fn pictures() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(demo("inputs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "png"))
        .collect();
    files.sort();
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    files
        .iter()
        .map(|path| (name(path), std::fs::read(path).unwrap()))
        .collect()
}

fn question(method: &str) -> Question {
    Question {
        method: method.to_owned(),
        params: glassboard_catalog::validate(method, &Map::new()).unwrap(),
        target: None,
        output: None,
        on: "logit".to_owned(),
        baseline: "zeros".to_owned(),
        seed: 1,
        evidence: "none".to_owned(),
        rows: None,
        background: None,
        company: None,
        mask: None,
    }
}

struct Case<'a> {
    a: &'a Loaded,
    b: &'a Loaded,
    inputs: &'a [(String, Vec<u8>)],
    rows: Option<Span>,
    question: Question,
    null: Null,
}

impl Case<'_> {
    fn run(&self) -> Result<Drifted, Trouble> {
        self.run_until(&|| false, &mut |_| Err(Trouble::internal("no pair was named")))
    }

    fn run_until(
        &self,
        cancelled: &dyn Fn() -> bool,
        load: &mut dyn FnMut(&Versus) -> Result<Rc<Loaded>, Trouble>,
    ) -> Result<Drifted, Trouble> {
        let places: Vec<Place<'_>> = self
            .inputs
            .iter()
            .map(|(name, _)| Place {
                hash: name,
                name,
                row: 0,
                rows: self.rows,
            })
            .collect();
        let side = |loaded| Model {
            loaded,
            preprocess: &Value::Null,
        };
        let query = DriftQuery {
            a: side(self.a),
            b: side(self.b),
            places: &places,
            open: &|at| Input::of(&self.inputs[at].1, &Value::Null),
            background: None,
            question: &self.question,
            null: &self.null,
            load,
        };
        let mut last = 0.0;
        let mut progress = |fraction: f64, _: &str| {
            assert!(
                (0.0..=1.0).contains(&fraction) && fraction >= last,
                "{fraction} after {last}"
            );
            last = fraction;
        };
        drift(
            query,
            Ears {
                progress: &mut progress,
                cancelled,
            },
        )
    }
}

fn null(draws: usize) -> Null {
    Null {
        draws: Some(draws),
        ..Null::default()
    }
}

fn distances(answer: &Value) -> Vec<f64> {
    let inputs = answer["inputs"].as_array().unwrap();
    inputs.iter().map(|one| one["distance"].as_f64().unwrap()).collect()
}

#[test]
fn a_model_beside_itself_lies_nowhere_above_the_band() {
    let (model, inputs) = (loaded(&digits(None), "m"), pictures());
    for method in ["saliency", "input_x_gradient", "smoothgrad"] {
        let case = Case {
            a: &model,
            b: &model,
            inputs: &inputs,
            rows: None,
            question: question(method),
            null: null(2),
        };
        let answer = case.run().unwrap().answer;
        assert_eq!(distances(&answer), vec![0.0; inputs.len()], "{method}");
        assert_eq!(
            (answer["above"].as_u64(), answer["measured"].as_u64()),
            (Some(0), Some(12)),
            "{method}"
        );
        assert!(
            answer["null"]["high"].as_f64().unwrap() > 0.0,
            "{method}: noise moves the maps"
        );
        let sources: Vec<&str> = answer["null"]["sources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|source| source["name"].as_str().unwrap())
            .collect();
        let wanted: &[&str] = if method == "smoothgrad" {
            &["noise", "seed"]
        } else {
            &["noise"]
        };
        assert_eq!(sources, wanted, "{method}");
        assert_eq!(
            answer["null"]["count"].as_u64(),
            Some(48 * wanted.len() as u64),
            "{method}"
        );
        let said = answer["inputs"][0]["sentence"].as_str().unwrap();
        assert!(
            said.starts_with("For this input the maps differ by 0, no more than the smallest"),
            "{said}"
        );
    }
}

#[test]
fn shuffled_weights_lie_above_the_band() {
    let proto = digits(None);
    let (model, other) = (loaded(&proto, "m"), loaded(&shuffled(proto), "s"));
    let inputs = pictures();
    let case = Case {
        a: &model,
        b: &other,
        inputs: &inputs,
        rows: None,
        question: question("input_x_gradient"),
        null: null(4),
    };
    let found = case.run().unwrap();
    let answer = &found.answer;
    let above = answer["above"].as_u64().unwrap();
    assert!(
        above >= 11,
        "{above} of 12 above: {:?} over {}",
        distances(answer),
        answer["null"]
    );
    assert!(
        distances(answer).iter().all(|d| *d > 0.5),
        "maps of noise have no order in common"
    );
    let said = answer["sentences"][0].as_str().unwrap();
    assert!(
        said.starts_with(&format!("Over 12 inputs, {above} lie above the band's upper edge"))
            && said.ends_with("fewer than one is expected by chance."),
        "{said}"
    );
    // 12 inputs of 1 × 16 × 16 or the like: both maps and the picture of each are kept, and lie where is said.
    let kept = &answer["inputs"][11]["kept"];
    let size: usize = kept["shape"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_u64().unwrap() as usize)
        .product();
    assert_eq!(kept["at"].as_u64().unwrap() as usize, 11 * 3 * size);
    assert_eq!(found.maps.len(), 12 * 3 * size * 4);
}

#[test]
fn the_same_question_has_the_same_bytes_and_a_seed_changes_the_band_alone() {
    let proto = digits(None);
    let (a, b) = (loaded(&digits(Some("08.safetensors")), "a"), loaded(&proto, "b"));
    let inputs = pictures();
    let case = |seed| Case {
        a: &a,
        b: &b,
        inputs: &inputs[..4],
        rows: None,
        question: Question {
            seed,
            ..question("saliency")
        },
        null: null(3),
    };
    let (first, again) = (case(1).run().unwrap(), case(1).run().unwrap());
    assert_eq!(
        (first.answer.to_string(), &first.maps),
        (again.answer.to_string(), &again.maps)
    );
    let other = case(2).run().unwrap();
    assert_eq!(first.maps, other.maps, "saliency draws nothing");
    assert_ne!(first.answer["null"]["high"], other.answer["null"]["high"]);
    assert!(distances(&first.answer).iter().all(|d| *d > 0.0));
    let told = &first.answer["inputs"][0];
    assert_eq!(told["target"], told["b"]["top"], "the class is the arg-max of B");
    assert!(told["a"]["probability"].is_number() && told["b"]["probability"].as_f64().unwrap() > 0.5);
}

#[test]
fn named_pairs_join_the_band() {
    let proto = digits(None);
    let (a, b) = (loaded(&digits(Some("08.safetensors")), "a"), loaded(&proto, "b"));
    let inputs = pictures();
    let versus = |hash: &str| Versus {
        model: glassboard_jobs::spec::Source::Attached {
            hash: hash.to_owned(),
            part: 0,
        },
        preprocess: Value::Null,
    };
    let case = Case {
        a: &a,
        b: &b,
        inputs: &inputs[..3],
        rows: None,
        question: question("saliency"),
        null: Null {
            pairs: vec![[versus("20"), versus("03")]],
            ..null(1)
        },
    };
    let mut asked = Vec::new();
    let found = case.run_until(&|| false, &mut |versus| {
        let glassboard_jobs::spec::Source::Attached { hash, .. } = &versus.model else {
            return Err(Trouble::internal("not attached"));
        };
        asked.push(hash.clone());
        let file = if hash == "20" { "20.safetensors" } else { "03.pt" };
        Ok(Rc::new(loaded(&digits(Some(file)), hash)))
    });
    let answer = found.unwrap().answer;
    assert_eq!(asked, ["20", "03"]);
    let training = &answer["null"]["sources"][1];
    assert_eq!(
        (training["name"].as_str(), training["count"].as_u64()),
        (Some("training"), Some(3))
    );
    assert_eq!(answer["null"]["count"].as_u64(), Some(9));
}

#[test]
fn what_cannot_be_compared_is_refused_in_words() {
    let proto = digits(None);
    let model = loaded(&proto, "m");
    let inputs = pictures();
    let case = |method: &str, noise: f64| Case {
        a: &model,
        b: &model,
        inputs: &inputs[..2],
        rows: None,
        question: question(method),
        null: Null { noise, ..null(1) },
    };
    let said = |case: Case<'_>| case.run().unwrap_err().message;
    assert!(said(case("saliency", 0.0)).contains("above 0"));
    assert!(said(case("performance", 0.02)).contains("no map of an input"));
    let broken = [("note.png".to_owned(), b"\0\x01nothing".to_vec())];
    let one = Case {
        inputs: &broken,
        ..case("saliency", 0.02)
    };
    assert!(said(one).starts_with("note.png: "), "the input is named");
    let stopped = case("saliency", 0.02).run_until(&|| true, &mut |_| Err(Trouble::internal("none")));
    assert_eq!(stopped.unwrap_err().fault, glassboard_jobs::protocol::Fault::Cancelled);
}

fn table() -> Vec<(String, Vec<u8>)> {
    let name = "breast-cancer-held-out.csv";
    vec![(name.to_owned(), std::fs::read(demo("inputs").join(name)).unwrap())]
}

fn mlp() -> Loaded {
    let path = demo("models/breast-cancer-mlp.onnx");
    Loaded::new(&onnx::load(&path, Reach::Upload).unwrap(), "mlp").unwrap()
}

fn trees() -> Loaded {
    let glass = native::open(&demo("models/breast-cancer-lightgbm.txt"))
        .unwrap()
        .unwrap();
    Loaded::open(Opened::Native(Box::new(glass)), "trees").unwrap()
}

#[test]
fn rows_of_a_table_are_compared_in_its_own_columns() {
    let (a, b, inputs) = (mlp(), trees(), table());
    let case = Case {
        a: &a,
        b: &b,
        inputs: &inputs,
        rows: Some(Span { from: 2, count: 3 }),
        question: question("permutation_shap"),
        null: null(1),
    };
    let answer = case.run().unwrap().answer;
    let rows: Vec<u64> = answer["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["row"].as_u64().unwrap())
        .collect();
    assert_eq!(rows, [2, 3, 4]);
    let one = &answer["inputs"][0];
    assert_eq!(one["kept"]["shape"], json!([30]));
    assert_eq!(one["features"].as_array().unwrap().len(), 30);
    let all = distances(&answer);
    assert!(all.iter().all(|d| *d > 0.0 && *d < 1.5), "{all:?}");
    // Beside itself, the same rows.
    let same = Case { a: &b, ..case };
    assert_eq!(distances(&same.run().unwrap().answer), [0.0; 3]);
    // A method that works on the model's own input takes rows of a table as well.
    let same = Case {
        a: &a,
        b: &a,
        question: question("input_x_gradient"),
        ..same
    };
    let answer = same.run().unwrap().answer;
    assert_eq!(distances(&answer), [0.0; 3]);
    assert!(answer["null"]["high"].as_f64().unwrap() > 0.0);
}

#[test]
fn figures_of_two_models_on_the_same_rows() {
    let (a, b, inputs) = (mlp(), trees(), table());
    let side = |loaded| Model {
        loaded,
        preprocess: &Value::Null,
    };
    let ask = |a, b| {
        let table = Input::of(&inputs[0].1, &Value::Null);
        let (mut progress, cancelled) = (|_: f64, _: &str| {}, || false);
        let ears = Ears {
            progress: &mut progress,
            cancelled: &cancelled,
        };
        metrics(side(a), side(b), &table, 300, 5, ears).unwrap()
    };
    let found = ask(&a, &b);
    assert_eq!(found.to_string(), ask(&a, &b).to_string());
    let figure = |name: &str| {
        let list = found["figures"].as_array().unwrap();
        list.iter().find(|figure| figure["name"] == name).unwrap().clone()
    };
    let accuracy = figure("accuracy");
    let number = |key: &str| accuracy[key].as_f64().unwrap();
    assert!(number("a") > 0.9 && number("b") > 0.9, "{accuracy}");
    assert!(number("low") <= number("difference") && number("difference") <= number("high"));
    let itself = ask(&b, &b);
    for figure in itself["figures"].as_array().unwrap() {
        assert_eq!(
            (figure["difference"].as_f64(), figure["spans_zero"].as_bool()),
            (Some(0.0), Some(true)),
            "{figure}"
        );
    }
}

#[test]
fn weights_of_checkpoints_differ_and_of_the_same_do_not() {
    let file =
        |name: &str| Checkpoint::open(&demo(&format!("models/digits-resnet-epoch-{name}")), Reach::Upload).unwrap();
    let last = file("45.onnx");
    let same = changes(&last, &last, |_| false).unwrap();
    assert_eq!((same.relative, same.cosine), (Some(0.0), Some(1.0)));
    assert!(
        same.tensors
            .iter()
            .all(|t| t.relative.is_none_or(|r| r == 0.0) && t.a == t.b)
    );
    let moved = changes(&file("01.safetensors"), &file("20.safetensors"), |_| false).unwrap();
    assert!(moved.relative.unwrap() > 0.1 && moved.cosine.unwrap() < 1.0 && moved.only_a.is_empty());
    for tensor in &moved.tensors {
        assert_eq!(tensor.a.iter().sum::<u64>(), tensor.numel, "{}", tensor.name);
        assert_eq!(tensor.sigma.is_some(), tensor.shape.len() > 1, "{}", tensor.name);
        if let Some([a, _]) = tensor.sigma {
            // The spectral norm lies between the largest row's and the Frobenius norm.
            let std = tensor.std.unwrap()[0];
            assert!(a > 0.0 && a.is_finite() && std > 0.0, "{}", tensor.name);
        }
    }
}
