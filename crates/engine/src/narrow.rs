//! Floats narrower than 32 bits: rounding to what they can hold, and their bit patterns.
//!
//! Values of these types are computed with in 32 bits; they are rounded where the graph casts to
//! them. Formats: IEEE 754 half precision, bfloat16, and the 8- and 4-bit types of the OCP
//! specifications ("OFP8", "Microscaling formats") and their `FNUZ` variants.

use half::{bf16, f16};

use crate::value::Elem;

/// How a cast treats what does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounding {
    /// Numbers too large become the largest one; else infinity or NaN.
    pub saturate: bool,
    /// For powers of two alone (`float8e8m0`).
    pub power: Power,
}

/// Rounding to a power of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// To the nearest; halves away from zero.
    Nearest,
}

impl Default for Rounding {
    fn default() -> Self {
        Self {
            saturate: true,
            power: Power::Up,
        }
    }
}

/// A format of few bits.
#[derive(Debug, Clone, Copy)]
struct Format {
    exponent_bits: u32,
    mantissa: u32,
    bias: i32,
    largest: f64,
    /// Infinities exist.
    infinite: bool,
    /// The only NaN stands where other formats have the negative zero.
    unsigned_zero: bool,
    /// NaN exists.
    nan: bool,
}

impl Format {
    fn of(elem: Elem) -> Option<Self> {
        let eight = |exponent_bits, bias, largest, infinite, unsigned_zero| Self {
            exponent_bits,
            mantissa: 7 - exponent_bits,
            bias,
            largest,
            infinite,
            unsigned_zero,
            nan: true,
        };
        Some(match elem {
            Elem::F8E4M3FN => eight(4, 7, 448.0, false, false),
            Elem::F8E4M3FNUZ => eight(4, 8, 240.0, false, true),
            Elem::F8E5M2 => eight(5, 15, 57344.0, true, false),
            Elem::F8E5M2FNUZ => eight(5, 16, 57344.0, false, true),
            Elem::F4E2M1 => Self {
                exponent_bits: 2,
                mantissa: 1,
                bias: 1,
                largest: 6.0,
                infinite: false,
                unsigned_zero: false,
                nan: false,
            },
            _ => return None,
        })
    }

    /// To the nearest number, ties to even.
    fn round(self, v: f64, saturate: bool) -> f64 {
        if v.is_nan() {
            return if self.nan { v } else { self.largest };
        }
        let saturate = saturate || !self.nan;
        let exponent = exponent(v).max(1 - self.bias);
        let quantum = 2f64.powi(exponent - self.mantissa as i32);
        let r = (v / quantum).round_ties_even() * quantum;
        if r.abs() <= self.largest {
            return if r == 0.0 && self.unsigned_zero { 0.0 } else { r };
        }
        if saturate {
            self.largest.copysign(v)
        } else if self.infinite {
            f64::INFINITY.copysign(v)
        } else {
            f64::NAN
        }
    }

    fn decode(self, code: u8) -> f64 {
        let bits = self.exponent_bits + self.mantissa;
        let sign = if code >> bits & 1 == 1 { -1.0 } else { 1.0 };
        let exponent = i32::from(code >> self.mantissa & ((1 << self.exponent_bits) - 1));
        let fraction = f64::from(code & ((1 << self.mantissa) - 1)) / f64::from(1u32 << self.mantissa);
        let magnitude = if exponent == 0 {
            fraction * 2f64.powi(1 - self.bias)
        } else {
            (1.0 + fraction) * 2f64.powi(exponent - self.bias)
        };
        if self.unsigned_zero && code == 0x80 {
            return f64::NAN;
        }
        if self.infinite && exponent == (1 << self.exponent_bits) - 1 {
            return if fraction == 0.0 {
                sign * f64::INFINITY
            } else {
                f64::NAN
            };
        }
        if magnitude > self.largest {
            f64::NAN
        } else {
            sign * magnitude
        }
    }
}

/// The exponent of a finite number; far below every format for zero.
fn exponent(v: f64) -> i32 {
    let bits = v.to_bits() >> 52 & 0x7ff;
    bits as i32 - 1023
}

/// The number of type `elem` that a cast makes of `v`; `v` itself for types of 32 and 64 bits.
pub fn round(elem: Elem, v: f64, how: Rounding) -> f64 {
    match elem {
        Elem::F16 => f16::from_f64(v).to_f64(),
        Elem::BF16 => bf16::from_f64(v).to_f64(),
        Elem::F32 => f64::from(v as f32),
        Elem::F8E8M0 => power_of_two(v, how),
        _ => match Format::of(elem) {
            Some(format) => format.round(v, how.saturate),
            None => v,
        },
    }
}

fn power_of_two(v: f64, how: Rounding) -> f64 {
    const LIMIT: i32 = 127;
    let v = v.abs();
    if v.is_nan() {
        return v;
    }
    let low = 2f64.powi(exponent(v).clamp(-1023, 1023));
    let r = if v.is_infinite() || v <= low {
        v
    } else {
        match how.power {
            Power::Down => low,
            Power::Nearest if v < 1.5 * low => low,
            Power::Up | Power::Nearest => 2.0 * low,
        }
    };
    let (smallest, largest) = (2f64.powi(-LIMIT), 2f64.powi(LIMIT));
    if (smallest..=largest).contains(&r) {
        r
    } else if how.saturate {
        r.clamp(smallest, largest)
    } else {
        f64::NAN
    }
}

