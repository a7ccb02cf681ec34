//! The elements of a [`TensorProto`], whichever of its fields or files holds them.

use bytes::{Buf as _, Bytes};

use super::proto::{DataType, TensorProto};
use super::tensor::{Field, Outside};
use crate::source::{Slice, unreadable};
use crate::{CheckpointError, Dtype, Result, shape, text};

/// Bytes that are looked at together: whole elements of any width.
const PIECE: usize = 24 << 15;
/// Most bytes of a tensor that is written as numbers of variable length, which may take an eighth of that in the file.
const MAX_VARINT_BYTES: usize = 256 << 20;

/// A constant whose type, shape and length have been checked, and whose elements are where the file keeps them. Cheap
/// to clone; keeps the file open.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Name in the file.
    pub name: String,
    /// Element type.
    pub dtype: Dtype,
    /// Shape.
    pub shape: Vec<usize>,
    count: usize,
    coding: Coding,
    places: Vec<Slice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    /// Little-endian, row-major.
    Plain,
    /// Numbers of variable length, one an element (types of 2 and 4 bits: one a byte).
    Varints,
}

impl Stored {
    /// Finds the elements of a constant and checks them against its claimed shape.
    ///
    /// # Errors
    /// [`CheckpointError::Unsupported`] for strings (see [`strings`]), complex numbers and external data that did not
    /// come along; [`CheckpointError::Damaged`] where fewer or more elements are present than the shape says.
    pub fn find(tensor: &TensorProto) -> Result<Self> {
        let name = text::short(&tensor.info.name);
        let shape = shape::from_signed(&name, &tensor.info.dims)?;
        let dtype = dtype_of(tensor)?;
        let count = shape::numel(&name, &shape)?;
        let expected = shape::bytes(&name, &shape, dtype)?;
        let stored = |coding, places| Self {
            name: name.clone(),
            dtype,
            shape: shape.clone(),
            count,
            coding,
            places,
        };
        let fits = |places: &[Slice]| places.iter().map(Slice::length).sum::<u64>() == expected as u64;
        let outside = match tensor.data.outside() {
            Outside::Refused(sentence) => return Err(CheckpointError::Unsupported(sentence.clone())),
            Outside::At(place) => Some(vec![place.clone()]),
            Outside::No => None,
        };
        let raw = outside.unwrap_or_else(|| tensor.data.field(Field::Raw));
        if raw.iter().any(|place| place.length() > 0) {
            return if fits(&raw) {
                Ok(stored(Coding::Plain, raw))
            } else {
                let held = raw.iter().map(Slice::length).sum::<u64>();
                Err(wrong_length(&name, dtype, expected, &format!("{held} bytes")))
            };
        }
        let field = match dtype {
            Dtype::F32 => Field::Float,
            Dtype::F64 => Field::Double,
            Dtype::I64 => Field::Int64,
            Dtype::U64 | Dtype::U32 => Field::Uint64,
            _ => Field::Int32,
        };
        let places = tensor.data.field(field);
        if matches!(field, Field::Float | Field::Double) {
            return if fits(&places) {
                Ok(stored(Coding::Plain, places))
            } else {
                let held = places.iter().map(Slice::length).sum::<u64>();
                Err(wrong_length(&name, dtype, expected, &format!("{held} bytes")))
            };
        }
        if expected > MAX_VARINT_BYTES {
            return Err(CheckpointError::Limit(format!(
                "tensor `{name}` writes {expected} bytes number by number; at most {} MiB are read so: save it as raw data",
                MAX_VARINT_BYTES >> 20
            )));
        }
        // A number takes a byte at least and ten at most: what cannot fit is refused unread.
        let numbers = numbers(dtype, count) as u64;
        let held = places.iter().map(Slice::length).sum::<u64>();
        if held < numbers || held > numbers.saturating_mul(10) {
            return Err(wrong_length(
                &name,
                dtype,
                expected,
                &format!("at most {held} elements"),
            ));
        }
        Ok(stored(Coding::Varints, places))
    }

    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.count
    }

    /// Little-endian elements, row-major: `numel * dtype.bits() / 8` bytes, rounded up.
    pub fn bytes(&self) -> Result<Bytes> {
        match (self.coding, self.places.as_slice()) {
            (Coding::Plain, [place]) => place.bytes().map_err(|error| self.unreadable(error)),
            (Coding::Plain, places) => {
                let mut out = Vec::new();
                for place in places {
                    out.extend_from_slice(&place.bytes().map_err(|error| self.unreadable(error))?);
                }
                Ok(out.into())
            }
            (Coding::Varints, _) => {
                let mut out = Vec::new();
                let width = self.dtype.bits().div_ceil(8);
                self.each_number(|number| out.extend_from_slice(&number.to_le_bytes()[..width]))?;
                Ok(match self.dtype.bits() {
                    6 => pack_sixes(&out).into(),
                    _ => out.into(),
                })
            }
        }
    }

    /// The elements as `f32`; integers and wider floats are rounded.
    pub fn floats(&self) -> Result<Vec<f32>> {
        if self.dtype == Dtype::F32 && self.coding == Coding::Plain && cfg!(target_endian = "little") {
            let mut out = vec![0f32; self.count];
            let mut rest: &mut [u8] = bytemuck::cast_slice_mut(&mut out);
            for place in &self.places {
                let (here, later) = rest.split_at_mut(place.length() as usize);
                place.read_exact_at(0, here).map_err(|error| self.unreadable(error))?;
                rest = later;
            }
            return Ok(out);
        }
        let mut out = Vec::with_capacity(self.count);
        self.pieces(|count, bytes| match self.dtype {
            Dtype::F16 => out.extend(words(bytes).map(|word| half::f16::from_bits(word).to_f32())),
            Dtype::Bf16 => out.extend(words(bytes).map(|word| half::bf16::from_bits(word).to_f32())),
            other => other.for_each(count, bytes, |value| out.push(value as f32)),
        })?;
        Ok(out)
    }

    /// The elements as `f64`; 64-bit integers are rounded.
    pub fn doubles(&self) -> Result<Vec<f64>> {
        let mut out = Vec::with_capacity(self.count);
        self.pieces(|count, bytes| self.dtype.for_each(count, bytes, |value| out.push(value)))?;
        Ok(out)
    }

    /// The elements as `i64`: `u64` by their bits, bools as 0 and 1, floats without their fraction.
    pub fn integers(&self) -> Result<Vec<i64>> {
        let mut out = Vec::with_capacity(self.count);
        self.pieces(|count, bytes| match self.dtype {
            Dtype::I64 | Dtype::U64 => out.extend(bytes.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b))),
            Dtype::Bool => out.extend(bytes.iter().map(|b| i64::from(*b != 0))),
            other => other.for_each(count, bytes, |value| out.push(value as i64)),
        })?;
        Ok(out)
    }

    /// Whole elements as they lie, some at a time: their number and their bytes.
    fn pieces(&self, mut each: impl FnMut(usize, &[u8])) -> Result<()> {
        if self.coding == Coding::Varints {
            each(self.count, &self.bytes()?);
            return Ok(());
        }
        let mut left = self.count;
        // Every place but the last ends with a whole element.
        for place in &self.places {
            let read = place.pieces(PIECE, |bytes| {
                let count = left.min(bytes.len() * 8 / self.dtype.bits());
                each(count, bytes);
                left -= count;
            });
            read.map_err(|error| self.unreadable(error))?;
        }
        Ok(())
    }

    fn each_number(&self, mut each: impl FnMut(u64)) -> Result<()> {
        let numbers = numbers(self.dtype, self.count);
        let wrong = |held: &str| wrong_length(&self.name, self.dtype, self.count, held);
        let mut left = numbers;
        for place in &self.places {
            let mut bytes = place.bytes().map_err(|error| self.unreadable(error))?;
            while bytes.has_remaining() {
                let number = prost::encoding::decode_varint(&mut bytes).map_err(|_| wrong("damaged numbers"))?;
                left = left.checked_sub(1).ok_or_else(|| wrong("more elements"))?;
                each(number);
            }
        }
        if left > 0 {
            return Err(wrong(&format!("{} elements", numbers - left)));
        }
        Ok(())
    }

    fn unreadable(&self, error: std::io::Error) -> CheckpointError {
        unreadable(&format!("tensor `{}`", self.name), error)
    }
}

