//! Numbers, values and conditions as people read them.

use crate::Column;

/// `value` with four significant digits, without trailing zeros.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "missing".to_owned()
        } else {
            value.to_string()
        };
    }
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e7).contains(&size) {
        return format!("{value:.3e}");
    }
    let before = if size > 0.0 { size.log10().floor() as i32 } else { 0 };
    fixed(value, (3 - before).clamp(0, 8) as usize)
}

/// `value` with at most `decimals` digits after the point.
pub fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let short = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text.as_str()
    };
    if short == "-0" {
        "0".to_owned()
    } else {
        short.to_owned()
    }
}

/// Digits after the point that tell numbers `gap` apart well: an error below a hundredth of the gap.
pub fn decimals_for(gap: f64) -> usize {
    if gap.is_finite() && gap > 0.0 {
        (-(0.02 * gap).log10()).ceil().clamp(0.0, 12.0) as usize
    } else {
        4
    }
}

/// A value of a column: its label, a number, or "missing".
pub fn value(kind: &Column, value: f64) -> String {
    match kind {
        _ if value.is_nan() => "missing".to_owned(),
        Column::Category(labels) => match labels.get(value as usize) {
            Some(label) if value >= 0.0 => label.clone(),
            _ => format!("unknown label {value}"),
        },
        Column::Integer => fixed(value, 0),
        Column::Number => shortest(value),
    }
}

/// A number in full, in the shortest form that reads back the same up to twelve digits.
pub fn shortest(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() || (size != 0.0 && !(1e-5..1e12).contains(&size)) {
        return if value.is_nan() {
            "missing".to_owned()
        } else {
            format!("{value:e}")
        };
    }
    let before = if size >= 1.0 {
        size.log10().floor() as usize + 1
    } else {
        1
    };
    fixed(value, 12usize.saturating_sub(before))
}

/// A share in percent: "95.8 %".
pub fn percent(share: f64) -> String {
    format!("{} %", fixed(100.0 * share, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_keep_their_meaning() {
        assert_eq!(
            [0.0, 1.0, -2.5, 12.3456, 1234.56, 0.012_345, 0.000_123_4].map(number),
            ["0", "1", "-2.5", "12.35", "1235", "0.01235", "0.0001234"]
        );
        assert_eq!(number(3e-9), "3.000e-9");
        assert_eq!(shortest(0.1 + 0.2), "0.3");
        assert_eq!(fixed(-0.001, 2), "0");
        assert_eq!((decimals_for(11.75), decimals_for(0.001)), (1, 5));
        let city = Column::Category(vec!["Berlin".into(), "Paris".into()]);
        assert_eq!(
            [0.0, 1.0, f64::NAN, 7.0].map(|v| value(&city, v)),
            ["Berlin", "Paris", "missing", "unknown label 7"]
        );
        assert_eq!(percent(0.9578), "95.8 %");
    }
}