/// Bits of one element in a file; `None` for strings.
pub fn bits(elem: Elem) -> Option<u32> {
    Some(match elem {
        Elem::F64 | Elem::I64 | Elem::U64 => 64,
        Elem::F32 | Elem::I32 | Elem::U32 => 32,
        Elem::F16 | Elem::BF16 | Elem::I16 | Elem::U16 => 16,
        Elem::I8
        | Elem::U8
        | Elem::Bool
        | Elem::F8E4M3FN
        | Elem::F8E4M3FNUZ
        | Elem::F8E5M2
        | Elem::F8E5M2FNUZ
        | Elem::F8E8M0 => 8,
        Elem::I4 | Elem::U4 | Elem::F4E2M1 => 4,
        Elem::I2 | Elem::U2 => 2,
        Elem::Str => return None,
    })
}

/// The float that a bit pattern stands for; zero for types that are no floats.
pub fn decode(elem: Elem, code: u64) -> f64 {
    match elem {
        Elem::F64 => f64::from_bits(code),
        Elem::F32 => f64::from(f32::from_bits(code as u32)),
        Elem::F16 => f16::from_bits(code as u16).to_f64(),
        Elem::BF16 => bf16::from_bits(code as u16).to_f64(),
        Elem::F8E8M0 if code as u8 == 0xff => f64::NAN,
        Elem::F8E8M0 => 2f64.powi(i32::from(code as u8) - 127),
        _ => Format::of(elem).map_or(0.0, |f| f.decode(code as u8)),
    }
}

/// The bit pattern of a float that the type can hold exactly.
pub fn encode(elem: Elem, v: f64) -> u64 {
    match elem {
        Elem::F64 => v.to_bits(),
        Elem::F32 => u64::from((v as f32).to_bits()),
        Elem::F16 => u64::from(f16::from_f64(v).to_bits()),
        Elem::BF16 => u64::from(bf16::from_f64(v).to_bits()),
        _ => {
            let count = 1u64 << bits(elem).unwrap_or(8).min(8);
            let same = |code: &u64| {
                let d = decode(elem, *code);
                d.to_bits() == v.to_bits() || (d.is_nan() && v.is_nan())
            };
            (0..count).find(same).unwrap_or(0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: [Elem; 6] = [
        Elem::F8E4M3FN,
        Elem::F8E4M3FNUZ,
        Elem::F8E5M2,
        Elem::F8E5M2FNUZ,
        Elem::F8E8M0,
        Elem::F4E2M1,
    ];

    /// What a format can hold stays, and comes back from its bits.
    #[test]
    fn numbers_of_a_format_stay_as_they_are() {
        for elem in SMALL {
            for code in 0..1u64 << bits(elem).unwrap_or(0) {
                let v = decode(elem, code);
                let r = round(elem, v, Rounding::default());
                if v.is_nan() {
                    assert!(r.is_nan());
                } else if v.is_finite() {
                    assert_eq!(r.to_bits(), v.to_bits(), "{elem:?} {code}");
                    assert_eq!(encode(elem, v), code, "{elem:?} {v}");
                }
            }
        }
    }

    /// Halfway numbers go to the neighbour with the even code, as the specification's table says.
    #[test]
    fn rounding_goes_to_the_nearest_of_all_codes() {
        for elem in [Elem::F8E4M3FN, Elem::F8E5M2, Elem::F4E2M1] {
            let mut all: Vec<f64> = (0..1u64 << bits(elem).unwrap_or(0))
                .map(|c| decode(elem, c))
                .filter(|v| v.is_finite())
                .collect();
            all.sort_by(f64::total_cmp);
            for w in all.windows(2).filter(|w| w[0] < w[1]) {
                for t in [0.25, 0.75] {
                    let v = w[0] + t * (w[1] - w[0]);
                    let nearest = if t < 0.5 { w[0] } else { w[1] };
                    let got = round(elem, v, Rounding::default());
                    assert!(
                        (got - nearest).abs() <= 0.0,
                        "{elem:?}: {v} became {got}, not {nearest}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_follows_the_table() {
        let open = Rounding {
            saturate: false,
            power: Power::Nearest,
        };
        let is = |got: f64, expected: f64| got.to_bits() == expected.to_bits() || (got.is_nan() && expected.is_nan());
        assert!(is(round(Elem::F8E4M3FN, 1e9, Rounding::default()), 448.0));
        assert!(is(
            round(Elem::F8E4M3FN, f64::NEG_INFINITY, Rounding::default()),
            -448.0
        ));
        assert!(is(round(Elem::F8E4M3FN, 1e9, open), f64::NAN));
        assert!(is(round(Elem::F8E5M2, 1e9, open), f64::INFINITY));
        assert!(is(round(Elem::F8E4M3FNUZ, -0.0, open), 0.0));
        assert!(is(round(Elem::F16, 70000.0, Rounding::default()), f64::INFINITY));
        assert!(is(round(Elem::F8E8M0, 3.1, Rounding::default()), 4.0));
        assert!(is(round(Elem::F8E8M0, 3.1, open), 4.0));
        assert!(is(round(Elem::F8E8M0, 2.9, open), 2.0));
        assert!(is(round(Elem::F8E8M0, 0.0, open), f64::NAN));
    }
}
