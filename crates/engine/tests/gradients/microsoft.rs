//! Fused operators of `com.microsoft`.

use glassboard_engine::{Attr, Elem};

use crate::attention::{Rotated, rotated};
use crate::draw::Draw;
use crate::harness::{Built, Case, Input, free};

const MICROSOFT: &str = "com.microsoft";

fn case(op: &'static str, build: fn(&mut Draw) -> Built) -> Case {
    Case::of(MICROSOFT, op, build)
}

/// Whole numbers of 32 bits.
fn narrow(shape: &[usize], data: Vec<i64>) -> Input {
    Input::Whole(Elem::I32, shape.to_vec(), data)
}

/// Positions of tokens or rows of a table, each below `count`.
fn places(d: &mut Draw, n: usize, count: usize) -> Vec<i64> {
    (0..n).map(|_| d.int(0, count as i64 - 1)).collect()
}

/// The input or nothing.
fn maybe(d: &mut Draw, input: impl FnOnce(&mut Draw) -> Input) -> Input {
    if d.flag() { input(d) } else { Input::Absent }
}

/// A mask of one of onnxruntime's forms. Every query sees the first key, so that no row is hidden as a
/// whole: in 32 bits the filter would swallow the scores.
fn mask(d: &mut Draw, batch: usize, queries: usize, keys: usize) -> Input {
    let seen = |d: &mut Draw, n: usize| -> Vec<i64> {
        (0..n).map(|i| i64::from(i.is_multiple_of(keys) || d.flag())).collect()
    };
    match d.size(0, 4) {
        0 => {
            let ends = (0..batch).map(|_| d.int(1, keys as i64)).collect();
            narrow(&[batch], ends)
        }
        1 => {
            let mut ends: Vec<i64> = (0..batch).map(|_| d.int(1, keys as i64)).collect();
            ends.extend(vec![0; batch]);
            narrow(&[2 * batch], ends)
        }
        2 => narrow(&[batch, keys], seen(d, batch * keys)),
        3 => narrow(&[batch, queries, keys], seen(d, batch * queries * keys)),
        _ => narrow(&[batch, 1, keys, keys], seen(d, batch * keys * keys)),
    }
}

/// Projections, masks, earlier tokens and a bias of the scores.
fn attention(d: &mut Draw) -> Built {
    let (batch, tokens, width) = (d.size(1, 2), d.size(1, 3), d.size(2, 3));
    let (heads, size) = (d.size(1, 2), d.size(1, 3));
    let past = if d.flag() { d.size(1, 2) } else { 0 };
    // Earlier keys and values come in one tensor, and are of one size.
    let value_size = if past > 0 { size } else { d.size(1, 3) };
    let columns = [heads * size, heads * size, heads * value_size];
    let all = columns.iter().sum();
    let keys = past + tokens;
    let weights = d.away(width * all, 0.05, 0.8);
    let mut inputs = vec![
        free(d, &[batch, tokens, width]),
        Input::Free(vec![width, all], weights),
        maybe(d, |d| free(d, &[all])),
        maybe(d, |d| mask(d, batch, tokens, keys)),
    ];
    inputs.push(if past > 0 {
        free(d, &[2, batch, heads, past, size])
    } else {
        Input::Absent
    });
    inputs.push(maybe(d, |d| free(d, &[batch, heads, tokens, keys])));
    let mut built = Built::new(inputs)
        .int("num_heads", heads as i64)
        .int("unidirectional", d.int(0, 1))
        .opset(1);
    if value_size != size || d.flag() {
        built = built.list("qkv_hidden_sizes", &columns);
    }
    if d.flag() {
        built = built.number("scale", 0.6);
    }
    if value_size == size {
        built.outputs(2, &[0, 1])
    } else {
        built
    }
}

