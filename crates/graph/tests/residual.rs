//! A small residual network as PyTorch's two exporters write it.

use std::collections::{BTreeMap, HashSet};

use glassboard_graph::{
    Attribute, Constant, Description, Histogram, LayerGraph, Node, Port, Row, RowKind, TensorStatistics,
    scope_from_metadata, with_statistics,
};

fn node(name: &str, op: &str, inputs: &[&str], output: &str) -> Node {
    Node {
        name: name.to_owned(),
        op: op.to_owned(),
        inputs: inputs.iter().map(|one| (*one).to_owned()).collect(),
        outputs: vec![output.to_owned()],
        ..Node::default()
    }
}

fn constant(name: &str, shape: &[usize]) -> Constant {
    let elements = shape.iter().product::<usize>() as u64;
    Constant {
        name: name.to_owned(),
        dtype: "f32".to_owned(),
        shape: shape.to_vec(),
        elements,
    }
}

fn residual() -> Description {
    let bn = [
        "b",
        "layer1.0.bn.weight",
        "layer1.0.bn.bias",
        "layer1.0.bn.running_mean",
        "layer1.0.bn.running_var",
    ];
    let mut nodes = vec![
        node("/stem/Conv", "Conv", &["image", "stem.weight"], "a"),
        node(
            "/layer1/layer1.0/conv/Conv",
            "Conv",
            &["a", "layer1.0.conv.weight"],
            "b",
        ),
        node("/layer1/layer1.0/bn/BatchNormalization", "BatchNormalization", &bn, "c"),
        node("/layer1/layer1.0/Add", "Add", &["c", "a"], "d"),
        node("/fc/Gemm", "Gemm", &["d", "fc.weight", "fc.bias"], "logits"),
    ];
    nodes[1]
        .attributes
        .insert("strides".to_owned(), Attribute::Ints(vec![2, 2]));
    nodes[4].attributes.insert("transB".to_owned(), Attribute::Int(1));
    let constants = vec![
        constant("stem.weight", &[16, 1, 3, 3]),
        constant("layer1.0.conv.weight", &[32, 16, 3, 3]),
        constant("layer1.0.bn.weight", &[32]),
        constant("layer1.0.bn.bias", &[32]),
        constant("layer1.0.bn.running_mean", &[32]),
        constant("layer1.0.bn.running_var", &[32]),
        constant("fc.weight", &[10, 64]),
        constant("fc.bias", &[10]),
    ];
    let inputs = vec![Port {
        name: "image".to_owned(),
        dtype: "f32".to_owned(),
        shape: Some(vec![None, Some(1), Some(32), Some(32)]),
    }];
    let outputs = vec![Port {
        name: "logits".to_owned(),
        dtype: "f32".to_owned(),
        shape: Some(vec![None, Some(10)]),
    }];
    Description {
        inputs,
        outputs,
        nodes,
        constants,
        shapes: BTreeMap::new(),
    }
}

fn find<'a>(rows: &'a [Row], id: &str) -> &'a Row {
    rows.iter()
        .find(|row| row.id == id)
        .unwrap_or_else(|| panic!("no row {id}"))
}

fn labels(rows: &[Row]) -> Vec<String> {
    rows.iter()
        .map(|row| format!("{}{} | {}", "  ".repeat(row.depth as usize), row.label, row.detail))
        .collect()
}

#[test]
fn closed_and_open_as_people_see_it() {
    let graph = LayerGraph::new(residual()).unwrap();
    let closed = graph.rows(&HashSet::new(), Some(1));
    let expected = [
        "image | N×1×32×32",
        "stem | 3×3, 1→16",
        "layer1.0 | 3 ops",
        "fc | 64→10",
        "logits | N×10",
    ]
    .map(str::to_owned);
    assert_eq!(labels(&closed.rows), expected);
    let group = find(&closed.rows, "layer1/layer1.0/");
    assert_eq!(group.parameters, 32 * 16 * 9 + 64);
    assert_eq!(group.tensors.len(), 5);
    assert_eq!(group.weights, ["layer1.0.conv.weight", "layer1.0.bn.weight"]);
    assert_eq!(group.values, ["d"]);
    assert!(closed.edges.iter().all(|edge| !edge.skip));

    let open = graph.rows(&HashSet::from(["layer1/layer1.0/".to_owned()]), Some(1));
    let expected = ["  conv | 3×3, 16→32 /2", "  bn | 32", "  Add | "].map(str::to_owned);
    assert_eq!(labels(&open.rows)[3..6], expected);
    let skips: Vec<_> = open
        .edges
        .iter()
        .filter(|edge| edge.skip)
        .map(|edge| (&*edge.from, &*edge.to))
        .collect();
    assert_eq!(skips, [("a", "d")]);
    let shut = graph.rows(&HashSet::from(["-layer1/layer1.0/".to_owned()]), Some(9));
    assert_eq!(labels(&shut.rows), labels(&closed.rows));
}

