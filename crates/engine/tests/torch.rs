//! Small models of the usual kinds against torch: outputs, inner values, and gradients with respect to
//! the input or the embedding and to inner values, all in one pass back.
//!
//! `tests/reference/gradients.py` made the fixtures. The rule is that of the full-size comparison:
//! values within 1e-4 of the largest magnitude, gradients within 1e-4 at the 99.9th percentile.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

#[path = "support/means.rs"]
mod means;
#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use glassboard_engine::{Elem, Options, Plain, PlainData, Session};
use glassboard_model::{OutputSpace, Target};
use serde_json::Value;
use support::{array, root};

/// The largest and the 99.9th percentile of |got - expected|, over the largest |expected|.
fn distance(got: &Plain, expected: &Plain) -> (f64, f64) {
    assert_eq!(got.shape, expected.shape);
    let (got, expected) = (got.to_doubles().unwrap(), expected.to_doubles().unwrap());
    let scale = expected.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let mut off: Vec<f64> = got.iter().zip(&expected).map(|(g, e)| (g - e).abs() / scale).collect();
    off.sort_by(f64::total_cmp);
    let at = (off.len() - 1) as f64 * 0.999;
    (*off.last().unwrap(), off[at.ceil() as usize])
}

fn check(name: &str, facts: &Value) {
    let file = root().join(format!("tests/fixtures/gradients/{name}.npz"));
    let read = |key: &str| array(&file, key).unwrap_or_else(|| panic!("{name} lacks {key}"));
    let model = read("model");
    let PlainData::Int(bytes) = &model.data else {
        panic!("{name}: the model is not bytes")
    };
    let bytes: Vec<u8> = bytes.iter().map(|&b| b as u8).collect();
    let session = Session::from_bytes(&bytes, Options::default()).unwrap();
    let ports = &session.program().inputs;
    let inputs: Vec<Plain> = ports.iter().map(|(_, p)| read(&format!("in_{}", p.name))).collect();

    let logits = read("out_logits");
    let got = session.execute(&inputs, &[]).unwrap();
    let (worst, _) = distance(&got.values[0], &logits);
    assert!(worst <= 1e-4, "{name}: logits are off by {worst:e}");

    let values = facts["values"].as_array().unwrap();
    let at: Vec<&str> = values.iter().map(|v| v["value"].as_str().unwrap()).collect();
    let class = facts["class"].as_u64().unwrap() as usize;
    let [rows, columns, pixels @ ..] = logits.shape.as_slice() else {
        panic!("{name}: logits of shape {:?}", logits.shape)
    };
    let pixels: usize = pixels.iter().product();
    // What is explained of a map is the sum over its pixels, here of all as their mean.
    let session = if pixels > 1 {
        means::with_means(bytes, "logits").unwrap()
    } else {
        session
    };
    let target = Target {
        output: (pixels > 1).then(|| means::NAME.to_owned()),
        space: OutputSpace::Raw,
        targets: vec![class; *rows],
    };
    let found = session.differentiate(&inputs, &[], &at, &target).unwrap();
    let scores = Plain::float(vec![*rows], Elem::F32, found.scores);
    let maps = logits.as_floats().unwrap().chunks(pixels).skip(class).step_by(*columns);
    let means = maps.map(|map| map.iter().sum::<f32>() / pixels as f32).collect();
    let expected = Plain::float(vec![*rows], Elem::F32, means);
    assert!(distance(&scores, &expected).0 <= 1e-4, "{name}: scores");
    for (i, value) in at.iter().enumerate() {
        if let Some(expected) = array(&file, &format!("value_{i}")) {
            let (worst, _) = distance(&found.values[i], &expected);
            assert!(worst <= 1e-4, "{name}: value `{value}` is off by {worst:e}");
        }
        let gradient = found.gradients[i]
            .as_floats()
            .unwrap()
            .iter()
            .map(|v| v * pixels as f32);
        let gradient = Plain::float(found.gradients[i].shape.clone(), Elem::F32, gradient.collect());
        let (worst, most) = distance(&gradient, &read(&format!("grad_{i}")));
        println!("{name}: d/d `{value}` off by {worst:.1e}, {most:.1e} at the 99.9th percentile");
        assert!(most <= 1e-4, "{name}: the gradient at `{value}` is off by {most:e}");
    }
}

fn manifest() -> Value {
    let path = root().join("tests/fixtures/gradients/manifest.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

macro_rules! models {
    ($($name:ident),*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name), &manifest()["models"][stringify!($name)]);
            }
        )*

        #[test]
        fn every_fixture_is_tested() {
            let mut names: Vec<String> = manifest()["models"].as_object().unwrap().keys().cloned().collect();
            names.sort_unstable();
            let mut tested = vec![$(stringify!($name)),*];
            tested.sort_unstable();
            assert_eq!(names, tested);
        }
    };
}

models!(residual, unet, lstm, vit, encoder);