/// How many numbers of variable length hold `count` elements.
fn numbers(dtype: Dtype, count: usize) -> usize {
    match dtype.bits() {
        bits @ (2 | 4) => count.div_ceil(8 / bits),
        _ => count,
    }
}

/// One 6-bit code a byte to four codes in three bytes.
fn pack_sixes(codes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(codes.len() / 4 * 3 + 3);
    for four in codes.chunks(4) {
        let word = four
            .iter()
            .rev()
            .fold(0u32, |word, code| word << 6 | u32::from(code & 0x3f));
        out.extend_from_slice(&word.to_le_bytes()[..(four.len() * 6).div_ceil(8)]);
    }
    out
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks::<2>().0.iter().map(|b| u16::from_le_bytes(*b))
}

fn wrong_length(name: &str, dtype: Dtype, expected: usize, held: &str) -> CheckpointError {
    CheckpointError::Damaged(format!(
        "tensor `{name}` claims {expected} bytes of {} but holds {held}; export the file again",
        dtype.name()
    ))
}

/// A constant's elements, little-endian, row-major.
#[derive(Debug, Clone)]
pub struct TensorBytes {
    /// Element type.
    pub dtype: Dtype,
    /// Shape.
    pub shape: Vec<usize>,
    /// `numel * dtype.bits() / 8` bytes, rounded up.
    pub bytes: Bytes,
}