#[test]
fn metadata_and_tensor_names_give_the_same_rows() {
    let told = |path: &str| {
        Some(
            path.split('.')
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    };
    let mut by_metadata = residual();
    let mut by_tensor = residual();
    for (i, path) in ["stem", "layer1.0.conv", "layer1.0.bn", "layer1.0", "fc"]
        .iter()
        .enumerate()
    {
        by_metadata.nodes[i].name = format!("node_{i}");
        by_metadata.nodes[i].scope = told(path);
        by_tensor.nodes[i].name = format!("node_{i}");
    }
    let rows = |description| {
        LayerGraph::new(description)
            .unwrap()
            .rows(&HashSet::new(), Some(1))
            .rows
    };
    let names = |rows: Vec<Row>| rows.into_iter().map(|row| row.label).collect::<Vec<_>>();
    assert_eq!(names(rows(by_metadata)), ["image", "stem", "layer1.0", "fc", "logits"]);
    // The addition has no tensor, and nothing says that it belongs to the block.
    assert_eq!(
        names(rows(by_tensor)),
        ["image", "stem", "layer1.0", "node_3", "fc", "logits"]
    );
}

#[test]
fn scopes_from_both_kinds_of_metadata() {
    let scopes = "['', 'layer1', 'layer1.0', 'layer1.0.conv', 'conv2d_3']";
    let space =
        ": __main__.Net/layer1: torch.nn.Sequential/layer1.0: Block/layer1.0.conv: Conv2d/conv2d_3: aten.conv2d";
    let path = Some(["layer1", "0", "conv"].map(str::to_owned).to_vec());
    assert_eq!(
        scope_from_metadata([("namespace", "x"), ("pkg.torch.onnx.name_scopes", scopes)]),
        path
    );
    assert_eq!(scope_from_metadata([("namespace", space)]), path);
    assert_eq!(
        scope_from_metadata([("pkg.torch.onnx.name_scopes", "['', 'add']")]),
        Some(Vec::new())
    );
    assert_eq!(scope_from_metadata([("other", "x")]), None);
}

#[test]
fn a_group_shows_all_its_weights_together() {
    let graph = LayerGraph::new(residual()).unwrap();
    let mut rows = graph.rows(&HashSet::new(), Some(1));
    let one = |mean: f64, edges: [f64; 3], counts: [u64; 2]| TensorStatistics {
        count: counts.iter().sum(),
        mean: Some(mean),
        std: Some(0.0),
        histogram: Some(Histogram {
            edges: edges.to_vec(),
            counts: counts.to_vec(),
        }),
    };
    let statistics = BTreeMap::from([
        ("layer1.0.conv.weight".to_owned(), one(-1.0, [-2.0, -1.0, 0.0], [5, 6])),
        ("layer1.0.bn.weight".to_owned(), one(1.0, [0.0, 1.0, 2.0], [4, 7])),
    ]);
    with_statistics(&mut rows, &statistics);
    let group = find(&rows.rows, "layer1/layer1.0/");
    // Two clumps of equal size at -1 and 1, each without spread.
    assert!((group.std.unwrap() - 1.0).abs() < 1e-12);
    let histogram = group.histogram.as_ref().unwrap();
    assert_eq!(histogram.counts.iter().sum::<u64>(), 22);
    let half = histogram.counts.len() / 2;
    assert_eq!(histogram.counts[..half].iter().sum::<u64>(), 11);
    assert!((histogram.edges[0] + 2.0).abs() < 1e-12 && (histogram.edges[half * 2] - 2.0).abs() < 1e-12);
    assert_eq!(find(&rows.rows, "a").histogram, None);
}

#[test]
fn a_hundred_thousand_nodes_without_scopes_stay_readable() {
    let count = 100_000;
    let reads = |i: usize| if i == 0 { "x".to_owned() } else { format!("v{}", i - 1) };
    let nodes = (0..count)
        .map(|i| node("", "Relu", &[&reads(i)], &format!("v{i}")))
        .collect();
    let graph = LayerGraph::new(Description {
        nodes,
        ..Description::default()
    })
    .unwrap();
    let rows = graph.rows(&HashSet::new(), None);
    assert!(rows.rows.len() <= 60);
    assert_eq!(rows.rows.iter().map(|row| row.nodes).sum::<u32>(), count as u32);
    let open = graph.rows(&HashSet::new(), Some(99));
    assert_eq!(open.rows.iter().filter(|row| row.kind == RowKind::Node).count(), count);
    assert!(open.edges.iter().all(|edge| !edge.skip));
}
