//! Rows of a data set: what is known of it, and the rows somebody looks at.

use std::borrow::Cow;
use std::cmp::Ordering;

use glassboard_query::{Expr, Name, Subject, Worth, matches, parse};
use glassboard_tables::{Column, Kind, Table};
use serde_json::{Value, json};

use crate::input::Input;
use crate::table::Opened;
use crate::trouble::Trouble;

/// Most rows in one answer.
const MAX_COUNT: usize = 1_000;

/// Which rows of a table are looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    /// The first, counted in the order asked for.
    pub from: usize,
    /// How many.
    pub count: usize,
    /// A column, with a minus before it from high to low; missing cells come last.
    pub sort: Option<&'a str>,
    /// Only rows of which this holds, in the language of `glassboard_query`.
    pub filter: Option<&'a str>,
}

/// The result of `JobSpec::Rows`.
pub(crate) fn rows(input: &Input<'_>, wanted: Wanted<'_>) -> Result<Value, Trouble> {
    if wanted.count > MAX_COUNT {
        return Err(Trouble::input(format!(
            "{} rows were asked for; at most {MAX_COUNT} are sent at once",
            wanted.count
        )));
    }
    let opened = input.table()?;
    let table = &opened.table;
    let chosen = chosen(table, wanted)?;
    let matching = chosen.len();
    let page: Vec<usize> = chosen.into_iter().skip(wanted.from).take(wanted.count).collect();
    let cells = |row: &usize| {
        table
            .columns
            .iter()
            .map(|column| json!(column.cell(*row)))
            .collect::<Vec<_>>()
    };
    Ok(json!({
        "columns": table.columns.iter().map(|c| &c.name).collect::<Vec<_>>(),
        "kinds": table.columns.iter().map(|c| c.kind).collect::<Vec<_>>(),
        "rows": page.iter().map(cells).collect::<Vec<_>>(),
        "numbers": page,
        "matching": matching,
        "total": table.rows(),
    }))
}

/// Numbers of the rows that match, in order.
pub(crate) fn chosen(table: &Table, wanted: Wanted<'_>) -> Result<Vec<usize>, Trouble> {
    let mut rows: Vec<usize> = match wanted.filter.map(parse).transpose() {
        Err(error) => return Err(Trouble::input(format!("the filter is wrong at {error}"))),
        Ok(Some(Some(expr))) => {
            known(table, &expr)?;
            (0..table.rows())
                .filter(|row| matches(&expr, &Row { table, row: *row }))
                .collect()
        }
        Ok(None | Some(None)) => (0..table.rows()).collect(),
    };
    if let Some(sort) = wanted.sort {
        let (name, down) = match sort.strip_prefix('-') {
            Some(rest) if table.position(sort).is_none() => (rest, true),
            _ => (sort, false),
        };
        let column = table
            .column(name)
            .ok_or_else(|| Trouble::input(format!("the table has no column `{name}` to sort by")))?;
        rows.sort_by(|a, b| ordered(column, *a, *b, down).then(a.cmp(b)));
    }
    Ok(rows)
}

fn ordered(column: &Column, a: usize, b: usize, down: bool) -> Ordering {
    let (x, y) = (column.values[a], column.values[b]);
    match (x.is_nan(), y.is_nan()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let order = if column.kind == Kind::Text {
        column.text(a).cmp(&column.text(b))
    } else {
        x.total_cmp(&y)
    };
    if down { order.reverse() } else { order }
}

/// A misspelled column is an error, not a filter that nothing passes.
fn known(table: &Table, expr: &Expr) -> Result<(), Trouble> {
    for name in expr.names() {
        if table.position(&name.text).is_none() && name.text != "row" {
            return Err(Trouble::input(format!(
                "the filter is wrong at column {}: the table has no column `{}`; names with spaces go in quotes",
                name.column, name.text
            )));
        }
    }
    Ok(())
}

/// A row as the query language sees it.
struct Row<'a> {
    table: &'a Table,
    row: usize,
}