/// The elements of a constant: [`Stored::find`] and [`Stored::bytes`].
pub fn bytes_of(tensor: &TensorProto) -> Result<TensorBytes> {
    let stored = Stored::find(tensor)?;
    Ok(TensorBytes {
        bytes: stored.bytes()?,
        dtype: stored.dtype,
        shape: stored.shape,
    })
}

/// The shape and the elements of a constant of strings; bytes that are no UTF-8 are replaced.
pub fn strings(tensor: &TensorProto) -> Result<(Vec<usize>, Vec<String>)> {
    let name = text::short(&tensor.info.name);
    let shape = shape::from_signed(&name, &tensor.info.dims)?;
    let (count, held) = (shape::numel(&name, &shape)?, tensor.info.string_data.len());
    if count != held {
        return Err(CheckpointError::Damaged(format!(
            "tensor `{name}` claims {count} strings but holds {held}; export the file again"
        )));
    }
    let texts = tensor.info.string_data.iter();
    Ok((shape, texts.map(|s| String::from_utf8_lossy(s).into_owned()).collect()))
}

/// The element type of a constant.
pub fn dtype_of(tensor: &TensorProto) -> Result<Dtype> {
    let name = text::short(&tensor.info.name);
    match DataType::try_from(tensor.info.data_type) {
        Ok(DataType::Float) => Ok(Dtype::F32),
        Ok(DataType::Double) => Ok(Dtype::F64),
        Ok(DataType::Float16) => Ok(Dtype::F16),
        Ok(DataType::Bfloat16) => Ok(Dtype::Bf16),
        Ok(DataType::Float8e4m3fn) => Ok(Dtype::F8E4m3fn),
        Ok(DataType::Float8e4m3fnuz) => Ok(Dtype::F8E4m3fnuz),
        Ok(DataType::Float8e5m2) => Ok(Dtype::F8E5m2),
        Ok(DataType::Float8e5m2fnuz) => Ok(Dtype::F8E5m2fnuz),
        Ok(DataType::Float8e8m0) => Ok(Dtype::F8E8m0),
        Ok(DataType::Float6e2m3) => Ok(Dtype::F6E2m3),
        Ok(DataType::Float6e3m2) => Ok(Dtype::F6E3m2),
        Ok(DataType::Float4e2m1) => Ok(Dtype::F4E2m1),
        Ok(DataType::Int2) => Ok(Dtype::I2),
        Ok(DataType::Int4) => Ok(Dtype::I4),
        Ok(DataType::Int8) => Ok(Dtype::I8),
        Ok(DataType::Int16) => Ok(Dtype::I16),
        Ok(DataType::Int32) => Ok(Dtype::I32),
        Ok(DataType::Int64) => Ok(Dtype::I64),
        Ok(DataType::Uint2) => Ok(Dtype::U2),
        Ok(DataType::Uint4) => Ok(Dtype::U4),
        Ok(DataType::Uint8) => Ok(Dtype::U8),
        Ok(DataType::Uint16) => Ok(Dtype::U16),
        Ok(DataType::Uint32) => Ok(Dtype::U32),
        Ok(DataType::Uint64) => Ok(Dtype::U64),
        Ok(DataType::Bool) => Ok(Dtype::Bool),
        Ok(other @ (DataType::String | DataType::Complex64 | DataType::Complex128 | DataType::Undefined)) => {
            Err(CheckpointError::Unsupported(format!(
                "tensor `{name}` holds elements of type {}, which are not numbers that are read",
                data_type_name(other as i32)
            )))
        }
        Err(_) => Err(CheckpointError::Damaged(format!(
            "tensor `{name}` has the unknown element type {}",
            tensor.info.data_type
        ))),
    }
}

/// The short name of an ONNX element type, for people.
pub fn data_type_name(data_type: i32) -> String {
    match DataType::try_from(data_type) {
        Ok(DataType::String) => "string".into(),
        Ok(DataType::Complex64) => "complex64".into(),
        Ok(DataType::Complex128) => "complex128".into(),
        Ok(DataType::Undefined) => "undefined".into(),
        Ok(_) => {
            let mut probe = TensorProto::default();
            probe.info.data_type = data_type;
            dtype_of(&probe).map_or_else(|_| format!("type {data_type}"), |dtype| dtype.name().to_owned())
        }
        Err(_) => format!("type {data_type}"),
    }
}