/// Queries, keys and values in every packing.
fn multi_head(d: &mut Draw) -> Built {
    let (batch, queries, heads) = (d.size(1, 2), d.size(1, 3), d.size(1, 2));
    let (size, packing) = (d.size(1, 3), d.size(0, 3));
    let (mut now, mut value_size) = (d.size(1, 3), size);
    let mut inputs = match packing {
        0 => {
            now = queries;
            vec![free(d, &[batch, queries, heads, 3, size]), Input::Absent, Input::Absent]
        }
        1 => vec![
            free(d, &[batch, queries, heads * size]),
            free(d, &[batch, now, heads, 2, size]),
            Input::Absent,
        ],
        2 => vec![
            free(d, &[batch, queries, heads * size]),
            free(d, &[batch, heads, now, size]),
            free(d, &[batch, heads, now, size]),
        ],
        _ => {
            value_size = d.size(1, 3);
            vec![
                free(d, &[batch, queries, heads * size]),
                free(d, &[batch, now, heads * size]),
                free(d, &[batch, now, heads * value_size]),
            ]
        }
    };
    let past = if d.flag() { d.size(1, 2) } else { 0 };
    // The widest form of a mask has a row for every key, of which the last are those of the queries.
    let keys = past + now;
    inputs.push(maybe(d, |d| free(d, &[heads * (2 * size + value_size)])));
    inputs.push(if keys >= queries {
        maybe(d, |d| mask(d, batch, queries, keys))
    } else {
        Input::Absent
    });
    inputs.push(maybe(d, |d| free(d, &[batch, heads, queries, keys])));
    if past > 0 {
        inputs.push(free(d, &[batch, heads, past, size]));
        inputs.push(free(d, &[batch, heads, past, value_size]));
    }
    let built = Built::new(inputs)
        .int("num_heads", heads as i64)
        .int("unidirectional", d.int(0, 1))
        .outputs(4, &[0, 1, 2, 3])
        .opset(1);
    if d.flag() { built.number("scale", 0.6) } else { built }
}

/// Shared keys, a cache of earlier tokens, rotations, and what stands beside the scores.
fn grouped(d: &mut Draw) -> Built {
    let (batch, tokens, shared) = (d.size(1, 2), d.size(1, 3), d.size(1, 2));
    let (heads, half) = (shared * d.size(1, 2), d.size(1, 2));
    let size = 2 * half;
    let mut inputs = if d.flag() {
        vec![
            free(d, &[batch, tokens, (heads + 2 * shared) * size]),
            Input::Absent,
            Input::Absent,
        ]
    } else {
        vec![
            free(d, &[batch, tokens, heads * size]),
            free(d, &[batch, tokens, shared * size]),
            free(d, &[batch, tokens, shared * size]),
        ]
    };
    // Either no token was there before, and some sequences are shorter; or all tokens are new behind a
    // cache that some sequences do not fill.
    let first = d.flag();
    let (lengths, longest, cache) = if first {
        let lengths: Vec<i64> = (0..batch).map(|_| d.int(1, tokens as i64)).collect();
        (lengths, tokens, d.one(&[0, tokens, tokens + 1]))
    } else {
        let longest = tokens + d.size(1, 3);
        let mut lengths: Vec<i64> = (0..batch).map(|_| d.int(tokens as i64, longest as i64)).collect();
        lengths[0] = longest as i64;
        (lengths, longest, d.size(longest - tokens, longest + 1))
    };
    let shape = [batch, shared, cache, size];
    inputs.extend([(); 2].map(|()| match free(d, &shape) {
        _ if cache == 0 => Input::Absent,
        // Nothing reads a cache that holds no token.
        Input::Free(shape, data) if first => Input::Fixed(shape, data),
        read => read,
    }));
    inputs.push(narrow(&[batch], lengths.iter().map(|n| n - 1).collect()));
    inputs.push(narrow(&[1], vec![longest as i64]));
    let rotary = d.flag();
    if rotary {
        let count = longest + 1;
        inputs.extend([free(d, &[count, half]), free(d, &[count, half])]);
        inputs.push(maybe(d, |d| {
            let positions = places(d, batch * tokens, count);
            Input::Whole(Elem::I64, vec![batch, tokens], positions)
        }));
    } else {
        inputs.extend([Input::Absent, Input::Absent, Input::Absent]);
    }
    let length = cache.max(longest);
    let bias_heads = d.one(&[1, heads]);
    inputs.push(maybe(d, |d| free(d, &[batch, bias_heads, tokens, length])));
    inputs.push(maybe(d, |d| free(d, &[heads])));
    let mut built = Built::new(inputs)
        .int("num_heads", heads as i64)
        .int("kv_num_heads", shared as i64)
        .int("do_rotary", i64::from(rotary))
        .int("rotary_interleaved", d.int(0, 1))
        .int("smooth_softmax", d.int(0, 1))
        .int("local_window_size", d.one(&[-1, 2]))
        .outputs(3, &[0, 1, 2])
        .opset(1);
    if d.flag() {
        built = built.number("softcap", 1.5);
    }
    if d.flag() { built.number("scale", 0.4) } else { built }
}

