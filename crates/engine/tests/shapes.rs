//! Inferred shapes: of small graphs by eye, of whole models against what their runs make.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use glassboard_engine::shapes::{Bindings, Fact};
use glassboard_engine::{Attr, Elem, GraphSpec, NodeSpec, Options, Plain, Port, Session};
use support::{array, root};

/// A node: operator, inputs, outputs, attributes.
fn node(op: &str, inputs: &[&str], outputs: &[&str], attrs: &[(&str, Attr)]) -> NodeSpec {
    NodeSpec {
        op: op.into(),
        inputs: inputs.iter().map(ToString::to_string).collect(),
        outputs: outputs.iter().map(ToString::to_string).collect(),
        attrs: attrs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
        ..NodeSpec::default()
    }
}

fn port(name: &str, elem: Elem, shape: &[Option<usize>]) -> Port {
    Port::tensor(name, elem, shape.iter().copied())
}

fn ints(values: &[i64]) -> Plain {
    Plain::int(vec![values.len()], Elem::I64, values.to_vec())
}

fn zeros(shape: &[usize]) -> Plain {
    Plain::float(shape.to_vec(), Elem::F32, vec![0.0; shape.iter().product()])
}

fn session(inputs: Vec<Port>, constants: Vec<(&str, Plain)>, nodes: Vec<NodeSpec>) -> Session {
    let last = nodes.last().unwrap().outputs[0].clone();
    let spec = GraphSpec {
        inputs,
        outputs: vec![Port::bare(last)],
        initializers: constants.into_iter().map(|(n, p)| (n.to_owned(), p.into())).collect(),
        nodes,
        opsets: BTreeMap::from([(String::new(), 17)]),
        ..GraphSpec::default()
    };
    Session::from_spec(&spec, Options::default()).unwrap()
}

fn fact(session: &Session, name: &str) -> Fact {
    session.shapes().find(|(n, _)| *n == name).unwrap().1.clone()
}

fn text(session: &Session, name: &str) -> String {
    fact(session, name).shape_text().unwrap_or_else(|| "unknown".into())
}

/// Attention's split into heads as exporters write it: the new shape is computed in the graph.
#[test]
fn shapes_that_are_values_resolve() {
    let heads = session(
        vec![port("x", Elem::F32, &[None, None, Some(768)])],
        vec![
            ("zero", Plain::int(vec![], Elem::I64, vec![0])),
            ("first", ints(&[0])),
            ("second", ints(&[1])),
            ("front", ints(&[0])),
            ("heads", ints(&[12])),
            ("rest", ints(&[-1])),
        ],
        vec![
            node("Shape", &["x"], &["shape"], &[]),
            node("Gather", &["shape", "zero"], &["n"], &[]),
            node("Unsqueeze", &["n", "front"], &["n1"], &[]),
            node("Gather", &["shape", "second"], &["s1"], &[]),
            node(
                "Concat",
                &["n1", "s1", "heads", "rest"],
                &["target"],
                &[("axis", Attr::Int(0))],
            ),
            node("Reshape", &["x", "target"], &["split"], &[]),
            node(
                "Transpose",
                &["split"],
                &["moved"],
                &[("perm", Attr::Ints(vec![0, 2, 1, 3]))],
            ),
            node(
                "Transpose",
                &["split"],
                &["turned"],
                &[("perm", Attr::Ints(vec![0, 2, 3, 1]))],
            ),
            node("MatMul", &["moved", "turned"], &["scores"], &[]),
            node("Flatten", &["scores"], &["flat"], &[]),
        ],
    );
    assert_eq!(text(&heads, "target"), "[4]");
    assert_eq!(text(&heads, "split"), "[batch, x[1], 12, 64]");
    assert_eq!(text(&heads, "scores"), "[batch, 12, x[1], x[1]]");
    assert_eq!(text(&heads, "flat"), "[batch, 12*x[1]^2]");
    assert!(heads.contradictions().is_empty());
}

