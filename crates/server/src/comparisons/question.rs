//! What is asked about two checkpoints.

use glassboard_jobs::spec::{InputRef, Null, Source, Span, Wanted};
use glassboard_store::InputRow;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::explanations::company::CompanyAsked;
use crate::explanations::question::{Asked as Explained, BackgroundAsked, RowsAsked, input_ref};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Most inputs named in one question.
const MOST_INPUTS: usize = 500;
/// Most draws of one input.
const MOST_DRAWS: usize = 1_000;
/// Most pairs of training seeds.
const MOST_PAIRS: usize = 8;

/// The body of `POST /comparisons`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub kind: Kind,
    pub a: SideAsked,
    pub b: SideAsked,
    /// For drift and metrics.
    #[serde(default)]
    pub inputs: Vec<InputAsked>,
    pub method: Option<String>,
    #[serde(default)]
    pub params: Map<String, Value>,
    pub target: Option<usize>,
    pub output: Option<String>,
    pub on: Option<String>,
    pub baseline: Option<String>,
    #[serde(default)]
    pub seed: u64,
    pub background: Option<BackgroundAsked>,
    pub noise: Option<f64>,
    /// Of drift: how often an input is redrawn. Of metrics: how often the rows are.
    pub draws: Option<usize>,
    #[serde(default)]
    pub pairs: Vec<[SideAsked; 2]>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Weights,
    Drift,
    Metrics,
}

impl Kind {
    /// As the store and the API have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::Drift => "drift",
            Self::Metrics => "metrics",
        }
    }
}

/// A model, and which checkpoint of it (the last ready one where absent).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideAsked {
    pub model: String,
    pub checkpoint: Option<String>,
}

/// An input, and which rows of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputAsked {
    pub input: String,
    #[serde(default)]
    pub row: usize,
    pub rows: Option<RowsAsked>,
}

impl InputAsked {
    fn span(&self) -> Answer<Option<Span>> {
        match &self.rows {
            None => Ok(None),
            Some(RowsAsked::Word(word)) if word == "all" => Ok(Some(Span::ALL)),
            Some(RowsAsked::Word(word)) => Err(Problem::bad_request(format!(
                "`rows` must be \"all\" or {{\"from\",\"count\"}}, not `{word}`."
            ))),
            Some(RowsAsked::Span { count: 0, .. }) => Err(Problem::bad_request("`rows.count` must be 1 or more.")),
            Some(RowsAsked::Span { from, count }) => Ok(Some(Span {
                from: *from,
                count: *count,
            })),
        }
    }

    /// For a worker.
    pub fn wanted(&self, app: &AppState, input: &InputRow) -> Answer<Wanted> {
        let rows = self.span()?;
        let first = rows.map_or(self.row, |span| span.from);
        Ok(Wanted {
            input: InputRef {
                row: self.row,
                ..input_ref(app, input, first)?
            },
            rows,
        })
    }
}

impl Asked {
    /// The inputs, each looked up; a sentence where there are none or too many.
    pub async fn inputs(&self, app: &AppState) -> Answer<Vec<InputRow>> {
        let most = if self.kind == Kind::Metrics { 1 } else { MOST_INPUTS };
        match self.inputs.len() {
            0 => {
                return Err(Problem::bad_request(
                    "`inputs` names nothing to compare the two on; give [{\"input\"}].",
                ));
            }
            n if n > most => {
                return Err(Problem::bad_request(format!("`inputs` names {n}; {most} is the most.")));
            }
            _ => {}
        }
        let mut rows = Vec::with_capacity(self.inputs.len());
        for asked in &self.inputs {
            rows.push(app.store().input(app.actor(), &asked.input).await?);
        }
        Ok(rows)
    }

    /// What is asked of each model, as `POST /explanations` has it.
    pub fn explained(&self) -> Answer<Explained> {
        let method = self
            .method
            .clone()
            .ok_or_else(|| Problem::bad_request("`method` is missing: the name of a method, such as saliency."))?;
        Ok(Explained {
            model: self.b.model.clone(),
            checkpoint: self.b.checkpoint.clone(),
            input: self.inputs.first().map(|i| i.input.clone()).unwrap_or_default(),
            row: 0,
            rows: None,
            background: self.background.clone(),
            method,
            params: self.params.clone(),
            target: self.target,
            output: self.output.clone(),
            on: self.on.clone(),
            baseline: self.baseline.clone(),
            seed: self.seed,
            evidence: Some("none".to_owned()),
            changes: None,
            keep: None,
            company: CompanyAsked::default(),
            mask: None,
        })
    }

    /// What the distances are compared with, but for the pairs.
    pub fn null(&self) -> Answer<Null> {
        let noise = self.noise.unwrap_or(Null::NOISE);
        if !(noise > 0.0 && noise <= 1.0) {
            return Err(Problem::bad_request(format!(
                "`noise` is a share of the input's range, above 0 and at most 1, not {noise}."
            )));
        }
        if let Some(draws) = self.draws.filter(|n| !(1..=MOST_DRAWS).contains(n)) {
            return Err(Problem::bad_request(format!(
                "`draws` must be from 1 to {MOST_DRAWS}, not {draws}."
            )));
        }
        if self.pairs.len() > MOST_PAIRS {
            return Err(Problem::bad_request(format!(
                "`pairs` names {}; {MOST_PAIRS} is the most.",
                self.pairs.len()
            )));
        }
        Ok(Null {
            noise,
            draws: self.draws,
            pairs: Vec::new(),
        })
    }
}

/// The file that holds a checkpoint's weights by the names of its graph, where it has one.
pub fn weights(app: &AppState, checkpoint: &glassboard_store::CheckpointRow) -> Answer<Source> {
    if checkpoint.state != "ready" {
        return Err(Problem::conflict(match &checkpoint.error {
            Some(error) => format!("`{}` could not be read: {error}", checkpoint.label),
            None => format!(
                "A worker is still reading `{}`; ask again in a moment.",
                checkpoint.label
            ),
        }));
    }
    let file = checkpoint.run_hash.as_deref().unwrap_or(&checkpoint.hash);
    crate::explanations::question::blob(app, file)
}
