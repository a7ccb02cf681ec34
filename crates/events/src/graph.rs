//! Graphs of operations: `GraphDef`, and what running one cost, from `RunMetadata`.

use std::collections::HashMap;

use crate::Malformed;
use crate::wire::{Fields, Wire};

/// Most of a text or list that an attribute keeps.
const MOST: usize = 400;

/// A graph of operations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GraphDef {
    /// Its operations, in the order of the file.
    pub nodes: Vec<GraphNode>,
}

/// One operation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GraphNode {
    /// Its name: scopes divided by `/`.
    pub name: String,
    /// The operator.
    pub op: String,
    /// What it reads: `node`, `node:1`, or `^node` for one that must merely come first.
    pub inputs: Vec<String>,
    /// Where it ran; may be empty.
    pub device: String,
    /// Attributes that can be written in a line.
    pub attributes: Vec<(String, Setting)>,
    /// Shapes of its outputs; -1 where an axis is free, `None` where the rank is.
    pub shapes: Vec<Option<Vec<i64>>>,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// A whole number.
    Int(i64),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// A number.
    Float(f64),
    /// Numbers.
    Floats(Vec<f64>),
    /// A text, or anything else in words.
    Text(String),
}

impl GraphDef {
    /// Decodes a `GraphDef`; the functions of its library follow, each below its name.
    pub fn decode(message: &[u8]) -> Result<Self, Malformed> {
        let mut graph = Self::default();
        let mut library = None;
        for field in Fields::new(message) {
            match field? {
                (1, wire) => graph.nodes.push(node(wire.bytes()?)?),
                (2, wire) => library = Some(wire.bytes()?),
                _ => {}
            }
        }
        for field in Fields::new(library.unwrap_or_default()) {
            if let (1, wire) = field? {
                graph.function(wire.bytes()?)?;
            }
        }
        Ok(graph)
    }

    /// Decodes the graph inside a `MetaGraphDef`.
    pub fn decode_meta(message: &[u8]) -> Result<Self, Malformed> {
        for field in Fields::new(message) {
            if let (2, wire) = field? {
                return Self::decode(wire.bytes()?);
            }
        }
        Ok(Self::default())
    }

    /// Decodes the graphs of a `RunMetadata`: each function's before it was optimised, else those that ran.
    pub fn decode_run(message: &[u8]) -> Result<Self, Malformed> {
        let (mut functions, mut partitions) = (Vec::new(), Vec::new());
        for field in Fields::new(message) {
            match field? {
                (3, wire) => partitions.push(wire.bytes()?),
                (4, wire) => {
                    let mut before = None;
                    for field in Fields::new(wire.bytes()?) {
                        match field? {
                            (1, wire) if before.is_none() => before = Some(wire.bytes()?),
                            (2, wire) => before = Some(wire.bytes()?),
                            _ => {}
                        }
                    }
                    functions.extend(before);
                }
                _ => {}
            }
        }
        let graphs = if functions.is_empty() { partitions } else { functions };
        let mut all = Self::default();
        let many = graphs.len() > 1;
        for (index, message) in graphs.into_iter().enumerate() {
            let mut graph = Self::decode(message)?;
            if many {
                graph.move_below(&format!("graph_{}", index + 1));
            }
            all.nodes.append(&mut graph.nodes);
        }
        Ok(all)
    }

    fn function(&mut self, message: &[u8]) -> Result<(), Malformed> {
        let mut name = "";
        let mut inner = Self::default();
        for field in Fields::new(message) {
            match field? {
                (1, wire) => {
                    for field in Fields::new(wire.bytes()?) {
                        match field? {
                            (1, wire) => name = wire.text()?,
                            (2, wire) => inner.nodes.push(argument(wire.bytes()?)?),
                            _ => {}
                        }
                    }
                }
                (3, wire) => inner.nodes.push(node(wire.bytes()?)?),
                _ => {}
            }
        }
        inner.move_below(name);
        self.nodes.append(&mut inner.nodes);
        Ok(())
    }

