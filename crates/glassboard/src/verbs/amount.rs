//! Sizes and durations as people write them on a command line: `512MiB`, `4G`, `90s`, `30m`.

use std::time::Duration;

/// Smallest memory of a worker: less than this the program itself needs.
const LEAST_MEMORY: u64 = 64 << 20;
/// Longest job: a week.
const LONGEST_JOB: Duration = Duration::from_hours(24 * 7);

/// Bytes from a number and a unit. `K`, `M`, `G` and `T` count in 1024, as `KiB` and so on do; a
/// bare number is bytes.
pub fn size(text: &str) -> Result<u64, String> {
    let help = "write a number and a unit, such as 512MiB or 4GiB";
    let (number, unit) = split(text).ok_or(help)?;
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(format!("`{unit}` is no unit of memory; {help}")),
    };
    let bytes = number * f64::from(1u32 << (shift % 30)) * if shift >= 30 { 1_073_741_824.0 } else { 1.0 };
    if bytes < 1.0 || bytes >= 2f64.powi(60) {
        return Err(format!("{text} is not a size that memory has; {help}"));
    }
    Ok(bytes as u64)
}

/// Memory of a worker: a size it can live in.
pub fn worker_memory(text: &str) -> Result<u64, String> {
    let bytes = size(text)?;
    if bytes < LEAST_MEMORY {
        return Err(format!(
            "a worker needs {} MiB before it opens a model; give more",
            LEAST_MEMORY >> 20
        ));
    }
    Ok(bytes)
}

/// Wall time of a job: a number and `s`, `m`, `h` or `d`; a bare number is seconds.
pub fn job_time(text: &str) -> Result<Duration, String> {
    let help = "write a number and a unit, such as 90s, 30m or 2h";
    let (number, unit) = split(text).ok_or(help)?;
    let seconds = match unit.to_ascii_lowercase().as_str() {
        "ms" => number / 1000.0,
        "" | "s" | "sec" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        "d" => number * 86_400.0,
        _ => return Err(format!("`{unit}` is no unit of time; {help}")),
    };
    let time = Duration::try_from_secs_f64(seconds).map_err(|_| help)?;
    if time.is_zero() || time > LONGEST_JOB {
        return Err("a job may take from a millisecond to 7 days".to_owned());
    }
    Ok(time)
}

/// "1.5 GiB" as 1.5 and "GiB"; `None` where it does not begin with a number.
fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    Some((number, text[end..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("4GiB", 4 << 30),
            ("4g", 4 << 30),
            ("512 MiB", 512 << 20),
            ("1.5G", 3 << 29),
            ("2T", 2 << 40),
            ("100", 100),
            ("64K", 64 << 10),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "GiB", "4 apples", "-1G", "0", "1e3", "9999999T", "nan"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        assert!(worker_memory("1M").is_err_and(|why| why.contains("64 MiB")));
    }

    #[test]
    fn times() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("30m", 1800), ("1.5h", 5400), ("1d", 86_400)] {
            assert_eq!(job_time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(job_time("250ms"), Ok(Duration::from_millis(250)));
        for wrong in ["", "soon", "0", "8d", "-3s", "3 weeks"] {
            assert!(job_time(wrong).is_err(), "{wrong}");
        }
    }
}
