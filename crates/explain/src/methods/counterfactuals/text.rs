//! Reading wishes: lists of columns, ranges, what is desired.

use crate::{Columns, ExplainError};

/// The longest column name that `text` begins with, followed by `end` or nothing; names may hold commas themselves.
fn name<'t>(text: &'t str, columns: &Columns, end: char) -> Option<(usize, &'t str)> {
    let fits = columns.names.iter().enumerate().filter_map(|(j, name)| {
        let rest = text.strip_prefix(name.as_str())?.trim_start();
        (rest.is_empty() || rest.starts_with(end)).then(|| (name.len(), j, rest.strip_prefix(end).unwrap_or(rest)))
    });
    fits.max_by_key(|(length, ..)| *length).map(|(_, j, rest)| (j, rest))
}

fn unknown(text: &str, columns: &Columns, key: &str) -> ExplainError {
    let first = text.split([',', ':']).next().unwrap_or_default().trim();
    ExplainError::parameters(format!(
        "`{key}` names `{first}`, which is no column; the columns are {}",
        columns.names.join(", ")
    ))
}

/// `age, sex` as columns.
pub(super) fn listed(text: &str, columns: &Columns, key: &str) -> Result<Vec<usize>, ExplainError> {
    let (mut rest, mut found) = (text.trim(), Vec::new());
    while !rest.is_empty() {
        let (j, after) = name(rest, columns, ',').ok_or_else(|| unknown(rest, columns, key))?;
        found.push(j);
        rest = after.trim_start();
    }
    Ok(found)
}

/// `income:0..1e5, city:Berlin|Paris` as columns and what follows the colon.
pub(super) fn labelled(text: &str, columns: &Columns) -> Result<Vec<(usize, String)>, ExplainError> {
    let (mut rest, mut found) = (text.trim(), Vec::new());
    while !rest.is_empty() {
        let (j, after) = name(rest, columns, ':').ok_or_else(|| unknown(rest, columns, "ranges"))?;
        // What follows ends at a comma after which another column is named.
        let ends = after.match_indices(',').map(|(at, _)| at);
        let end = ends
            .filter(|at| name(after[at + 1..].trim_start(), columns, ':').is_some())
            .min();
        let (range, next) = end.map_or((after, ""), |at| (&after[..at], &after[at + 1..]));
        found.push((j, range.trim().trim_end_matches(',').to_owned()));
        rest = next.trim_start();
    }
    Ok(found)
}

/// `low..high`, either of which may be left out.
pub(super) fn between(text: &str) -> Option<(Option<f64>, Option<f64>)> {
    let (low, high) = text.split_once("..")?;
    let read = |part: &str| match part.trim() {
        "" => Some(None),
        number => number.parse::<f64>().ok().filter(|v| !v.is_nan()).map(Some),
    };
    let (low, high) = (read(low)?, read(high)?);
    if let (Some(low), Some(high)) = (low, high)
        && low > high
    {
        return None;
    }
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges_are_read_even_with_commas_in_names() {
        let columns = Columns {
            names: vec!["age".into(), "age, at entry".into(), "city".into()],
            ..Columns::unnamed(3)
        };
        assert_eq!(listed("age, city", &columns, "fixed").unwrap(), [0, 2]);
        assert_eq!(listed("age, at entry,age", &columns, "fixed").unwrap(), [1, 0]);
        assert_eq!(
            labelled("age:0..1e2, city: Berlin|Bonn, am Rhein, age, at entry:..5", &columns).unwrap(),
            [
                (0, "0..1e2".to_owned()),
                (2, "Berlin|Bonn, am Rhein".to_owned()),
                (1, "..5".to_owned())
            ]
        );
        let why = listed("sex", &columns, "fixed").unwrap_err().to_string();
        assert!(why.contains("`sex`, which is no column"), "{why}");
        assert_eq!(
            (between("1..2"), between("..2"), between("3..2"), between("x..2")),
            (Some((Some(1.0), Some(2.0))), Some((None, Some(2.0))), None, None)
        );
    }
}
