//! Days and moments as ISO 8601 writes them, and as seconds since 1970.

/// Seconds since 1970 in UTC of `2024-02-29`, `2024-02-29 12:30[:15[.25]]` or the same with a `T` and a `Z` or an offset.
pub(crate) fn read(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes.len() > 40 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month, day) = (digits(text, 0, 4)?, digits(text, 5, 2)?, digits(text, 8, 2)?);
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if day == 0 || day > longest {
        return None;
    }
    let midnight = days(year, month, day) as f64 * 86_400.0;
    if bytes.len() == 10 {
        return Some(midnight);
    }
    if !matches!(bytes[10], b' ' | b'T') {
        return None;
    }
    let rest = text.get(11..)?;
    let (clock, shift) = zone(rest)?;
    let (hour, minute) = (digits(clock, 0, 2)?, digits(clock, 3, 2)?);
    let seconds: f64 = match clock.len() {
        5 => 0.0,
        _ if clock.len() >= 8 && clock.as_bytes()[5] == b':' => {
            let text = &clock[6..];
            if !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
                return None;
            }
            text.parse().ok()?
        }
        _ => return None,
    };
    if clock.as_bytes()[2] != b':' || hour > 23 || minute > 59 || seconds >= 61.0 {
        return None;
    }
    Some(midnight + (hour * 3600 + minute * 60) as f64 + seconds - shift)
}

/// The time of day without its zone, and the seconds that the zone is ahead of UTC.
fn zone(text: &str) -> Option<(&str, f64)> {
    if !text.is_ascii() {
        return None;
    }
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, 0.0)).filter(|(clock, _)| clock.len() >= 5);
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, 0.0)).filter(|(clock, _)| clock.len() >= 5);
    };
    let (clock, offset) = text.split_at(at);
    let sign = if offset.starts_with('-') { -1.0 } else { 1.0 };
    let minutes = match offset.len() {
        3 => digits(offset, 1, 2)? * 60,
        5 => digits(offset, 1, 2)? * 60 + digits(offset, 3, 2)?,
        6 if offset.as_bytes()[3] == b':' => digits(offset, 1, 2)? * 60 + digits(offset, 4, 2)?,
        _ => return None,
    };
    (clock.len() >= 5).then_some((clock, sign * minutes as f64 * 60.0))
}

fn digits(text: &str, from: usize, count: usize) -> Option<i64> {
    let part = text.get(from..from + count)?;
    part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
}

/// Days from 1970-01-01 in the Gregorian calendar; years begin in March, so that the leap day comes last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// `seconds` since 1970 as ISO 8601, the time of day where there is one.
pub(crate) fn write(seconds: f64) -> String {
    // Years 0 to 9999: all that the reader reads.
    if !(-62_167_219_200.0..253_402_300_800.0).contains(&seconds) {
        return crate::words::written(seconds);
    }
    let whole = seconds.floor();
    let (day, clock) = ((whole as i64).div_euclid(86_400), (whole as i64).rem_euclid(86_400));
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let date = format!("{year:04}-{month:02}-{day_of_month:02}");
    let fraction = ((seconds - whole) * 1e6).round() as i64;
    if clock == 0 && fraction == 0 {
        return date;
    }
    let time = format!("{:02}:{:02}:{:02}", clock / 3600, clock / 60 % 60, clock % 60);
    if fraction == 0 || fraction >= 1_000_000 {
        return format!("{date} {time}");
    }
    let fraction = format!("{fraction:06}");
    format!("{date} {time}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_written() {
        assert_eq!(read("1970-01-01"), Some(0.0));
        assert_eq!(read("2000-03-01"), Some(951_868_800.0));
        assert_eq!(read("2024-02-29T12:30:15.25Z"), Some(1_709_209_815.25));
        assert_eq!(read("2024-02-29 12:30+02:00"), Some(1_709_202_600.0));
        for odd in [
            "2023-02-29",
            "2024-13-01",
            "24-01-01",
            "2024-01-01x",
            "2024-01-01 25:00",
            "2024/01/01",
            "2024-01-01 é:00",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
        assert_eq!(write(1_709_209_815.25), "2024-02-29 12:30:15.25");
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(day in -700_000i64..2_900_000, second in 0i64..86_400) {
            let moment = (day * 86_400 + second) as f64;
            proptest::prop_assert_eq!(read(&write(moment)), Some(moment));
        }
    }
}
