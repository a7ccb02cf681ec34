//! Which column is likely to hold the answer.

use crate::column::Column;
use crate::options::Kind;

/// Names of answers; the earlier the likelier.
const NAMES: [&str; 22] = [
    "target",
    "label",
    "labels",
    "class",
    "y",
    "outcome",
    "diagnosis",
    "default",
    "response",
    "survived",
    "churn",
    "species",
    "y_true",
    "truth",
    "ground_truth",
    "classification",
    "result",
    "is_fraud",
    "fraud",
    "approved",
    "income",
    "price",
];
/// How a longer name of one may begin.
const BEGINNINGS: [&str; 4] = ["target", "default payment", "default.payment", "outcome"];

/// The target column and why, by name alone.
pub(crate) fn guess(columns: &[Column]) -> Option<(usize, String)> {
    let folded: Vec<String> = columns.iter().map(|c| c.name.to_lowercase()).collect();
    // Only a column beside others can be the answer.
    if columns.len() < 2 {
        return None;
    }
    let usable = |at: &usize| columns[*at].kind != Kind::Text && columns[*at].kind != Kind::Date;
    let by_name = NAMES
        .iter()
        .find_map(|name| folded.iter().position(|column| column == name).filter(usable));
    let found = by_name.or_else(|| {
        let begins = |name: &String| BEGINNINGS.iter().any(|start| name.starts_with(start));
        folded.iter().position(begins).filter(usable)
    })?;
    Some((
        found,
        format!("a column called `{}` usually holds the answer", columns[found].name),
    ))
}