impl Subject for Row<'_> {
    fn worth(&self, name: &Name) -> Worth<'_> {
        let Some(column) = self.table.column(&name.text) else {
            return if name.text == "row" {
                Worth::Number(self.row as f64)
            } else {
                Worth::Nothing
            };
        };
        let value = column.values[self.row];
        match column.kind {
            _ if value.is_nan() => Worth::Nothing,
            Kind::Boolean => Worth::Flag(value > 0.5),
            Kind::Number | Kind::Integer | Kind::Date => Worth::Number(value),
            Kind::Category => Worth::Text(Cow::Borrowed(column.label(value).unwrap_or_default())),
            Kind::Text => Worth::Text(Cow::Owned(column.text(self.row))),
        }
    }
}

/// What `JobSpec::Inspect` says of a table: every row is read, so a broken one is named here.
pub(crate) fn facts(bytes: &[u8], facts: &Value) -> Result<Value, Trouble> {
    let schema = Opened::read(bytes, facts)?.schema;
    let mut out = json!({
        "kind": "table",
        "rows": schema.rows,
        "columns": schema.columns.iter().map(|c| &c.name).collect::<Vec<_>>(),
    });
    if let Some(target) = &schema.target {
        out["target_column"] = json!(target);
    }
    out["options"] = json!(schema.options);
    out["schema"] = json!(schema);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &[u8] = b"a,job,target\n1,clerk,0\n2,,1\n,driver,0\n10,clerk,1\n";

    fn numbers(sort: Option<&str>, filter: Option<&str>) -> Result<Vec<u64>, String> {
        let wanted = Wanted {
            from: 0,
            count: 10,
            sort,
            filter,
        };
        let found = rows(&Input::of(CSV, &Value::Null), wanted).map_err(|e| e.message)?;
        Ok(found["numbers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_u64().unwrap())
            .collect())
    }

    #[test]
    fn a_table_is_described_and_cut() {
        let known = facts(CSV, &Value::Null).unwrap();
        assert_eq!((&known["rows"], &known["target_column"]), (&json!(4), &json!("target")));
        let wanted = Wanted {
            from: 1,
            count: 2,
            ..Wanted::default()
        };
        let found = rows(&Input::of(CSV, &Value::Null), wanted).unwrap();
        assert_eq!(found["rows"], json!([[2, null, 1], [null, "driver", 0]]));
        assert_eq!((&found["numbers"], &found["matching"]), (&json!([1, 2]), &json!(4)));
        let said = json!({"options": {"target": "job", "columns": {"a": {"kind": "category"}}}});
        let known = facts(CSV, &said).unwrap();
        assert_eq!(known["target_column"], "job");
        assert_eq!(known["schema"]["columns"][0]["labels"], json!(["1", "2", "10"]));
        let why = facts(b"a,b\n1,2\n3\n", &Value::Null).unwrap_err().message;
        assert!(why.contains("line 3"), "{why}");
    }

    #[test]
    fn rows_are_sorted_and_filtered() {
        assert_eq!(numbers(Some("-a"), None).unwrap(), [3, 1, 0, 2]);
        assert_eq!(numbers(Some("job"), None).unwrap(), [0, 3, 2, 1]);
        assert_eq!(numbers(None, Some("a >= 2 and job = clerk")).unwrap(), [3]);
        assert_eq!(numbers(None, Some("not job")).unwrap(), [1]);
        assert_eq!(numbers(None, Some("row < 2")).unwrap(), [0, 1]);
        assert!(
            numbers(None, Some("wages > 2"))
                .unwrap_err()
                .contains("no column `wages`")
        );
        assert!(numbers(None, Some("a >")).unwrap_err().contains("the filter is wrong"));
        assert!(numbers(Some("wages"), None).unwrap_err().contains("to sort by"));
    }
}
