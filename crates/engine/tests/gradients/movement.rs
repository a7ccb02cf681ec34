//! Operators that move, choose or write elements.

use glassboard_engine::Elem;

use crate::draw::Draw;
use crate::harness::{Built, Case, Input, free, int, ints};

fn permutation(d: &mut Draw, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for k in (1..n).rev() {
        order.swap(k, d.size(0, k));
    }
    order
}

fn indices(d: &mut Draw, shape: &[usize], n: usize) -> Input {
    let count = shape.iter().product();
    let data = (0..count).map(|_| d.int(-(n as i64), n as i64 - 1)).collect();
    Input::Whole(Elem::I64, shape.to_vec(), data)
}

fn pad(d: &mut Draw) -> Built {
    let shape = d.shape(3, 2, 4);
    let mode = d.one(&["constant", "reflect", "edge", "wrap"]);
    let low = if mode == "constant" { -1 } else { 0 };
    let pads: Vec<i64> = (0..6).map(|_| d.int(low, 1)).collect();
    Built::new(vec![free(d, &shape), ints(&pads), Input::Fixed(vec![], vec![0.5])]).text("mode", mode)
}

fn scatter_elements(d: &mut Draw) -> Built {
    let shape = d.shape(3, 2, 4);
    let axis = d.size(0, 2);
    let mut part: Vec<usize> = shape.iter().map(|&n| d.size(1, n)).collect();
    let how = d.one(&["none", "add", "mul", "max", "min"]);
    let index = if how == "none" {
        // Without duplicates: what a later write hides has no difference to compare.
        part[axis] = 1;
        indices(d, &part, shape[axis])
    } else {
        part[axis] = d.size(1, 5);
        indices(d, &part, shape[axis])
    };
    let (n, m) = (shape.iter().product::<usize>(), part.iter().product::<usize>());
    let all = d.numbers(n + m, -2.0, 2.0);
    Built::new(vec![
        Input::Free(shape, all[..n].to_vec()),
        index,
        Input::Free(part, all[n..].to_vec()),
    ])
    .int("axis", axis as i64)
    .text("reduction", how)
}

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("Reshape", |d| {
            let shape = d.shape(3, 1, 4);
            Built::new(vec![free(d, &shape), ints(&[0, -1])])
        }),
        Case::new("Flatten", |d| {
            let shape = d.shape(4, 1, 3);
            let axis = d.int(-4, 4);
            Built::new(vec![free(d, &shape)]).int("axis", axis)
        }),
        Case::new("Squeeze", |d| {
            let shape = [d.size(1, 3), 1, d.size(1, 3), 1];
            Built::new(vec![free(d, &shape), ints(&[-1, 1])])
        }),
        Case::new("Unsqueeze", |d| {
            let shape = d.shape(2, 1, 4);
            Built::new(vec![free(d, &shape), ints(&[0, -1])])
        }),
        Case::new("Transpose", |d| {
            let shape = d.shape(4, 1, 3);
            let perm = permutation(d, 4);
            Built::new(vec![free(d, &shape)]).list("perm", &perm)
        }),
        Case::new("Concat", |d| {
            let mut shape = d.shape(3, 1, 3);
            let axis = d.size(0, 2);
            let mut inputs = Vec::new();
            for _ in 0..d.size(1, 3) {
                shape[axis] = d.size(1, 3);
                inputs.push(free(d, &shape));
            }
            Built::new(inputs).int("axis", axis as i64)
        }),
        Case::new("Split", |d| {
            let mut shape = d.shape(3, 1, 3);
            let axis = d.size(0, 2);
            let parts = [d.size(1, 3), d.size(1, 3)];
            shape[axis] = parts[0] + parts[1];
            Built::new(vec![free(d, &shape), ints(&parts.map(|p| p as i64))])
                .int("axis", axis as i64)
                .outputs(2, &[0, 1])
        }),
        Case::new("Slice", |d| {
            let shape = d.shape(3, 3, 5);
            let step = d.one(&[-2, -1, 1, 2]);
            let (start, end) = if step > 0 { (d.int(0, 1), -1) } else { (-1, d.int(0, 1)) };
            Built::new(vec![
                free(d, &shape),
                ints(&[start, 1]),
                ints(&[end, 9]),
                ints(&[0, 2]),
                ints(&[step, 1]),
            ])
        }),
        Case::new("Expand", |d| {
            let shape = [d.size(1, 3), 1, d.size(1, 3)];
            Built::new(vec![free(d, &shape), ints(&[2, 1, 3, 1])])
        }),
        Case::new("Tile", |d| {
            let shape = d.shape(2, 1, 3);
            let times = [d.int(1, 3), d.int(1, 3)];
            Built::new(vec![free(d, &shape), ints(&times)])
        }),
        Case::new("Pad", pad),
        Case::new("CenterCropPad", |d| {
            let shape = d.shape(3, 1, 5);
            let wanted = [d.int(1, 5), d.int(1, 5)];
            Built::new(vec![free(d, &shape), ints(&wanted)]).attr("axes", glassboard_engine::Attr::Ints(vec![0, -1]))
        }),
        Case::new("Gather", |d| {
            let shape = d.shape(3, 1, 4);
            let axis = d.size(0, 2);
            let index = indices(d, &[2, 2], shape[axis]);
            Built::new(vec![free(d, &shape), index]).int("axis", axis as i64)
        }),
        Case::new("GatherElements", |d| {
            let shape = d.shape(3, 1, 4);
            let axis = d.size(0, 2);
            let mut part: Vec<usize> = shape.iter().map(|&n| d.size(1, n)).collect();
            part[axis] = d.size(1, 5);
            let index = indices(d, &part, shape[axis]);
            Built::new(vec![free(d, &shape), index]).int("axis", axis as i64)
        }),
        Case::new("GatherND", |d| {
            let (b, n) = (d.size(1, 3), d.size(1, 4));
            let batch = d.int(0, 1);
            let width = if batch == 1 { n } else { b.min(n) };
            let index = indices(d, &[b, 3, if batch == 1 { 1 } else { 2 }], width);
            Built::new(vec![free(d, &[b, n, 2]), index]).int("batch_dims", batch)
        }),
        Case::new("ScatterElements", scatter_elements),
        Case::new("Scatter", |d| {
            let mut built = scatter_elements(d);
            built.attrs.truncate(1);
            let Input::Whole(elem, shape, data) = &built.inputs[1] else {
                return built;
            };
            // One write a row, so that none hides another.
            let axis = match built.attrs[0].1 {
                glassboard_engine::Attr::Int(a) => a as usize,
                _ => 0,
            };
            let mut one = shape.clone();
            one[axis] = 1;
            let n = one.iter().product();
            built.inputs[1] = Input::Whole(*elem, one.clone(), data[..n].to_vec());
            built.inputs[2] = free(d, &one);
            built.opset(10)
        }),
        Case::new("ScatterND", |d| {
            let (n, m) = (d.size(3, 5), d.size(1, 3));
            let how = d.one(&["none", "add", "mul", "max", "min"]);
            let rows = permutation(d, n);
            let picked: Vec<i64> = if how == "none" {
                vec![rows[0] as i64, rows[1] as i64]
            } else {
                vec![rows[0] as i64, rows[1] as i64, rows[0] as i64]
            };
            let count = picked.len();
            let all = d.numbers((n + count) * m, -2.0, 2.0);
            Built::new(vec![
                Input::Free(vec![n, m], all[..n * m].to_vec()),
                Input::Whole(Elem::I64, vec![count, 1], picked),
                Input::Free(vec![count, m], all[n * m..].to_vec()),
            ])
            .text("reduction", how)
        }),
        Case::new("TensorScatter", |d| {
            let (b, n, k) = (d.size(1, 2), d.size(3, 5), d.size(1, 3));
            let starts: Vec<i64> = (0..b).map(|_| d.int(0, n as i64 - 1)).collect();
            Built::new(vec![free(d, &[b, 2, n, 2]), free(d, &[b, 2, k, 2]), ints(&starts)])
                .text("mode", "circular")
                .opset(24)
        }),
        Case::new("Compress", |d| {
            let shape = d.shape(2, 2, 4);
            let condition = (0..shape[1]).map(|k| if k == 0 { 1 } else { d.int(0, 1) }).collect();
            Built::new(vec![
                free(d, &shape),
                Input::Whole(Elem::Bool, vec![shape[1]], condition),
            ])
            .int("axis", 1)
        }),
        Case::new("ReverseSequence", |d| {
            let shape = d.shape(3, 2, 4);
            let lengths: Vec<i64> = (0..shape[1]).map(|_| d.int(1, shape[0] as i64)).collect();
            Built::new(vec![free(d, &shape), ints(&lengths)])
        }),
        Case::new("Trilu", |d| {
            let shape = d.shape(3, 1, 4);
            let (upper, k) = (d.int(0, 1), d.int(-1, 1));
            // Something must be left of it.
            let k = if upper == 1 { k.min(0) } else { k.max(0) };
            Built::new(vec![free(d, &shape), int(k)]).int("upper", upper)
        }),
        Case::new("TopK", |d| {
            let mut shape = d.shape(3, 1, 4);
            let axis = d.size(0, 2);
            shape[axis] = 4;
            let (k, largest) = (d.int(1, 4), d.int(0, 1));
            let n = shape.iter().product();
            Built::new(vec![Input::Free(shape, d.numbers(n, -2.0, 2.0)), ints(&[k])])
                .int("axis", axis as i64)
                .int("largest", largest)
                .outputs(2, &[0])
        }),
        Case::new("Unique", |d| {
            let n = d.size(2, 6);
            let sorted = d.int(0, 1);
            Built::new(vec![Input::Free(vec![n], d.numbers(n, -2.0, 2.0))]).int("sorted", sorted)
        }),
        Case::new("DepthToSpace", |d| {
            let (b, mode) = (d.size(1, 2), d.one(&["DCR", "CRD"]));
            let shape = [d.size(1, 2), b * b * d.size(1, 2), 2, 3];
            Built::new(vec![free(d, &shape)])
                .int("blocksize", b as i64)
                .text("mode", mode)
        }),
        Case::new("SpaceToDepth", |d| {
            let b = d.size(1, 2);
            let shape = [d.size(1, 2), 2, b * 2, b];
            Built::new(vec![free(d, &shape)]).int("blocksize", b as i64)
        }),
    ]
}
