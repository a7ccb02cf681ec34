//! How a report writes numbers: four digits that matter, no more.

/// `value` with at most four significant digits, a minus that is a minus sign.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return if value.is_nan() {
            "missing".to_owned()
        } else {
            format!("{value}")
        };
    }
    let size = value.abs();
    let text = if (1e-4..1e7).contains(&size) {
        let digits = (3 - size.log10().floor() as i32).clamp(0, 8) as usize;
        let fixed = format!("{value:.digits$}");
        if fixed.contains('.') {
            fixed.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            fixed
        }
    } else {
        format!("{value:.3e}")
    };
    text.replace('-', "\u{2212}")
}

/// With two digits that matter, for the edge of a drawing.
pub(crate) fn brief(value: f64) -> String {
    let size = value.abs();
    if !(1e-3..1e5).contains(&size) {
        return if size < 1e-3 { "0".to_owned() } else { short(value) };
    }
    let unit = 10f64.powi(1 - size.log10().floor() as i32);
    short((value * unit).round() / unit)
}

/// [`short`] with a plus sign where it is above zero.
pub(crate) fn signed(value: f64) -> String {
    if value > 0.0 {
        format!("+{}", short(value))
    } else {
        short(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_that_matter() {
        assert_eq!(short(0.123_456), "0.1235");
        assert_eq!(short(-12.0), "\u{2212}12");
        assert_eq!(short(123_456.7), "123457");
        assert_eq!(short(1e-9), "1.000e\u{2212}9");
        assert_eq!(short(f64::NAN), "missing");
        assert_eq!(
            (brief(0.003_763), brief(0.9997), brief(-1234.0), brief(4e-9)),
            ("0.0038".into(), "1".into(), "\u{2212}1200".into(), "0".into())
        );
        assert_eq!(signed(2.5), "+2.5");
        assert_eq!(signed(0.0), "0");
    }
}
