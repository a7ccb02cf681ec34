//! What comes out of ONNX files: every element type, functions, names and declared types.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::path::PathBuf;

use glassboard_engine::{
    Attr, Axis, Elem, GraphSpec, NodeSpec, Options, Plain, PlainData, Port, Program, Reach, Session,
};
use serde_json::Value;
use support::{array, close, root};

fn fixture(name: &str) -> PathBuf {
    root().join("tests/fixtures/onnx").join(name)
}

#[test]
fn every_element_type_is_read_as_onnx_reads_it() {
    let session = Session::open(&fixture("constants.onnx"), Options::default()).unwrap();
    let said: Value = serde_json::from_slice(&std::fs::read(fixture("constants.json")).unwrap()).unwrap();
    let said = said.as_object().unwrap();
    let mut read = 0;
    for (name, wanted) in said {
        let got = match session.execute(&[], &[name]) {
            Ok(done) => done.values.into_iter().next().unwrap(),
            // The engine has no element of six bits; the page of the file shows them all the same.
            Err(error) => {
                assert!(name.starts_with("FLOAT6"), "{name}: {error}");
                assert!(
                    error.to_string().contains("which is not computed with"),
                    "{name}: {error}"
                );
                continue;
            }
        };
        let wanted = wanted.as_array().unwrap();
        if let PlainData::Int(found) = &got.data {
            let exact = |v: &Value| match got.elem {
                Elem::U64 => v.as_u64().unwrap().cast_signed(),
                _ => v.as_i64().unwrap_or_else(|| v.as_f64().unwrap() as i64),
            };
            assert_eq!(found.to_vec(), wanted.iter().map(exact).collect::<Vec<_>>(), "{name}");
        } else {
            let wanted: Vec<f64> = wanted
                .iter()
                .map(|v| match v.as_str() {
                    Some("inf") => f64::INFINITY,
                    Some("-inf") => f64::NEG_INFINITY,
                    _ => v.as_f64().unwrap_or(f64::NAN),
                })
                .collect();
            let found = got.to_doubles().unwrap();
            let same = |(a, b): (&f64, &f64)| a.total_cmp(b).is_eq() || (a.is_nan() && b.is_nan());
            assert!(
                found.len() == wanted.len() && found.iter().zip(&wanted).all(same),
                "{name}: {found:?}, onnx says {wanted:?}"
            );
        }
        let short = got
            .elem
            .name()
            .to_uppercase()
            .replace("FLOAT32", "FLOAT")
            .replace("FLOAT64", "DOUBLE");
        assert!(
            name.starts_with(&short) || name.starts_with("SPARSE"),
            "{name} is {}",
            got.elem.name()
        );
        read += 1;
    }
    assert_eq!(read, 48, "23 types of two forms and the sparse ones");
    let words = session.execute(&[], &["STRING.field"]).unwrap().values.remove(0);
    let wanted = ["a", "", "ü", "d e"].map(str::to_owned).to_vec();
    assert_eq!(words, Plain::text(vec![2, 2], wanted));
    let refused = session.execute(&[], &["COMPLEX64.raw"]).unwrap_err().to_string();
    assert!(
        refused.contains("COMPLEX64.raw") && refused.contains("complex64"),
        "{refused}"
    );
}

#[test]
fn functions_compute_what_their_calls_mean() {
    for name in ["functions.onnx", "function_branch.onnx", "function_overloads.onnx"] {
        let session = Session::open(&fixture(name), Options::default()).unwrap();
        assert_eq!(session.unsupported(), Vec::<String>::new());
        let find = |kind: &str, value: &str| array(&fixture("functions.npz"), &format!("{name}.{kind}.{value}"));
        let inputs: Vec<Plain> = session
            .program()
            .inputs
            .iter()
            .map(|(_, p)| find("in", &p.name).unwrap())
            .collect();
        let done = session.execute(&inputs, &[]).unwrap();
        for ((_, port), got) in session.program().outputs.iter().zip(done.values) {
            let want = find("out", &port.name).unwrap();
            assert_eq!(got.shape, want.shape, "{name}: {}", port.name);
            close(got.as_floats().unwrap(), want.as_floats().unwrap(), 1e-6, 0.0)
                .unwrap_or_else(|why| panic!("{name}: {}: {why}", port.name));
        }
    }
}

