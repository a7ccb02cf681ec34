//! Explanations that need several sets of inputs, or several checkpoints: concepts, and influence of training rows.

mod answer;
mod concept;
mod influence;
mod members;

use glassboard_catalog::{Output, Scope};
use glassboard_jobs::spec::{Company, Question};
use serde_json::Value;
use std::rc::Rc;

use crate::explain_rows::RowsExplained;
use crate::input::Input;
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// What is explained.
pub struct SetsQuery<'a> {
    /// The model.
    pub loaded: &'a Loaded,
    /// The input: rows that are asked about.
    pub input: &'a Input<'a>,
    /// The row, where a method asks about one and the question names no span.
    pub row: usize,
    /// `preprocess.json` or null.
    pub preprocess: &'a Value,
    /// Method, parameters, company and so on.
    pub question: &'a Question,
    /// The members of the question's company, in order.
    pub members: &'a [Input<'a>],
    /// Opens a checkpoint of the question's company.
    pub step: &'a mut dyn FnMut(usize) -> Result<Rc<Loaded>, Trouble>,
}

/// Who hears how far it is, and says whether to go on.
pub struct Ears<'a> {
    /// Hears a fraction and a sentence.
    pub progress: &'a mut dyn FnMut(f64, &str),
    /// Asked between batches.
    pub cancelled: &'a dyn Fn() -> bool,
}

/// Whether `method` needs several sets.
pub fn is_for_sets(method: &str) -> bool {
    glassboard_catalog::scope(method) == Some(Scope::Sets)
}

/// Computes what `query` asks.
pub fn explain_sets(mut query: SetsQuery<'_>, mut ears: Ears<'_>) -> Result<RowsExplained, Trouble> {
    let entry = glassboard_catalog::find(&query.question.method)
        .ok_or_else(|| Trouble::input(format!("there is no method `{}`", query.question.method)))?;
    match entry.output {
        Output::Concept => concept::explain(&query, entry, &mut ears),
        Output::Influence => influence::explain(&mut query, entry, &mut ears),
        _ => Err(Trouble::internal(format!("`{}` needs no other sets", entry.name))),
    }
}

impl SetsQuery<'_> {
    fn company(&self) -> Company {
        self.question.company.clone().unwrap_or_default()
    }

    /// The place of the member that plays `role`.
    fn member(&self, role: &str) -> Option<usize> {
        self.company().members.iter().position(|member| member.role == role)
    }
}
