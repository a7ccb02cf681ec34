//! Models and their checkpoints.

pub mod concepts;
mod delete;
pub mod difference;
mod glassbox;
mod graph;
mod history;
mod list;
mod moves;
pub mod page;
pub mod parity;
mod preprocess;
mod show;
mod tensors;
mod upload;
pub mod vocabulary;
mod weights_table;

pub use delete::{delete, delete_from_page};
pub use graph::{graph, layer_graph, opened};
pub use history::history;
pub use list::list;
pub use moves::label;
pub use parity::{forget_parity, parity, set_parity};
use preprocess::given;
pub use preprocess::stored;
pub use preprocess::{preprocess, set_preprocess};
pub use show::show;
pub use tensors::tensors;
pub use upload::upload;
pub use vocabulary::set_vocabulary;

use glassboard_store::{CheckpointRow, ModelDetail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::problem::{Answer, Problem};

/// `?checkpoint=`: its number, label or hash.
#[derive(Debug, Deserialize)]
pub struct Of {
    /// Which checkpoint; the last ready one where absent.
    pub checkpoint: Option<String>,
}

/// The checkpoint that is meant.
pub fn chosen<'a>(detail: &'a ModelDetail, id: Option<&str>) -> Answer<&'a CheckpointRow> {
    let id = id.filter(|id| !id.is_empty());
    detail.checkpoint(id).ok_or_else(|| {
        Problem::not_found(format!(
            "Model `{}` has no checkpoint `{}`.",
            detail.model.slug,
            id.unwrap_or("")
        ))
    })
}

/// `scanning`, `ready` or `failed`: ready as soon as one checkpoint is.
pub fn state(detail: &ModelDetail) -> &'static str {
    let any = |state| detail.checkpoints.iter().any(|c| c.state == state);
    if any("ready") {
        "ready"
    } else if any("scanning") {
        "scanning"
    } else {
        "failed"
    }
}

/// `image`, `tabular`, `text` or `unknown`.
pub fn kind(facts: &Value) -> &str {
    facts["kind"].as_str().unwrap_or("unknown")
}

/// One line of the list, as `docs/api.md` has it.
pub fn summary(detail: &ModelDetail) -> Value {
    let newest = detail.checkpoint(None);
    let facts = newest.map_or(Value::Null, CheckpointRow::facts);
    json!({
        "slug": detail.model.slug,
        "name": detail.model.name,
        "format": newest.map_or("", |c| c.format.as_str()),
        "parameters": newest.map_or(0, |c| c.parameters),
        "tensors": facts["tensors"].as_i64().unwrap_or(0),
        "bytes": newest.map_or(0, |c| c.bytes),
        "checkpoints": detail.checkpoints.len(),
        "state": state(detail),
        "error": newest.and_then(|c| c.error.clone()),
        "has_graph": newest.is_some_and(|c| c.graph_hash.is_some()),
        "kind": kind(&facts),
        "created_at": detail.model.created_at,
    })
}
