//! Whatever the graph: every node once, nothing read before it is computed, nothing ever moved.

use std::collections::{HashMap, HashSet};

use glassboard_graph::{Description, GraphError, LayerGraph, Node, Port, Row, RowKind, Rows};
use proptest::{collection::vec, prelude::*, test_runner::FileFailurePersistence};

/// A DAG whose node `i` reads some of the nodes before it, with names in random scopes.
fn graphs() -> impl Strategy<Value = Description> {
    let node = (vec(0_usize..1000, 0..4), vec(0_u8..3, 0..4));
    (vec(node, 1..140), any::<prop::sample::Index>(), 0_u64..1000).prop_map(|(shape, last, seed)| {
        let mut nodes: Vec<Node> = Vec::new();
        for (i, (reads, scope)) in shape.iter().enumerate() {
            let path = scope
                .iter()
                .fold(String::new(), |path, part| path + "/s" + &part.to_string());
            let inputs = reads.iter().map(|r| {
                if i == 0 || r % 7 == 0 {
                    "x".to_owned()
                } else {
                    format!("v{}", r % i)
                }
            });
            nodes.push(Node {
                name: format!("{path}/Op_{i}"),
                op: "Op".to_owned(),
                inputs: inputs.collect(),
                outputs: vec![format!("v{i}")],
                ..Node::default()
            });
        }
        let out = format!("v{}", last.index(nodes.len()));
        // The file may list its nodes in any order.
        let mut state = seed;
        for i in (1..nodes.len()).rev() {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            nodes.swap(i, (state >> 33) as usize % (i + 1));
        }
        let port = |name: &str| Port {
            name: name.to_owned(),
            ..Port::default()
        };
        Description {
            inputs: vec![port("x")],
            outputs: vec![port(&out)],
            nodes,
            ..Description::default()
        }
    })
}

fn all(graph: &LayerGraph) -> Rows {
    graph.rows(&HashSet::new(), Some(u32::MAX))
}

fn ids(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.id.as_str()).collect()
}

fn is_subsequence(short: &[&str], long: &[&str]) -> bool {
    let mut rest = long.iter();
    short.iter().all(|one| rest.any(|other| other == one))
}

/// A failing case is written beside this file, to be committed and run first ever after.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_node_once_and_computed_before_read(description in graphs()) {
        let reads: HashMap<String, Vec<String>> =
            description.nodes.iter().map(|node| (node.outputs[0].clone(), node.inputs.clone())).collect();
        let total = description.nodes.len();
        let graph = LayerGraph::new(description).unwrap();
        let rows = all(&graph);
        let nodes: Vec<&Row> = rows.rows.iter().filter(|row| row.kind == RowKind::Node).collect();
        prop_assert_eq!(nodes.len(), total);
        let mut computed: HashSet<&str> = HashSet::from(["x"]);
        for row in nodes {
            for read in &reads[&row.values[0]] {
                prop_assert!(computed.contains(read.as_str()), "{} reads {} too early", row.id, read);
            }
            prop_assert!(computed.insert(&row.values[0]), "{} twice", row.id);
        }
        let unique: HashSet<&str> = ids(&rows.rows).into_iter().collect();
        prop_assert_eq!(unique.len(), rows.rows.len());
    }

    #[test]
    fn opening_only_adds_below(description in graphs(), picks in vec(any::<prop::sample::Index>(), 1..6)) {
        let graph = LayerGraph::new(description).unwrap();
        let mut open = HashSet::new();
        let mut before = graph.rows(&open, Some(1));
        for pick in picks {
            let closed: Vec<String> =
                before.rows.iter().filter(|row| row.kind == RowKind::Group && !row.open).map(|row| row.id.clone()).collect();
            if closed.is_empty() { break; }
            open.insert(closed[pick.index(closed.len())].clone());
            let after = graph.rows(&open, Some(1));
            prop_assert!(is_subsequence(&ids(&before.rows), &ids(&after.rows)));
            prop_assert!(after.rows.len() >= before.rows.len() + 2);
            before = after;
        }
        // And nothing is where it was not when all is open.
        prop_assert!(is_subsequence(&ids(&before.rows), &ids(&all(&graph).rows)));
    }

    #[test]
    fn edges_point_down_between_drawn_rows(description in graphs(), depth in 1_u32..4) {
        let graph = LayerGraph::new(description).unwrap();
        let rows = graph.rows(&HashSet::new(), Some(depth));
        let drawn: Vec<&str> = rows.rows.iter().filter(|row| !row.open).map(|row| row.id.as_str()).collect();
        let place = |id: &str| drawn.iter().position(|one| *one == id);
        for edge in &rows.edges {
            let (from, to) = (place(&edge.from), place(&edge.to));
            prop_assert!(from.is_some() && to.is_some(), "an edge of an open group");
            prop_assert!(from < to);
            prop_assert_eq!(edge.skip, to.unwrap() - from.unwrap() > 1);
        }
    }

    #[test]
    fn the_default_view_fits_and_a_stored_graph_is_the_same(description in graphs()) {
        let graph = LayerGraph::new(description).unwrap();
        let rows = graph.rows(&HashSet::new(), None);
        prop_assert!(rows.rows.len() <= 60, "{} rows", rows.rows.len());
        let again: LayerGraph = serde_json::from_str(&serde_json::to_string(&graph).unwrap()).unwrap();
        prop_assert_eq!(again.rows(&HashSet::new(), None), rows);
    }

    #[test]
    fn a_cycle_is_named(description in graphs()) {
        let mut description = description;
        for (name, reads, writes) in [("/a/first", "p", "q"), ("/b/second", "q", "p")] {
            description.nodes.push(Node {
                name: name.to_owned(), op: "Op".to_owned(),
                inputs: vec![reads.to_owned()], outputs: vec![writes.to_owned()], ..Node::default()
            });
        }
        let error = LayerGraph::new(description).unwrap_err();
        let on_it = matches!(&error, GraphError::Cycle(name) if name == "/a/first" || name == "/b/second");
        prop_assert!(on_it, "{}", error);
    }
}
