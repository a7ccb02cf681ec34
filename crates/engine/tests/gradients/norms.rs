//! Normalisations and losses.

use glassboard_engine::Elem;

use crate::draw::Draw;
use crate::harness::{Built, Case, Input, free, positive};

/// Scores, targets (some of them ignored) and weights of classes.
fn classified(d: &mut Draw) -> Built {
    let (batch, classes) = (d.size(1, 3), d.size(2, 4));
    let space = d.one(&[&[][..], &[3], &[2, 2]]);
    let mut shape = vec![batch, classes];
    shape.extend(space);
    let mut dims = vec![batch];
    dims.extend(space);
    let n: usize = dims.iter().product();
    let mut targets: Vec<i64> = (0..n).map(|_| d.int(0, classes as i64 - 1)).collect();
    let ignored = d.flag() && n > 1;
    if ignored {
        targets[0] = -7;
    }
    let mut inputs = vec![free(d, &shape), Input::Whole(Elem::I64, dims, targets)];
    if d.flag() {
        let Input::Free(shape, data) = positive(d, &[classes], 0.3, 2.0) else {
            return Built::new(inputs);
        };
        inputs.push(Input::Fixed(shape, data));
    }
    let reduction = d.one(&["mean", "sum", "none"]);
    let built = Built::new(inputs).text("reduction", reduction);
    if ignored { built.int("ignore_index", -7) } else { built }
}

/// Batch norm of this shape.
fn normalised(d: &mut Draw, shape: &[usize]) -> Built {
    let c = shape[1];
    Built::new(vec![
        free(d, shape),
        free(d, &[c]),
        free(d, &[c]),
        free(d, &[c]),
        positive(d, &[c], 0.3, 2.0),
    ])
}

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("BatchNormalization", |d| {
            let shape = d.shape(4, 2, 4);
            normalised(d, &shape)
        }),
        Case::new("BatchNormalization", |d| {
            let shape = d.shape(3, 2, 4);
            normalised(d, &shape).int("training_mode", 1).outputs(3, &[0, 1, 2])
        }),
        Case::new("BatchNormalization", |d| {
            // Before operator set 14 the outputs behind the first tell that this is training.
            let shape = d.shape(2, 2, 4);
            normalised(d, &shape)
                .number("momentum", 0.6)
                .opset(9)
                .outputs(3, &[0, 1, 2])
        }),
        Case::new("InstanceNormalization", |d| {
            let mut shape = d.shape(4, 1, 3);
            shape[3] = 4;
            let c = shape[1];
            Built::new(vec![free(d, &shape), free(d, &[c]), free(d, &[c])])
        }),
        Case::new("GroupNormalization", |d| {
            let groups = d.size(1, 3);
            let c = groups * d.size(1, 2);
            let shape = [d.size(1, 2), c, 3, 2];
            Built::new(vec![free(d, &shape), free(d, &[c]), free(d, &[c])]).int("num_groups", groups as i64)
        }),
        Case::new("LayerNormalization", |d| {
            let mut shape = d.shape(3, 1, 4);
            shape[2] = 5;
            let axis = d.int(0, 2);
            let tail = shape[axis as usize..].to_vec();
            Built::new(vec![free(d, &shape), free(d, &tail), free(d, &tail)])
                .int("axis", axis)
                .outputs(3, &[0, 1, 2])
        }),
        Case::new("RMSNormalization", |d| {
            let shape = d.shape(3, 2, 4);
            let axis = d.int(0, 2);
            let tail = shape[axis as usize..].to_vec();
            Built::new(vec![free(d, &shape), free(d, &tail)])
                .int("axis", axis)
                .opset(23)
        }),
        Case::new("LpNormalization", |d| {
            let shape = d.shape(3, 2, 4);
            let (axis, p) = (d.int(-3, 2), d.int(1, 2));
            Built::new(vec![free(d, &shape)]).int("axis", axis).int("p", p)
        }),
        Case::new("LRN", |d| {
            let shape = d.shape(4, 2, 4);
            let size = d.int(1, 4);
            Built::new(vec![free(d, &shape)])
                .int("size", size)
                .number("alpha", 0.4)
                .number("bias", 1.5)
        }),
        Case::new("MeanVarianceNormalization", |d| {
            let shape = d.shape(4, 2, 3);
            Built::new(vec![free(d, &shape)])
        }),
        Case::new("NegativeLogLikelihoodLoss", classified),
        Case::new("SoftmaxCrossEntropyLoss", |d| {
            let built = classified(d);
            if d.flag() { built.outputs(2, &[0, 1]) } else { built }
        }),
    ]
}
