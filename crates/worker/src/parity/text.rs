//! Sentences with the outputs a model should give for them: a table with a column of text, or an npz of token ids.

use glassboard_model::Array;
use glassboard_tables::Kind;

use super::given::{Given, Rows, arrays, expectations};
use super::{Asked, Query};
use crate::preprocess::Preprocess;
use crate::table::Opened;
use crate::text::{one, tokenizer};
use crate::trouble::Trouble;

/// Names of columns that hold the sentence.
const SENTENCES: [&str; 5] = ["text", "sentence", "sentences", "input", "review"];

/// The rows as token ids, and the expected outputs.
pub(super) fn text(query: Query<'_>, preprocess: &Preprocess, asked: &Asked) -> Result<Given, Trouble> {
    let tokenizer = tokenizer(query.loaded, preprocess, query.preprocess)?;
    let pad = tokenizer.as_ref().and_then(|t| t.pad()).map_or(-1, i64::from);
    if query.input.starts_with(b"PK\x03\x04") {
        let given = arrays(query.input, preprocess)?;
        let rows = match given.rows {
            Rows::Table(rows) => Rows::Array(rows.mapv(|v| v as f32).into_dyn()),
            other @ Rows::Array(_) => other,
        };
        return Ok(Given { rows, pad, ..given });
    }
    let table = Opened::read(query.input, query.facts)?.table;
    let (columns, expected, classes) = expectations(&table, preprocess, asked)?;
    let others: Vec<_> = table.columns.iter().filter(|c| !columns.contains(&c.name)).collect();
    let words = |kind: Kind| matches!(kind, Kind::Text | Kind::Category);
    let column = others
        .iter()
        .find(|c| SENTENCES.contains(&c.name.to_lowercase().as_str()))
        .or_else(|| others.iter().find(|c| words(c.kind)))
        .ok_or_else(|| Trouble::input("the table has no column of text; call it `text`"))?;
    let mut ids: Vec<Vec<f32>> = Vec::with_capacity(table.rows());
    for row in 0..table.rows() {
        let cell = column.cell(row);
        let said = serde_json::to_value(&cell).map_err(|e| Trouble::internal(e.to_string()))?;
        let said = said
            .as_str()
            .ok_or_else(|| Trouble::input(format!("`{}` has no text in row {row}", column.name)))?;
        let (prepared, _) = one(query.loaded, tokenizer.as_deref(), preprocess, said)
            .map_err(|trouble| Trouble::input(format!("row {row}: {}", trouble.message)))?;
        ids.push(prepared.x.iter().copied().collect());
    }
    let length = ids.iter().map(Vec::len).max().unwrap_or(0);
    if ids.iter().any(|row| row.len() < length) && pad < 0 {
        return Err(Trouble::input(
            "the sentences differ in length and the vocabulary names no padding; give them one length",
        ));
    }
    for row in &mut ids {
        row.resize(length, pad as f32);
    }
    let rows = Array::from_shape_vec(vec![ids.len(), length], ids.concat())
        .map_err(|e| Trouble::internal(format!("tokens do not line up: {e}")))?;
    Ok(Given {
        rows: Rows::Array(rows),
        expected,
        classes,
        columns,
        pad,
    })
}
