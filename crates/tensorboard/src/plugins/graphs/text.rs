//! A message in protobuf's text format, by a table of its fields.

use std::fmt::Write as _;

use prost::encoding::decode_varint;

use super::schema::Schema;
use super::wire::{Wire, fields};
use crate::ReadError;
use crate::data::Result;

/// Messages inside messages.
const DEEP: usize = 64;
/// The longest text.
const LONG: usize = 512 << 20;

/// What stands in a field.
#[derive(Clone, Copy)]
pub enum Field {
    /// `double`.
    Double,
    /// `float`.
    Float,
    /// `int32` and `int64`.
    Int,
    /// `uint32` and `uint64`.
    Unsigned,
    /// `fixed64`.
    Fixed64,
    /// `bool`.
    Bool,
    /// `string`.
    Text,
    /// `bytes`.
    Bytes,
    /// One of these.
    Enum(&'static [(i64, &'static str)]),
    /// A message.
    Message(&'static Schema),
}

/// The message as text.
pub fn print(schema: Schema, message: &[u8]) -> Result<String> {
    let mut text = String::new();
    lines(schema, message, 0, &mut text)?;
    Ok(text)
}

fn lines(schema: Schema, message: &[u8], depth: usize, text: &mut String) -> Result<()> {
    if depth > DEEP || text.len() > LONG {
        return Err(ReadError::Malformed(
            "the graph is too deep or too long to be printed".to_owned(),
        ));
    }
    let mut found = fields(message)?;
    // Fields come in the order of their numbers, repeated ones in their own.
    found.sort_by_key(|(number, _)| *number);
    for (number, value) in found {
        let Ok(place) = schema.binary_search_by_key(&number, |(number, _, _)| *number) else {
            continue;
        };
        let (_, name, field) = schema[place];
        match (field, value) {
            (Field::Message(inner), Wire::Bytes(bytes)) => {
                indent(text, depth);
                text.push_str(name);
                text.push_str(" {\n");
                lines(inner, &bytes, depth + 1, text)?;
                indent(text, depth);
                text.push_str("}\n");
            }
            (Field::Text, Wire::Bytes(bytes)) => line(text, depth, name, &quoted(&bytes, true)),
            (Field::Bytes, Wire::Bytes(bytes)) => line(text, depth, name, &quoted(&bytes, false)),
            (field, Wire::Bytes(bytes)) => {
                for one in unpacked(field, &bytes)? {
                    line(text, depth, name, &plain(field, &one));
                }
            }
            (field, one) => line(text, depth, name, &plain(field, &one)),
        }
    }
    Ok(())
}

fn indent(text: &mut String, depth: usize) {
    for _ in 0..depth {
        text.push_str("  ");
    }
}

fn line(text: &mut String, depth: usize, name: &str, value: &str) {
    indent(text, depth);
    // Writing to a String cannot fail.
    let _ok = writeln!(text, "{name}: {value}");
}

/// Numbers side by side.
fn unpacked(field: Field, mut bytes: &[u8]) -> Result<Vec<Wire<'static>>> {
    let broken = || ReadError::Malformed("numbers in a graph are cut short".to_owned());
    let mut all = Vec::new();
    while !bytes.is_empty() {
        all.push(match field {
            Field::Double | Field::Fixed64 => {
                let (head, rest) = bytes.split_first_chunk().ok_or_else(broken)?;
                bytes = rest;
                Wire::Fixed64(u64::from_le_bytes(*head))
            }
            Field::Float => {
                let (head, rest) = bytes.split_first_chunk().ok_or_else(broken)?;
                bytes = rest;
                Wire::Fixed32(u32::from_le_bytes(*head))
            }
            _ => Wire::Varint(decode_varint(&mut bytes).map_err(|_| broken())?),
        });
    }
    Ok(all)
}

fn plain(field: Field, value: &Wire<'_>) -> String {
    match (field, value) {
        (Field::Double, Wire::Fixed64(bits)) => float(f64::from_bits(*bits), |value| format!("{value:?}")),
        (Field::Float, Wire::Fixed32(bits)) => {
            let value = f32::from_bits(*bits);
            float(f64::from(value), |_| format!("{value:?}"))
        }
        (Field::Bool, Wire::Varint(value)) => (*value != 0).to_string(),
        (Field::Int, Wire::Varint(value)) => (*value as i64).to_string(),
        (Field::Enum(names), Wire::Varint(value)) => {
            let name = names.iter().find(|(number, _)| *number == *value as i64);
            name.map_or_else(|| value.to_string(), |(_, name)| (*name).to_owned())
        }
        (_, Wire::Varint(value) | Wire::Fixed64(value)) => value.to_string(),
        (_, Wire::Fixed32(value)) => value.to_string(),
        (_, Wire::Bytes(_)) => String::new(),
    }
}