/// Functions behind a product or a convolution, with their parameters.
fn activation(d: &mut Draw) -> (&'static str, Vec<f32>) {
    let (name, parameters) = d.one(&[
        ("", &[][..]),
        ("Relu", &[]),
        ("Tanh", &[]),
        ("Sigmoid", &[]),
        ("Softplus", &[]),
        ("Softsign", &[]),
        ("HardSwish", &[]),
        ("LeakyRelu", &[0.2]),
        ("Elu", &[0.7]),
        ("ThresholdedRelu", &[0.4]),
        ("HardSigmoid", &[0.15, 0.4]),
        ("Clip", &[-1.0, 1.5]),
    ]);
    (name, parameters.to_vec())
}

fn convolution(d: &mut Draw) -> Built {
    let (batch, groups) = (d.size(1, 2), d.size(1, 2));
    let (channels, maps) = (groups * d.size(1, 2), groups * d.size(1, 2));
    let (height, width) = (d.size(3, 5), d.size(3, 5));
    let kernel = d.shape(2, 1, 3);
    let (stride, pad) = (d.size(1, 2), d.size(0, 1));
    let rows = (height + 2 * pad - kernel[0]) / stride + 1;
    let columns = (width + 2 * pad - kernel[1]) / stride + 1;
    let inputs = vec![
        free(d, &[batch, channels, height, width]),
        free(d, &[maps, channels / groups, kernel[0], kernel[1]]),
        maybe(d, |d| free(d, &[maps])),
        maybe(d, |d| free(d, &[batch, maps, rows, columns])),
    ];
    let (name, parameters) = activation(d);
    Built::new(inputs)
        .int("group", groups as i64)
        .list("strides", &[stride; 2])
        .list("pads", &[pad; 4])
        .text("activation", name)
        .attr("activation_params", Attr::Floats(parameters))
        .opset(1)
}

fn gemm(d: &mut Draw) -> Built {
    let (m, k, n) = (d.size(1, 3), d.size(1, 3), d.size(1, 3));
    let (flip_a, flip_b) = (d.flag(), d.flag());
    let added = d.one(&[&[m, n][..], &[1, n], &[n], &[m, 1], &[1]]).to_vec();
    let inputs = vec![
        free(d, &if flip_a { [k, m] } else { [m, k] }),
        free(d, &if flip_b { [n, k] } else { [k, n] }),
        maybe(d, |d| free(d, &added)),
    ];
    let (name, parameters) = activation(d);
    let names = ["activation_alpha", "activation_beta"];
    let mut built = Built::new(inputs)
        .int("transA", i64::from(flip_a))
        .int("transB", i64::from(flip_b))
        .number("alpha", 0.7)
        .number("beta", 1.3)
        .text("activation", name)
        .opset(1);
    for (name, value) in names.into_iter().zip(parameters) {
        built = built.number(name, value);
    }
    built
}