    fn move_below(&mut self, scope: &str) {
        for node in &mut self.nodes {
            node.name = format!("{scope}/{}", node.name);
            for input in &mut node.inputs {
                *input = match input.strip_prefix('^') {
                    Some(first) => format!("^{scope}/{first}"),
                    None => format!("{scope}/{input}"),
                };
            }
        }
    }
}

fn argument(message: &[u8]) -> Result<GraphNode, Malformed> {
    let mut node = GraphNode {
        op: "Argument".to_owned(),
        ..GraphNode::default()
    };
    for field in Fields::new(message) {
        if let (1, wire) = field? {
            wire.text()?.clone_into(&mut node.name);
        }
    }
    Ok(node)
}

fn node(message: &[u8]) -> Result<GraphNode, Malformed> {
    let mut node = GraphNode::default();
    for field in Fields::new(message) {
        match field? {
            (1, wire) => wire.text()?.clone_into(&mut node.name),
            (2, wire) => wire.text()?.clone_into(&mut node.op),
            (3, wire) => node.inputs.push(wire.text()?.to_owned()),
            (4, wire) => wire.text()?.clone_into(&mut node.device),
            (5, wire) => attribute(wire.bytes()?, &mut node)?,
            _ => {}
        }
    }
    Ok(node)
}

fn attribute(message: &[u8], node: &mut GraphNode) -> Result<(), Malformed> {
    let (mut name, mut value) = ("", &[][..]);
    for field in Fields::new(message) {
        match field? {
            (1, wire) => name = wire.text()?,
            (2, wire) => value = wire.bytes()?,
            _ => {}
        }
    }
    let mut found = None;
    for field in Fields::new(value) {
        found = match field? {
            (1, wire) => {
                if name == "_output_shapes" {
                    for field in Fields::new(wire.bytes()?) {
                        if let (7, wire) = field? {
                            node.shapes.push(shape(wire.bytes()?)?);
                        }
                    }
                    return Ok(());
                }
                list(wire.bytes()?)?
            }
            (2, wire) => Some(Setting::Text(words(wire.bytes()?))),
            (3, wire) => Some(Setting::Int(wire.integer()?)),
            (4, wire) => Some(Setting::Float(f64::from(wire.float()?))),
            (5, wire) => Some(Setting::Text((wire.integer()? != 0).to_string())),
            (6, wire) => Some(Setting::Text(dtype(wire.integer()?))),
            (7, wire) => Some(Setting::Text(written(shape(wire.bytes()?)?.as_deref()))),
            (8, wire) => Some(Setting::Text(tensor(wire.bytes()?)?)),
            (10, wire) => Some(Setting::Text(function_name(wire.bytes()?)?)),
            _ => None,
        }
        .or(found);
    }
    node.attributes.extend(found.map(|value| (name.to_owned(), value)));
    Ok(())
}

