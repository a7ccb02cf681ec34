//! `TensorProto`, whose elements stay in the file until somebody asks for them.
//!
//! prost would copy every element while it decodes. This message is written by hand for that one reason: where a
//! data field stands is noted, and the bytes are stepped over. A place is noted as its distance from the end of the
//! file, which is all that a [`Buf`] knows; [`TensorData::settle`] tells it which file that was.

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{self, DecodeContext, WireType};
use prost::{DecodeError, Message};

use super::proto::StringStringEntryProto;
use crate::Result;
use crate::source::Slice;

/// A constant. Exactly one of the data fields is used, or `external_data` names where the bytes are.
#[derive(Debug, Clone, Default)]
pub struct TensorProto {
    /// Everything but the elements.
    pub info: TensorInfo,
    /// The elements.
    pub data: TensorData,
}

/// The fields of a `TensorProto` that hold no elements, and its strings.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct TensorInfo {
    /// Shape.
    #[prost(int64, repeated, tag = "1")]
    pub dims: Vec<i64>,
    /// [`DataType`](super::proto::DataType).
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    /// Strings.
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub string_data: Vec<Vec<u8>>,
    /// Name.
    #[prost(string, tag = "8")]
    pub name: String,
    /// `location`, `offset`, `length` of bytes in another file.
    #[prost(message, repeated, tag = "13")]
    pub external_data: Vec<StringStringEntryProto>,
    /// 1 = the bytes are in another file.
    #[prost(int32, tag = "14")]
    pub data_location: i32,
    /// Key-values of the exporter.
    #[prost(message, repeated, tag = "16")]
    pub metadata_props: Vec<StringStringEntryProto>,
}

/// Which of the data fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// f32 and complex64.
    Float = 4,
    /// i32 and everything narrower, one element (of types below a byte: one byte) a number.
    Int32 = 5,
    /// i64.
    Int64 = 7,
    /// Little-endian bytes of any type but strings.
    Raw = 9,
    /// f64 and complex128.
    Double = 10,
    /// u32 and u64.
    Uint64 = 11,
}

impl Field {
    fn of(tag: u32) -> Option<Self> {
        Some(match tag {
            4 => Self::Float,
            5 => Self::Int32,
            7 => Self::Int64,
            9 => Self::Raw,
            10 => Self::Double,
            11 => Self::Uint64,
            _ => return None,
        })
    }
}

/// Where the elements of one tensor are.
#[derive(Debug, Clone, Default)]
pub struct TensorData {
    raw: Option<Place>,
    /// Those of the other fields: a packed field may come in pieces.
    places: Vec<(Field, Place)>,
    file: Slice,
    outside: Outside,
}

/// Distance from the end of the file, and length, in bytes.
#[derive(Debug, Clone, Copy)]
struct Place {
    from_end: u64,
    length: u64,
}

impl Place {
    fn within(self, file: &Slice) -> Option<Slice> {
        file.part(file.length().checked_sub(self.from_end)?, self.length)
    }
}

/// Elements in another file.
#[derive(Debug, Clone, Default)]
pub(super) enum Outside {
    /// There are none.
    #[default]
    No,
    /// Here.
    At(Slice),
    /// In a file that is not opened, or does not hold them; the sentence says why.
    Refused(String),
}

impl TensorData {
    /// Little-endian elements in memory.
    pub fn raw(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self {
            raw: Some(Place {
                from_end: length,
                length,
            }),
            places: Vec::new(),
            file: Slice::memory(bytes),
            outside: Outside::No,
        }
    }

    /// Says which file the places are in.
    pub(super) fn settle(&mut self, file: &Slice, outside: Outside) {
        self.file = file.clone();
        self.outside = outside;
    }

    pub(super) fn outside(&self) -> &Outside {
        &self.outside
    }

    /// The bytes of a field, in order.
    pub(super) fn field(&self, field: Field) -> Vec<Slice> {
        if field == Field::Raw {
            return self.raw.iter().filter_map(|place| place.within(&self.file)).collect();
        }
        let places = self.places.iter().filter(|(other, _)| *other == field);
        places.filter_map(|(_, place)| place.within(&self.file)).collect()
    }

    fn note(&mut self, field: Field, from_end: usize, length: usize) {
        let place = Place {
            from_end: from_end as u64,
            length: length as u64,
        };
        match field {
            Field::Raw => self.raw = Some(place), // the last one counts
            _ => self.places.push((field, place)),
        }
    }

    fn merge(&mut self, field: Field, wire: WireType, buf: &mut impl Buf) -> Result<(), DecodeError> {
        // A length beyond the end is cut to it: then the elements are too few for the shape, which is told later
        // with the tensor's name.
        let (from_end, length) = match wire {
            WireType::LengthDelimited => {
                let length = encoding::decode_varint(buf)?;
                (buf.remaining(), usize::try_from(length).unwrap_or(usize::MAX))
            }
            WireType::ThirtyTwoBit => (buf.remaining(), 4),
            WireType::SixtyFourBit => (buf.remaining(), 8),
            _ => {
                let from_end = buf.remaining();
                encoding::decode_varint(buf)?;
                self.note(field, from_end, from_end - buf.remaining());
                return Ok(());
            }
        };
        let length = length.min(from_end);
        self.note(field, from_end, length);
        buf.advance(length);
        Ok(())
    }
}

impl TensorProto {
    /// Reads the elements into memory, from wherever they are, as raw bytes.
    pub(super) fn hold(&mut self) -> Result<()> {
        if !self.info.string_data.is_empty() {
            return Ok(());
        }
        let bytes = super::bytes_of(self)?.bytes;
        self.data = TensorData::raw(bytes);
        self.info.external_data.clear();
        self.info.data_location = 0;
        Ok(())
    }
}

/// Encoding writes the elements that are in memory: see [`super::encode`].
impl Message for TensorProto {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        self.info.encode_raw(buf);
        for (field, bytes) in self.in_memory() {
            encoding::encode_key(field as u32, WireType::LengthDelimited, buf);
            encoding::encode_varint(bytes.len() as u64, buf);
            buf.put_slice(bytes);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match Field::of(tag) {
            Some(field) if !matches!(wire, WireType::StartGroup | WireType::EndGroup) => {
                self.data.merge(field, wire, buf)
            }
            _ => self.info.merge_field(tag, wire, buf, context),
        }
    }

    fn encoded_len(&self) -> usize {
        let data = self.in_memory().map(|(field, bytes)| {
            encoding::key_len(field as u32) + encoding::encoded_len_varint(bytes.len() as u64) + bytes.len()
        });
        self.info.encoded_len() + data.sum::<usize>()
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

impl TensorProto {
    fn in_memory(&self) -> impl Iterator<Item = (Field, &[u8])> {
        let file = self.data.file.in_memory().unwrap_or_default();
        let raw = self.data.raw.iter().map(|place| (Field::Raw, *place));
        let places = raw.chain(self.data.places.iter().copied());
        places.filter_map(move |(field, place)| {
            let from = file.len().checked_sub(usize::try_from(place.from_end).ok()?)?;
            let to = from.checked_add(usize::try_from(place.length).ok()?)?;
            Some((field, file.get(from..to)?))
        })
    }
}