#[test]
fn what_a_function_makes_is_named_after_its_call() {
    let session = Session::open(&fixture("functions.onnx"), Options::default()).unwrap();
    let nodes: Vec<&str> = session.program().nodes.iter().map(|n| n.name.as_str()).collect();
    for name in [
        "first/leak",
        "second/leak",
        "first/scale/back",
        "second/scale/back",
        "w/back",
    ] {
        assert!(nodes.contains(&name), "{name} is not among {nodes:?}");
    }
    // A value of the inside can be asked for; the older operator set of the inner function holds.
    let x = array(&fixture("functions.npz"), "functions.onnx.in.x").unwrap();
    let inner = session
        .execute(std::slice::from_ref(&x), &["first/l", "first/scale/by"])
        .unwrap();
    assert_eq!(inner.values[1].as_floats().unwrap(), [2.0]);
    let leaky: Vec<f32> = x
        .as_floats()
        .unwrap()
        .iter()
        .map(|v| if *v < 0.0 { v * 0.5 } else { *v })
        .collect();
    close(inner.values[0].as_floats().unwrap(), &leaky, 1e-6, 0.0).unwrap();
}

#[test]
fn declared_types_keep_the_names_of_free_axes() {
    let session = Session::open(&fixture("functions.onnx"), Options::default()).unwrap();
    let (id, port) = &session.program().inputs[0];
    assert_eq!(port.shape, Some(vec![Axis::Named("N".into()), Axis::Known(3)]));
    assert_eq!(session.program().declared(*id), Some(port));
    let wrong = session
        .execute(&[Plain::float(vec![2, 4], Elem::F32, vec![0.0; 8])], &[])
        .unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "input `x` has shape [N, 3], the array given has [2, 4]"
    );
}

fn node(op: &str, domain: &str, name: &str, inputs: &[&str], output: &str) -> NodeSpec {
    NodeSpec {
        name: name.into(),
        op: op.into(),
        domain: domain.into(),
        inputs: inputs.iter().map(|&i| i.into()).collect(),
        outputs: vec![output.into()],
        ..NodeSpec::default()
    }
}

#[test]
fn an_unknown_operator_fails_what_needs_it_and_nothing_else() {
    let spec = GraphSpec {
        inputs: vec![Port::tensor("x", Elem::F32, [2])],
        outputs: vec![Port::bare("y"), Port::bare("z")],
        nodes: vec![
            node("Relu", "", "fine", &["x"], "y"),
            node("Foo", "acme", "/encoder/0/Foo", &["y"], "f"),
            node("Neg", "", "after", &["f"], "z"),
        ],
        ..GraphSpec::default()
    };
    let session: Session = Session::from_spec(&spec, Options::default()).unwrap();
    let sentence = "node `/encoder/0/Foo` uses `acme.Foo`, not supported";
    assert_eq!(session.unsupported(), [sentence]);
    let x = Plain::float(vec![2], Elem::F32, vec![-1.0, 2.0]);
    let good = session.execute(std::slice::from_ref(&x), &["y"]).unwrap();
    assert_eq!(good.values[0].as_floats().unwrap(), [0.0, 2.0]);
    assert_eq!(session.execute(&[x], &["z"]).unwrap_err().to_string(), sentence);
}

#[test]
fn a_file_without_versions_is_older_than_versions() {
    let spec = GraphSpec {
        inputs: vec![Port::tensor("x", Elem::F32, [2])],
        outputs: vec![Port::bare("y")],
        nodes: vec![NodeSpec {
            attrs: [("axes".to_owned(), Attr::Ints(vec![0]))].into(),
            ..node("Unsqueeze", "", "", &["x"], "y")
        }],
        ..GraphSpec::default()
    };
    assert_eq!(Program::build(&spec).unwrap().nodes[0].opset, 1);
    let session: Session = Session::from_spec(&spec, Options::default()).unwrap();
    let x = Plain::float(vec![2], Elem::F32, vec![1.0, 2.0]);
    assert_eq!(session.execute(&[x], &[]).unwrap().values[0].shape, [1, 2]);
}

/// The folder of a model and its data file, from real ones.
fn external() -> Option<PathBuf> {
    let folder = root().join("../shared/data/real/onnx/tracel-ai+burn-onnx/crates/onnx-ir/tests/fixtures");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no real data");
    None
}

#[test]
fn external_data_is_read_beside_a_model_of_the_command_line_and_never_beside_an_upload() {
    let Some(folder) = external() else { return };
    let model = folder.join("external_data.onnx");
    let beside = Session::open_with(&model, Reach::Folder, Options::default()).unwrap();
    assert!(beside.program().unreadable.is_empty());
    let alone = Session::open(&model, Options::default()).unwrap();
    let why = alone.program().unreadable.values().next().unwrap();
    assert!(
        why.contains("external_data.bin") && why.contains("upload a zip"),
        "{why}"
    );
}
