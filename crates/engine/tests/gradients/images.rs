//! Convolutions, pools, and sampling of images.

use glassboard_engine::{Attr, Elem};

use crate::draw::Draw;
use crate::harness::{Built, Case, Input, free, ints};

fn conv(d: &mut Draw) -> Built {
    let dims = d.size(1, 3);
    let (groups, per, outs) = (d.size(1, 2), d.size(1, 2), d.size(1, 2));
    let space = d.shape(dims, 3, 4);
    let kernel = d.shape(dims, 1, 3);
    let pads: Vec<usize> = (0..2 * dims).map(|_| d.size(0, 1)).collect();
    let strides = d.shape(dims, 1, 2);
    let x = [vec![2, groups * per], space].concat();
    let w = [vec![groups * outs, per], kernel].concat();
    Built::new(vec![free(d, &x), free(d, &w), free(d, &[groups * outs])])
        .int("group", groups as i64)
        .list("pads", &pads)
        .list("strides", &strides)
}

fn conv_transpose(d: &mut Draw) -> Built {
    let dims = d.size(1, 2);
    let (groups, per, outs) = (d.size(1, 2), d.size(1, 2), d.size(1, 2));
    let space = d.shape(dims, 2, 3);
    let kernel = d.shape(dims, 2, 3);
    let strides = d.shape(dims, 1, 2);
    let x = [vec![1, groups * per], space].concat();
    let w = [vec![groups * per, outs], kernel].concat();
    Built::new(vec![free(d, &x), free(d, &w), free(d, &[groups * outs])])
        .int("group", groups as i64)
        .list("pads", &vec![1; 2 * dims])
        .list("strides", &strides)
}

/// An input of distinct numbers and a window over it, in one to three dimensions.
fn pool(d: &mut Draw) -> Built {
    let dims = d.size(1, 3);
    let space = d.shape(dims, 3, 4);
    let kernel = d.shape(dims, 2, 3);
    let pads: Vec<usize> = (0..2 * dims).map(|_| d.size(0, 1)).collect();
    let (strides, ceil) = (d.shape(dims, 1, 2), d.int(0, 1));
    let x = [vec![1, 2], space].concat();
    let n = x.iter().product();
    Built::new(vec![Input::Free(x, d.numbers(n, -2.0, 2.0))])
        .list("kernel_shape", &kernel)
        .list("pads", &pads)
        .list("strides", &strides)
        .int("ceil_mode", ceil)
}

fn whole(d: &mut Draw) -> Built {
    let dims = d.size(1, 3);
    let x = [d.shape(2, 1, 2), d.shape(dims, 2, 3)].concat();
    let n = x.iter().product();
    Built::new(vec![Input::Free(x, d.numbers(n, -2.0, 2.0))])
}

fn resize(d: &mut Draw) -> Built {
    let shape = [1, d.size(1, 2), d.size(2, 5), d.size(2, 5)];
    let mode = d.one(&["nearest", "linear", "cubic"]);
    let coordinates = d.one(&["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"]);
    let built = if d.flag() {
        let scales = [1.0, 1.0, d.number(0.5, 2.0) as f32, d.number(0.5, 2.0) as f32];
        // Scales stay 32-bit floats in both graphs, so that both agree on every size.
        Built::new(vec![
            free(d, &shape),
            Input::Absent,
            Input::Fixed(vec![4], scales.to_vec()),
        ])
    } else {
        let sizes = [1, shape[1] as i64, d.int(1, 7), d.int(1, 7)];
        Built::new(vec![free(d, &shape), Input::Absent, Input::Absent, ints(&sizes)])
    };
    let antialias = i64::from(mode != "nearest" && d.flag());
    built
        .text("mode", mode)
        .text("coordinate_transformation_mode", coordinates)
        .int("antialias", antialias)
}

fn grid_sample(d: &mut Draw) -> Built {
    let dims = d.size(1, 3);
    let (space, out) = (d.shape(dims, 2, 4), d.shape(dims, 1, 3));
    let x = [vec![2, 2], space].concat();
    let grid = [vec![2], out, vec![dims]].concat();
    let n = grid.iter().product();
    let mode = d.one(&["linear", "nearest", "cubic"]);
    let padding = d.one(&["zeros", "border", "reflection"]);
    let align = d.int(0, 1);
    let places = d.numbers(n, -1.4, 1.4);
    // The nearest element does not move with its place, so there the grid is a constant.
    let grid = if mode == "nearest" {
        Input::Fixed(grid, places)
    } else {
        Input::Free(grid, places)
    };
    Built::new(vec![free(d, &x), grid])
        .text("mode", mode)
        .text("padding_mode", padding)
        .int("align_corners", align)
}

