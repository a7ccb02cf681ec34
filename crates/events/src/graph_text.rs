//! A `GraphDef` written as text (`.pbtxt`), put on the wire so that one decoder reads both.

use crate::pbtxt::{Item, Items, Scalar, TextError};
use crate::write::Message;
use crate::{GraphDef, Malformed};

/// How a field is written on the wire.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Int,
    Float,
    Bool,
    /// A `DataType`, by name or number.
    Type,
    Message(Fields),
}

type Fields = &'static [(&'static str, u32, Kind)];

const DIM: Fields = &[("size", 1, Kind::Int)];
const SHAPE: Fields = &[("dim", 2, Kind::Message(DIM)), ("unknown_rank", 3, Kind::Bool)];
/// Without the values: they are not shown.
const TENSOR: Fields = &[("dtype", 1, Kind::Type), ("tensor_shape", 2, Kind::Message(SHAPE))];
const FUNC: Fields = &[("name", 1, Kind::Text)];
const LIST: Fields = &[
    ("s", 2, Kind::Text),
    ("i", 3, Kind::Int),
    ("f", 4, Kind::Float),
    ("b", 5, Kind::Bool),
    ("type", 6, Kind::Type),
    ("shape", 7, Kind::Message(SHAPE)),
    ("tensor", 8, Kind::Message(TENSOR)),
    ("func", 9, Kind::Message(FUNC)),
];
const VALUE: Fields = &[
    ("list", 1, Kind::Message(LIST)),
    ("s", 2, Kind::Text),
    ("i", 3, Kind::Int),
    ("f", 4, Kind::Float),
    ("b", 5, Kind::Bool),
    ("type", 6, Kind::Type),
    ("shape", 7, Kind::Message(SHAPE)),
    ("tensor", 8, Kind::Message(TENSOR)),
    ("placeholder", 9, Kind::Text),
    ("func", 10, Kind::Message(FUNC)),
];
const ATTR: Fields = &[("key", 1, Kind::Text), ("value", 2, Kind::Message(VALUE))];
const NODE: Fields = &[
    ("name", 1, Kind::Text),
    ("op", 2, Kind::Text),
    ("input", 3, Kind::Text),
    ("device", 4, Kind::Text),
    ("attr", 5, Kind::Message(ATTR)),
];
const ARG: Fields = &[("name", 1, Kind::Text)];
const SIGNATURE: Fields = &[("name", 1, Kind::Text), ("input_arg", 2, Kind::Message(ARG))];
const FUNCTION: Fields = &[
    ("signature", 1, Kind::Message(SIGNATURE)),
    ("node_def", 3, Kind::Message(NODE)),
];
const LIBRARY: Fields = &[("function", 1, Kind::Message(FUNCTION))];
const GRAPH: Fields = &[("node", 1, Kind::Message(NODE)), ("library", 2, Kind::Message(LIBRARY))];

impl GraphDef {
    /// Reads a `GraphDef` in text form. Fields that are not shown are skipped, whatever they hold.
    pub fn from_text(text: &str) -> Result<Self, TextError> {
        let (wire, line) = wire(text)?;
        Self::decode(&wire).map_err(|Malformed(what)| TextError { line, what })
    }
}

/// A message that is open: what it may hold, its number in the one around it, and what it holds so far.
struct Open {
    fields: Option<Fields>,
    number: u32,
    message: Message,
}

/// The message on the wire, and how many lines the text has.
fn wire(text: &str) -> Result<(Vec<u8>, usize), TextError> {
    let mut items = Items::new(text);
    let mut around: Vec<Open> = Vec::new();
    let mut here = Open {
        fields: Some(GRAPH),
        number: 0,
        message: Message::default(),
    };
    while let Some(item) = items.next() {
        let wrong = |what| TextError {
            line: items.line(),
            what,
        };
        let kind = |name: &str| here.fields?.iter().find(|(known, ..)| *known == name);
        match item? {
            Item::Open(name) => {
                let (fields, number) = match kind(name) {
                    None => (None, 0),
                    Some((_, number, Kind::Message(fields))) => (Some(*fields), *number),
                    Some(_) => return Err(wrong("a message stands where a plain value should be")),
                };
                let inner = Open {
                    fields,
                    number,
                    message: Message::default(),
                };
                around.push(std::mem::replace(&mut here, inner));
            }
            Item::Close => {
                let Some(outer) = around.pop() else {
                    return Err(wrong("a brace closes what was never opened"));
                };
                let inner = std::mem::replace(&mut here, outer);
                if inner.fields.is_some() {
                    here.message = std::mem::take(&mut here.message).bytes(inner.number, &inner.message.0);
                }
            }
            Item::Value(name, scalar) => {
                if let Some((_, number, kind)) = kind(name) {
                    let message = std::mem::take(&mut here.message);
                    here.message = put(message, *number, *kind, &scalar).map_err(wrong)?;
                }
            }
        }
    }
    Ok((here.message.0, items.line()))
}

