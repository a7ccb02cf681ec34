//! Nodes that nobody means: every operator with random inputs and attributes answers or refuses, and
//! never panics. What a kernel panics on should be a sentence of the operator.

use std::collections::BTreeMap;

use glassboard_engine::{Attr, Elem, GraphSpec, NodeSpec, Options, Plain, Port, Session, operators};

/// A source of random numbers (`SplitMix64`).
struct Draw(u64);

impl Draw {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const WHOLE: &[i64] = &[
    0, 1, 2, 3, 4, -1, -2, -3, 5, 7, 1000, -1000, 1 << 31, -(1 << 31), 1 << 40, i64::MAX, i64::MIN,
];
const REAL: &[f32] = &[
    0.0, 1.0, -1.0, 0.5, 2.0, 3.7, 1e-9, 1e9, -1e30, f32::INFINITY, f32::NEG_INFINITY, f32::NAN,
];
const TYPES: &[Elem] = &[
    Elem::F32,
    Elem::F32,
    Elem::F32,
    Elem::F64,
    Elem::F16,
    Elem::I64,
    Elem::I64,
    Elem::I32,
    Elem::U64,
    Elem::U8,
    Elem::I8,
    Elem::Bool,
    Elem::Str,
];
const INTS: &[&str] = &[
    "axis", "group", "num_groups", "keepdims", "exclusive", "reverse", "k", "to", "blocksize", "allowzero", "upper",
    "batch_dims", "num_outputs", "start", "end", "onesided", "inverse", "size", "p", "training_mode", "sample_size",
    "output_height", "output_width", "sampling_ratio", "offset_group", "batch_axis", "time_axis", "select_last_index",
    "align_corners", "antialias", "ceil_mode", "storage_order", "noop_with_empty_axes", "dtype", "output_datatype",
    "periodic", "sorted", "fmod", "broadcast", "min_gram_length", "max_gram_length", "max_skip_count", "transA",
    "hidden_size", "num_heads", "kv_num_heads", "q_num_heads", "block_size", "bits", "K", "N", "ignore_index", "saturate",
];
const LISTS: &[&str] = &[
    "axes", "pads", "strides", "dilations", "kernel_shape", "perm", "shape", "split", "starts", "ends", "output_padding",
    "output_shape", "pooled_shape", "repeats", "ngram_counts", "ngram_indexes", "pool_int64s", "value_ints",
];
const TEXTS: &[(&str, &[&str])] = &[
    ("mode", &["nearest", "linear", "cubic", "constant", "reflect", "wrap", "edge", "avg", "max", "DCR", "CRD", "TF", "circular"]),
    ("auto_pad", &["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]),
    ("reduction", &["none", "add", "mul", "max", "min", "mean", "sum"]),
    ("padding_mode", &["zeros", "border", "reflection"]),
    ("equation", &["ij,jk->ik", "ii->i", "...ij,...jk", "ij->", "i,i,i", "->", ",", "ij,jk->iz"]),
    ("direction", &["LEFT", "RIGHT", "forward", "bidirectional"]),
    ("coordinate_transformation_mode", &["half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"]),
    ("keep_aspect_ratio_policy", &["stretch", "not_larger", "not_smaller"]),
    ("nearest_mode", &["floor", "ceil", "round_prefer_ceil"]),
    ("approximate", &["none", "tanh"]),
];

fn tensor(d: &mut Draw) -> Plain {
    let elem = d.one(TYPES);
    let rank = d.one(&[0, 1, 1, 1, 2, 2, 3, 4, 5]);
    let shape: Vec<usize> = (0..rank).map(|_| d.one(&[0, 1, 1, 2, 2, 3, 4])).collect();
    let n: usize = shape.iter().product();
    match elem {
        Elem::Str => Plain::text(shape, (0..n).map(|k| format!("{}", k % 3)).collect()),
        e if e.is_float() => {
            let tame = d.below(3) > 0;
            let number = |d: &mut Draw| if tame { d.below(7) as f32 - 3.0 } else { d.one(REAL) };
            Plain::float(shape, e, (0..n).map(|_| number(d)).collect())
        }
        e => {
            let tame = d.below(3) > 0;
            let number = |d: &mut Draw| if tame { d.below(5) as i64 - 1 } else { d.one(WHOLE) };
            Plain::int(shape, e, (0..n).map(|_| e.wrap(number(d))).collect())
        }
    }
}

fn attributes(d: &mut Draw) -> BTreeMap<String, Attr> {
    let mut attrs = BTreeMap::new();
    for name in INTS {
        if d.below(5) == 0 {
            let tame = d.below(3) > 0;
            let value = if tame { d.below(5) as i64 - 1 } else { d.one(WHOLE) };
            attrs.insert((*name).to_owned(), Attr::Int(value));
        }
    }
    for name in LISTS {
        if d.below(3) == 0 {
            let n = d.below(7);
            let tame = d.below(3) > 0;
            let number = |d: &mut Draw| if tame { d.below(4) as i64 } else { d.one(WHOLE) };
            attrs.insert((*name).to_owned(), Attr::Ints((0..n).map(|_| number(d)).collect()));
        }
    }
    for (name, values) in TEXTS {
        if d.below(2) == 0 {
            attrs.insert((*name).to_owned(), Attr::Str(d.one(values).to_owned()));
        }
    }
    for name in ["alpha", "beta", "epsilon", "seed", "ratio", "spatial_scale", "low", "high", "lambd"] {
        if d.below(4) == 0 {
            attrs.insert(name.to_owned(), Attr::Float(d.one(REAL)));
        }
    }
    attrs
}

fn graph(d: &mut Draw, domain: &str, op: &str) -> (GraphSpec, Vec<Plain>) {
    let count = d.one(&[0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6]);
    let tensors: Vec<Plain> = (0..count).map(|_| tensor(d)).collect();
    let name = |i: usize| format!("x{i}");
    let opset = d.one(&[1, 6, 9, 11, 13, 18, 22, 28]);
    let outputs: Vec<String> = (0..=d.below(3)).map(|k| format!("y{k}")).collect();
    let spec = GraphSpec {
        inputs: tensors
            .iter()
            .enumerate()
            .map(|(i, p)| Port {
                name: name(i),
                elem: Some(p.elem),
                shape: p.shape.iter().map(|&d| Some(d)).collect(),
            })
            .collect(),
        outputs: vec![Port {
            name: "y0".into(),
            elem: None,
            shape: vec![],
        }],
        nodes: vec![NodeSpec {
            op: op.into(),
            domain: domain.into(),
            inputs: (0..count)
                .map(|i| if d.below(12) == 0 { String::new() } else { name(i) })
                .collect(),
            outputs,
            attrs: attributes(d),
            ..NodeSpec::default()
        }],
        opsets: BTreeMap::from([(String::new(), opset), (domain.to_owned(), opset)]),
        ..GraphSpec::default()
    };
    (spec, tensors)
}

#[test]
fn no_node_makes_an_operator_panic() {
    let options = Options {
        memory_limit: 8 << 20,
        ..Options::default()
    };
    let mut panics = Vec::new();
    for row in operators() {
        let name = format!("{} {}", row.domain, row.op);
        let start = name.bytes().fold(7u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
        for round in 0..300 {
            let mut d = Draw(start.wrapping_add(round));
            let (spec, tensors) = graph(&mut d, row.domain, row.op);
            let Ok(session) = Session::from_spec(&spec, options) as Result<Session, _> else {
                continue;
            };
            if let Err(error) = session.execute(&tensors, &[]) {
                let text = error.to_string();
                if text.contains("the kernel refused its inputs") {
                    panics.push(format!("{name} (round {round}): {text}"));
                    break;
                }
            }
        }
    }
    assert!(panics.is_empty(), "{} operators panic:\n{}", panics.len(), panics.join("\n"));
}
