//! `TensorProto`: numbers and strings, as raw bytes or as repeated fields, one value standing for all.

use crate::Malformed;
use crate::wire::{Fields, Wire, varint};

const FLOAT: i64 = 1;
const DOUBLE: i64 = 2;
const STRING: i64 = 7;
const INT64: i64 = 9;
const HALF: i64 = 19;
const BFLOAT16: i64 = 14;

/// A tensor, not yet unpacked.
#[derive(Debug, Clone)]
pub struct Tensor<'a> {
    dtype: i64,
    dims: Vec<u64>,
    content: &'a [u8],
    message: &'a [u8],
}

impl<'a> Tensor<'a> {
    /// Decodes type and shape; values are unpacked by the other methods.
    pub fn decode(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut tensor = Self {
            dtype: 0,
            dims: Vec::new(),
            content: &[],
            message,
        };
        for field in Fields::new(message) {
            match field? {
                (1, wire) => tensor.dtype = wire.integer()?,
                (2, wire) => tensor.dims = shape(wire.bytes()?)?,
                (4, wire) => tensor.content = wire.bytes()?,
                _ => {}
            }
        }
        Ok(tensor)
    }

    /// The shape; empty for a single value.
    pub fn dims(&self) -> &[u64] {
        &self.dims
    }

    /// How many elements the shape claims.
    fn elements(&self) -> Result<u64, Malformed> {
        self.dims
            .iter()
            .try_fold(1u64, |n, &d| n.checked_mul(d))
            .ok_or(Malformed("a tensor claims more elements than there are numbers"))
    }

    /// The one number of a tensor with one element.
    pub fn number(&self) -> Result<f64, Malformed> {
        if self.elements()? != 1 {
            return Err(Malformed("a scalar's tensor has not one element"));
        }
        let mut found = None;
        self.each(&mut |value| {
            let first = found.is_none();
            found = found.or(Some(value));
            first
        })?;
        found.ok_or(Malformed(
            "a scalar's tensor holds no value, or one of a type that is no number",
        ))
    }

    /// All numbers, when the shape claims at most `most`.
    pub fn numbers(&self, most: usize) -> Result<Vec<f64>, Malformed> {
        let elements = usize::try_from(self.elements()?).unwrap_or(usize::MAX);
        if elements > most {
            return Err(Malformed("a tensor claims more elements than its kind may have"));
        }
        let mut values = Vec::new();
        self.each(&mut |value| {
            values.push(value);
            values.len() < elements
        })?;
        match values.len() {
            n if n == elements => Ok(values),
            1 => Ok(vec![values[0]; elements]),
            0 if elements == 0 => Ok(values),
            _ => Err(Malformed("a tensor holds fewer values than its shape claims")),
        }
    }