fn list(message: &[u8]) -> Result<Option<Setting>, Malformed> {
    let (mut ints, mut floats, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for field in Fields::new(message) {
        if ints.len() + floats.len() + texts.len() >= MOST {
            break;
        }
        match field? {
            (2, wire) => texts.push(words(wire.bytes()?)),
            (3, Wire::Bytes(mut packed)) => {
                while !packed.is_empty() && ints.len() < MOST {
                    ints.push(crate::wire::varint(&mut packed)? as i64);
                }
            }
            (3, wire) => ints.push(wire.integer()?),
            (4, Wire::Bytes(packed)) => {
                floats.extend(
                    packed
                        .as_chunks()
                        .0
                        .iter()
                        .take(MOST)
                        .map(|b| f64::from(f32::from_le_bytes(*b))),
                );
            }
            (4, wire) => floats.push(f64::from(wire.float()?)),
            (6, Wire::Bytes(mut packed)) => {
                while !packed.is_empty() && texts.len() < MOST {
                    texts.push(dtype(crate::wire::varint(&mut packed)? as i64));
                }
            }
            (6, wire) => texts.push(dtype(wire.integer()?)),
            (7, wire) => texts.push(written(shape(wire.bytes()?)?.as_deref())),
            (9, wire) => texts.push(function_name(wire.bytes()?)?),
            _ => {}
        }
    }
    Ok(if !ints.is_empty() {
        Some(Setting::Ints(ints))
    } else if !floats.is_empty() {
        Some(Setting::Floats(floats))
    } else if !texts.is_empty() {
        Some(Setting::Text(texts.join(", ")))
    } else {
        None
    })
}

fn shape(message: &[u8]) -> Result<Option<Vec<i64>>, Malformed> {
    let mut sizes = Vec::new();
    for field in Fields::new(message) {
        match field? {
            (2, wire) => {
                let mut size = 0;
                for field in Fields::new(wire.bytes()?) {
                    if let (1, wire) = field? {
                        size = wire.integer()?;
                    }
                }
                sizes.push(size);
            }
            (3, wire) if wire.integer()? != 0 => return Ok(None),
            _ => {}
        }
    }
    Ok(Some(sizes))
}

fn written(shape: Option<&[i64]>) -> String {
    let size = |size: &i64| if *size < 0 { "?".to_owned() } else { size.to_string() };
    match shape {
        None => "any shape".to_owned(),
        Some([]) => "scalar".to_owned(),
        Some(sizes) => sizes.iter().map(size).collect::<Vec<_>>().join("×"),
    }
}

/// `float32 64×10`: the values of a constant would not fit in a line.
fn tensor(message: &[u8]) -> Result<String, Malformed> {
    let (mut kind, mut sizes) = (0, Some(Vec::new()));
    for field in Fields::new(message) {
        match field? {
            (1, wire) => kind = wire.integer()?,
            (2, wire) => sizes = shape(wire.bytes()?)?,
            _ => {}
        }
    }
    Ok(format!("{} {}", dtype(kind), written(sizes.as_deref())))
}

fn function_name(message: &[u8]) -> Result<String, Malformed> {
    let mut name = String::new();
    for field in Fields::new(message) {
        if let (1, wire) = field? {
            wire.text()?.clone_into(&mut name);
        }
    }
    Ok(name)
}

fn words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * MOST)]);
    let mut kept: String = text.chars().filter(|c| !c.is_control()).take(MOST).collect();
    if text.chars().count() > MOST {
        kept.push('…');
    }
    kept
}

fn dtype(number: i64) -> String {
    const NAMES: [&str; 24] = [
        "invalid",
        "float32",
        "float64",
        "int32",
        "uint8",
        "int16",
        "int8",
        "string",
        "complex64",
        "int64",
        "bool",
        "qint8",
        "quint8",
        "qint32",
        "bfloat16",
        "qint16",
        "quint16",
        "uint16",
        "complex128",
        "float16",
        "resource",
        "variant",
        "uint32",
        "uint64",
    ];
    // A reference to a type is that type and a hundred.
    let plain = if number > 100 { number - 100 } else { number };
    usize::try_from(plain)
        .ok()
        .and_then(|place| NAMES.get(place))
        .map_or_else(|| format!("type {number}"), |name| (*name).to_owned())
}

/// What running a graph once cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// By the node's name.
    pub nodes: HashMap<String, NodeCost>,
}

/// What one operation cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeCost {
    /// Where it ran.
    pub device: String,
    /// When it began, microseconds since 1970.
    pub start: i64,
    /// Computing, microseconds.
    pub micros: i64,
    /// Bytes its allocators handed out.
    pub bytes: i64,
}

impl Profile {
    /// Decodes the step statistics of a `RunMetadata`.
    pub fn decode(message: &[u8]) -> Result<Self, Malformed> {
        let mut profile = Self::default();
        for field in Fields::new(message) {
            if let (1, wire) = field? {
                for field in Fields::new(wire.bytes()?) {
                    if let (1, wire) = field? {
                        profile.device(wire.bytes()?)?;
                    }
                }
            }
        }
        Ok(profile)
    }

