//! Inputs: pictures, arrays and tables that models are asked about.

mod columns;
mod delete;
mod edit;
mod file;
mod list;
pub mod page;
mod picture;
mod rows;
mod show;
mod upload;

pub use delete::{delete, delete_from_page};
pub use edit::{edit, edit_from_page};
pub use file::file;
pub use list::list;
pub use picture::picture;
pub use rows::rows;
pub use show::show;
pub use upload::upload;

use glassboard_store::InputRow;
use serde_json::{Value, json};

/// The page of an explanation that an input of a kind is shown on first.
pub fn first_view(kind: &str) -> &'static str {
    match kind {
        "table" => "row",
        "text" => "tokens",
        _ => "attribution",
    }
}

/// The kind of model that an input of a kind is for.
pub fn model_kind(kind: &str) -> &'static str {
    match kind {
        "table" => "tabular",
        "text" => "text",
        _ => "image",
    }
}

/// An input in a list: without the schema of a table.
pub fn short(input: &InputRow) -> Value {
    let mut out = summary(input);
    if let Value::Object(fields) = &mut out {
        fields.remove("schema");
        fields.remove("sentences");
    }
    out
}

/// An input as `docs/api.md` has it.
pub fn summary(input: &InputRow) -> Value {
    let facts = input.facts();
    json!({
        "slug": input.slug,
        "name": input.name,
        "kind": input.kind,
        "rows": input.rows,
        "columns": facts.get("columns").cloned().unwrap_or_else(|| json!([])),
        "target_column": facts["target_column"],
        "schema": facts["schema"],
        "sentences": facts["sentences"],
        "width": facts["width"],
        "height": facts["height"],
        "imaging": facts["imaging"],
        "note": facts["note"],
        "bytes": input.bytes,
        "hash": input.hash,
        "model": input.model,
        "state": input.state,
        "error": input.error,
        "picture": input.picture_hash.is_some(),
        "created_at": input.created_at,
    })
}
