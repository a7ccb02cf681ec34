//! Element types of all formats, under one name each.

/// An element type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Dtype {
    F64,
    F32,
    F16,
    Bf16,
    F8,
    I64,
    I32,
    I16,
    I8,
    I4,
    U64,
    U32,
    U16,
    U8,
    U4,
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
            Self::F8 => "f8",
            Self::I64 => "i64",
            Self::I32 => "i32",
            Self::I16 => "i16",
            Self::I8 => "i8",
            Self::I4 => "i4",
            Self::U64 => "u64",
            Self::U32 => "u32",
            Self::U16 => "u16",
            Self::U8 => "u8",
            Self::U4 => "u4",
            Self::Bool => "bool",
        }
    }

    /// Bits of one element.
    pub fn bits(self) -> usize {
        match self {
            Self::F64 | Self::I64 | Self::U64 => 64,
            Self::F32 | Self::I32 | Self::U32 => 32,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 16,
            Self::F8 | Self::I8 | Self::U8 | Self::Bool => 8,
            Self::I4 | Self::U4 => 4,
        }
    }

    /// Whether weights come in this type.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F64 | Self::F32 | Self::F16 | Self::Bf16 | Self::F8)
    }

    /// Calls `each` with every element of little-endian `bytes` as `f64`. 8-bit floats and 4-bit
    /// integers are not unpacked: nothing is called for them.
    pub fn for_each(self, bytes: &[u8], mut each: impl FnMut(f64)) {
        macro_rules! chunks {
            ($width:literal, $read:expr) => {
                for chunk in bytes.as_chunks::<$width>().0 {
                    each($read(*chunk));
                }
            };
        }
        match self {
            Self::F64 => chunks!(8, f64::from_le_bytes),
            Self::F32 => chunks!(4, |b| f64::from(f32::from_le_bytes(b))),
            Self::F16 => chunks!(2, |b| half::f16::from_le_bytes(b).to_f64()),
            Self::Bf16 => chunks!(2, |b| half::bf16::from_le_bytes(b).to_f64()),
            Self::I64 => chunks!(8, |b| i64::from_le_bytes(b) as f64),
            Self::I32 => chunks!(4, |b| f64::from(i32::from_le_bytes(b))),
            Self::I16 => chunks!(2, |b| f64::from(i16::from_le_bytes(b))),
            Self::I8 => chunks!(1, |b: [u8; 1]| f64::from(b[0].cast_signed())),
            Self::U64 => chunks!(8, |b| u64::from_le_bytes(b) as f64),
            Self::U32 => chunks!(4, |b| f64::from(u32::from_le_bytes(b))),
            Self::U16 => chunks!(2, |b| f64::from(u16::from_le_bytes(b))),
            Self::U8 | Self::Bool => chunks!(1, |b: [u8; 1]| f64::from(b[0])),
            Self::F8 | Self::I4 | Self::U4 => {}
        }
    }
}
