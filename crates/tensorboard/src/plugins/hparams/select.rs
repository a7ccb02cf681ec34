//! Filtering, sorting and slicing of groups, column by column.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use prost_types::value::Kind;
use regex::Regex;
use serde_json::Value as Json;

use super::groups::Group;
use super::request::{Column, GroupsRequest};
use crate::ReadError;
use crate::data::Result;

const ORDERS: [&str; 3] = ["ORDER_UNSPECIFIED", "ORDER_ASC", "ORDER_DESC"];

/// What stands in a column of a group.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Number(f64),
    Switch(bool),
    Text(String),
}

/// The groups asked for, and how many there are in all.
pub fn select(groups: Vec<Group>, request: &GroupsRequest) -> Result<(Vec<Group>, usize)> {
    let columns = &request.col_params;
    if columns
        .iter()
        .any(|column| column.metric.is_none() && column.hparam.is_none())
    {
        return Err(ReadError::Invalid(
            "A column says neither `metric` nor `hparam`.".to_owned(),
        ));
    }
    let mut kept = Vec::new();
    let mut filters = Vec::new();
    for column in columns {
        filters.push((column, filter(column)?));
    }
    'groups: for group in groups {
        for (column, filter) in &filters {
            let passes = match cell(&group, column) {
                None => !column.exclude_missing_values,
                Some(cell) => filter(&cell)?,
            };
            if !passes {
                continue 'groups;
            }
        }
        kept.push(group);
    }
    // The first column decides, the next among equals: so the first is sorted by last.
    for column in columns.iter().rev() {
        let order = match &column.order {
            Some(word) => word.number(&ORDERS)?,
            None => 0,
        };
        let by =
            |a: &Group, b: &Group, missing_largest: bool| compare(cell(a, column), cell(b, column), missing_largest);
        match order {
            0 => {}
            1 => kept.sort_by(|a, b| by(a, b, !column.missing_values_first)),
            2 => kept.sort_by(|a, b| by(b, a, column.missing_values_first)),
            other => return Err(ReadError::Invalid(format!("There is no order {other}."))),
        }
    }
    if columns.iter().any(|column| column.include_in_result.is_some()) {
        let included = columns.iter().filter(|column| column.include_in_result == Some(true));
        let names: BTreeSet<&str> = included.filter_map(|column| column.hparam.as_deref()).collect();
        for group in &mut kept {
            group.hparams.retain(|name, _| names.contains(name.as_str()));
        }
    }
    let total = kept.len();
    let slice = kept.into_iter().skip(request.start_index).take(request.slice_size);
    Ok((slice.collect(), total))
}

fn cell(group: &Group, column: &Column) -> Option<Cell> {
    if let Some(metric) = &column.metric {
        let found = group
            .metrics
            .iter()
            .find(|one| one.name.tag == metric.tag && one.name.group == metric.group)?;
        return Some(Cell::Number(found.value));
    }
    match group.hparams.get(column.hparam.as_deref()?)?.kind.as_ref()? {
        Kind::NumberValue(number) => Some(Cell::Number(*number)),
        Kind::BoolValue(on) => Some(Cell::Switch(*on)),
        Kind::StringValue(text) => Some(Cell::Text(text.clone())),
        _ => None,
    }
}

fn compare(a: Option<Cell>, b: Option<Cell>, missing_largest: bool) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => missing_largest.cmp(&!missing_largest),
        (Some(_), None) => (!missing_largest).cmp(&missing_largest),
        (Some(Cell::Text(a)), Some(Cell::Text(b))) => a.cmp(&b),
        (Some(a), Some(b)) => {
            let is_text = |cell: &Cell| matches!(cell, Cell::Text(_));
            is_text(&a)
                .cmp(&is_text(&b))
                .then_with(|| float(&a).total_cmp(&float(&b)))
        }
    }
}

fn float(cell: &Cell) -> f64 {
    match cell {
        Cell::Number(value) => *value,
        Cell::Switch(on) => f64::from(u8::from(*on)),
        Cell::Text(_) => f64::NAN,
    }
}

