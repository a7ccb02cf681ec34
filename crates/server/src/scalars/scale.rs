//! Scales of a drawing: where a number is, and which numbers are written along an axis.

/// One axis: numbers on one side, pixels on the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    pub low: f64,
    pub high: f64,
    pub from: f64,
    pub to: f64,
    pub log: bool,
}

impl Scale {
    /// The pixel of `value`; none of what the scale has no place for.
    pub fn place(&self, value: f64) -> Option<f64> {
        if !value.is_finite() || (self.log && value <= 0.0) {
            return None;
        }
        let read = |v: f64| if self.log { v.ln() } else { v };
        let share = (read(value) - read(self.low)) / (read(self.high) - read(self.low));
        share.is_finite().then_some(self.from + share * (self.to - self.from))
    }

    /// The numbers to write, about `wanted` of them.
    pub fn ticks(&self, wanted: usize) -> Vec<f64> {
        if self.log {
            log_ticks(self.low, self.high, wanted)
        } else {
            linear_ticks(
                self.low,
                self.high,
                nice_step((self.high - self.low) / wanted.max(1) as f64),
            )
        }
    }

    /// The same along time, in seconds: steps people read clocks by.
    pub fn time_ticks(&self, wanted: usize) -> Vec<f64> {
        const STEPS: [f64; 18] = [
            1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0,
            21_600.0, 43_200.0, 86_400.0,
        ];
        let least = (self.high - self.low) / wanted.max(1) as f64;
        let step = match STEPS.iter().find(|step| **step >= least) {
            _ if least < 0.5 => nice_step(least),
            Some(step) => *step,
            None => nice_step(least / 86_400.0) * 86_400.0,
        };
        linear_ticks(self.low, self.high, step)
    }
}

/// 1, 2 or 5 times a power of ten, no smaller than `least`.
fn nice_step(least: f64) -> f64 {
    if !(least.is_finite() && least > 0.0) {
        return 1.0;
    }
    let power = 10f64.powi(least.log10().floor() as i32);
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|times| times * power)
        .find(|step| *step >= least * 0.999_999)
        .unwrap_or(10.0 * power)
}

fn linear_ticks(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = (low / step).ceil();
    let count = ((high / step).floor() - first).max(-1.0) as usize;
    (0..=count.min(100))
        .map(|at| (first + at as f64) * step)
        .filter(|tick| *tick >= low && *tick <= high)
        .collect()
}

/// Powers of ten; 1, 2 and 5 of each where the range is under 2.2 decades; every n-th power where there are many.
fn log_ticks(low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let decades = high.log10() - low.log10();
    let times: &[f64] = if decades < 2.2 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let every = ((decades / wanted.max(1) as f64).ceil() as i32).max(1);
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    (first..=last)
        .filter(|power| power.rem_euclid(every) == 0)
        .flat_map(|power| times.iter().map(move |times| times * 10f64.powi(power)))
        .filter(|tick| *tick >= low * 0.999_999 && *tick <= high * 1.000_001)
        .collect()
}

/// A number along an axis: 50k, 2.5M, 1e−4.
pub fn tick(n: f64) -> String {
    let size = n.abs();
    let trim = |n: f64| {
        let digits = (3 - n.abs().log10().floor() as i32).clamp(0, 9) as usize;
        let written = format!("{n:.digits$}");
        if written.contains('.') {
            written.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            written
        }
    };
    let written = match size {
        0.0 => "0".to_owned(),
        _ if size >= 1e15 => format!("{n:e}"),
        _ if size >= 1e9 => format!("{}G", trim(n / 1e9)),
        _ if size >= 1e6 => format!("{}M", trim(n / 1e6)),
        _ if size >= 1e4 => format!("{}k", trim(n / 1e3)),
        // Rounded first: a tick is a few digits times a power, whatever the arithmetic left behind.
        _ if size < 1e-3 => format!("{:e}", format!("{n:.3e}").parse::<f64>().unwrap_or(n)),
        _ => trim(n),
    };
    written.replace('-', "−")
}

/// A length of time along an axis.
pub fn duration(seconds: f64) -> String {
    let s = seconds.abs();
    match s {
        _ if s >= 86_400.0 => format!("{} d", tick(seconds / 86_400.0)),
        _ if s >= 3600.0 => format!("{} h", tick(seconds / 3600.0)),
        _ if s >= 60.0 => format!("{} min", tick(seconds / 60.0)),
        _ => format!("{} s", tick(seconds)),
    }
}

/// A wall time along an axis, UTC: the day where days are shown, else the time.
pub fn clock(seconds: f64, span: f64) -> String {
    let whole = seconds.floor() as i64;
    let (days, rest) = (whole.div_euclid(86_400), whole.rem_euclid(86_400));
    // Days since 1970 to a date of the Gregorian calendar, by eras of 400 years from 1 March 2000 BC.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let date = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    if span > 2.0 * 86_400.0 {
        format!("{year}-{month:02}-{date:02}")
    } else {
        format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(low: f64, high: f64, log: bool) -> Scale {
        Scale {
            low,
            high,
            from: 0.0,
            to: 100.0,
            log,
        }
    }

    #[test]
    fn ticks_are_one_two_five() {
        assert_eq!(scale(0.0, 10.0, false).ticks(5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(scale(0.013, 0.31, true).ticks(5), [0.02, 0.05, 0.1, 0.2]);
        assert_eq!(scale(1e-6, 1e3, true).ticks(5).len(), 5);
        assert_eq!(
            scale(0.0, 7200.0, false).time_ticks(4),
            [0.0, 1800.0, 3600.0, 5400.0, 7200.0]
        );
        for log in [true, false] {
            assert!(scale(1.0, 1.0, log).ticks(5).len() <= 101, "an empty range ends");
        }
    }

    #[test]
    fn numbers_and_times_are_short() {
        assert_eq!(
            [tick(0.0), tick(-0.25), tick(1e-4), tick(12_500.0), tick(2e6)],
            ["0", "−0.25", "1e−4", "12.5k", "2M"]
        );
        assert_eq!([duration(90.0), duration(5400.0)], ["1.5 min", "1.5 h"]);
        assert_eq!(clock(951_782_400.0, 1e9), "2000-02-29");
        assert_eq!(clock(1_700_000_000.0, 60.0), "22:13:20");
    }

    #[test]
    fn a_scale_has_no_place_for_what_it_cannot_show() {
        assert_eq!(scale(0.0, 10.0, false).place(5.0), Some(50.0));
        assert_eq!(scale(1.0, 100.0, true).place(10.0), Some(50.0));
        assert_eq!(scale(1.0, 100.0, true).place(0.0), None);
        assert_eq!(scale(0.0, 1.0, false).place(f64::NAN), None);
    }
}
