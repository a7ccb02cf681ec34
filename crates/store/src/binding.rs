//! Finding the graph that a file of bare weights belongs to, by tensor name and shape.

use std::collections::HashMap;

use serde_json::Value;

use crate::models::json;
use crate::{Actor, CheckpointId, Result, Tx};

/// A model whose graph fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphFound {
    /// Row id of the model.
    pub model: i64,
    /// Its slug.
    pub slug: String,
    /// Hash of the ONNX file that holds the graph.
    pub graph: String,
}

impl Tx {
    /// The ONNX model whose tensors all occur, with equal shapes, among `tensors` (JSON of
    /// `docs/api.md`); the newest where several fit. Constants of an exporter are no weights:
    /// only tensors of at least one axis count.
    pub async fn graph_for(&mut self, actor: Actor, tensors: &[(String, Value)]) -> Result<Option<GraphFound>> {
        let have: HashMap<&str, &Value> = tensors
            .iter()
            .map(|(name, stats)| (name.as_str(), &stats["shape"]))
            .collect();
        let candidates: Vec<(i64, String, i64, String)> = sqlx::query_as(
            "SELECT m.id, m.slug, c.id, c.hash FROM checkpoint c JOIN model m ON m.id = c.model_id \
             WHERE m.project_id = ? AND c.state = 'ready' AND c.format = 'onnx' ORDER BY c.id DESC LIMIT 100",
        )
        .bind(actor.project)
        .fetch_all(self.connection())
        .await?;
        for (model, slug, checkpoint, graph) in candidates {
            let rows: Vec<(String, String)> = sqlx::query_as("SELECT name, stats FROM tensor WHERE checkpoint_id = ?")
                .bind(checkpoint)
                .fetch_all(self.connection())
                .await?;
            let mut weights = 0;
            let mut fits = true;
            for (name, stats) in rows {
                let stats = json(&stats)?;
                let is_weight = have.contains_key(name.as_str()) || !looks_generated(&name, &stats);
                if is_weight {
                    weights += 1;
                    fits &= have.get(name.as_str()).is_some_and(|shape| **shape == stats["shape"]);
                }
            }
            if fits && weights > 0 {
                return Ok(Some(GraphFound { model, slug, graph }));
            }
        }
        Ok(None)
    }

    /// Moves a checkpoint under another model, and deletes the model it leaves if that is empty now.
    pub async fn move_checkpoint(&mut self, checkpoint: CheckpointId, model: i64) -> Result<()> {
        let former: Option<i64> = sqlx::query_scalar("SELECT model_id FROM checkpoint WHERE id = ?")
            .bind(checkpoint)
            .fetch_optional(self.connection())
            .await?;
        sqlx::query("UPDATE checkpoint SET model_id = ? WHERE id = ?")
            .bind(model)
            .bind(checkpoint)
            .execute(self.connection())
            .await?;
        sqlx::query("DELETE FROM model WHERE id = ? AND NOT EXISTS (SELECT 1 FROM checkpoint WHERE model_id = ?)")
            .bind(former)
            .bind(former)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

/// Whether an initialiser is an exporter's constant rather than a weight: no axis, not floating, or
/// a name that no module gives (`onnx::Add_12`, `/block/Constant_output_0`).
fn looks_generated(name: &str, stats: &Value) -> bool {
    let scalar = stats["shape"].as_array().is_none_or(Vec::is_empty);
    let floating = stats["dtype"]
        .as_str()
        .is_some_and(|dtype| dtype.starts_with('f') || dtype.starts_with("bf"));
    scalar || !floating || name.starts_with('/') || name.contains("::")
}