#[test]
fn windows_halve_and_double() {
    let pads = || ("pads", Attr::Ints(vec![1, 1, 1, 1]));
    let strides = || ("strides", Attr::Ints(vec![2, 2]));
    let kernel = |k: i64| ("kernel_shape", Attr::Ints(vec![k, k]));
    let net = session(
        vec![port("x", Elem::F32, &[None, Some(3), None, Some(224)])],
        vec![("w", zeros(&[8, 3, 3, 3])), ("v", zeros(&[8, 4, 2, 2]))],
        vec![
            node("Conv", &["x", "w"], &["same"], &[pads()]),
            node("Conv", &["x", "w"], &["half"], &[pads(), strides()]),
            node("MaxPool", &["half"], &["quarter"], &[kernel(2), strides()]),
            node(
                "AveragePool",
                &["half"],
                &["up"],
                &[kernel(3), strides(), ("ceil_mode", Attr::Int(1))],
            ),
            node("ConvTranspose", &["quarter", "v"], &["twice"], &[strides()]),
            node("GlobalAveragePool", &["twice"], &["mean"], &[]),
        ],
    );
    assert_eq!(text(&net, "same"), "[batch, 8, x[2], 224]");
    assert_eq!(text(&net, "half"), "[batch, 8, floor((x[2] + 1)/2), 112]");
    assert_eq!(text(&net, "quarter"), "[batch, 8, floor((x[2] + 1)/4), 56]");
    assert_eq!(text(&net, "up"), "[batch, 8, floor((x[2] + 1)/4), 56]");
    assert_eq!(text(&net, "twice"), "[batch, 4, 2*floor((x[2] + 1)/4), 112]");
    assert_eq!(text(&net, "mean"), "[batch, 4, 1, 1]");
}

#[test]
fn slices_ranges_and_fills_resolve() {
    let net = session(
        vec![port("x", Elem::I64, &[None, None])],
        vec![
            ("zero", Plain::int(vec![], Elem::I64, vec![0])),
            ("one", Plain::int(vec![], Elem::I64, vec![1])),
            ("from", ints(&[1])),
            ("to", ints(&[i64::MAX])),
            ("axis", ints(&[1])),
            ("last", ints(&[-1])),
            ("start", ints(&[0])),
            ("far", ints(&[512])),
            ("back", ints(&[i64::MIN])),
            ("step", ints(&[-1])),
            ("table", zeros(&[512, 16])),
            ("front", ints(&[0])),
        ],
        vec![
            node("Shape", &["x"], &["shape"], &[]),
            node("Gather", &["shape", "one"], &["seq"], &[]),
            node("Range", &["zero", "seq", "one"], &["positions"], &[]),
            node("Gather", &["table", "positions"], &["embedded"], &[]),
            node("Slice", &["x", "from", "to", "axis"], &["tail"], &[]),
            node("Slice", &["x", "last", "to", "axis"], &["end"], &[]),
            node("Slice", &["x", "start", "far", "axis"], &["cut"], &[]),
            node("Slice", &["x", "last", "back", "axis", "step"], &["flipped"], &[]),
            node("Slice", &["table", "start", "s1", "front"], &["used"], &[]),
            node("Unsqueeze", &["seq", "front"], &["s1"], &[]),
            node("ConstantOfShape", &["shape"], &["mask"], &[]),
            node("Expand", &["embedded", "wide"], &["spread"], &[]),
            node("Concat", &["shape", "last16"], &["wide"], &[("axis", Attr::Int(0))]),
            node("Constant", &[], &["last16"], &[("value_ints", Attr::Ints(vec![16]))]),
        ],
    );
    assert_eq!(text(&net, "positions"), "[x[1]]");
    assert_eq!(text(&net, "embedded"), "[x[1], 16]");
    assert_eq!(text(&net, "tail"), "[batch, x[1] - 1]");
    assert_eq!(text(&net, "end"), "[batch, 1]");
    assert_eq!(text(&net, "cut"), "[batch, min(x[1], 512)]");
    assert_eq!(text(&net, "flipped"), "[batch, x[1]]");
    assert_eq!(text(&net, "used"), "[min(x[1], 512), 16]");
    assert_eq!(text(&net, "mask"), "[batch, x[1]]");
    assert_eq!(fact(&net, "mask").elem, Some(Elem::F32));
    assert_eq!(text(&net, "spread"), "[batch, x[1], 16]");
}

