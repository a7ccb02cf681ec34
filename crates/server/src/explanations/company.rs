//! Sets of inputs and checkpoints that take part in a question beside its input.

use glassboard_catalog::{Output, Scope};
use glassboard_jobs::spec::{Company, CompanySources, Member, Step};
use serde::Deserialize;

use super::question::{Asked, RowsAsked, input_ref, runnable, span_of};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Most checkpoints that are added up.
const MOST_STEPS: usize = 100;

/// The keys of `POST /explanations` that name other sets and checkpoints.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct CompanyAsked {
    /// Rows that show a concept.
    pub concept: Option<MemberAsked>,
    /// Rows that do not.
    pub random: Option<MemberAsked>,
    /// Rows the model was trained on; the input itself where none are named.
    pub training: Option<MemberAsked>,
    /// Checkpoints of the model, first to last; all that run where none are named.
    pub checkpoints: Option<Vec<StepAsked>>,
}

/// A set of inputs: an upload, or some of its rows.
#[derive(Debug, Clone, Deserialize)]
pub struct MemberAsked {
    pub input: String,
    pub rows: Option<RowsAsked>,
    pub filter: Option<String>,
}

/// A checkpoint and the learning rate there, 1 where none is given.
#[derive(Debug, Clone, Deserialize)]
pub struct StepAsked {
    pub checkpoint: String,
    pub learning_rate: Option<f64>,
}

/// What the method needs of what is named, with the bytes; none for methods that ask about the input alone.
pub async fn company(app: &AppState, asked: &Asked) -> Answer<Option<(Company, CompanySources)>> {
    if glassboard_catalog::scope(&asked.method) != Some(Scope::Sets) {
        return Ok(None);
    }
    let named = &asked.company;
    let mut company = Company::default();
    let mut sources = CompanySources::default();
    for (role, member) in [
        ("concept", &named.concept),
        ("random", &named.random),
        ("training", &named.training),
    ] {
        let Some(member) = member else { continue };
        let input = app.store().input(app.actor(), &member.input).await?;
        company.members.push(Member {
            role: role.to_owned(),
            set: input.identity(),
            rows: member.rows.as_ref().map(span_of).transpose()?,
            filter: member.filter.clone().filter(|text| !text.is_empty()),
        });
        sources.members.push(input_ref(app, &input, 0)?);
    }
    let along = glassboard_catalog::find(&asked.method).is_some_and(|entry| entry.output == Output::Influence);
    for step in steps(app, asked, along).await? {
        let rate = step.learning_rate.unwrap_or(1.0);
        if !rate.is_finite() || rate < 0.0 {
            return Err(Problem::bad_request(format!(
                "The learning rate of `{}` must be a number from 0, not {rate}.",
                step.checkpoint
            )));
        }
        let (_, model) = runnable(app, &asked.model, Some(&step.checkpoint)).await?;
        sources.steps.push(model.source(app)?);
        company.steps.push(Step { model: model.run, rate });
    }
    Ok(Some((company, sources)))
}

/// The checkpoints that are meant, for a method that goes along them.
async fn steps(app: &AppState, asked: &Asked, along: bool) -> Answer<Vec<StepAsked>> {
    let steps = match &asked.company.checkpoints {
        _ if !along => Vec::new(),
        Some(steps) => steps.clone(),
        None => {
            let detail = app.store().model(app.actor(), &asked.model).await?;
            let run = detail
                .checkpoints
                .iter()
                .filter(|c| c.state == "ready" && c.run_hash.is_some());
            run.map(|c| StepAsked {
                checkpoint: c.id.0.to_string(),
                learning_rate: None,
            })
            .collect()
        }
    };
    if steps.len() > MOST_STEPS {
        return Err(Problem::bad_request(format!(
            "{} checkpoints are too many: {MOST_STEPS} are added up at most. Name some of them in `checkpoints`.",
            steps.len()
        )));
    }
    Ok(steps)
}
