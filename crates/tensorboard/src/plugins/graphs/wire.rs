//! Protobuf messages taken apart and put together again without knowing what they are.

use prost::bytes::Buf;
use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};

use crate::ReadError;
use crate::data::Result;

/// A field's value on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wire<'a> {
    /// A whole number.
    Varint(u64),
    /// Eight bytes.
    Fixed64(u64),
    /// Four bytes.
    Fixed32(u32),
    /// A message, a string, numbers side by side.
    Bytes(std::borrow::Cow<'a, [u8]>),
}

/// The fields of a message, in order.
pub fn fields(mut message: &[u8]) -> Result<Vec<(u32, Wire<'_>)>> {
    let broken = || ReadError::Malformed("a graph is cut short, or is no graph".to_owned());
    let mut found = Vec::new();
    while message.has_remaining() {
        let (number, wire) = decode_key(&mut message).map_err(|_| broken())?;
        let value = match wire {
            WireType::Varint => Wire::Varint(decode_varint(&mut message).map_err(|_| broken())?),
            WireType::SixtyFourBit => Wire::Fixed64(message.try_get_u64_le().map_err(|_| broken())?),
            WireType::ThirtyTwoBit => Wire::Fixed32(message.try_get_u32_le().map_err(|_| broken())?),
            WireType::LengthDelimited => {
                let length = decode_varint(&mut message).map_err(|_| broken())?;
                let length = usize::try_from(length).map_err(|_| broken())?;
                let (value, rest) = message.split_at_checked(length).ok_or_else(broken)?;
                message = rest;
                Wire::Bytes(value.into())
            }
            WireType::StartGroup | WireType::EndGroup => return Err(broken()),
        };
        found.push((number, value));
    }
    Ok(found)
}

/// A message of these fields.
pub fn message(fields: &[(u32, Wire<'_>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, value) in fields {
        match value {
            Wire::Varint(value) => {
                encode_key(*number, WireType::Varint, &mut out);
                encode_varint(*value, &mut out);
            }
            Wire::Fixed64(value) => {
                encode_key(*number, WireType::SixtyFourBit, &mut out);
                out.extend_from_slice(&value.to_le_bytes());
            }
            Wire::Fixed32(value) => {
                encode_key(*number, WireType::ThirtyTwoBit, &mut out);
                out.extend_from_slice(&value.to_le_bytes());
            }
            Wire::Bytes(value) => {
                encode_key(*number, WireType::LengthDelimited, &mut out);
                encode_varint(value.len() as u64, &mut out);
                out.extend_from_slice(value);
            }
        }
    }
    out
}

/// The bytes of the first field of this number.
pub fn first(message: &[u8], number: u32) -> Result<Option<std::borrow::Cow<'_, [u8]>>> {
    let found = fields(message)?.into_iter().find(|(field, _)| *field == number);
    Ok(found.and_then(|(_, value)| match value {
        Wire::Bytes(bytes) => Some(bytes),
        _ => None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_apart_is_put_together_the_same() {
        let parts = vec![
            (1, Wire::Varint(300)),
            (2, Wire::Fixed64(7)),
            (3, Wire::Fixed32(8)),
            (4, Wire::Bytes(b"name"[..].into())),
        ];
        let bytes = message(&parts);
        assert_eq!(fields(&bytes).expect("fields"), parts);
        assert_eq!(first(&bytes, 4).expect("fields").as_deref(), Some(&b"name"[..]));
        for cut in 1..bytes.len() {
            let _never_a_panic = fields(&bytes[..cut]);
        }
        assert!(fields(&[0x22, 0xff, 0xff, 0xff, 0xff, 0x0f]).is_err());
    }
}