    /// All strings, when there are at most `most`.
    pub fn strings(&self, most: usize) -> Result<Vec<&'a [u8]>, Malformed> {
        if self.dtype != STRING {
            return Err(Malformed("a tensor holds no strings, but its plugin reads strings"));
        }
        let mut strings = Vec::new();
        for field in Fields::new(self.message) {
            if let (8, wire) = field? {
                if strings.len() == most {
                    return Err(Malformed("a tensor holds more strings than its kind may have"));
                }
                strings.push(wire.bytes()?);
            }
        }
        Ok(strings)
    }

    /// Calls `take` with each number until it says enough.
    fn each(&self, take: &mut dyn FnMut(f64) -> bool) -> Result<(), Malformed> {
        if !self.content.is_empty() {
            return self.each_of_content(take);
        }
        for field in Fields::new(self.message) {
            let (number, wire) = field?;
            if number != self.field() {
                continue;
            }
            let enough = match (number, wire) {
                (5, Wire::Bytes(bytes)) => !each_chunk(bytes, take, |b: [u8; 4]| f64::from(f32::from_le_bytes(b))),
                (6, Wire::Bytes(bytes)) => !each_chunk(bytes, take, f64::from_le_bytes),
                (5, wire) => !take(f64::from(wire.float()?)),
                (6, wire) => !take(wire.double()?),
                (_, Wire::Bytes(mut bytes)) => {
                    let mut more = true;
                    while more && !bytes.is_empty() {
                        more = take(self.widened(varint(&mut bytes)?));
                    }
                    !more
                }
                (_, Wire::Varint(value)) => !take(self.widened(value)),
                _ => return Err(Malformed("a tensor's values have another type than the format says")),
            };
            if enough {
                break;
            }
        }
        Ok(())
    }

    /// The field that holds values of this type; 0 where they are no numbers.
    fn field(&self) -> u32 {
        match self.dtype {
            FLOAT => 5,
            DOUBLE => 6,
            3..=6 | 17 => 7, // int32, uint8, int16, int8, uint16
            INT64 => 10,
            10 => 11, // bool
            HALF | BFLOAT16 => 13,
            22 => 16, // uint32
            23 => 17, // uint64
            _ => 0,
        }
    }

    fn widened(&self, value: u64) -> f64 {
        match self.dtype {
            HALF => half_to_f64(value as u16),
            BFLOAT16 => f64::from(f32::from_bits(u32::from(value as u16) << 16)),
            22 => f64::from(value as u32),
            23 => value as f64,
            10 => f64::from(u8::from(value != 0)),
            4 => f64::from(value as u8),
            5 => f64::from(value as i16),
            6 => f64::from(value as i8),
            17 => f64::from(value as u16),
            3 => f64::from(value as i32),
            _ => value as i64 as f64,
        }
    }

    fn each_of_content(&self, take: &mut dyn FnMut(f64) -> bool) -> Result<(), Malformed> {
        let bytes = self.content;
        match self.dtype {
            FLOAT => each_chunk(bytes, take, |b: [u8; 4]| f64::from(f32::from_le_bytes(b))),
            DOUBLE => each_chunk(bytes, take, f64::from_le_bytes),
            3 => each_chunk(bytes, take, |b: [u8; 4]| f64::from(i32::from_le_bytes(b))),
            4 => each_chunk(bytes, take, |b: [u8; 1]| f64::from(b[0])),
            5 => each_chunk(bytes, take, |b: [u8; 2]| f64::from(i16::from_le_bytes(b))),
            6 => each_chunk(bytes, take, |b: [u8; 1]| f64::from(i8::from_le_bytes(b))),
            INT64 => each_chunk(bytes, take, |b: [u8; 8]| i64::from_le_bytes(b) as f64),
            10 => each_chunk(bytes, take, |b: [u8; 1]| f64::from(u8::from(b[0] != 0))),
            17 => each_chunk(bytes, take, |b: [u8; 2]| f64::from(u16::from_le_bytes(b))),
            HALF => each_chunk(bytes, take, |b: [u8; 2]| half_to_f64(u16::from_le_bytes(b))),
            BFLOAT16 => each_chunk(bytes, take, |b: [u8; 2]| {
                f64::from(f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16))
            }),
            22 => each_chunk(bytes, take, |b: [u8; 4]| f64::from(u32::from_le_bytes(b))),
            23 => each_chunk(bytes, take, |b: [u8; 8]| u64::from_le_bytes(b) as f64),
            _ => return Err(Malformed("a tensor's values are of a type that is no number")),
        };
        Ok(())
    }
}

/// Calls `take` with each `N` bytes as a number; false once it says enough.
fn each_chunk<const N: usize>(
    bytes: &[u8],
    take: &mut dyn FnMut(f64) -> bool,
    number: impl Fn([u8; N]) -> f64,
) -> bool {
    bytes.as_chunks::<N>().0.iter().all(|chunk| take(number(*chunk)))
}

fn shape(message: &[u8]) -> Result<Vec<u64>, Malformed> {
    let mut dims = Vec::new();
    for field in Fields::new(message) {
        if let (2, wire) = field? {
            if dims.len() == 254 {
                return Err(Malformed("a tensor has more than 254 dimensions"));
            }
            let mut size = 0;
            for field in Fields::new(wire.bytes()?) {
                if let (1, wire) = field? {
                    size = wire.integer()?;
                }
            }
            dims.push(u64::try_from(size).map_err(|_| Malformed("a tensor has a dimension of unknown size"))?);
        }
    }
    Ok(dims)
}

/// IEEE half precision, exactly.
fn half_to_f64(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}
