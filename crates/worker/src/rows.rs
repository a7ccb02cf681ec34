//! Rows of an uploaded table.

use serde_json::{Value, json};

use crate::decode::table_row;
use crate::trouble::Trouble;

/// Most rows in one answer.
const MAX_COUNT: usize = 1_000;
/// Columns that are the answer rather than a feature.
const TARGETS: [&str; 5] = ["target", "label", "class", "y", "diagnosis"];

/// The result of `JobSpec::Rows`.
pub(crate) fn rows(bytes: &[u8], from: usize, count: usize) -> Result<Value, Trouble> {
    if count > MAX_COUNT {
        return Err(Trouble::input(format!(
            "{count} rows were asked for; at most {MAX_COUNT} are sent at once"
        )));
    }
    let columns = table_row(bytes, 0)?.columns;
    let mut rows = Vec::new();
    for record in reader(bytes).records().skip(from).take(count) {
        let record = record.map_err(|error| Trouble::input(format!("the table cannot be read: {error}")))?;
        rows.push(record.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>());
    }
    Ok(json!({ "columns": columns, "rows": rows }))
}

/// What `JobSpec::Inspect` says of a table. Every row is read, so a broken one is named here.
pub(crate) fn facts(bytes: &[u8]) -> Result<Value, Trouble> {
    let columns = table_row(bytes, 0)?.columns;
    let mut count = 0usize;
    let mut reader = reader(bytes);
    let mut record = csv::StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| Trouble::input(format!("the table cannot be read: {error}")))?
    {
        count += 1;
    }
    let target = columns
        .iter()
        .find(|column| TARGETS.contains(&column.to_lowercase().as_str()));
    let mut facts = json!({ "kind": "table", "rows": count, "columns": columns });
    if let Some(target) = target {
        facts["target_column"] = json!(target);
    }
    Ok(facts)
}

fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .flexible(false)
        .from_reader(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_counted_and_cut() {
        let csv = b"a,target\n1,0\n2,1\n3,0\n";
        assert_eq!(
            facts(csv).unwrap(),
            json!({"kind":"table","rows":3,"columns":["a","target"],"target_column":"target"})
        );
        assert_eq!(
            rows(csv, 1, 5).unwrap(),
            json!({"columns":["a","target"],"rows":[["2","1"],["3","0"]]})
        );
        assert!(
            facts(b"a,b\n1,2\n3\n")
                .unwrap_err()
                .message
                .contains("the table cannot be read")
        );
    }
}
