//! Fourier transforms and optimisers' steps.

use crate::draw::Draw;
use crate::harness::{Built, Case, Input, free, int, positive};

fn dft(d: &mut Draw) -> Built {
    let n = d.size(2, 9);
    let (inverse, half) = (d.flag(), d.flag());
    let parts = if half {
        if inverse { 2 } else { 1 }
    } else {
        d.size(1, 2)
    };
    let axis = d.int(0, 1);
    let shape = if axis == 1 {
        vec![2, n, parts]
    } else {
        vec![n, 2, parts]
    };
    let given = Input::Absent;
    let length = match d.size(0, 2) {
        0 => given,
        1 => int(n as i64 + 2),
        _ => int(if inverse && half {
            2 * n as i64 - 1
        } else {
            (n as i64 - 1).max(1)
        }),
    };
    Built::new(vec![free(d, &shape), length, int(axis)])
        .int("inverse", i64::from(inverse))
        .int("onesided", i64::from(half))
}

const TRAINING: &str = "ai.onnx.preview.training";

fn step(d: &mut Draw, states: usize) -> Built {
    let shape = d.shape(2, 1, 3);
    let count = d.int(0, 5);
    let mut inputs = vec![Input::Fixed(vec![], vec![0.1]), int(count)];
    for k in 0..states + 2 {
        // States of squares are positive.
        inputs.push(if k + 1 == states + 2 {
            positive(d, &shape, 0.3, 2.0)
        } else {
            free(d, &shape)
        });
    }
    Built::new(inputs)
        .number("norm_coefficient", 0.3)
        .outputs(states + 1, &[0, states])
        .opset(1)
}

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("DFT", dft),
        Case::new("STFT", |d| {
            let (n, frame, hop) = (d.size(8, 12), d.size(3, 6), d.size(1, 3));
            let parts = d.size(1, 2);
            let half = i64::from(parts == 1 && d.flag());
            Built::new(vec![
                free(d, &[2, n, parts]),
                int(hop as i64),
                free(d, &[frame]),
                int(frame as i64),
            ])
            .int("onesided", half)
        }),
        Case::of(TRAINING, "Adagrad", |d| step(d, 1)),
        Case::of(TRAINING, "Adam", |d| step(d, 2)),
        Case::of(TRAINING, "Momentum", |d| {
            let mode = d.one(&["standard", "nesterov"]);
            step(d, 1).number("alpha", 0.9).number("beta", 0.7).text("mode", mode)
        }),
    ]
}