    fn device(&mut self, message: &[u8]) -> Result<(), Malformed> {
        let mut device = "";
        for field in Fields::new(message) {
            match field? {
                (1, wire) => device = wire.text()?,
                (2, wire) => {
                    let (name, cost) = cost(wire.bytes()?)?;
                    let sum = self.nodes.entry(name).or_default();
                    if sum.device.is_empty() {
                        device.clone_into(&mut sum.device);
                        sum.start = cost.start;
                    }
                    // A node may run on a device and be copied by another: both took time.
                    sum.micros = sum.micros.saturating_add(cost.micros);
                    sum.bytes = sum.bytes.saturating_add(cost.bytes);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn cost(message: &[u8]) -> Result<(String, NodeCost), Malformed> {
    let mut name = String::new();
    let mut cost = NodeCost::default();
    let mut all = 0;
    for field in Fields::new(message) {
        match field? {
            (1, wire) => wire.text()?.clone_into(&mut name),
            (2, wire) => cost.start = wire.integer()?,
            (4, wire) => cost.micros = wire.integer()?.max(0),
            (5, wire) => all = wire.integer()?.max(0),
            (6, wire) => {
                for field in Fields::new(wire.bytes()?) {
                    if let (2, wire) = field? {
                        cost.bytes = cost.bytes.saturating_add(wire.integer()?.max(0));
                    }
                }
            }
            _ => {}
        }
    }
    if cost.micros == 0 {
        cost.micros = all;
    }
    Ok((name, cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2, u8::try_from(bytes.len()).unwrap()];
        out.extend_from_slice(bytes);
        out
    }

    fn a_node(name: &str, op: &str, inputs: &[&str]) -> Vec<u8> {
        let mut message = [field(1, name.as_bytes()), field(2, op.as_bytes())].concat();
        for input in inputs {
            message.extend(field(3, input.as_bytes()));
        }
        // _output_shapes: [[-1, 4]]
        let free = [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
        let shape = [field(2, &free), field(2, &[8, 4])].concat();
        let entry = [field(1, b"_output_shapes"), field(2, &field(1, &field(7, &shape)))].concat();
        message.extend(field(5, &entry));
        message.extend(field(5, &[field(1, b"transpose"), field(2, &[5 << 3, 1])].concat()));
        message
    }

    #[test]
    fn nodes_have_names_inputs_shapes_and_attributes() {
        let bytes = [
            field(1, &a_node("a/x", "MatMul", &["w", "^init"])),
            field(1, &a_node("w", "Const", &[])),
        ]
        .concat();
        let graph = GraphDef::decode(&bytes).unwrap();
        assert_eq!(graph.nodes.len(), 2);
        assert_eq!(graph.nodes[0].inputs, ["w", "^init"]);
        assert_eq!(graph.nodes[0].shapes, [Some(vec![-1, 4])]);
        assert_eq!(
            graph.nodes[0].attributes,
            [("transpose".to_owned(), Setting::Text("true".to_owned()))]
        );
    }

    #[test]
    fn functions_of_a_traced_run_are_told_apart() {
        let graph = field(1, &a_node("x", "Add", &["^y"]));
        let function = field(4, &field(2, &graph));
        let both = GraphDef::decode_run(&[function.clone(), function.clone()].concat()).unwrap();
        assert_eq!(both.nodes[1].name, "graph_2/x");
        assert_eq!(both.nodes[1].inputs, ["^graph_2/y"]);
        assert_eq!(GraphDef::decode_run(&function).unwrap().nodes[0].name, "x");
    }

    #[test]
    fn a_profile_sums_what_a_node_cost() {
        let stats = [field(1, b"x"), vec![2 << 3, 9, 4 << 3, 100], field(6, &[2 << 3, 64])].concat();
        let device = [field(1, b"/cpu:0"), field(2, &stats), field(2, &stats)].concat();
        let profile = Profile::decode(&field(1, &field(1, &device))).unwrap();
        let cost = &profile.nodes["x"];
        assert_eq!(
            (cost.micros, cost.bytes, cost.start, cost.device.as_str()),
            (200, 128, 9, "/cpu:0")
        );
    }
}
