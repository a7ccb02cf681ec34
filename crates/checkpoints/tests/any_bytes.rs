//! Parsers are total: any bytes end in a value or a sentence.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::io::Write;

use glassboard_checkpoints::{Reach, onnx, scan};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn scan_bytes(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    if let Err(error) = scan(file.path(), Reach::Upload, |_| false) {
        assert!(!error.to_string().is_empty());
    }
}

fn golden(name: &str) -> Option<Vec<u8>> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    std::fs::read(root.join("shared/data/goldens/models").join(name)).ok()
}

/// A failing case is written beside this file, to be committed and run first ever after.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 64,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        scan_bytes(&bytes);
    }

    #[test]
    fn random_bytes_behind_each_magic(which in 0usize..5, bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let magic: [&[u8]; 5] = [b"PK\x03\x04", b"\x80\x02", b"\x08\x07", b"\x10\0\0\0\0\0\0\0{", b"\x3a"];
        scan_bytes(&[magic[which], &bytes].concat());
    }

    #[test]
    fn a_damaged_model(at in 0.0f64..1.0, value: u8, cut in 0.0f64..1.0) {
        let Some(mut bytes) = golden("mlp.onnx") else { return Ok(()) };
        let place = ((bytes.len() - 1) as f64 * at) as usize;
        bytes[place] = value;
        scan_bytes(&bytes);
        bytes.truncate((bytes.len() as f64 * cut) as usize);
        scan_bytes(&bytes);
    }
}

#[test]
fn weights_bound_to_their_own_graph_give_the_same_graph() {
    let Some(bytes) = golden("mlp10.onnx") else {
        println!("skipped: no goldens");
        return;
    };
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    let weights = glassboard_checkpoints::Checkpoint::open(file.path(), Reach::Upload).unwrap();
    let model = onnx::from_bytes(bytes).unwrap();
    let binding = onnx::match_names(&model, &weights).unwrap();
    let bound = onnx::from_bytes(onnx::rebind(model.clone(), &weights, &binding).unwrap()).unwrap();
    for (a, b) in model
        .graph
        .unwrap()
        .initializer
        .iter()
        .zip(&bound.graph.unwrap().initializer)
    {
        assert_eq!(a.info.name, b.info.name);
        assert_eq!(onnx::bytes_of(a).unwrap().bytes, onnx::bytes_of(b).unwrap().bytes);
    }
}