#[test]
fn what_cannot_work_is_a_sentence() {
    let net = session(
        vec![port("x", Elem::F32, &[None, Some(30)])],
        vec![("w", zeros(&[20, 4])), ("b", zeros(&[7]))],
        vec![
            node("MatMul", &["x", "w"], &["y"], &[]),
            node("Add", &["x", "b"], &["z"], &[]),
            node("Add", &["y", "x"], &["out"], &[]),
        ],
    );
    assert_eq!(
        net.contradictions(),
        [
            "node `y` (MatMul): a row of 30 does not multiply a column of 20",
            "node `z` (Add): shapes [batch, 30] and [7] do not broadcast",
        ]
    );
    assert_eq!(text(&net, "out"), "unknown");
}

/// The branch that is taken, or what both have in common.
#[test]
fn branches_are_joined() {
    let body = |op: &str, constants: Vec<(&str, Plain)>, inputs: &[&str]| {
        let nodes = vec![node(op, inputs, &["out"], &[])];
        let initializers = constants.into_iter().map(|(n, p)| (n.to_owned(), p.into())).collect();
        let outputs = vec![port("out", Elem::F32, &[])];
        Attr::Graph(std::sync::Arc::new(GraphSpec {
            outputs,
            initializers,
            nodes,
            ..GraphSpec::default()
        }))
    };
    let net = session(
        vec![
            port("x", Elem::F32, &[None, Some(8)]),
            port("c", Elem::Bool, &[Some(1)]),
        ],
        vec![],
        vec![node(
            "If",
            &["c"],
            &["y"],
            &[
                ("then_branch", body("Relu", vec![], &["x"])),
                ("else_branch", body("MatMul", vec![("w", zeros(&[8, 3]))], &["x", "w"])),
            ],
        )],
    );
    assert_eq!(text(&net, "y"), "[batch, ?]");
}

/// A graph of 100,000 nodes, a third of them shape arithmetic.
#[test]
fn large_graphs_are_quick() {
    let mut nodes = vec![node("Relu", &["x"], &["v0"], &[])];
    for i in 0..33_333 {
        let name = |s: &str| format!("{s}{i}");
        nodes.push(node("Shape", &[&name("v")], &[&name("s")], &[]));
        nodes.push(node("Add", &[&name("v"), &name("v")], &[&name("w")], &[]));
        nodes.push(node(
            "Reshape",
            &[&name("w"), &name("s")],
            &[&format!("v{}", i + 1)],
            &[],
        ));
    }
    let x = vec![port("x", Elem::F32, &[None, None, Some(4)])];
    let start = Instant::now();
    let net = session(x, vec![], nodes);
    let took = start.elapsed();
    println!("planned in {took:?}");
    assert_eq!(text(&net, "v33333"), "[batch, x[1], 4]");
    assert!(
        took < Duration::from_secs(if cfg!(debug_assertions) { 30 } else { 3 }),
        "{took:?}"
    );
}

/// Why a comparison did not succeed.
#[derive(Debug)]
enum Trouble {
    /// The engine cannot run the model.
    NotRun(String),
    /// A value is not what was inferred.
    Wrong(String),
}

fn wrong<T>(text: String) -> Result<T, Trouble> {
    Err(Trouble::Wrong(text))
}

/// Runs a model and compares every value it makes with what was known of it before.
fn compare(path: &Path, inputs: &[Plain]) -> Result<String, Trouble> {
    let session = Session::open(path, Options::default()).map_err(|e| Trouble::NotRun(e.to_string()))?;
    let shapes: Vec<&[usize]> = inputs.iter().map(|p| p.shape.as_slice()).collect();
    let at: Bindings = session
        .bind(&shapes)
        .ok_or_else(|| Trouble::Wrong("the inputs do not fit what is declared".into()))?;
    let facts: Vec<(&str, &Fact)> = session.shapes().collect();
    let program = session.program();
    let made: Vec<&str> = program
        .nodes
        .iter()
        .filter_map(|n| n.outputs.first().copied().flatten())
        .map(|id| facts[id].0)
        .collect();
    let ran = session
        .execute(inputs, &made)
        .map_err(|e| Trouble::NotRun(e.to_string()))?;
    let known: BTreeMap<&str, &Fact> = facts.into_iter().collect();
    let (mut exact, mut open) = (0, Vec::new());
    for (name, plain) in made.iter().zip(&ran.values) {
        let fact = known[name];
        if fact.elem.is_some_and(|e| e != plain.elem) {
            return wrong(format!("`{name}` holds {:?}, inferred {:?}", plain.elem, fact.elem));
        }
        let Some(shape) = &fact.shape else {
            open.push(*name);
            continue;
        };
        if shape.len() != plain.shape.len() {
            return wrong(format!("`{name}` is {:?}, inferred {shape:?}", plain.shape));
        }
        let mut whole = true;
        for (dim, &size) in shape.iter().zip(&plain.shape) {
            match dim.size_at(&at) {
                Ok(inferred) if inferred == size => {}
                Err(glassboard_engine::shapes::DimError::Unknown) => whole = false,
                other => {
                    return wrong(format!(
                        "`{name}` is {:?}, inferred {shape:?}: {dim} is {other:?}",
                        plain.shape
                    ));
                }
            }
        }
        if whole { exact += 1 } else { open.push(name) }
    }
    if !session.contradictions().is_empty() {
        return wrong(session.contradictions().join("; "));
    }
    Ok(format!(
        "{exact} of {} values known, not {:?}",
        made.len(),
        &open[..open.len().min(4)]
    ))
}