fn put(message: Message, number: u32, kind: Kind, scalar: &Scalar<'_>) -> Result<Message, &'static str> {
    let word = match (kind, scalar) {
        (Kind::Text, Scalar::Quoted(text)) => return Ok(message.bytes(number, text)),
        (Kind::Text, Scalar::Word(_)) => return Err("a text is not in quotes"),
        (Kind::Message(_), _) => return Err("a plain value stands where a message should be"),
        (_, Scalar::Quoted(_)) => return Err("a text stands where a number should be"),
        (_, Scalar::Word(word)) => *word,
    };
    match kind {
        Kind::Int => integer(word).map(|value| message.integer(number, value)),
        Kind::Bool => match word {
            "true" | "True" | "t" | "1" => Some(message.integer(number, 1)),
            "false" | "False" | "f" | "0" => Some(message.integer(number, 0)),
            _ => None,
        },
        Kind::Type => data_type(word)
            .or_else(|| integer(word))
            .map(|value| message.integer(number, value)),
        _ => {
            let plain = word
                .strip_suffix(['f', 'F'])
                .filter(|_| !word.to_ascii_lowercase().contains("inf"));
            let value = plain.unwrap_or(word).parse::<f32>().ok();
            value.map(|value| message.float(number, value))
        }
    }
    .ok_or("a value is not of its field's type")
}

/// Decimal, hexadecimal or octal.
fn integer(word: &str) -> Option<i64> {
    let (sign, digits) = word.strip_prefix('-').map_or((1_i128, word), |digits| (-1, digits));
    let (radix, digits) = if let Some(digits) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        (16, digits)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (8, &digits[1..])
    } else {
        (10, digits)
    };
    let value = u64::from_str_radix(digits, radix).ok()?;
    i64::try_from(sign * i128::from(value)).ok()
}

/// The number of `DT_FLOAT` and so on; a reference to a type is that type and a hundred.
fn data_type(word: &str) -> Option<i64> {
    const NAMES: [&str; 24] = [
        "INVALID",
        "FLOAT",
        "DOUBLE",
        "INT32",
        "UINT8",
        "INT16",
        "INT8",
        "STRING",
        "COMPLEX64",
        "INT64",
        "BOOL",
        "QINT8",
        "QUINT8",
        "QINT32",
        "BFLOAT16",
        "QINT16",
        "QUINT16",
        "UINT16",
        "COMPLEX128",
        "HALF",
        "RESOURCE",
        "VARIANT",
        "UINT32",
        "UINT64",
    ];
    let name = word.strip_prefix("DT_")?;
    let (name, more) = name.strip_suffix("_REF").map_or((name, 0), |name| (name, 100));
    match NAMES.iter().position(|known| *known == name) {
        Some(place) => Some(place as i64 + more),
        // Types newer than this list are shown by the number of none.
        None => Some(-1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Setting;
    use proptest::prelude::*;

    const TEXT: &str = r#"
node { name: "x" op: "Placeholder" device: "/cpu:0"
  attr { key: "dtype" value { type: DT_FLOAT } }
  attr { key: "_output_shapes" value { list { shape { dim { size: -1 } dim { size: 4 } } } } } }
node { name: "y" op: "MatMul" input: "x" input: "^init"
  attr { key: "transpose_a" value { b: true } }
  attr { key: "ks" value { list { i: [1, 2, 0x3] } } }
  attr { key: "scale" value { f: -1.5e0 } }
  attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 2 } } tensor_content: "\001\000}" } } }
  experimental_debug_info { original_node_names: "y" } }
library { function { signature { name: "f" input_arg { name: "a" type: DT_FLOAT } } node_def { name: "b" op: "Neg" input: "a" } } }
versions { producer: 1882 }
"#;

    #[test]
    fn text_says_the_same_as_the_wire() {
        let graph = GraphDef::from_text(TEXT).unwrap();
        let names: Vec<&str> = graph.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["x", "y", "f/a", "f/b"]);
        assert_eq!(graph.nodes[0].shapes, [Some(vec![-1, 4])]);
        assert_eq!(graph.nodes[0].device, "/cpu:0");
        assert_eq!(graph.nodes[1].inputs, ["x", "^init"]);
        let settings = &graph.nodes[1].attributes;
        assert_eq!(
            settings[0],
            ("transpose_a".to_owned(), Setting::Text("true".to_owned()))
        );
        assert_eq!(settings[1], ("ks".to_owned(), Setting::Ints(vec![1, 2, 3])));
        assert_eq!(settings[2], ("scale".to_owned(), Setting::Float(-1.5)));
        assert_eq!(settings[3], ("value".to_owned(), Setting::Text("int32 2".to_owned())));
    }

    #[test]
    fn what_is_of_another_type_is_a_sentence() {
        for (text, word) in [
            ("node: 1", "message should be"),
            ("node {\n name: 1 }", "line 2: a text is not in quotes"),
            ("node { attr { value { i: 1.5 } } }", "field's type"),
            ("node { attr { value { i: 99999999999999999999 } } }", "field's type"),
            ("node { name { } }", "plain value should be"),
            ("node {", "not closed"),
        ] {
            let error = GraphDef::from_text(text).unwrap_err().to_string();
            assert!(error.contains(word), "{text:?}: {error}");
        }
        assert_eq!(
            GraphDef::from_text("node { name: \"\\377\" }").unwrap_err().what,
            "a name is not UTF-8"
        );
        assert!(GraphDef::from_text("").unwrap().nodes.is_empty());
    }

    /// Nothing is kept that is larger than the text.
    fn total(text: &str) {
        if let Ok((wire, _)) = wire(text) {
            assert!(wire.len() <= 16 + 4 * text.len(), "{} of {}", wire.len(), text.len());
        }
        let _ = GraphDef::from_text(text);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn any_text_is_a_graph_or_a_sentence(text in "\\PC{0,200}") {
            total(&text);
        }

        /// A graph with bytes changed, cut out and doubled, as a fuzzer would.
        #[test]
        fn a_damaged_graph_is_a_graph_or_a_sentence(
            edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, "[a-z{}<>\\[\\]:\"'\\\\0-9 ,#]{0,3}"), 1..12),
        ) {
            let mut text = TEXT.to_owned();
            for (at, cut, new) in edits {
                let start = at.index(text.len() + 1);
                let end = (start + cut).min(text.len());
                text.replace_range(start..end, &new);
                if cut % 7 == 6 {
                    text.push_str(&text.clone());
                }
                text.truncate(20_000);
            }
            total(&text);
        }
    }
}
