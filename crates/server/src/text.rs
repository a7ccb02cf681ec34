//! How numbers, times and addresses are written in pages.

/// Percent-encodes everything that is not plain in a path segment or a query value.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// JSON that is safe inside a `<script>`: `<` never appears as itself, so no text can end the element early.
pub fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// A number that somebody gave, as short as it was: 0.0003, 1e−5.
pub fn given(v: f64) -> String {
    let size = v.abs();
    if v != 0.0 && !(1e-3..1e6).contains(&size) {
        format!("{v:e}").replace('-', "−")
    } else {
        format!("{}", (v * 1e9).round() / 1e9).replace('-', "−")
    }
}

/// A whole number with thousands separators: 18,400,000.
pub fn integer(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 3);
    if n < 0 {
        out.push('−');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count in at most three digits: 18.4 M, 1.2 k.
pub fn short(n: i64) -> String {
    let size = n as f64;
    match n {
        ..10_000 => integer(n),
        10_000..1_000_000 => format!("{:.0} k", size / 1e3),
        1_000_000..10_000_000 => format!("{:.1} M", size / 1e6),
        10_000_000..1_000_000_000 => format!("{:.0} M", size / 1e6),
        _ => format!("{:.1} G", size / 1e9),
    }
}

/// A measured value in four significant digits, with a real minus sign.
pub fn value(v: f64) -> String {
    let written = if v.is_nan() {
        "NaN".to_owned()
    } else if v.is_infinite() {
        "∞".to_owned()
    } else if v == 0.0 {
        return "0".to_owned();
    } else {
        let size = v.abs();
        if !(1e-3..1e6).contains(&size) {
            format!("{size:.2e}").replace("e-", "e−")
        } else if size >= 1000.0 {
            integer(size.round() as i64)
        } else {
            let decimals = (3 - size.log10().floor() as i32).clamp(0, 6) as usize;
            format!("{size:.decimals$}")
        }
    };
    if v < 0.0 { format!("−{written}") } else { written }
}

/// Bytes in kB, MB, GB.
pub fn bytes(n: i64) -> String {
    let size = n as f64;
    match n {
        ..1000 => format!("{n} B"),
        1000..1_000_000 => format!("{:.1} kB", size / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", size / 1e6),
        _ => format!("{:.1} GB", size / 1e9),
    }
}

/// A length of time: "0.05 s", "12.4 s", "3:05 min".
pub fn seconds(s: f64) -> String {
    if s < 60.0 {
        let decimals = if s < 1.0 { 2 } else { 1 };
        format!("{s:.decimals$} s")
    } else {
        let whole = s.round() as i64;
        format!("{}:{:02} min", whole / 60, whole % 60)
    }
}

/// How long ago: "4 s ago", "22 min ago", "3 h ago", "2 d ago", "3.1 y ago".
pub fn ago(seconds: f64) -> String {
    let s = seconds.max(0.0);
    if s < 60.0 {
        format!("{s:.0} s ago")
    } else if s < 3600.0 {
        format!("{:.0} min ago", s / 60.0)
    } else if s < 86_400.0 {
        format!("{:.0} h ago", s / 3600.0)
    } else if s < 365.0 * 86_400.0 {
        format!("{:.0} d ago", s / 86_400.0)
    } else {
        format!("{:.1} y ago", s / (365.25 * 86_400.0))
    }
}

/// "1 run", "24 runs".
pub fn count(n: i64, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{} {one}s", integer(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(integer(1_234_567), "1,234,567");
        assert_eq!(integer(-1000), "−1,000");
        assert_eq!(integer(i64::MIN), "−9,223,372,036,854,775,808");
        assert_eq!(short(18_400_000), "18 M");
        assert_eq!(value(0.776_81), "0.7768");
        assert_eq!(value(-1.5), "−1.500");
        assert_eq!(value(1e-7), "1.00e−7");
        assert_eq!(value(f64::NAN), "NaN");
        assert_eq!(count(1, "run"), "1 run");
        assert_eq!(ago(2.0 * 86_400.0), "2 d ago");
        assert_eq!(ago(1086.0 * 86_400.0), "3.0 y ago");
        assert_eq!(encode("a/b c"), "a%2Fb%20c");
    }
}