/// The operand that is `[batches .., rows, columns]` once rows and columns are exchanged, and once its
/// first axis has become the rows.
fn arranged(d: &mut Draw, batches: &[usize], rows: usize, columns: usize, flip: bool, batch: bool) -> Input {
    let (rows, columns) = if flip { (columns, rows) } else { (rows, columns) };
    let mut shape = batches.to_vec();
    shape.insert(if batch { 0 } else { batches.len() }, rows);
    shape.push(columns);
    free(d, &shape)
}

fn matmul(d: &mut Draw) -> Built {
    let (m, k, n) = (d.size(1, 3), d.size(1, 3), d.size(1, 3));
    let rank = d.size(0, 2);
    let batches = d.shape(rank, 1, 3);
    let flags = [(); 4].map(|()| d.flag());
    let [flip_a, batch_a, flip_b, batch_b] = flags;
    let a = arranged(d, &batches, m, k, flip_a, batch_a && rank > 0);
    let b = arranged(d, &batches, k, n, flip_b, batch_b && rank > 0);
    let mut built = Built::new(vec![a, b]).opset(1);
    for (name, flag) in ["transA", "transBatchA", "transB", "transBatchB"]
        .into_iter()
        .zip(flags)
    {
        let counts = rank > 0 || !name.contains("Batch");
        built = built.int(name, i64::from(flag && counts));
    }
    if d.flag() { built.number("alpha", -0.6) } else { built }
}

/// A product with packed weights.
fn packed(d: &mut Draw) -> Built {
    let (rows, outs, bits, block) = (d.size(1, 3), d.size(1, 3), d.one(&[2, 4, 8]), 16);
    let depth = d.size(3, 40);
    let blocks = depth.div_ceil(block);
    let bytes = block * bits / 8;
    let count = outs * blocks;
    let x = d.flag().then(|| d.size(1, 2)).into_iter().chain([rows, depth]);
    let x: Vec<usize> = x.collect();
    let codes = places(d, count * bytes, 256);
    let scales = d.away(count, 0.01, 0.1);
    let mut inputs = vec![
        free(d, &x),
        Input::Whole(Elem::U8, vec![outs, blocks, bytes], codes),
        Input::Fixed(vec![count], scales),
    ];
    inputs.push(match d.size(0, 2) {
        0 => Input::Absent,
        1 => {
            let n = outs * (blocks * bits).div_ceil(8);
            Input::Whole(Elem::U8, vec![n], places(d, n, 256))
        }
        _ => Input::Fixed(vec![count], d.numbers(count, 0.5, 3.0)),
    });
    inputs.push(Input::Absent);
    inputs.push(maybe(d, |d| free(d, &[outs])));
    Built::new(inputs)
        .int("K", depth as i64)
        .int("N", outs as i64)
        .int("bits", bits as i64)
        .int("block_size", block as i64)
        .opset(1)
}

/// Rotations by positions, of all or of a part of each head.
fn rotary(d: &mut Draw) -> Built {
    let Rotated {
        batch,
        heads,
        tokens,
        half,
        part,
        x,
        ..
    } = rotated(d);
    let count = d.size(4, 6);
    let positions = if d.flag() {
        Input::Whole(Elem::I64, vec![1], vec![d.int(0, 1)])
    } else {
        Input::Whole(Elem::I64, vec![batch, tokens], places(d, batch * tokens, count))
    };
    let angles = [count, half];
    let mut built = Built::new(vec![x, positions, free(d, &angles), free(d, &angles)])
        .int("interleaved", d.int(0, 1))
        .opset(1);
    if part {
        built = built
            .int("num_heads", heads as i64)
            .int("rotary_embedding_dim", 2 * half as i64);
    }
    if d.flag() { built.number("scale", 0.7) } else { built }
}

