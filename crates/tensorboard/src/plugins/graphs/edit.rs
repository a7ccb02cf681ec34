//! What TensorBoard does to a graph before it shows it: large attributes go, several graphs become one.

use std::borrow::Cow;

use super::wire::{Wire, fields, first, message};
use crate::ReadError;
use crate::data::Result;

/// `GraphDef`.
const NODE: u32 = 1;
const LIBRARY: u32 = 2;
const VERSIONS: u32 = 4;
/// `NodeDef`.
const NAME: u32 = 1;
const OP: u32 = 2;
const INPUT: u32 = 3;
const ATTR: u32 = 5;

fn bytes(value: Vec<u8>) -> Wire<'static> {
    Wire::Bytes(Cow::Owned(value))
}

/// Changes the fields of one number.
fn each(of: &[u8], number: u32, change: &mut dyn FnMut(&[u8]) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    let mut parts = fields(of)?;
    for (field, value) in &mut parts {
        if let (true, Wire::Bytes(inner)) = (*field == number, &mut *value) {
            *value = bytes(change(inner)?);
        }
    }
    Ok(message(&parts))
}

/// Attributes of more than `limit` bytes go; their names stand in the attribute `key`.
pub fn without_large_attributes(graph: &[u8], limit: usize, key: &str) -> Result<Vec<u8>> {
    each(graph, NODE, &mut |node| {
        let mut large = Vec::new();
        let mut kept = Vec::new();
        for (number, value) in fields(node)? {
            if let (ATTR, Wire::Bytes(entry)) = (number, &value)
                && first(entry, 2)?.is_some_and(|value| value.len() > limit)
            {
                large.push((2, bytes(first(entry, 1)?.unwrap_or_default().into_owned())));
                continue;
            }
            kept.push((number, value));
        }
        if !large.is_empty() {
            let list = bytes(message(&[(1, bytes(message(&large)))]));
            kept.push((ATTR, bytes(message(&[(1, bytes(key.as_bytes().to_vec())), (2, list)]))));
        }
        Ok(message(&kept))
    })
}

/// The graphs of a traced function, each under a name of its own where there are several.
pub fn of_run_metadata(metadata: &[u8]) -> Result<Vec<u8>> {
    let mut graphs = Vec::new();
    for (number, value) in fields(metadata)? {
        if let (4, Wire::Bytes(function)) = (number, value) {
            // FunctionGraphs.pre_optimization_graph
            graphs.push(first(&function, 2)?.unwrap_or_default().into_owned());
        }
    }
    if graphs.len() < 2 {
        return Ok(graphs.pop().unwrap_or_default());
    }
    let versions = first(&graphs[0], VERSIONS)?.map(Cow::into_owned);
    let (mut merged, mut library) = (Vec::new(), Vec::new());
    for (index, graph) in graphs.iter().enumerate() {
        if first(graph, VERSIONS)?.as_deref() != versions.as_deref() {
            return Err(ReadError::Invalid(
                "Graphs of different versions cannot be put together.".to_owned(),
            ));
        }
        let prefix = format!("graph_{}", index + 1);
        for (number, value) in fields(graph)? {
            match (number, value) {
                (NODE, Wire::Bytes(node)) => merged.push((NODE, bytes(renamed(&node, &prefix)?))),
                (LIBRARY, Wire::Bytes(functions)) => library.extend_from_slice(&renamed_library(&functions, &prefix)?),
                _ => {}
            }
        }
    }
    if !library.is_empty() {
        merged.push((LIBRARY, bytes(library)));
    }
    if let Some(versions) = versions {
        merged.push((VERSIONS, bytes(versions)));
    }
    Ok(message(&merged))
}

fn prefixed(prefix: &str, joint: &str, name: &[u8]) -> Vec<u8> {
    [prefix.as_bytes(), joint.as_bytes(), name].concat()
}

fn renamed(node: &[u8], prefix: &str) -> Result<Vec<u8>> {
    let mut scoped = |name: &[u8]| Ok(prefixed(prefix, "/", name));
    let node = each(node, NAME, &mut scoped)?;
    let node = each(&node, INPUT, &mut scoped)?;
    if first(&node, OP)?.as_deref() != Some(b"PartitionedCall") {
        return Ok(node);
    }
    // attr["f"].func.name names a function of the library.
    each(&node, ATTR, &mut |entry| {
        if first(entry, 1)?.as_deref() != Some(b"f") {
            return Ok(entry.to_vec());
        }
        each(entry, 2, &mut |value| {
            each(value, 10, &mut |function| {
                each(function, 1, &mut |name| Ok(prefixed(prefix, "_", name)))
            })
        })
    })
}

fn renamed_library(library: &[u8], prefix: &str) -> Result<Vec<u8>> {
    let mut named = |name: &[u8]| Ok(prefixed(prefix, "_", name));
    let functions = each(library, 1, &mut |function| {
        each(function, 1, &mut |signature| each(signature, 1, &mut named))
    })?;
    let mut named = |name: &[u8]| Ok(prefixed(prefix, "_", name));
    each(&functions, 2, &mut |gradient| {
        let gradient = each(gradient, 1, &mut named)?;
        each(&gradient, 2, &mut named)
    })
}

#[cfg(test)]
mod tests {
    use super::super::schema::GRAPH_DEF;
    use super::super::text::print;
    use super::*;

    fn node(name: &str, op: &str, attributes: &[(&str, usize)]) -> Wire<'static> {
        let word = |text: &str| bytes(text.as_bytes().to_vec());
        let mut parts = vec![(NAME, word(name)), (OP, word(op)), (INPUT, word("in"))];
        for (key, size) in attributes {
            let value = message(&[(2, bytes(vec![b'x'; *size]))]);
            parts.push((ATTR, bytes(message(&[(1, word(key)), (2, bytes(value))]))));
        }
        bytes(message(&parts))
    }

    #[test]
    fn large_attributes_are_named_and_gone() {
        let graph = message(&[(
            NODE,
            node("a", "Const", &[("small", 3), ("value", 2000), ("more", 1500)]),
        )]);
        let text = print(
            GRAPH_DEF,
            &without_large_attributes(&graph, 1024, "_large").expect("a graph"),
        )
        .expect("text");
        assert!(
            text.contains("key: \"small\"") && text.contains("key: \"_large\""),
            "{text}"
        );
        assert!(
            text.contains("s: \"value\"\n") && text.contains("s: \"more\"\n") && !text.contains("xxxx"),
            "{text}"
        );
    }

    #[test]
    fn graphs_of_one_trace_stand_under_their_own_names() {
        let graph = message(&[(NODE, node("a", "Add", &[]))]);
        let function = |graph: &[u8]| (4, bytes(message(&[(2, bytes(graph.to_vec()))])));
        let alone = of_run_metadata(&message(&[function(&graph)])).expect("a graph");
        assert_eq!(alone, graph);
        let both = of_run_metadata(&message(&[function(&graph), function(&graph)])).expect("a graph");
        let text = print(GRAPH_DEF, &both).expect("text");
        assert!(
            text.contains("name: \"graph_1/a\"") && text.contains("input: \"graph_2/in\""),
            "{text}"
        );
        assert_eq!(of_run_metadata(&[]).expect("nothing"), Vec::<u8>::new());
    }
}