fn float(value: f64, finite: impl Fn(f64) -> String) -> String {
    if value.is_nan() {
        "nan".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "inf" } else { "-inf" }.to_owned()
    } else {
        finite(value)
    }
}

/// In quotes; of a string, letters of any language stay.
fn quoted(bytes: &[u8], letters: bool) -> String {
    let mut text = "\"".to_owned();
    let escape = |text: &mut String, byte: u8| match byte {
        b'\n' => text.push_str("\\n"),
        b'\r' => text.push_str("\\r"),
        b'\t' => text.push_str("\\t"),
        b'"' => text.push_str("\\\""),
        b'\'' => text.push_str("\\'"),
        b'\\' => text.push_str("\\\\"),
        b' '..=b'~' => text.push(char::from(byte)),
        _ => {
            let _ok = write!(text, "\\{byte:03o}");
        }
    };
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letters && !letter.is_ascii() {
                text.push(letter);
            } else {
                letter
                    .encode_utf8(&mut [0; 4])
                    .bytes()
                    .for_each(|byte| escape(&mut text, byte));
            }
        }
        chunk.invalid().iter().for_each(|&byte| escape(&mut text, byte));
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::super::schema::GRAPH_DEF;
    use super::super::wire::message;
    use super::*;

    fn bytes(parts: &[(u32, Wire<'_>)]) -> Wire<'static> {
        Wire::Bytes(message(parts).into())
    }

    fn word(text: &'static str) -> Wire<'static> {
        Wire::Bytes(text.as_bytes().into())
    }

    #[test]
    fn a_graph_is_printed_as_protobuf_prints_it() {
        let shape = bytes(&[
            (2, bytes(&[(1, Wire::Varint(3))])),
            (2, bytes(&[(1, Wire::Varint(u64::MAX))])),
        ]);
        let attribute = bytes(&[(1, word("shape")), (2, bytes(&[(7, shape)]))]);
        let kind = bytes(&[(1, word("T")), (2, bytes(&[(6, Wire::Varint(1))]))]);
        let node = bytes(&[
            (3, word("in:0")),
            (1, word("größe\n\"x\"")),
            (2, word("Add")),
            (5, attribute),
            (5, kind),
            (99, Wire::Varint(1)),
        ]);
        let text = print(GRAPH_DEF, &message(&[(1, node)])).expect("text");
        let expected = "node {\n  name: \"größe\\n\\\"x\\\"\"\n  op: \"Add\"\n  input: \"in:0\"\n  attr {\n    key: \"shape\"\n    \
                        value {\n      shape {\n        dim {\n          size: 3\n        }\n        dim {\n          size: -1\n        \
                        }\n      }\n    }\n  }\n  attr {\n    key: \"T\"\n    value {\n      type: DT_FLOAT\n    }\n  }\n}\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn bytes_are_escaped_and_numbers_side_by_side_stand_apart() {
        assert_eq!(quoted(&[b'a', 0, 0xff, b'\\'], false), r#""a\000\377\\""#);
        let numbers = unpacked(Field::Float, &[0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]).expect("numbers");
        let shown: Vec<String> = numbers.iter().map(|one| plain(Field::Float, one)).collect();
        assert_eq!(shown, ["1.0", "2.0"]);
        assert!(unpacked(Field::Float, &[0, 0]).is_err());
    }

    #[test]
    fn a_message_inside_itself_without_an_end_is_refused() {
        // NodeDef.attr.value.func.attr.value ...: deeper than anybody means.
        let mut value = Vec::new();
        for _ in 0..100 {
            let entry = message(&[(2, Wire::Bytes(value.into()))]);
            value = message(&[(10, Wire::Bytes(message(&[(2, Wire::Bytes(entry.into()))]).into()))]);
        }
        let entry = message(&[(2, Wire::Bytes(value.into()))]);
        let node = message(&[(5, Wire::Bytes(entry.into()))]);
        assert!(print(GRAPH_DEF, &message(&[(1, Wire::Bytes(node.into()))])).is_err());
    }
}
