//! `POST /embeddings/{id}/projections`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use glassboard_jobs::spec::JobSpec;
use glassboard_store::NewProjection;
use serde::Deserialize;
use serde_json::{Value, json};

use super::described;
use crate::extract::{Json, Path};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// What is asked; the worker checks ranges.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    method: Method,
    #[serde(default = "three")]
    dimensions: usize,
    #[serde(default)]
    spherize: bool,
    #[serde(default)]
    seed: u64,
    #[serde(default = "perplexity")]
    perplexity: f64,
    #[serde(default = "neighbours")]
    neighbours: usize,
    #[serde(default = "minimum_distance")]
    minimum_distance: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    Pca,
    Tsne,
    Umap,
}

fn three() -> usize {
    3
}

fn perplexity() -> f64 {
    25.0
}

fn neighbours() -> usize {
    15
}

fn minimum_distance() -> f64 {
    0.1
}

impl Asked {
    /// The question as JSON: what makes no difference to the method is not part of it.
    fn question(&self) -> Value {
        let mut question = json!({ "dimensions": self.dimensions, "spherize": self.spherize });
        match self.method {
            Method::Pca => {
                question["method"] = json!("pca");
                question["seed"] = json!(0);
            }
            Method::Tsne => {
                question["method"] = json!("tsne");
                question["seed"] = json!(self.seed);
                question["perplexity"] = json!(self.perplexity);
            }
            Method::Umap => {
                question["method"] = json!("umap");
                question["seed"] = json!(self.seed);
                question["neighbours"] = json!(self.neighbours);
                question["minimum_distance"] = json!(self.minimum_distance);
            }
        }
        question
    }

    fn title(&self) -> &'static str {
        match self.method {
            Method::Pca => "PCA",
            Method::Tsne => "t-SNE",
            Method::Umap => "UMAP",
        }
    }
}

pub async fn ask(State(app): State<AppState>, Path(id): Path<i64>, Json(asked): Json<Asked>) -> Answer {
    let embedding = app.store().embedding(&app.actor(), id).await?;
    let read = embedding.read;
    let tensor = read.tensor.ok_or_else(|| {
        Problem::conflict(
            read.problem
                .unwrap_or_else(|| "This embedding has no points.".to_owned()),
        )
    })?;
    let question = asked.question();
    let new = NewProjection {
        id: address(&tensor, read.width, &question),
        tensor: tensor.clone(),
        question: question.clone(),
    };
    let spec = JobSpec::Project {
        points: crate::explanations::question::blob(&app, &tensor)?,
        width: read.width,
        question,
    };
    let title = format!("{} of {}, {}", asked.title(), embedding.run_name, read.name);
    let row = app.work().ask_projection(&app, &new, spec, title).await?;
    let status = match row.state.as_str() {
        "queued" | "running" => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    Ok((status, axum::Json(described(&row)?)).into_response())
}

/// Changes whenever the same question may get another picture.
const VERSION: u32 = 1;

fn address(tensor: &str, width: usize, question: &Value) -> String {
    let whole = json!({ "version": VERSION, "tensor": tensor, "width": width, "question": question });
    blake3::hash(whole.to_string().as_bytes()).to_hex().to_string()
}
