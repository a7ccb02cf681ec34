//! `/data/plugin/scalars/...`.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{Asked, Reply, described, listed};
use crate::data::{Result, number};
use crate::{Class, Filter, Provider, ReadError, ScalarSeries, Scope};

/// Points of a series, where the request says nothing.
pub(super) const POINTS: usize = 1000;

/// `tags`: name and description by run and tag.
pub async fn tags(provider: Provider, scope: Scope, _: Asked) -> Result<Reply> {
    Ok(described(&listed(&provider, &scope, Class::Scalar, "scalars").await?).into())
}

/// `scalars?run&tag[&format=csv]`: time, step, value. A table is whole unless `points` says otherwise.
pub async fn scalars(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let (run, tag) = (asked.needed("run")?, asked.needed("tag")?);
    let csv = asked.get("format") == Some("csv");
    let most = asked.points(if csv { usize::MAX } else { POINTS })?;
    let series = one(&provider, &scope, run, tag, most).await?;
    Ok(if csv {
        Reply::Bytes("text/csv; charset=utf-8", table(&series).into_bytes())
    } else {
        events(&series).into()
    })
}

/// `scalars_multirun`, posted `tag` and `runs`: the same by run.
pub async fn scalars_multirun(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let tags = asked.form_all("tag");
    let [tag] = tags.as_slice() else {
        return Err(ReadError::Invalid("`tag` must be said exactly once.".to_owned()));
    };
    let filter = Filter::tag(tag, Some(asked.form_all("runs")));
    let mut runs = Map::new();
    for series in provider
        .scalars(&scope, "scalars", &filter, asked.points(POINTS)?)
        .await?
    {
        let events = events(&series);
        runs.insert(series.series.run, events);
    }
    Ok(Value::Object(runs).into())
}

/// One series that must be there.
pub(super) async fn one(provider: &Provider, scope: &Scope, run: &str, tag: &str, most: usize) -> Result<ScalarSeries> {
    let read = provider.scalars(scope, "scalars", &Filter::one(run, tag), most).await?;
    let missing = || ReadError::NotFound(format!("There are no scalars of run {run:?} and tag {tag:?}."));
    read.into_iter().next().ok_or_else(missing)
}

/// Time, step, value.
pub(super) fn events(series: &ScalarSeries) -> Value {
    let points = series.wall.iter().zip(&series.step).zip(&series.value);
    points
        .map(|((wall, step), value)| json!([number(*wall), step, number(*value)]))
        .collect()
}

/// The same as a table, as Python's `csv` writes it.
fn table(series: &ScalarSeries) -> String {
    let mut table = "Wall time,Step,Value\r\n".to_owned();
    for ((wall, step), value) in series.wall.iter().zip(&series.step).zip(&series.value) {
        // Writing to a String cannot fail.
        let _ok = write!(table, "{},{step},{}\r\n", python(*wall), python(*value));
    }
    table
}

/// A number as Python prints it.
pub(super) fn python(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = value.abs();
    let mut scientific = format!("{value:e}");
    let digits = scientific
        .split('e')
        .next()
        .unwrap_or_default()
        .bytes()
        .filter(u8::is_ascii_digit)
        .count();
    // Of two shortest spellings Python takes the even one.
    let even = format!("{value:.*e}", digits - 1);
    if even.parse() == Ok(value) {
        scientific = even;
    }
    if value == 0.0 || (1e-4..1e16).contains(&size) {
        return plain(&scientific);
    }
    match scientific.split_once('e') {
        Some((digits, exponent)) => match exponent.strip_prefix('-') {
            Some(exponent) => format!("{digits}e-{exponent:0>2}"),
            None => format!("{digits}e+{exponent:0>2}"),
        },
        None => scientific,
    }
}

/// `1.25e1` as `12.5`.
fn plain(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let (whole, part) = if point <= 0 {
        (String::new(), "0".repeat(point.unsigned_abs() as usize) + &digits)
    } else if point as usize >= digits.len() {
        (
            digits.clone() + &"0".repeat(point as usize - digits.len()),
            String::new(),
        )
    } else {
        let (whole, part) = digits.split_at(point as usize);
        (whole.to_owned(), part.to_owned())
    };
    let or_zero = |part: String| if part.is_empty() { "0".to_owned() } else { part };
    format!("{sign}{}.{}", or_zero(whole), or_zero(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_python_prints_them() {
        let cases = [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (-0.0, "-0.0"),
            (1e16, "1e+16"),
            (1.5e-7, "1.5e-07"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1_795_692_462.196_523_7, "1795692462.1965237"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (1e300, "1e+300"),
            (f64::from(574.240_05_f32), "574.2400512695312"),
            (0.012_5, "0.0125"),
            (1200.0, "1200.0"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in cases {
            assert_eq!(python(value), text);
        }
    }
}
