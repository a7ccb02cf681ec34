//! Element types of all formats, under one name each.

use crate::small;

/// An element type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Dtype {
    F64,
    F32,
    F16,
    Bf16,
    F8E4m3fn,
    F8E4m3fnuz,
    F8E5m2,
    F8E5m2fnuz,
    F8E8m0,
    F6E2m3,
    F6E3m2,
    F4E2m1,
    I64,
    I32,
    I16,
    I8,
    I4,
    I2,
    U64,
    U32,
    U16,
    U8,
    U4,
    U2,
    Bool,
}

impl Dtype {
    /// As pages and JSON show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F8E4m3fn => "f8e4m3fn",
            Self::F8E4m3fnuz => "f8e4m3fnuz",
            Self::F8E5m2 => "f8e5m2",
            Self::F8E5m2fnuz => "f8e5m2fnuz",
            Self::F8E8m0 => "f8e8m0",
            Self::F6E2m3 => "f6e2m3",
            Self::F6E3m2 => "f6e3m2",
            Self::F4E2m1 => "f4e2m1",
            Self::I64 => "i64",
            Self::I32 => "i32",
            Self::I16 => "i16",
            Self::I8 => "i8",
            Self::I4 => "i4",
            Self::I2 => "i2",
            Self::U64 => "u64",
            Self::U32 => "u32",
            Self::U16 => "u16",
            Self::U8 => "u8",
            Self::U4 => "u4",
            Self::U2 => "u2",
            Self::Bool => "bool",
        }
    }

    /// Bits of one element. Elements below a byte are packed from the least significant bit on.
    pub fn bits(self) -> usize {
        match self {
            Self::F64 | Self::I64 | Self::U64 => 64,
            Self::F32 | Self::I32 | Self::U32 => 32,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 16,
            Self::F8E4m3fn
            | Self::F8E4m3fnuz
            | Self::F8E5m2
            | Self::F8E5m2fnuz
            | Self::F8E8m0
            | Self::I8
            | Self::U8
            | Self::Bool => 8,
            Self::F6E2m3 | Self::F6E3m2 => 6,
            Self::F4E2m1 | Self::I4 | Self::U4 => 4,
            Self::I2 | Self::U2 => 2,
        }
    }

    /// Whether weights come in this type: floats, and the codes of quantised models. Wider integers are
    /// shapes, axes and tables.
    pub fn holds_weights(self) -> bool {
        let codes = matches!(self, Self::I8 | Self::I4 | Self::I2 | Self::U8 | Self::U4 | Self::U2);
        codes || self.is_float()
    }

    /// Whether it is a floating-point type.
    pub fn is_float(self) -> bool {
        matches!(
            self,
            Self::F64
                | Self::F32
                | Self::F16
                | Self::Bf16
                | Self::F8E4m3fn
                | Self::F8E4m3fnuz
                | Self::F8E5m2
                | Self::F8E5m2fnuz
                | Self::F8E8m0
                | Self::F6E2m3
                | Self::F6E3m2
                | Self::F4E2m1
        )
    }

    /// Calls `each` with the first `count` elements of little-endian `bytes` as `f64`.
    pub fn for_each(self, count: usize, bytes: &[u8], mut each: impl FnMut(f64)) {
        macro_rules! chunks {
            ($width:literal, $read:expr) => {
                for chunk in bytes.as_chunks::<$width>().0.iter().take(count) {
                    each($read(*chunk));
                }
            };
        }
        macro_rules! bytes {
            ($read:expr) => {
                for byte in bytes.iter().take(count) {
                    each(f64::from($read(*byte)));
                }
            };
        }
        match self {
            Self::F64 => chunks!(8, f64::from_le_bytes),
            Self::F32 => chunks!(4, |b| f64::from(f32::from_le_bytes(b))),
            Self::F16 => chunks!(2, |b| half::f16::from_le_bytes(b).to_f64()),
            Self::Bf16 => chunks!(2, |b| half::bf16::from_le_bytes(b).to_f64()),
            Self::F8E4m3fn => bytes!(small::f8e4m3fn),
            Self::F8E4m3fnuz => bytes!(small::f8e4m3fnuz),
            Self::F8E5m2 => bytes!(small::f8e5m2),
            Self::F8E5m2fnuz => bytes!(small::f8e5m2fnuz),
            Self::F8E8m0 => bytes!(small::f8e8m0),
            Self::F6E2m3 => small::unpack(6, count, bytes, |code| each(f64::from(small::f6e2m3(code)))),
            Self::F6E3m2 => small::unpack(6, count, bytes, |code| each(f64::from(small::f6e3m2(code)))),
            Self::F4E2m1 => small::unpack(4, count, bytes, |code| each(f64::from(small::f4e2m1(code)))),
            Self::I64 => chunks!(8, |b| i64::from_le_bytes(b) as f64),
            Self::I32 => chunks!(4, |b| f64::from(i32::from_le_bytes(b))),
            Self::I16 => chunks!(2, |b| f64::from(i16::from_le_bytes(b))),
            Self::I8 => bytes!(u8::cast_signed),
            Self::I4 => small::unpack(4, count, bytes, |code| each(f64::from(small::signed(4, code)))),
            Self::I2 => small::unpack(2, count, bytes, |code| each(f64::from(small::signed(2, code)))),
            Self::U64 => chunks!(8, |b| u64::from_le_bytes(b) as f64),
            Self::U32 => chunks!(4, |b| f64::from(u32::from_le_bytes(b))),
            Self::U16 => chunks!(2, |b| f64::from(u16::from_le_bytes(b))),
            Self::U8 | Self::Bool => bytes!(|b| b),
            Self::U4 => small::unpack(4, count, bytes, |code| each(f64::from(code))),
            Self::U2 => small::unpack(2, count, bytes, |code| each(f64::from(code))),
        }
    }
}
