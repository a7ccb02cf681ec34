//! Stacks fold what is alike and nothing else; what is set aside leaves with its edges.

use std::collections::HashSet;

use glassboard_graph::{Description, LayerGraph, Node, RowKind, Rows, Stacks, View};
use proptest::{collection::vec, prelude::*};

fn graph(nodes: &[(&str, &str, &[&str])]) -> LayerGraph {
    let nodes = nodes.iter().map(|(name, op, inputs)| Node {
        name: (*name).to_owned(),
        op: (*op).to_owned(),
        inputs: inputs.iter().map(|name| (*name).to_owned()).collect(),
        outputs: vec![(*name).to_owned()],
        ..Node::default()
    });
    LayerGraph::stacked(Description {
        nodes: nodes.collect(),
        ..Description::default()
    })
    .expect("a graph")
}

fn view(graph: &LayerGraph, depth: u32, stacks: Stacks, open: &[&str], aside: &[&str]) -> Rows {
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<HashSet<_>>();
    graph.view(&View {
        open: set(open),
        depth: Some(depth),
        stacks,
        aside: set(aside),
    })
}

fn lines(rows: &Rows) -> Vec<String> {
    let line = |row: &glassboard_graph::Row| format!("{}{} {}", "  ".repeat(row.depth as usize), row.label, row.detail);
    rows.rows
        .iter()
        .map(line)
        .map(|line| line.trim_end().to_owned())
        .collect()
}

fn encoder() -> LayerGraph {
    graph(&[
        ("in/read", "Read", &[]),
        ("in/cast", "Cast", &["in/read"]),
        ("enc/b/mm", "MatMul", &["in/cast"]),
        ("enc/b/act", "Relu", &["enc/b/mm"]),
        ("enc/b_1/mm", "MatMul", &["enc/b/act"]),
        ("enc/b_1/act", "Relu", &["enc/b_1/mm"]),
        ("enc/b_2/mm", "MatMul", &["enc/b_1/act"]),
        ("enc/b_2/act", "Relu", &["enc/b_2/mm"]),
        ("enc/norm", "Norm", &["enc/b_2/act"]),
        ("dec/b/mm", "MatMul", &["enc/norm"]),
        ("dec/b/act", "Relu", &["dec/b/mm"]),
        ("dec/b_1/mm", "MatMul", &["dec/b/act"]),
        ("dec/b_1/act", "Tanh", &["dec/b_1/mm"]),
        ("dec/b_2/mm", "MatMul", &["dec/b_1/act"]),
        ("dec/b_2/act", "Relu", &["dec/b_2/mm"]),
    ])
}

#[test]
fn blocks_of_one_structure_are_a_stack_and_others_are_not() {
    let graph = encoder();
    let rows = view(&graph, 2, Stacks::Closed, &[], &[]);
    let wanted = [
        "in 2 ops",
        "  read",
        "  cast",
        "enc 7 ops",
        "  b [0–2] 3 × 2 ops",
        "  norm",
        "dec 3 blocks",
        "  b 2 ops",
        "  b_1 2 ops",
        "  b_2 2 ops",
    ];
    assert_eq!(lines(&rows), wanted);
    let stack = rows.rows[4].id.clone();
    let open = view(&graph, 2, Stacks::Closed, &[&stack], &[]);
    assert_eq!(lines(&open)[5], "    b 2 ops");
    let plain = view(&graph, 2, Stacks::Dissolved, &[], &[]);
    assert_eq!(lines(&plain)[3..6], ["enc 3 blocks", "  b 2 ops", "  b_1 2 ops"]);
    // The same structure has the same number wherever it is.
    let structure = |label: &str| {
        let found = plain.rows.iter().filter(|row| row.label == label);
        found.map(|row| row.structure).collect::<Vec<_>>()
    };
    assert_eq!(structure("b")[0], structure("b")[1]);
    assert_eq!(structure("b_1")[1], None);
}

