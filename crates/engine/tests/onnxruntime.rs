//! Small models against the answers of onnxruntime; `fixtures/generate.py` makes them.

#![expect(
    clippy::unwrap_used,
    clippy::cast_lossless,
    reason = "a test that cannot go on may say so by panicking, and one macro casts every type"
)]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::fs::File;
use std::path::Path;

use glassboard_engine::{Elem, Options, Plain, PlainData, Session};
use ndarray::{Ix1, OwnedRepr};
use ndarray_npy::NpzReader;
use serde_json::{Map, Value};

/// One file of cases.
struct Fixtures {
    index: Map<String, Value>,
    data: Vec<u8>,
}

impl Fixtures {
    fn open(family: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{family}.npz"));
        let mut npz = NpzReader::new(File::open(path).unwrap()).unwrap();
        let mut bytes = |name: &str| -> Vec<u8> { npz.by_name::<OwnedRepr<u8>, Ix1>(name).unwrap().to_vec() };
        Self {
            index: serde_json::from_slice(&bytes("index.npy")).unwrap(),
            data: bytes("data.npy"),
        }
    }

    fn bytes(&self, entry: &Value) -> &[u8] {
        let number = |i: usize| entry[i].as_u64().unwrap() as usize;
        &self.data[number(2)..number(2) + number(3)]
    }

    fn array(&self, entry: &Value) -> Plain {
        let shape: Vec<usize> = entry[1]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| d.as_u64().unwrap() as usize)
            .collect();
        let bytes = self.bytes(entry);
        macro_rules! ints {
            ($t:ty, $elem:expr) => {{
                let words = bytes.as_chunks::<{ size_of::<$t>() }>().0.iter();
                Plain::int(
                    shape,
                    $elem,
                    words.map(|b| <$t>::from_le_bytes(*b) as i64).collect(),
                )
            }};
        }
        match entry[0].as_str().unwrap() {
            "text" => Plain::text(shape, serde_json::from_slice(bytes).unwrap()),
            "float32" => {
                let words = bytes.as_chunks::<4>().0.iter();
                Plain::float(shape, Elem::F32, words.map(|b| f32::from_le_bytes(*b)).collect())
            }
            "float64" => {
                let words = bytes.as_chunks::<8>().0.iter();
                Plain::double(shape, words.map(|b| f64::from_le_bytes(*b)).collect())
            }
            "bool" => Plain::int(shape, Elem::Bool, bytes.iter().map(|&b| i64::from(b)).collect()),
            "int8" => ints!(i8, Elem::I8),
            "uint8" => ints!(u8, Elem::U8),
            "uint16" => ints!(u16, Elem::U16),
            "int32" => ints!(i32, Elem::I32),
            "int64" => ints!(i64, Elem::I64),
            other => panic!("{other} is not read here"),
        }
    }

    fn run(&self, case: &str) -> Result<(), String> {
        let entry = &self.index[case];
        let session =
            Session::from_bytes(self.bytes(&entry["model"]), Options::default()).map_err(|e| e.to_string())?;
        let find = |kind: &str, name: &str| entry.get(format!("{kind}/{name}")).map(|e| self.array(e));
        let inputs: Vec<Plain> = session
            .program()
            .inputs
            .iter()
            .map(|(_, port)| find("in", &port.name).unwrap())
            .collect();
        let ran = session.execute(&inputs, &[]).map_err(|e| e.to_string())?;
        for ((_, port), got) in session.program().outputs.iter().zip(&ran.values) {
            let want = find("out", &port.name).unwrap();
            let name = &port.name;
            if got.shape != want.shape {
                return Err(format!("{name} has shape {:?}, expected {:?}", got.shape, want.shape));
            }
            if got.elem != want.elem {
                return Err(format!("{name} is {}, expected {}", got.elem.name(), want.elem.name()));
            }
            compare(got, &want).map_err(|why| format!("{name}: {why}"))?;
        }
        Ok(())
    }
}

/// Floats within 1e-5 of the largest, codes of 16 bits or fewer within one, all else exactly.
fn compare(got: &Plain, want: &Plain) -> Result<(), String> {
    match (&got.data, &want.data) {
        (PlainData::Float(a), PlainData::Float(b)) => support::close(a, b, 1e-5, 1e-6),
        (PlainData::Double(a), PlainData::Double(b)) => {
            let worst = a.iter().zip(b.iter()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            if worst <= 1e-9 {
                Ok(())
            } else {
                Err(format!("off by {worst:e}"))
            }
        }
        (PlainData::Int(a), PlainData::Int(b)) if matches!(want.elem, Elem::I8 | Elem::U8 | Elem::I16 | Elem::U16) => {
            let worst = a.iter().zip(b.iter()).map(|(a, b)| (a - b).abs()).max();
            let off = a.iter().zip(b.iter()).filter(|(a, b)| a != b).count();
            // A tie that rounds the other way; not one code in ten.
            if worst <= Some(1) && off * 10 <= a.len() {
                Ok(())
            } else {
                Err(format!(
                    "{off} codes of {} differ, by {worst:?} at most: {a:?} {b:?}",
                    a.len()
                ))
            }
        }
        (a, b) if a == b => Ok(()),
        (a, b) => Err(format!("{a:?}, expected {b:?}")),
    }
}

fn family(name: &str) {
    let fixtures = Fixtures::open(name);
    let mut failed = Vec::new();
    for case in fixtures.index.keys() {
        if let Err(why) = fixtures.run(case) {
            failed.push(format!("{case}: {}", why.chars().take(300).collect::<String>()));
        }
    }
    assert!(fixtures.index.len() >= 20);
    assert!(
        failed.is_empty(),
        "{} of {}: {failed:#?}",
        failed.len(),
        fixtures.index.len()
    );
}

#[test]
fn classical_machine_learning_agrees() {
    family("ml");
}

#[test]
fn recurrent_layers_agree() {
    family("recurrent");
}

#[test]
fn control_flow_sequences_and_strings_agree() {
    family("control");
}

#[test]
fn quantised_operators_agree() {
    family("quantized");
}

#[test]
fn onnxruntimes_own_operators_agree() {
    family("microsoft");
}
