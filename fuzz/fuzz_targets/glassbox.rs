//! Native files of trees, and graphs that may be trees: whatever they hold, a model that predicts or a sentence.

#![no_main]

use glassboard_checkpoints::onnx;
use glassboard_glassbox::{Glass, may_be, read, sniff};
use libfuzzer_sys::fuzz_target;
use ndarray::Array2;

fuzz_target!(|bytes: &[u8]| {
    if sniff(bytes).is_some() {
        assert!(may_be(bytes), "what is claimed in the end is claimed from the start");
    }
    match read(bytes) {
        Ok(glass) => predict(glass),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(graph) = onnx::from_bytes(bytes.to_vec())
        && let Some(glass) = onnx_glass(&graph)
    {
        predict(glass);
    }
});

fn onnx_glass(graph: &onnx::proto::ModelProto) -> Option<Glass> {
    glassboard_glassbox::onnx::recognise(graph)
}

fn predict(glass: Glass) {
    let features = glass.described.features.len();
    let _ = glass.summary();
    let model = glass.into_model();
    for value in [0.0, f64::NAN, -1e300] {
        let rows = Array2::from_elem((9, features), value);
        for output in model.outputs() {
            model.forward_rows(rows.view(), Some(output)).expect("rows that fit");
        }
    }
}
