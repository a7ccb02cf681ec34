//! Days and moments, in UTC: `2026-01-01`, `2026-01-01T12:30`.

use winnow::Parser as _;
use winnow::ascii::digit1;
use winnow::combinator::{alt, eof, opt, preceded, terminated};
use winnow::error::EmptyError;

/// A stretch of time, seconds since 1970: a day, a minute or a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// Its first moment.
    pub from: f64,
    /// The first moment after it.
    pub to: f64,
}

type Found<T> = Result<T, EmptyError>;

fn number(input: &mut &str) -> Found<i64> {
    digit1.try_map(str::parse).parse_next(input)
}

/// The time that `word` writes, if it writes one.
pub(crate) fn span(word: &str) -> Option<Span> {
    let clock = (number, preceded(':', number), opt(preceded(':', number)));
    let mut whole = terminated(
        (
            number,
            preceded('-', number),
            preceded('-', number),
            opt(preceded(alt(('T', 't')), clock)),
        ),
        (opt(alt(('Z', 'z'))), eof),
    );
    let (year, month, day, clock) = whole.parse_next(&mut &*word).ok()?;
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    let midnight = days_since_1970(year, month, day) * 86_400;
    let (from, length) = match clock {
        None => (midnight, 86_400),
        Some((h, m, s)) if h < 24 && m < 60 && s.unwrap_or(0) < 60 => {
            let from = midnight + h * 3600 + m * 60 + s.unwrap_or(0);
            (from, if s.is_some() { 1 } else { 60 })
        }
        Some(_) => return None,
    };
    Some(Span {
        from: from as f64,
        to: (from + length) as f64,
    })
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days in years that begin in March, so that a leap day is a year's last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments() {
        let at = |word| span(word).map(|span| (span.from, span.to - span.from));
        assert_eq!(at("1970-01-01"), Some((0.0, 86_400.0)));
        assert_eq!(at("2024-02-29"), Some((1_709_164_800.0, 86_400.0)));
        assert_eq!(at("2026-01-01T00:01"), Some((1_767_225_660.0, 60.0)));
        assert_eq!(at("2026-01-01T00:00:05Z"), Some((1_767_225_605.0, 1.0)));
        for word in [
            "2026-13-01",
            "2023-02-29",
            "2026-01-01T24:00",
            "2026-01",
            "2026-01-01x",
            "1e-3",
        ] {
            assert_eq!(at(word), None, "{word}");
        }
    }
}
