//! A look at the bones of a file before anything is decoded: how much its messages would take in memory.
//!
//! Two bytes of a file can ask for a message of hundreds of bytes. So the fields of all messages are counted first,
//! with nothing allocated for them, and a file whose structure would not fit is refused.

use std::mem::size_of;

use bytes::Buf;
use prost::DecodeError;
use prost::encoding::{WireType, decode_key, decode_varint};

use super::decode::MAX_NODES;
use super::proto::{
    AttributeProto, Dimension, FunctionProto, GraphProto, ModelProto, NodeProto, SparseTensorProto,
    StringStringEntryProto, TensorProto, TypeProto, ValueInfoProto,
};
use crate::{CheckpointError, Result};

/// Most bytes that the decoded messages may take, the tensors' elements not counted.
const MAX_STRUCTURE: u64 = 512 << 20;
/// Messages inside each other: the limit of prost, which a subgraph uses up by threes.
const MAX_DEPTH: usize = 99;

/// The messages that hold others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Function,
    Tensor,
    Sparse,
    Value,
    Type,
    /// What is inside a type: shapes, element types.
    TypePart,
    /// A message of two texts or numbers.
    Leaf,
}

/// What a field is to its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Message(Kind),
    /// Copied as it is.
    Text,
    /// Numbers of a byte or more that take eight.
    Numbers,
    /// Elements, which stay in the file, or something that is not read.
    Skipped,
}

impl Kind {
    fn field(self, tag: u32) -> Field {
        use Field::{Message, Numbers, Skipped, Text};
        match (self, tag) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) => Message(Self::Graph),
            (Self::Model, 25) => Message(Self::Function),
            (Self::Graph | Self::Function, 12 | 13) | (Self::Graph, 11) if self != Self::Function || tag == 12 => {
                Message(Self::Value)
            }
            (Self::Graph, 1) | (Self::Function, 7) => Message(Self::Node),
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::Sparse, 1 | 2) => Message(Self::Tensor),
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Message(Self::Sparse),
            (Self::Node, 5) | (Self::Function, 11) => Message(Self::Attribute),
            (Self::Attribute, 14 | 15) | (Self::Value, 2) => Message(Self::Type),
            (Self::Type, 1 | 4 | 5 | 8 | 9) | (Self::TypePart, 1 | 2) => Message(Self::TypePart),
            (Self::Model, 8 | 14)
            | (Self::Graph, 16)
            | (Self::Node | Self::Function, 9)
            | (Self::Value, 4)
            | (Self::Tensor, 13 | 16) => Message(Self::Leaf),
            (Self::Attribute, 7 | 8) | (Self::Tensor | Self::Sparse, 1 | 3) => Numbers,
            (Self::Tensor, 4 | 5 | 7 | 9 | 10 | 11) => Skipped,
            _ => Text,
        }
    }

    /// Bytes of the decoded message itself.
    fn size(self) -> usize {
        match self {
            Self::Model => size_of::<ModelProto>(),
            Self::Graph => size_of::<GraphProto>(),
            Self::Node => size_of::<NodeProto>(),
            Self::Attribute => size_of::<AttributeProto>(),
            Self::Function => size_of::<FunctionProto>(),
            Self::Tensor => size_of::<TensorProto>(),
            Self::Sparse => size_of::<SparseTensorProto>(),
            Self::Value => size_of::<ValueInfoProto>(),
            Self::Type => size_of::<TypeProto>(),
            Self::TypePart => size_of::<TypeProto>() + size_of::<Dimension>(),
            Self::Leaf => size_of::<StringStringEntryProto>(),
        }
    }
}

/// Refuses a file that nests too deep, has too many nodes, or whose messages would take too much memory. What is
/// wrong with the encoding is left to the decoder.
pub(super) fn survey(buf: &mut impl Buf) -> Result<()> {
    let mut tally = Tally { bytes: 0, nodes: 0 };
    // Innermost last: its kind, and the bytes that remain where it ends.
    let mut open = vec![(Kind::Model, 0)];
    while let Some(&(kind, end)) = open.last() {
        if buf.remaining() <= end {
            open.pop();
            continue;
        }
        let Ok(inner) = next(kind, buf, &mut tally) else {
            return Ok(());
        };
        if let Some(inner) = inner {
            open.push(inner);
        }
        tally.check(open.len())?;
    }
    Ok(())
}

struct Tally {
    bytes: u64,
    nodes: usize,
}

impl Tally {
    fn check(&self, depth: usize) -> Result<()> {
        let limit = |text| Err(CheckpointError::Limit(text));
        if depth > MAX_DEPTH {
            return limit(format!(
                "the messages of this ONNX file are nested more than {MAX_DEPTH} deep, which is some 30 subgraphs \
                 inside each other; export it without them"
            ));
        }
        if self.nodes > MAX_NODES {
            return limit(format!(
                "this graph has more than {MAX_NODES} nodes, which are the most that are read"
            ));
        }
        if self.bytes > MAX_STRUCTURE {
            return limit(format!(
                "the graph of this ONNX file would take more than {} MiB without its weights",
                MAX_STRUCTURE >> 20
            ));
        }
        Ok(())
    }
}

/// Steps over one field of a `kind`, or into it: then answers what was entered.
fn next(kind: Kind, buf: &mut impl Buf, tally: &mut Tally) -> Result<Option<(Kind, usize)>, DecodeError> {
    let (tag, wire) = decode_key(buf)?;
    let skip = |buf: &mut dyn Buf, n: u64| {
        let n = usize::try_from(n).unwrap_or(usize::MAX).min(buf.remaining());
        buf.advance(n);
    };
    let field = kind.field(tag);
    match wire {
        WireType::Varint => {
            decode_varint(buf)?;
            tally.bytes += 24;
        }
        WireType::ThirtyTwoBit => {
            skip(buf, 4);
            tally.bytes += 24;
        }
        WireType::SixtyFourBit => {
            skip(buf, 8);
            tally.bytes += 24;
        }
        WireType::LengthDelimited => {
            // A claim beyond the end costs nothing; the decoder tells what is wrong with it.
            let length = decode_varint(buf)?.min(buf.remaining() as u64);
            match field {
                Field::Message(inner) => {
                    tally.bytes += inner.size() as u64;
                    tally.nodes += usize::from(inner == Kind::Node);
                    let length = usize::try_from(length).unwrap_or(usize::MAX);
                    return Ok(Some((inner, buf.remaining().saturating_sub(length))));
                }
                Field::Text => tally.bytes += length.saturating_add(24),
                Field::Numbers => tally.bytes += length.saturating_mul(8),
                Field::Skipped => tally.bytes += 24,
            }
            skip(buf, length);
        }
        // Groups are not of this format; the decoder says so.
        WireType::StartGroup | WireType::EndGroup => tally.bytes += 1,
    }
    Ok(None)
}
