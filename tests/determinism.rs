//! The number of threads never changes the bytes of an explanation.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::process::Command;

use glassboard_tests::{demo, program};

/// The arrays of one explanation as they were written, computed with `threads` threads.
fn explanation(method: &str, model: &str, input: &str, threads: usize) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("explanation.npz");
    let run = Command::new(program())
        .arg("explain")
        .args([demo(model), demo(input)])
        .args(["--method", method, "--row", "0", "--seed", "7", "--out"])
        .arg(&out)
        .env("RAYON_NUM_THREADS", threads.to_string())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    std::fs::read(out).unwrap()
}

#[test]
fn threads_never_change_the_bytes() {
    let picture = ("models/digits-resnet-epoch-45.onnx", "inputs/digit-8-held007.png");
    let row = ("models/breast-cancer-mlp.onnx", "inputs/breast-cancer-held-out.csv");
    let trees = ("models/breast-cancer-lightgbm.txt", "inputs/breast-cancer.csv");
    let asked = [
        ("saliency", picture),
        ("integrated_gradients", picture),
        ("grad_cam", picture),
        ("occlusion", picture),
        ("smoothgrad", picture),
        ("rise", picture),
        ("deeplift", picture),
        ("lrp", picture),
        ("guided_grad_cam", picture),
        ("lime_image", picture),
        ("partition_shap_image", picture),
        ("integrated_gradients", row),
        ("deeplift", row),
        ("feature_ablation", row),
        ("kernel_shap", row),
        ("lime_tabular", row),
        ("tree_shap", trees),
        ("permutation_shap", trees),
        ("counterfactuals", trees),
    ];
    for (method, (model, input)) in asked {
        let [one, two, three] = [1, 2, 3].map(|threads| explanation(method, model, input, threads));
        assert!(
            one == two && two == three,
            "{method} of {input} differs between 1, 2 and 3 threads"
        );
    }
}