fn deform(d: &mut Draw) -> Built {
    let (groups, offsets) = (d.size(1, 2), d.size(1, 2));
    let (h, w) = (d.size(3, 4), d.size(3, 4));
    let channels = 2;
    let (kh, kw) = (2, d.size(1, 2));
    let (oh, ow) = (h + 2 - kh + 1, w + 2 - kw + 1);
    let taps = kh * kw;
    let shape = [1, offsets * taps * 2, oh, ow];
    let n = shape.iter().product();
    let offset = Input::Free(shape.to_vec(), d.numbers(n, -0.8, 0.8));
    Built::new(vec![
        free(d, &[1, channels, h, w]),
        free(d, &[2, channels / groups, kh, kw]),
        offset,
        free(d, &[2]),
        free(d, &[1, offsets * taps, oh, ow]),
    ])
    .int("group", groups as i64)
    .int("offset_group", offsets as i64)
    .list("pads", &[1, 1, 1, 1])
    .list("kernel_shape", &[kh, kw])
}

fn regions(d: &mut Draw, count: usize) -> Vec<f32> {
    (0..count)
        .flat_map(|_| {
            let (x, y) = (d.number(0.0, 2.0), d.number(0.0, 2.0));
            let (w, h) = (d.number(1.0, 4.0), d.number(1.0, 4.0));
            [x, y, x + w, y + h].map(|v| v as f32)
        })
        .collect()
}

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("Conv", conv),
        Case::new("ConvTranspose", conv_transpose),
        Case::new("MaxPool", pool),
        Case::new("AveragePool", |d| {
            let include = d.int(0, 1);
            pool(d).int("count_include_pad", include)
        }),
        Case::new("LpPool", |d| {
            let p = d.int(1, 3);
            pool(d).int("p", p)
        }),
        Case::new("GlobalAveragePool", whole),
        Case::new("GlobalMaxPool", whole),
        Case::new("GlobalLpPool", |d| {
            let p = d.int(1, 3);
            whole(d).int("p", p)
        }),
        Case::new("MaxUnpool", |d| {
            let x = [1, 1, 2, 2];
            let places = [d.int(0, 3), d.int(4, 7), d.int(8, 11), d.int(12, 15)];
            Built::new(vec![free(d, &x), Input::Whole(Elem::I64, x.to_vec(), places.to_vec())])
                .list("kernel_shape", &[2, 2])
                .list("strides", &[2, 2])
        }),
        Case::new("Col2Im", |d| {
            let (h, w, k) = (d.size(3, 5), d.size(3, 5), d.size(1, 3));
            let pad = d.size(0, 1);
            let blocks = (h + 2 * pad - k + 1) * (w + 2 * pad - k + 1);
            let batch = d.size(1, 2);
            Built::new(vec![
                free(d, &[batch, 2 * k * k, blocks]),
                ints(&[h as i64, w as i64]),
                ints(&[k as i64, k as i64]),
            ])
            .list("pads", &[pad; 4])
        }),
        Case::new("Resize", resize),
        Case::new("Resize", |d| {
            let shape = [1, 1, d.size(3, 5), d.size(3, 5)];
            let roi = [0.1f32, 0.2, 0.8, 0.9];
            let mode = d.one(&["nearest", "linear", "cubic"]);
            Built::new(vec![
                free(d, &shape),
                Input::Fixed(vec![4], roi.to_vec()),
                Input::Absent,
                ints(&[4, 3]),
            ])
            .attr("axes", Attr::Ints(vec![2, 3]))
            .text("mode", mode)
            .text("coordinate_transformation_mode", "tf_crop_and_resize")
        }),
        Case::new("Upsample", |d| {
            let shape = [1, 1, d.size(1, 3), d.size(1, 3)];
            let mode = d.one(&["nearest", "linear"]);
            Built::new(vec![free(d, &shape), Input::Fixed(vec![4], vec![1.0, 1.0, 2.0, 3.0])])
                .text("mode", mode)
                .opset(9)
        }),
        Case::new("GridSample", grid_sample),
        Case::new("AffineGrid", |d| {
            let dims = d.size(2, 3);
            let mut size = vec![2, 1];
            size.extend((0..dims).map(|_| d.int(1, 3)));
            let align = d.int(0, 1);
            Built::new(vec![free(d, &[2, dims, dims + 1]), ints(&size)]).int("align_corners", align)
        }),
        Case::new("DeformConv", deform),
        Case::new("RoiAlign", |d| {
            let rois = regions(d, 3);
            let (mode, ratio) = (d.one(&["avg", "max"]), d.int(0, 2));
            let coordinates = d.one(&["half_pixel", "output_half_pixel"]);
            let n = 2 * 2 * 5 * 6;
            Built::new(vec![
                Input::Free(vec![2, 2, 5, 6], d.numbers(n, -2.0, 2.0)),
                Input::Fixed(vec![3, 4], rois),
                ints(&[0, 1, 0]),
            ])
            .text("mode", mode)
            .text("coordinate_transformation_mode", coordinates)
            .int("sampling_ratio", ratio)
            .int("output_height", 2)
            .int("output_width", 3)
        }),
        Case::new("MaxRoiPool", |d| {
            let mut rois = Vec::new();
            for row in regions(d, 2).chunks(4) {
                rois.push(d.int(0, 1) as f32);
                rois.extend_from_slice(row);
            }
            let n = 2 * 5 * 6;
            Built::new(vec![
                Input::Free(vec![2, 1, 5, 6], d.numbers(n, -2.0, 2.0)),
                Input::Fixed(vec![2, 5], rois),
            ])
            .list("pooled_shape", &[2, 2])
        }),
    ]
}
