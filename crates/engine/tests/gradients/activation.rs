//! Activations.

use crate::draw::Draw;
use crate::harness::{Built, Case, free};

fn plain(d: &mut Draw) -> Built {
    let rank = d.size(1, 4);
    let shape = d.shape(rank, 1, 4);
    Built::new(vec![free(d, &shape)])
}

/// With the attribute `alpha`.
fn alpha(d: &mut Draw) -> Built {
    let alpha = d.number(0.3, 1.7) as f32;
    plain(d).number("alpha", alpha)
}

fn along_axis(d: &mut Draw) -> Built {
    let rank = d.size(1, 4);
    let shape = d.shape(rank, 1, 5);
    let (axis, opset) = (d.int(-(rank as i64), rank as i64 - 1), d.one(&[11, 22]));
    Built::new(vec![free(d, &shape)]).int("axis", axis).opset(opset)
}

pub fn cases() -> Vec<Case> {
    let same = [
        "Relu",
        "Sigmoid",
        "Tanh",
        "Softplus",
        "Softsign",
        "Mish",
        "HardSwish",
        "Selu",
    ];
    let with_alpha = ["LeakyRelu", "Elu", "Celu", "Swish", "ThresholdedRelu"];
    let mut cases: Vec<Case> = same.into_iter().map(|op| Case::new(op, plain)).collect();
    cases.extend(with_alpha.into_iter().map(|op| Case::new(op, alpha)));
    cases.extend([
        Case::new("HardSigmoid", |d| {
            let (a, b) = (d.number(0.1, 0.4) as f32, d.number(0.3, 0.7) as f32);
            plain(d).number("alpha", a).number("beta", b)
        }),
        Case::new("Shrink", |d| {
            let (l, b) = (d.number(0.3, 1.0) as f32, d.number(-0.5, 0.5) as f32);
            plain(d).number("lambd", l).number("bias", b)
        }),
        Case::new("PRelu", |d| {
            let shape = d.shape(3, 1, 4);
            let slope = if d.flag() { shape.clone() } else { vec![shape[2]] };
            Built::new(vec![free(d, &shape), free(d, &slope)])
        }),
        Case::new("SwiGLU", |d| {
            let shape = d.shape(2, 1, 5);
            let alpha = d.number(0.5, 1.5) as f32;
            Built::new(vec![free(d, &shape), free(d, &shape)]).number("alpha", alpha)
        }),
        Case::new("Gelu", |d| {
            let form = d.one(&["none", "tanh"]);
            plain(d).text("approximate", form)
        }),
        Case::new("Softmax", along_axis),
        Case::new("LogSoftmax", along_axis),
    ]);
    cases
}
