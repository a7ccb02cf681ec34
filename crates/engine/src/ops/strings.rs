//! Operators on strings.

use std::sync::Arc;

use regex::Regex;

use super::{Call, Entry, Grad, Out, one_host};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::rules;
use crate::value::{Elem, Host, Text, Value, broadcast, broadcast_indices};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let s = |op, run| Entry::new("strings", op, Grad::Stops, run);
    vec![
        s("StringConcat", concat).shape(|s| rules::broadcast_typed(s, Some(Elem::Str))),
        s("StringSplit", split),
        s("StringNormalizer", normalize).limits("case by Unicode, whatever the locale"),
        s("RegexFullMatch", full_match).shape(|s| rules::same_as(s, Elem::Bool)),
    ]
}

fn text<B: Engine>(c: &mut Call<'_, B>, i: usize) -> Result<Text, OpError> {
    let value = c.value(i)?;
    value.text().map_err(|error| match error {
        OpError::Bad(why) => OpError::Bad(format!("input {i}: {why}")),
        other => other,
    })
}

fn one<B: Engine>(shape: Vec<usize>, data: Vec<String>) -> Value<B> {
    Value::Text(Text {
        shape,
        data: Arc::new(data),
    })
}

fn concat<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (a, b) = (text(c, 0)?, text(c, 1)?);
    let shape = broadcast(&a.shape, &b.shape)?;
    let bytes = |t: &Text| t.data.iter().map(String::len).max().unwrap_or(0);
    // Every string of the result is at most as long as the two longest together.
    let mut room = shape.clone();
    room.push((bytes(&a) + bytes(&b)).div_ceil(4) + size_of::<String>() / 4);
    c.reserve(&room)?;
    let (ia, ib) = (broadcast_indices(&a.shape, &shape), broadcast_indices(&b.shape, &shape));
    let data = ia
        .into_iter()
        .zip(ib)
        .map(|(i, j)| format!("{}{}", a.data[i], b.data[j]))
        .collect();
    Ok(vec![one(shape, data)])
}

/// Splits as Python's `str.split`: at runs of white space where `delimiter` is empty, at most `most`
/// times where that is given.
fn pieces<'t>(text: &'t str, delimiter: &str, most: Option<usize>) -> Vec<&'t str> {
    let limit = most.map_or(usize::MAX, |m| m.saturating_add(1));
    if !delimiter.is_empty() {
        return text.splitn(limit, delimiter).collect();
    }
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        if out.len() + 1 == limit {
            out.push(rest);
            break;
        }
        out.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    out
}

fn split<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = text(c, 0)?;
    let delimiter = c.str("delimiter", "");
    let most = usize::try_from(c.int("maxsplit", -1)).ok();
    let rows: Vec<Vec<&str>> = x.data.iter().map(|s| pieces(s, &delimiter, most)).collect();
    let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut shape = x.shape.clone();
    shape.push(widest);
    let bytes: usize = x.data.iter().map(String::len).sum();
    c.reserve(&[x.data.len(), widest, size_of::<String>() / 4])?;
    c.reserve(&[bytes.div_ceil(4)])?;
    let mut data = Vec::with_capacity(x.data.len() * widest);
    for row in &rows {
        data.extend(row.iter().map(|&s| s.to_owned()));
        data.resize(data.len() + widest - row.len(), String::new());
    }
    let counts = Host::new(x.shape, Elem::I64, rows.iter().map(|r| r.len() as i64).collect());
    Ok(vec![one(shape, data), Value::Host(counts)])
}

fn normalize<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = text(c, 0)?;
    let rows_first = match x.shape.as_slice() {
        [_] => false,
        [1, _] => true,
        shape => return Err(OpError::bad(format!("expected shape [C] or [1, C], got {shape:?}"))),
    };
    let exact = c.int("is_case_sensitive", 0) != 0;
    let action = c.str("case_change_action", "NONE");
    let key = |s: &str| if exact { s.to_owned() } else { s.to_lowercase() };
    let stop: std::collections::HashSet<String> = c.strs("stopwords").iter().map(|s| key(s)).collect();
    let mut kept: Vec<String> = x
        .data
        .iter()
        .filter(|s| !stop.contains(&key(s)))
        .map(|s| match action.as_str() {
            "LOWER" => s.to_lowercase(),
            "UPPER" => s.to_uppercase(),
            _ => s.clone(),
        })
        .collect();
    if kept.is_empty() {
        // A tensor without elements is not allowed here.
        kept.push(String::new());
    }
    let shape = if rows_first {
        vec![1, kept.len()]
    } else {
        vec![kept.len()]
    };
    Ok(vec![one(shape, kept)])
}

fn full_match<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = text(c, 0)?;
    let pattern = c.str("pattern", "");
    let whole = Regex::new(&format!("^(?:{pattern})$")).map_err(|_| {
        OpError::bad(format!(
            "pattern `{pattern}` is no regular expression that this engine reads"
        ))
    })?;
    let data = x.data.iter().map(|s| i64::from(whole.is_match(s))).collect();
    one_host(Host::new(x.shape, Elem::Bool, data))
}