type Passes = Box<dyn Fn(&Cell) -> Result<bool>>;

fn filter(column: &Column) -> Result<Passes> {
    if let Some(pattern) = &column.filter_regexp {
        let regex = Regex::new(pattern)
            .map_err(|error| ReadError::Invalid(format!("{pattern:?} is no regular expression: {error}.")))?;
        return Ok(Box::new(move |cell| match cell {
            Cell::Text(text) => Ok(regex.is_match(text)),
            other => Err(ReadError::Invalid(format!(
                "A regular expression does not filter {other:?}: it is no text."
            ))),
        }));
    }
    if let Some(bounds) = column.filter_interval.clone() {
        return Ok(Box::new(move |cell| match cell {
            Cell::Text(text) => Err(ReadError::Invalid(format!(
                "An interval does not filter {text:?}: it is no number."
            ))),
            other => Ok(bounds.holds(float(other))),
        }));
    }
    if let Some(set) = column.filter_discrete.clone() {
        return Ok(Box::new(move |cell| Ok(set.iter().any(|one| is(one, cell)))));
    }
    Ok(Box::new(|_| Ok(true)))
}

fn is(wanted: &Json, cell: &Cell) -> bool {
    match (wanted, cell) {
        (Json::String(wanted), Cell::Text(text)) => wanted == text,
        (Json::Bool(wanted), Cell::Switch(on)) => wanted == on,
        (Json::Number(wanted), Cell::Number(value)) => wanted.as_f64() == Some(*value),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::super::groups::tests::group;
    use super::*;

    fn names(request: Json) -> Vec<String> {
        let groups = vec![
            group("a", Some(0.1), Some(3.0)),
            group("b", Some(0.01), None),
            group("c", None, Some(1.0)),
            group("d", Some(0.1), Some(2.0)),
        ];
        let request: GroupsRequest = from_value(request).expect("a request");
        let (groups, _) = select(groups, &request).expect("groups");
        groups.into_iter().map(|group| group.name).collect()
    }

    #[test]
    fn columns_sort_filter_and_slice() {
        let loss = json!({ "metric": { "group": "", "tag": "loss" }, "order": "ORDER_ASC" });
        assert_eq!(
            names(json!({ "colParams": [loss], "sliceSize": 9 })),
            ["c", "d", "a", "b"]
        );
        let down = json!({ "hparam": "lr", "order": "ORDER_DESC" });
        assert_eq!(
            names(json!({ "colParams": [down, loss], "sliceSize": 9 })),
            ["d", "a", "b", "c"]
        );
        assert_eq!(
            names(json!({ "colParams": [loss], "startIndex": 1, "sliceSize": 2 })),
            ["d", "a"]
        );
        let first = json!({ "hparam": "lr", "order": "ORDER_ASC", "missingValuesFirst": true });
        assert_eq!(
            names(json!({ "colParams": [first], "sliceSize": 9 })),
            ["c", "b", "a", "d"]
        );
        let small = json!({ "hparam": "lr", "filterInterval": { "minValue": 0.05, "maxValue": "Infinity" } });
        assert_eq!(names(json!({ "colParams": [small], "sliceSize": 9 })), ["a", "c", "d"]);
        let exact = json!({ "hparam": "lr", "filterDiscrete": [0.01], "excludeMissingValues": true });
        assert_eq!(names(json!({ "colParams": [exact], "sliceSize": 9 })), ["b"]);
        assert_eq!(names(json!({})), Vec::<String>::new());
    }

    #[test]
    fn a_column_of_nothing_and_a_bad_pattern_are_refused() {
        let refused = |request: Json| {
            let request: GroupsRequest = from_value(request).expect("a request");
            select(vec![group("a", Some(1.0), None)], &request).is_err()
        };
        assert!(refused(json!({ "colParams": [{}] })));
        assert!(refused(
            json!({ "colParams": [{ "hparam": "lr", "filterRegexp": "(" }] })
        ));
        assert!(refused(
            json!({ "colParams": [{ "hparam": "lr", "filterRegexp": "a" }] })
        ));
    }
}
