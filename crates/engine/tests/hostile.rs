//! Files made to hurt: each ends within a second and in bounded memory, with a sentence or with an answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::time::Duration;

use glassboard_checkpoints::onnx::proto::{
    AttributeProto, AttributeType, DataType, Dimension, DimensionValue, FunctionProto, GraphProto, ModelProto,
    NodeProto, OperatorSetIdProto, SparseTensorProto, StringStringEntryProto, TensorData, TensorInfo, TensorProto,
    TensorShapeProto, TensorType, TypeProto, TypeValue, ValueInfoProto,
};
use glassboard_engine::{Elem, Options, Plain, Session};
use prost::Message;

/// Bytes that the process may hold, the cases themselves among them.
const MEMORY: u64 = 1 << 30;
/// Bytes that the values of a run may occupy.
const LIMIT: u64 = 256 << 20;

fn info(name: &str, code: DataType, shape: &[i64]) -> ValueInfoProto {
    let dim = shape.iter().map(|&size| Dimension {
        value: Some(DimensionValue::Size(size)),
    });
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            value: Some(TypeValue::Tensor(TensorType {
                elem_type: code as i32,
                shape: Some(TensorShapeProto { dim: dim.collect() }),
            })),
        }),
        ..ValueInfoProto::default()
    }
}

fn node(op: &str, inputs: &[&str], outputs: &[&str]) -> NodeProto {
    NodeProto {
        op_type: op.into(),
        input: inputs.iter().map(|&i| i.into()).collect(),
        output: outputs.iter().map(|&o| o.into()).collect(),
        ..NodeProto::default()
    }
}

fn tensor(name: &str, code: DataType, dims: &[i64], raw: &[u8]) -> TensorProto {
    TensorProto {
        info: TensorInfo {
            name: name.into(),
            dims: dims.to_vec(),
            data_type: code as i32,
            ..TensorInfo::default()
        },
        data: TensorData::raw(raw.to_vec().into()),
    }
}

/// From `x: float[2]` to `y`.
fn graph(nodes: Vec<NodeProto>) -> GraphProto {
    GraphProto {
        node: nodes,
        input: vec![info("x", DataType::Float, &[2])],
        output: vec![info("y", DataType::Float, &[])],
        ..GraphProto::default()
    }
}

fn model(graph: GraphProto) -> ModelProto {
    ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: 17,
        }],
        graph: Some(graph),
        ..ModelProto::default()
    }
}

fn with_initialiser(tensor: TensorProto) -> Vec<u8> {
    let name = tensor.info.name.clone();
    let mut graph = graph(vec![node("Identity", &[&name], &["y"])]);
    graph.initializer.push(tensor);
    model(graph).encode_to_vec()
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: kind as i32,
        ..AttributeProto::default()
    }
}

/// A field of a message by hand: key, length, bytes.
fn field(tag: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::encode_varint(u64::from(tag << 3 | 2), &mut out);
    prost::encoding::encode_varint(bytes.len() as u64, &mut out);
    out.extend_from_slice(bytes);
    out
}

/// A key, a length that is a lie, and nothing.
fn claim(tag: u32, length: u64) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::encode_varint(u64::from(tag << 3 | 2), &mut out);
    prost::encoding::encode_varint(length, &mut out);
    out
}

/// A graph of so many `tag` fields that are empty messages.
fn repeated(tag: u8, times: usize) -> Vec<u8> {
    let mut bytes = graph(vec![node("Relu", &["x"], &["y"])]).encode_to_vec();
    bytes.extend([tag << 3 | 2, 0].repeat(times));
    [vec![8, 8], field(7, &bytes)].concat()
}

/// The most memory the process has held since this was asked last, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    kib << 10
}

/// Time that this thread has had a processor, so that a busy machine does not fail the test.
fn processor() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

/// Opens a file and runs it on small inputs.
fn attempt(bytes: &[u8]) -> Result<(), String> {
    let session = Session::from_bytes(bytes, Options { memory_limit: LIMIT }).map_err(|e| e.to_string())?;
    let inputs: Vec<Plain> = session
        .program()
        .inputs
        .iter()
        .map(|(_, p)| {
            let shape: Vec<usize> = p.shape.iter().flatten().map(|d| d.known().unwrap_or(1)).collect();
            let n = shape.iter().product();
            Plain::float(shape, p.elem.unwrap_or(Elem::F32), vec![0.5; n])
        })
        .collect();
    session.execute(&inputs, &[]).map(|_| ()).map_err(|e| e.to_string())
}