/// Every value of every golden model has the shape that was inferred, and all are inferred.
#[test]
fn golden_models_make_what_was_inferred() {
    let folder = root().join("tests/fixtures/goldens");
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for case in manifest["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["method"] == "forward")
    {
        let model = case["model"].as_str().unwrap();
        if !seen.insert(model) {
            continue;
        }
        let file = folder.join(case["input_file"].as_str().unwrap());
        let input = array(&file, "in_x").or_else(|| array(&file, "in_tokens")).unwrap();
        let summary = compare(&folder.join(format!("models/{model}.onnx")), &[input]);
        println!("{model}: {summary:?}");
        assert!(summary.is_ok_and(|s| s.ends_with("not []")), "{model}");
    }
    assert!(seen.len() >= 6, "{seen:?}");
}

/// Folders that only some machines have.
fn outside(relative: &str) -> Option<PathBuf> {
    let folder = root().join(relative);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no real data ({relative})");
    None
}

#[test]
fn real_models_make_what_was_inferred() {
    let Some(folder) = outside("../shared/data/real") else {
        return;
    };
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    let (mut wrong, mut agree) = (Vec::new(), 0);
    for file in manifest["files"].as_array().unwrap() {
        let Some(expected) = file["facts"]["expected"].as_str().filter(|_| file["kind"] == "onnx") else {
            continue;
        };
        let path = folder.join(file["path"].as_str().unwrap());
        let Ok(session) = Session::open(&path, Options::default()) else {
            continue;
        };
        let find = |(_, p): &(usize, Port)| array(&folder.join(expected), &format!("in::{}", p.name));
        let Some(inputs) = session.program().inputs.iter().map(find).collect::<Option<Vec<_>>>() else {
            continue;
        };
        match compare(&path, &inputs) {
            Ok(summary) => {
                println!("{}: {summary}", path.display());
                agree += 1;
            }
            Err(Trouble::Wrong(why)) => wrong.push(format!("{}: {why}", path.display())),
            Err(Trouble::NotRun(why)) => println!("not run: {}: {why}", path.display()),
        }
    }
    println!("{agree} models agree");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(agree >= 35, "only {agree}");
}

/// Exports of torch by two exporters, with every way of computing shapes in the graph.
#[test]
fn exported_architectures_make_what_was_inferred() {
    let mut agree = 0;
    for (folder, suffix) in [("engine", ""), ("engine_dyn", "_dyn"), ("engine_op14", "")] {
        let Some(folder) = outside(&format!("../data/{folder}")) else {
            return;
        };
        for model in ["mlp30", "cnn32", "lstm", "unet", "vit_tiny", "resnet18", "encoder6"] {
            let path = folder.join(format!("{model}{suffix}.onnx"));
            let Ok(session) = Session::open(&path, Options::default()) else {
                continue;
            };
            let arrays = root().join(format!("../data/engine/{model}.npz"));
            let find = |(_, p): &(usize, Port)| array(&arrays, &format!("in_{}", p.name)).unwrap();
            let inputs: Vec<Plain> = session.program().inputs.iter().map(find).collect();
            match compare(&path, &inputs) {
                Ok(summary) => {
                    println!("{}: {summary}", path.display());
                    agree += 1;
                }
                Err(Trouble::NotRun(why)) => println!("not run: {}: {why}", path.display()),
                Err(Trouble::Wrong(why)) => panic!("{}: {why}", path.display()),
            }
        }
    }
    assert!(agree >= 9, "only {agree}");
}