#[test]
fn a_scope_of_nothing_but_alike_blocks_is_the_stack_itself() {
    let graph = graph(&[
        ("in", "Read", &[]),
        ("layers/0/a", "Add", &["in"]),
        ("layers/0/b", "Mul", &["layers/0/a"]),
        ("layers/1/a", "Add", &["layers/0/b"]),
        ("layers/1/b", "Mul", &["layers/1/a"]),
        ("layers/2/a", "Add", &["layers/1/b"]),
        ("layers/2/b", "Mul", &["layers/2/a"]),
    ]);
    let rows = view(&graph, 9, Stacks::Closed, &[], &[]);
    assert_eq!(lines(&rows), ["in Read", "layers 3 × 2 ops"]);
    assert_eq!(rows.rows[1].stack, 3);
    let plain = view(&graph, 9, Stacks::Dissolved, &[], &[]);
    assert_eq!(plain.rows.len(), 1 + 1 + 3 + 6);
    assert_eq!(plain.rows[1].stack, 0);
}

#[test]
fn what_is_set_aside_takes_its_edges_along() {
    let graph = encoder();
    let rows = view(&graph, 1, Stacks::Closed, &[], &["enc/", "dec/b/mm"]);
    assert_eq!(
        rows.rows.iter().map(|row| row.label.as_str()).collect::<Vec<_>>(),
        ["in", "dec"]
    );
    assert_eq!(
        rows.aside.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(),
        ["enc/", "dec/b/mm"]
    );
    assert_eq!(rows.edges, []);
    let back = view(&graph, 1, Stacks::Closed, &[], &["no such row"]);
    assert_eq!((back.rows.len(), back.aside.len(), back.edges.len()), (3, 0, 2));
}

/// Chains of few names and operators, so that stacks are many, some nested.
fn chains() -> impl Strategy<Value = Description> {
    vec((0_u8..2, 0_u8..4, 0_u8..3, 0_u8..2), 1..120).prop_map(|parts| {
        let mut seen = HashSet::new();
        let parts = parts.into_iter().enumerate();
        let mut before: Option<String> = None;
        let nodes = parts.map(|(i, (scope, block, number, op))| {
            let mut name = format!("s{scope}/b_{block}/x_{number}");
            if !seen.insert(name.clone()) {
                name = format!("{name}_{i}");
            }
            let inputs = before.replace(name.clone()).into_iter().collect();
            Node {
                outputs: vec![name.clone()],
                name,
                op: format!("Op{op}"),
                inputs,
                ..Node::default()
            }
        });
        Description {
            nodes: nodes.collect(),
            ..Description::default()
        }
    })
}

proptest! {
    #[test]
    fn stacks_hide_and_never_lose(description in chains(), depth in 1_u32..5, pick in any::<prop::sample::Index>()) {
        let total = description.nodes.len();
        let plain = LayerGraph::new(description.clone()).unwrap();
        let graph = LayerGraph::stacked(description).unwrap();
        let all = view(&graph, u32::MAX, Stacks::Open, &[], &[]);
        let nodes: Vec<&str> = all.rows.iter().filter(|row| row.kind == RowKind::Node).map(|row| row.id.as_str()).collect();
        let before = plain.rows(&HashSet::new(), Some(u32::MAX));
        prop_assert_eq!(nodes.len(), total);
        prop_assert_eq!(&nodes, &before.rows.iter().filter(|row| row.kind == RowKind::Node).map(|row| row.id.as_str()).collect::<Vec<_>>());
        let ids: HashSet<&str> = all.rows.iter().map(|row| row.id.as_str()).collect();
        prop_assert_eq!(ids.len(), all.rows.len());
        for row in all.rows.iter().filter(|row| row.stack > 0) {
            prop_assert!(row.stack >= 3 && row.nodes % row.stack == 0, "{:?}", row);
        }
        // Closed or with something aside: every operation is in one row, and edges point down.
        let aside = all.rows[pick.index(all.rows.len())].id.as_str();
        for shown in [view(&graph, depth, Stacks::Closed, &[], &[]), view(&graph, depth, Stacks::Closed, &[], &[aside])] {
            let drawn: u32 = shown.rows.iter().filter(|row| !row.open).map(|row| row.nodes).sum();
            let gone: u32 = shown.aside.iter().map(|row| row.nodes).sum();
            prop_assert!(drawn as usize <= total && drawn + gone >= total as u32);
            let at = |id: &str| shown.rows.iter().position(|row| row.id == id);
            for edge in &shown.edges {
                prop_assert!(at(&edge.from) < at(&edge.to) && at(&edge.from).is_some(), "{:?}", edge);
            }
            prop_assert!(shown.aside.is_empty() || shown.edges.iter().all(|edge| edge.from != aside && edge.to != aside));
        }
    }
}