/// What a file must end in: an answer, or a sentence with these words.
type Wanted = Result<(), &'static str>;

fn check(what: &str, bytes: &[u8], wanted: Wanted, wrong: &mut Vec<String>) {
    peak();
    let start = processor();
    let found = attempt(bytes);
    let took = processor().saturating_sub(start);
    let held = peak();
    let shown = found.as_ref().err().map_or("an answer", String::as_str);
    println!("{what}: {} bytes, {took:?}, {} MiB: {shown}", bytes.len(), held >> 20);
    let fits = match (&found, wanted) {
        (Ok(()), Ok(())) => true,
        (Err(text), Err(words)) => text.contains(words) && text.len() < 1000 && !text.contains(char::is_control),
        _ => false,
    };
    if !fits {
        wrong.push(format!("{what}: {shown}; expected {wanted:?}"));
    }
    // Unoptimised code gets ten times as long.
    let patience = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });
    if took > patience {
        wrong.push(format!("{what} took {took:?}"));
    }
    if held > MEMORY {
        wrong.push(format!("{what} took {} MiB", held >> 20));
    }
}

#[test]
fn hostile_files_end_in_a_sentence_and_odd_ones_in_an_answer() {
    let mut wrong = Vec::new();
    for (what, bytes, wanted) in graphs()
        .into_iter()
        .chain(tensors())
        .chain(encodings())
        .chain(functions())
        .chain(large())
    {
        check(what, &bytes, wanted, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

type Case = (&'static str, Vec<u8>, Wanted);

fn graphs() -> Vec<Case> {
    let one = |nodes: Vec<NodeProto>| model(graph(nodes)).encode_to_vec();
    let mut echo = graph(vec![]);
    echo.output = vec![info("x", DataType::Float, &[2])];
    let mut constant = graph(vec![]);
    constant.initializer = vec![tensor("y", DataType::Float, &[2], &[0; 8])];
    let mut twice = graph(vec![node("Relu", &["x"], &["y"])]);
    twice.input.push(info("x", DataType::Float, &[2]));
    let mut two = graph(vec![node("Relu", &["x"], &["y"])]);
    two.initializer = vec![tensor("w", DataType::Float, &[1], &[0; 4]); 2];
    let mut repeated_output = graph(vec![node("Relu", &["x"], &["y"])]);
    repeated_output.output.push(info("y", DataType::Float, &[2]));
    let long = "n".repeat(1 << 20);
    let mut nameless = node("", &["x"], &["y"]);
    nameless.domain = "\u{0}<b>".into();
    vec![
        (
            "a cycle of two",
            one(vec![node("Relu", &["b"], &["y"]), node("Relu", &["y"], &["b"])]),
            Err("cycle"),
        ),
        (
            "a node that reads itself",
            one(vec![node("Relu", &["y"], &["y"])]),
            Err("cycle"),
        ),
        (
            "a dangling input",
            one(vec![node("Add", &["x", "ghost"], &["y"])]),
            Err("which nothing produces"),
        ),
        ("a dangling output", one(vec![]), Err("produced by nothing")),
        (
            "two nodes that write one name",
            one(vec![node("Relu", &["x"], &["y"]), node("Neg", &["x"], &["y"])]),
            Err("produced twice"),
        ),
        (
            "a node that writes an input",
            one(vec![node("Relu", &["x"], &["x"])]),
            Err("produced twice"),
        ),
        (
            "two inputs of one name",
            model(twice).encode_to_vec(),
            Err("two inputs"),
        ),
        (
            "two initialisers of one name",
            model(two).encode_to_vec(),
            Err("two initialisers"),
        ),
        ("one output twice", model(repeated_output).encode_to_vec(), Ok(())),
        ("an output that is an input", model(echo).encode_to_vec(), Ok(())),
        ("an initialiser as output", model(constant).encode_to_vec(), Ok(())),
        (
            "nodes out of order",
            one(vec![node("Neg", &["a"], &["y"]), node("Relu", &["x"], &["a"])]),
            Ok(()),
        ),
        ("a node without an operator", one(vec![nameless]), Err("not supported")),
        (
            "a name of a megabyte",
            one(vec![node("Relu", &["x"], &[&long]), node("Relu", &[&long], &["y"])]),
            Ok(()),
        ),
        (
            "a node without outputs",
            one(vec![node("Relu", &["x"], &[]), node("Relu", &["x"], &["y"])]),
            Ok(()),
        ),
        (
            "a node without inputs",
            one(vec![node("Add", &[], &["y"])]),
            Err("node `y` (Add)"),
        ),
        (
            "more outputs than the operator has",
            one(vec![node("Relu", &["x"], &["y", "z", "w"])]),
            Ok(()),
        ),
        ("thirty subgraphs inside each other", nested(30), Ok(())),
        (
            "sixty-four subgraphs inside each other",
            nested(64),
            Err("nested more than"),
        ),
    ]
}

/// `If` inside `If`, reading `x` and the condition from outside at every depth.
fn nested(depth: usize) -> Vec<u8> {
    let mut inner = node("Identity", &["x"], &["r0"]);
    for level in 1..=depth {
        let made = if level == depth {
            "y".to_owned()
        } else {
            format!("r{level}")
        };
        let branch = AttributeProto {
            g: Some(Box::new(GraphProto {
                node: vec![inner],
                output: vec![info(&format!("r{}", level - 1), DataType::Float, &[])],
                ..GraphProto::default()
            })),
            ..attribute("then_branch", AttributeType::Graph)
        };
        inner = node("If", &["t"], &[&made]);
        inner.attribute.push(branch);
    }
    let mut graph = graph(vec![inner]);
    graph.initializer.push(tensor("t", DataType::Bool, &[], &[1]));
    model(graph).encode_to_vec()
}

fn tensors() -> Vec<Case> {
    let f = DataType::Float;
    let lies = |dims: &[i64], raw: &[u8]| with_initialiser(tensor("w", f, dims, raw));
    let shaped = |op: &str, dims: &[i64]| {
        let mut graph = graph(vec![node(
            op,
            if op == "Expand" { &["x", "s"] } else { &["s"] },
            &["y"],
        )]);
        let raw: Vec<u8> = dims.iter().flat_map(|d| d.to_le_bytes()).collect();
        graph
            .initializer
            .push(tensor("s", DataType::Int64, &[dims.len() as i64], &raw));
        model(graph).encode_to_vec()
    };
    let outside = |entries: &[(&str, &str)]| {
        let mut w = tensor("w", f, &[4], &[]);
        w.info.data_location = 1;
        w.info.external_data = entries
            .iter()
            .map(|(key, value)| StringStringEntryProto {
                key: (*key).into(),
                value: (*value).into(),
            })
            .collect();
        with_initialiser(w)
    };
    let sparse = |dims: &[i64], indices: &[i64]| {
        let raw: Vec<u8> = indices.iter().flat_map(|d| d.to_le_bytes()).collect();
        let mut graph = graph(vec![node("Identity", &["w"], &["y"])]);
        graph.sparse_initializer.push(SparseTensorProto {
            values: Some(tensor("w", f, &[indices.len() as i64], &vec![0; indices.len() * 4])),
            indices: Some(tensor("i", DataType::Int64, &[indices.len() as i64], &raw)),
            dims: dims.to_vec(),
        });
        model(graph).encode_to_vec()
    };
    let mut texts = tensor("w", DataType::String, &[1 << 40], &[]);
    texts.info.string_data = vec![b"\xff\xfe".to_vec()];
    let nan = [f32::NAN, f32::INFINITY].map(f32::to_le_bytes).concat();
    vec![
        (
            "ten gigabytes in a kilobyte",
            lies(&[2_500_000_000], &[0; 1000]),
            Err("claims 10000000000 bytes"),
        ),
        (
            "a shape that overflows",
            lies(&[1 << 40, 1 << 40], &[]),
            Err("overflows"),
        ),
        (
            "a shape of exabytes",
            lies(&[1 << 50], &[]),
            Err("more than the 16 GiB"),
        ),
        ("a negative axis", lies(&[-2], &[0; 8]), Err("cannot be negative")),
        ("an axis of zero", lies(&[0], &[]), Ok(())),
        ("a thousand axes", lies(&[1; 1000], &[0; 4]), Err("at most 64 are read")),
        ("weights that are no numbers", lies(&[2], &nan), Ok(())),
        ("too many bytes", lies(&[1], &[0; 8]), Err("claims 4 bytes")),
        (
            "an unknown element type",
            with_initialiser(unknown_type()),
            Err("unknown element type 99"),
        ),
        (
            "a complex tensor",
            with_initialiser(tensor("w", DataType::Complex64, &[1], &[0; 8])),
            Err("complex64"),
        ),
        (
            "a shape bomb for ConstantOfShape",
            shaped("ConstantOfShape", &[1 << 20, 1 << 20]),
            Err("over the limit of"),
        ),
        (
            "a shape bomb for Expand",
            shaped("Expand", &[1 << 20, 1 << 20, 2]),
            Err("over the limit of"),
        ),
        (
            "a negative shape for ConstantOfShape",
            shaped("ConstantOfShape", &[-1]),
            Err("node `y`"),
        ),
        (
            "a path upwards",
            outside(&[("location", "../../etc/passwd")]),
            Err("leaves the model's own folder"),
        ),
        (
            "an absolute path",
            outside(&[("location", "/etc/passwd")]),
            Err("leaves the model's own folder"),
        ),
        (
            "a path with a backslash",
            outside(&[("location", "..\\w.bin")]),
            Err("leaves the model's own folder"),
        ),
        (
            "a path to nothing",
            outside(&[("location", "")]),
            Err("leaves the model's own folder"),
        ),
        (
            "data beside an upload",
            outside(&[("location", "w.bin")]),
            Err("did not come with this file"),
        ),
        ("data nowhere", outside(&[("offset", "0")]), Err("does not say where")),
        (
            "a sparse tensor of terabytes",
            sparse(&[1 << 40], &[0]),
            Err("when dense"),
        ),
        (
            "a sparse index outside",
            sparse(&[4], &[4]),
            Err("an index outside its shape"),
        ),
        (
            "a negative sparse index",
            sparse(&[4], &[-1]),
            Err("an index outside its shape"),
        ),
        ("a sparse tensor", sparse(&[4], &[3, 0]), Ok(())),
        (
            "more strings than there are",
            with_initialiser(texts),
            Err("strings but holds 1"),
        ),
    ]
}

fn unknown_type() -> TensorProto {
    let mut w = tensor("w", DataType::Float, &[1], &[0; 4]);
    w.info.data_type = 99;
    w
}

/// The parts of a tensor message by hand, inside a whole file.
fn file_with_tensor(fields: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = graph(vec![node("Identity", &["w"], &["y"])]).encode_to_vec();
    bytes.extend(field(5, &[field(8, b"w"), fields.concat()].concat()));
    [vec![8, 8], field(7, &bytes)].concat()
}

fn encodings() -> Vec<Case> {
    let number = |tag: u8, value: u64| {
        let mut out = vec![tag << 3];
        prost::encoding::encode_varint(value, &mut out);
        out
    };
    // A graph in an attribute of a node of a graph ...
    let deep = (0..1000).fold(Vec::new(), |graph, _| field(1, &field(5, &field(6, &graph))));
    let typed =
        |dtype: DataType, dims: u64, data: Vec<u8>| file_with_tensor(&[number(1, dims), number(2, dtype as u64), data]);
    let valid = model(graph(vec![node("Relu", &["x"], &["y"])])).encode_to_vec();
    vec![
        ("nothing", vec![], Err("empty")),
        ("zeros", vec![0; 4096], Err("not a whole ONNX file")),
        (
            "a file cut in two",
            valid[..valid.len() / 2].to_vec(),
            Err("not a whole ONNX file"),
        ),
        (
            "an exabyte of graph",
            [vec![8, 8], claim(7, 1 << 60)].concat(),
            Err("not a whole ONNX file"),
        ),
        (
            "a name of four gigabytes",
            [vec![8, 8], claim(2, 1 << 32)].concat(),
            Err("not a whole ONNX file"),
        ),
        (
            "a graph that ends in a claim",
            [vec![8, 8], field(7, &claim(1, 1 << 40))].concat(),
            Err("not a whole ONNX file"),
        ),
        (
            "raw bytes that are not there",
            file_with_tensor(&[number(1, 4), number(2, 1), claim(9, 1 << 40)]),
            Err(""),
        ),
        (
            "graphs inside graphs",
            [vec![8, 8], field(7, &deep)].concat(),
            Err("nested more than"),
        ),
        (
            "ten million empty nodes",
            repeated(1, 10_000_000),
            Err("more than 100000 nodes"),
        ),
        (
            "ten million empty tensors",
            repeated(5, 10_000_000),
            Err("without its weights"),
        ),
        (
            "ten million empty types",
            repeated(13, 10_000_000),
            Err("without its weights"),
        ),
        (
            "ten million inputs without names",
            repeated(11, 10_000_000),
            Err("without its weights"),
        ),
        (
            "ten million empty attributes",
            [vec![8, 8], field(7, &field(1, &[0x2a, 0].repeat(10_000_000)))].concat(),
            Err("without its weights"),
        ),
        (
            "a hundred million axes",
            file_with_tensor(&[field(1, &vec![1; 100_000_000])]),
            Err("without its weights"),
        ),
        (
            "a million numbers of one",
            typed(DataType::Int64, 1, field(7, &vec![1; 1_000_000])),
            Err("claims"),
        ),
        (
            "numbers that are cut",
            typed(DataType::Int32, 2, field(5, &[1, 0xff])),
            Err("damaged numbers"),
        ),
        (
            "floats one by one",
            typed(
                DataType::Float,
                2,
                [vec![0x25, 0, 0, 0x80, 0x3f], vec![0x25, 0, 0, 0, 0x40]].concat(),
            ),
            Ok(()),
        ),
        (
            "numbers one by one",
            typed(
                DataType::Int64,
                3,
                [vec![0x38, 1], vec![0x38, 2], field(7, &[3])].concat(),
            ),
            Ok(()),
        ),
        (
            "a gigabyte of small numbers",
            typed(DataType::Int64, 1 << 27, field(7, &vec![1; 1 << 27])),
            Err("number by number"),
        ),
        ("groups", [valid, vec![0x0b; 64]].concat(), Err("not a whole ONNX file")),
    ]
}

fn calls(name: &str, times: usize) -> Vec<NodeProto> {
    (0..times)
        .map(|i| NodeProto {
            domain: "acme".into(),
            ..node(
                name,
                &[if i == 0 { "a".to_owned() } else { format!("v{}", i - 1) }.as_str()],
                &[if i + 1 == times {
                    "b".to_owned()
                } else {
                    format!("v{i}")
                }
                .as_str()],
            )
        })
        .collect()
}

fn function(name: &str, body: Vec<NodeProto>) -> FunctionProto {
    FunctionProto {
        name: name.into(),
        domain: "acme".into(),
        input: vec!["a".into()],
        output: vec!["b".into()],
        node: body,
        ..FunctionProto::default()
    }
}

fn functions() -> Vec<Case> {
    let file = |first: &str, functions: Vec<FunctionProto>, name: &str| {
        let call = NodeProto {
            domain: "acme".into(),
            name: name.into(),
            ..node(first, &["x"], &["y"])
        };
        ModelProto {
            functions,
            ..model(graph(vec![call]))
        }
        .encode_to_vec()
    };
    let doubling = |depth: usize| {
        let mut all = vec![function("F0", vec![node("Relu", &["a"], &["b"])])];
        all.extend((1..=depth).map(|i| function(&format!("F{i}"), calls(&format!("F{}", i - 1), 2))));
        all
    };
    let chain = |depth: usize| {
        let mut all = vec![function("F0", vec![node("Relu", &["a"], &["b"])])];
        all.extend((1..=depth).map(|i| function(&format!("F{i}"), calls(&format!("F{}", i - 1), 1))));
        all
    };
    let relus = |n: usize| {
        let mut nodes = vec![node("Relu", &["a"], &["v0"])];
        nodes.extend((1..n).map(|i| node("Relu", &[&format!("v{}", i - 1)], &[&format!("v{i}")])));
        nodes.push(node("Relu", &[&format!("v{}", n - 1)], &["b"]));
        nodes
    };
    vec![
        (
            "a function that calls itself",
            file("F", vec![function("F", calls("F", 1))], ""),
            Err("calls itself"),
        ),
        (
            "two functions that call each other",
            file(
                "F",
                vec![function("F", calls("G", 1)), function("G", calls("F", 1))],
                "",
            ),
            Err("calls itself"),
        ),
        (
            "a function in pairs, thirty deep",
            file("F30", doubling(30), ""),
            Err("written out"),
        ),
        ("sixty functions deep", file("F60", chain(60), ""), Ok(())),
        (
            "a hundred functions deep",
            file("F100", chain(100), ""),
            Err("more than 64 deep"),
        ),
        (
            "two functions of one name",
            file("F", [chain(0), chain(0)].concat(), ""),
            Err("two functions"),
        ),
        (
            "a function that makes nothing",
            file("F", vec![function("F", vec![])], ""),
            Err("produced by nothing"),
        ),
        (
            "a call with a name of a megabyte",
            file("F", vec![function("F", relus(1000))], &"n".repeat(1 << 20)),
            Err("of names"),
        ),
        (
            "a function of fifty thousand nodes",
            file("F", vec![function("F", relus(50_000))], "call"),
            Ok(()),
        ),
        (
            "functions nobody calls",
            file("Relu", chain(3), ""),
            Err("uses `acme.Relu`, not supported"),
        ),
    ]
}

fn large() -> Vec<Case> {
    let mut chain = vec![node("Relu", &["x"], &["v0"])];
    chain.extend((1..99_999).map(|i| node("Identity", &[&format!("v{}", i - 1)], &[&format!("v{i}")])));
    chain.push(node("Relu", &["v99998"], &["y"]));
    let mut backwards = chain.clone();
    backwards.reverse();
    let fan: Vec<String> = (0..99_999).map(|i| format!("v{i}")).collect();
    let mut star: Vec<NodeProto> = fan.iter().map(|name| node("Relu", &["x"], &[name])).collect();
    star.push(node("Sum", &fan.iter().map(String::as_str).collect::<Vec<_>>(), &["y"]));
    let mut listed = graph(vec![node("Relu", &["x"], &["y"])]);
    for i in 0..100_000 {
        let name = format!("w{i}");
        listed.initializer.push(tensor(&name, DataType::Float, &[1], &[0; 4]));
        listed.input.push(info(&name, DataType::Float, &[1]));
    }
    let mut inputs = graph(vec![node("Relu", &["x"], &["y"])]);
    inputs
        .input
        .extend((0..100_000).map(|i| info(&format!("i{i}"), DataType::Float, &[1])));
    let million = vec!["x"; 1_000_000];
    let mut concat = node("Concat", &million, &["y"]);
    concat.attribute.push(AttributeProto {
        i: 0,
        ..attribute("axis", AttributeType::Int)
    });
    let mut branches = vec![];
    for i in 0..20_000 {
        let (read, made) = (if i == 0 { "x".into() } else { format!("v{}", i - 1) }, format!("v{i}"));
        let branch = AttributeProto {
            g: Some(Box::new(GraphProto {
                node: vec![node("Neg", &[&read], &["r"])],
                output: vec![info("r", DataType::Float, &[])],
                ..GraphProto::default()
            })),
            ..attribute("then_branch", AttributeType::Graph)
        };
        let mut one = node("If", &["t"], &[if i == 19_999 { "y" } else { &made }]);
        one.attribute.push(branch);
        branches.push(one);
    }
    let mut branching = graph(branches);
    branching.initializer.push(tensor("t", DataType::Bool, &[], &[1]));
    let one = |nodes: Vec<NodeProto>| model(graph(nodes)).encode_to_vec();
    vec![
        ("a hundred thousand nodes in a row", one(chain.clone()), Ok(())),
        ("the same from back to front", one(backwards), Ok(())),
        ("a hundred thousand nodes side by side", one(star), Ok(())),
        (
            "one node more",
            one([chain, vec![node("Relu", &["x"], &["z"])]].concat()),
            Err("more than 100000 nodes"),
        ),
        (
            "a hundred thousand initialisers that are inputs",
            model(listed).encode_to_vec(),
            Ok(()),
        ),
        ("a hundred thousand inputs", model(inputs).encode_to_vec(), Ok(())),
        ("a million inputs of a node", one(vec![concat]), Ok(())),
        ("twenty thousand branches", model(branching).encode_to_vec(), Ok(())),
    ]
}
