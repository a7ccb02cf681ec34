//! What a cell says: missing, true, a number.

use crate::options::Decimal;

/// Words that stand for a missing value: those of pandas, and the question mark of the UCI repository.
const MISSING: [&str; 19] = [
    "", "NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "NaN", "nan", "-NaN", "-nan", "NULL", "Null", "null",
    "None", "?", "1.#QNAN", "-1.#IND",
];

/// Whether `cell` (trimmed) is missing; `words` instead of the usual ones.
pub(crate) fn is_missing(cell: &str, words: Option<&[String]>) -> bool {
    match words {
        _ if cell.is_empty() => true,
        Some(words) => words.iter().any(|word| word == cell),
        None => cell.len() <= 8 && MISSING.contains(&cell),
    }
}

/// `true` or `false`, whatever the case.
pub(crate) fn flag(cell: &str) -> Option<bool> {
    if cell.eq_ignore_ascii_case("true") {
        Some(true)
    } else if cell.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// What a user who says "boolean" may mean beside that.
pub(crate) fn generous_flag(cell: &str) -> Option<bool> {
    let word = |words: [&str; 4]| words.iter().any(|word| cell.eq_ignore_ascii_case(word));
    flag(cell).or_else(|| {
        if word(["yes", "y", "t", "1"]) {
            Some(true)
        } else if word(["no", "n", "f", "0"]) {
            Some(false)
        } else {
            None
        }
    })
}

/// A cell as a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Numeral {
    /// Its value.
    pub value: f64,
    /// Written without fraction and exponent, and exact in a double.
    pub whole: bool,
    /// Digits behind a zero that numbers are not written with: `007`.
    pub padded: bool,
    /// More digits than a double tells apart.
    pub inexact: bool,
}

/// Reads a number; with a comma as the decimal sign if `decimal` says so.
pub(crate) fn number(cell: &str, decimal: Decimal) -> Option<Numeral> {
    let mut replaced = String::new();
    let text = if decimal == Decimal::Comma && cell.contains(',') {
        if cell.contains('.') || cell.matches(',').count() > 1 {
            return None;
        }
        replaced.push_str(&cell.replace(',', "."));
        replaced.as_str()
    } else {
        cell
    };
    // What Rust reads beyond digits ("infinity", "nan") is kept to the spellings that programs write.
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = unsigned.as_bytes();
    let begins = digits.first().is_some_and(|b| b.is_ascii_digit() || *b == b'.');
    if !begins && !["inf", "Inf", "INF", "Infinity", "infinity"].contains(&unsigned) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    let plain = digits.iter().all(u8::is_ascii_digit);
    Some(Numeral {
        value,
        whole: plain,
        padded: digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit(),
        inexact: plain && value.abs() > 9_007_199_254_740_992.0,
    })
}

/// A number in the shortest way that reads back as it.
pub(crate) fn written(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if (1e-5..1e16).contains(&size) || !value.is_finite() {
        format!("{value}")
    } else {
        format!("{value:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_told_apart() {
        assert!(is_missing("?", None) && is_missing("", Some(&[])) && !is_missing("?", Some(&["-".to_owned()])));
        assert!(!is_missing("none at all", None));
        let read = |cell| number(cell, Decimal::Point);
        assert_eq!(read("1e3").map(|n| (n.value, n.whole)), Some((1000.0, false)));
        assert_eq!(read("-12").map(|n| (n.value, n.whole)), Some((-12.0, true)));
        assert!(read("007").is_some_and(|n| n.padded) && read("0.5").is_some_and(|n| !n.padded));
        assert!(read("12345678901234567890").is_some_and(|n| n.inexact));
        for odd in ["nan", "1,5", "12a", "", "-", "e5", "0x1f", "infinit", "1_000"] {
            assert_eq!(read(odd), None, "{odd}");
        }
        assert_eq!(number("1,5", Decimal::Comma).map(|n| n.value), Some(1.5));
        assert_eq!(number("1.234,5", Decimal::Comma), None);
        assert_eq!([written(1e-7), written(2.5), written(1e300)], ["1e-7", "2.5", "1e300"]);
    }
}