/// Word, position and segment embeddings, all or some of them.
fn embeddings(d: &mut Draw) -> Built {
    let (batch, tokens, width) = (d.size(1, 2), d.size(1, 3), d.size(3, 5));
    let (words, most, kinds) = (d.size(2, 4), d.size(3, 4), 2);
    let n = batch * tokens;
    let (ids, segments) = (places(d, n, words), places(d, n, kinds));
    let segmented = d.flag();
    let shape = [batch, tokens];
    let mut inputs = vec![
        narrow(&shape, ids),
        if segmented {
            narrow(&shape, segments)
        } else {
            Input::Absent
        },
        free(d, &[words, width]),
        free(d, &[most, width]),
    ];
    inputs.push(if segmented {
        free(d, &[kinds, width])
    } else {
        Input::Absent
    });
    inputs.extend([free(d, &[width]), free(d, &[width])]);
    inputs.push(maybe(d, |d| narrow(&shape, places(d, n, 2))));
    inputs.push(maybe(d, |d| {
        let items = d.one(&[1, batch]);
        narrow(&[items, tokens], places(d, items * tokens, most))
    }));
    Built::new(inputs).number("epsilon", 1e-5).outputs(3, &[0, 2]).opset(1)
}

/// Normalised by the root of the mean square; with or without the deviation as an output.
fn simplified(d: &mut Draw) -> Built {
    let shape = d.shape(3, 2, 4);
    let built = Built::new(vec![free(d, &shape), free(d, &shape[2..])]).number("epsilon", 1e-3);
    if d.flag() { built.outputs(2, &[0, 1]) } else { built }
}

pub fn cases() -> Vec<Case> {
    vec![
        case("Gelu", |d| {
            let shape = d.shape(3, 1, 4);
            Built::new(vec![free(d, &shape)]).opset(1)
        }),
        case("FastGelu", |d| {
            let shape = d.shape(3, 1, 4);
            Built::new(vec![free(d, &shape), free(d, &shape[2..])]).opset(1)
        }),
        case("BiasGelu", |d| {
            let shape = d.shape(3, 1, 4);
            Built::new(vec![free(d, &shape), free(d, &shape[2..])]).opset(1)
        }),
        case("QuickGelu", |d| {
            let shape = d.shape(3, 1, 4);
            let built = Built::new(vec![free(d, &shape)]).opset(1);
            if d.flag() { built.number("alpha", 0.8) } else { built }
        }),
        case("SkipLayerNormalization", |d| {
            let shape = d.shape(3, 3, 5);
            let width = &shape[2..];
            Built::new(vec![
                free(d, &shape),
                free(d, &shape),
                free(d, width),
                free(d, width),
                free(d, width),
            ])
            .opset(1)
        }),
        case("SkipLayerNormalization", |d| {
            // A skip for every item of the batch, and every output.
            let shape = d.shape(3, 3, 4);
            let width = &shape[2..];
            Built::new(vec![free(d, &shape), free(d, &shape[1..]), free(d, width)])
                .outputs(4, &[0, 1, 2, 3])
                .opset(1)
        }),
        case("SkipSimplifiedLayerNormalization", |d| {
            let shape = d.shape(3, 2, 4);
            let width = &shape[2..];
            let skip = d.size(0, 1);
            let built = Built::new(vec![
                free(d, &shape),
                free(d, &shape[skip..]),
                free(d, width),
                maybe(d, |d| free(d, width)),
            ])
            .number("epsilon", 1e-3)
            .opset(1);
            if d.flag() { built.outputs(4, &[0, 2, 3]) } else { built }
        }),
        case("SimplifiedLayerNormalization", |d| simplified(d).opset(1)),
        // onnxruntime writes this one into the standard domain.
        Case::new("SimplifiedLayerNormalization", simplified),
        case("EmbedLayerNormalization", embeddings),
        case("Attention", attention),
        case("MultiHeadAttention", multi_head),
        case("GroupQueryAttention", grouped),
        case("RotaryEmbedding", rotary),
        case("FusedConv", convolution),
        case("FusedGemm", gemm),
        case("FusedMatMul", matmul),
        case("MatMulNBits", packed),
    ]
}
