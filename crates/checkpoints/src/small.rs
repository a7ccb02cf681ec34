//! Floats of 8, 6 and 4 bits, and what is packed below a byte.

/// A float of one sign bit, `exponent` and `mantissa` bits from its code, by the IEEE rules for subnormals. What the
/// formats do differently at the top of their range is for the caller.
fn float(code: u8, exponent: u32, mantissa: u32, bias: i32) -> f32 {
    let fraction = f32::from(code & ((1 << mantissa) - 1)) / (1u32 << mantissa) as f32;
    let power = i32::from((code >> mantissa) & ((1 << exponent) - 1));
    let size = if power == 0 {
        fraction * 2f32.powi(1 - bias)
    } else {
        (1.0 + fraction) * 2f32.powi(power - bias)
    };
    if code >> (exponent + mantissa) == 1 {
        -size
    } else {
        size
    }
}

/// OCP 8-bit float, 4 exponent bits: one NaN a sign, no infinities (arXiv:2209.05433).
pub fn f8e4m3fn(code: u8) -> f32 {
    if code & 0x7f == 0x7f {
        f32::NAN
    } else {
        float(code, 4, 3, 7)
    }
}

/// 8-bit float, 4 exponent bits, bias 8: the code of -0 is NaN (arXiv:2206.02915).
pub fn f8e4m3fnuz(code: u8) -> f32 {
    if code == 0x80 { f32::NAN } else { float(code, 4, 3, 8) }
}

/// OCP 8-bit float, 5 exponent bits, infinities and NaN as IEEE 754 has them.
pub fn f8e5m2(code: u8) -> f32 {
    match code & 0x7f {
        0x7c if code < 0x80 => f32::INFINITY,
        0x7c => f32::NEG_INFINITY,
        0x7d..=0x7f => f32::NAN,
        _ => float(code, 5, 2, 15),
    }
}

/// 8-bit float, 5 exponent bits, bias 16: the code of -0 is NaN.
pub fn f8e5m2fnuz(code: u8) -> f32 {
    if code == 0x80 { f32::NAN } else { float(code, 5, 2, 16) }
}

/// A power of two, the scale of OCP microscaling blocks.
pub fn f8e8m0(code: u8) -> f32 {
    if code == 0xff {
        f32::NAN
    } else {
        2f64.powi(i32::from(code) - 127) as f32
    }
}

/// OCP 6-bit float, 2 exponent bits: neither infinities nor NaN.
pub fn f6e2m3(code: u8) -> f32 {
    float(code & 0x3f, 2, 3, 1)
}

/// OCP 6-bit float, 3 exponent bits: neither infinities nor NaN.
pub fn f6e3m2(code: u8) -> f32 {
    float(code & 0x3f, 3, 2, 3)
}

/// OCP 4-bit float: neither infinities nor NaN.
pub fn f4e2m1(code: u8) -> f32 {
    float(code & 0xf, 2, 1, 1)
}

/// Calls `each` with the first `count` codes of `bits` bits (2, 4 or 6), packed from the least significant bit on.
pub fn unpack(bits: u32, count: usize, bytes: &[u8], mut each: impl FnMut(u8)) {
    let (mut held, mut buffer, mut bytes) = (0, 0u32, bytes.iter());
    for _ in 0..count {
        if held < bits {
            let Some(byte) = bytes.next() else { return };
            buffer |= u32::from(*byte) << held;
            held += 8;
        }
        each((buffer & ((1 << bits) - 1)) as u8);
        buffer >>= bits;
        held -= bits;
    }
}

/// Two's complement of the lowest `bits` bits.
pub fn signed(bits: u32, code: u8) -> i8 {
    let up = 8 - bits;
    (code << up).cast_signed() >> up
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_are_those_of_the_formats() {
        // Largest, smallest normal, smallest: OCP 8-bit specification, table 1, and ml_dtypes for the others.
        assert_eq!(
            (f8e4m3fn(0x7e), f8e4m3fn(0x08), f8e4m3fn(1)),
            (448.0, 2f32.powi(-6), 2f32.powi(-9))
        );
        assert_eq!(
            (f8e5m2(0x7b), f8e5m2(0x04), f8e5m2(1)),
            (57344.0, 2f32.powi(-14), 2f32.powi(-16))
        );
        assert_eq!((f8e4m3fnuz(0x7f), f8e4m3fnuz(1)), (240.0, 2f32.powi(-10)));
        assert_eq!((f8e5m2fnuz(0x7f), f8e5m2fnuz(1)), (57344.0, 2f32.powi(-17)));
        assert_eq!(
            (f8e8m0(0), f8e8m0(127), f8e8m0(254)),
            (2f32.powi(-126) / 2.0, 1.0, 2f32.powi(127))
        );
        assert_eq!((f6e2m3(0x1f), f6e3m2(0x1f), f6e2m3(0x21)), (7.5, 28.0, -0.125));
        let fours: Vec<f32> = (0..16).map(f4e2m1).collect();
        assert_eq!(fours[..8], [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]);
        assert_eq!(fours[9..], [-0.5, -1.0, -1.5, -2.0, -3.0, -4.0, -6.0]);
        for nan in [
            f8e4m3fn(0xff),
            f8e4m3fnuz(0x80),
            f8e5m2(0xfe),
            f8e5m2fnuz(0x80),
            f8e8m0(0xff),
        ] {
            assert!(nan.is_nan());
        }
        assert_eq!((f8e5m2(0x7c), f8e5m2(0xfc)), (f32::INFINITY, f32::NEG_INFINITY));
    }

    #[test]
    fn codes_come_out_in_the_order_they_went_in() {
        let all = |bits, count, bytes: &[u8]| {
            let mut out = Vec::new();
            unpack(bits, count, bytes, |code| out.push(code));
            out
        };
        assert_eq!(all(4, 3, &[0x21, 0xf3]), [1, 2, 3]);
        assert_eq!(all(2, 5, &[0b11_10_01_00, 2]), [0, 1, 2, 3, 2]);
        // x0 | (x1 & 3) << 6, (x1 >> 2) | (x2 & 15) << 4, (x2 >> 4) | x3 << 2
        assert_eq!(all(6, 4, &[0b0100_0001, 0b0011_0000, 0b1111_1100]), [1, 1, 3, 63]);
        assert_eq!(all(4, 9, &[0x21]), [1, 2], "bytes that are not there are not made up");
        assert_eq!(
            [signed(4, 0xf), signed(4, 8), signed(4, 7), signed(2, 2), signed(2, 1)],
            [-1, -8, 7, -2, 1]
        );
    }
}
