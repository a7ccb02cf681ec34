//! Universal Binary JSON (draft 12, big-endian), read into any `Deserialize`.
//!
//! The crates that read it are unfinished or do not know typed arrays, which XGBoost writes.

use std::fmt;

use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// Values inside each other.
const DEPTH: usize = 64;

/// What is wrong, and where.
#[derive(Debug)]
pub(crate) struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Reads one value; what follows it is left.
pub(crate) fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Error> {
    let mut reader = Reader { bytes, at: 0, depth: 0 };
    T::deserialize(Item {
        reader: &mut reader,
        marker: None,
    })
}

struct Reader<'de> {
    bytes: &'de [u8],
    at: usize,
    depth: usize,
}

impl<'de> Reader<'de> {
    fn wrong(&self, what: impl fmt::Display) -> Error {
        Error(format!("{what} at byte {}", self.at))
    }

    fn take(&mut self, count: usize) -> Result<&'de [u8], Error> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| self.wrong("the file ends too early"))?;
        let part = &self.bytes[self.at..end];
        self.at = end;
        Ok(part)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// A marker; no-ops are skipped.
    fn marker(&mut self) -> Result<u8, Error> {
        loop {
            let [marker] = self.array()?;
            if marker != b'N' {
                return Ok(marker);
            }
        }
    }

    fn whole(&mut self, marker: u8) -> Result<Option<i64>, Error> {
        Ok(Some(match marker {
            b'i' => i64::from(i8::from_be_bytes(self.array()?)),
            b'U' => i64::from(u8::from_be_bytes(self.array()?)),
            b'I' => i64::from(i16::from_be_bytes(self.array()?)),
            b'l' => i64::from(i32::from_be_bytes(self.array()?)),
            b'L' => i64::from_be_bytes(self.array()?),
            _ => return Ok(None),
        }))
    }

    fn length(&mut self) -> Result<usize, Error> {
        let marker = self.marker()?;
        let length = self.whole(marker)?.and_then(|n| usize::try_from(n).ok());
        length.ok_or_else(|| self.wrong("a length that is none"))
    }

    fn text(&mut self) -> Result<&'de str, Error> {
        let length = self.length()?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| self.wrong("text that is not UTF-8"))
    }

    /// What stands after `[` or `{`: the type of all elements and their number, where they are said.
    fn container(&mut self) -> Result<Container, Error> {
        let mut kind = None;
        if self.peek() == Some(b'$') {
            self.at += 1;
            let marker = self.marker()?;
            // Values without bytes of their own would let a count of any size through.
            if !matches!(
                marker,
                b'i' | b'U' | b'I' | b'l' | b'L' | b'd' | b'D' | b'C' | b'S' | b'H' | b'[' | b'{'
            ) {
                return Err(self.wrong(format_args!("a list of `{}`", marker.escape_ascii())));
            }
            kind = Some(marker);
        }
        let count = if self.peek() == Some(b'#') {
            self.at += 1;
            Some(self.length()?)
        } else if kind.is_some() {
            return Err(self.wrong("a typed list without a count"));
        } else {
            None
        };
        // Whatever an element is, it takes a byte.
        if count.is_some_and(|count| count > self.bytes.len() - self.at) {
            return Err(self.wrong("a list that is longer than the file"));
        }
        Ok(Container { kind, left: count })
    }
}

#[derive(Clone, Copy)]
struct Container {
    kind: Option<u8>,
    left: Option<usize>,
}

/// One value, whose marker may have been read.
struct Item<'a, 'de> {
    reader: &'a mut Reader<'de>,
    marker: Option<u8>,
}

impl<'de> Deserializer<'de> for Item<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let reader = self.reader;
        let marker = match self.marker {
            Some(marker) => marker,
            None => reader.marker()?,
        };
        if let Some(number) = reader.whole(marker)? {
            return visitor.visit_i64(number);
        }
        match marker {
            b'Z' => visitor.visit_unit(),
            b'T' => visitor.visit_bool(true),
            b'F' => visitor.visit_bool(false),
            b'd' => visitor.visit_f64(f64::from(f32::from_be_bytes(reader.array()?))),
            b'D' => visitor.visit_f64(f64::from_be_bytes(reader.array()?)),
            b'C' => visitor.visit_char(char::from(u8::from_be_bytes(reader.array()?))),
            b'S' | b'H' => visitor.visit_borrowed_str(reader.text()?),
            b'[' | b'{' => {
                reader.depth += 1;
                if reader.depth > DEPTH {
                    return Err(reader.wrong(format_args!("more than {DEPTH} lists inside each other")));
                }
                let container = reader.container()?;
                let parts = Parts {
                    reader: &mut *reader,
                    container,
                };
                let value = if marker == b'[' {
                    visitor.visit_seq(parts)
                } else {
                    visitor.visit_map(parts)
                };
                reader.depth -= 1;
                value
            }
            other => Err(reader.wrong(format_args!("an unknown mark `{}`", other.escape_ascii()))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let marker = match self.marker {
            Some(marker) => marker,
            None => self.reader.marker()?,
        };
        if marker == b'Z' {
            return visitor.visit_none();
        }
        visitor.visit_some(Item {
            reader: self.reader,
            marker: Some(marker),
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

/// What is inside a list or an object.
struct Parts<'a, 'de> {
    reader: &'a mut Reader<'de>,
    container: Container,
}

impl Parts<'_, '_> {
    /// Whether there is another part; ends the container where its end is marked.
    fn more(&mut self, end: u8) -> bool {
        if let Some(left) = &mut self.container.left {
            let more = *left > 0;
            *left = left.saturating_sub(1);
            return more;
        }
        while self.reader.peek() == Some(b'N') {
            self.reader.at += 1;
        }
        if self.reader.peek() == Some(end) {
            self.reader.at += 1;
            return false;
        }
        true
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: de::DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if !self.more(b']') {
            return Ok(None);
        }
        let item = Item {
            reader: &mut *self.reader,
            marker: self.container.kind,
        };
        seed.deserialize(item).map(Some)
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if !self.more(b'}') {
            return Ok(None);
        }
        let key = self.reader.text()?;
        seed.deserialize(key.into_deserializer()).map(Some)
    }

    fn next_value_seed<T: de::DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(Item {
            reader: &mut *self.reader,
            marker: self.container.kind,
        })
    }
}
