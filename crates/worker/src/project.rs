//! Places points of many dimensions in few.

use glassboard_projection::{Points, PointsError, Projected, ProjectionError, Question, project};
use serde_json::{Value, json};

use crate::context::Context;
use crate::trouble::Trouble;
use glassboard_jobs::protocol::Fault;
use glassboard_jobs::spec::Source;

/// The result of `JobSpec::Project` and the places.
pub fn place(
    context: &Context<'_>,
    points: &Source,
    width: usize,
    question: &Value,
) -> Result<(Value, Vec<u8>), Trouble> {
    let question: Question = serde_json::from_value(question.clone())
        .map_err(|error| Trouble::input(format!("the question is not one of projections: {error}")))?;
    let bytes = context.points(points)?;
    let values: Vec<f32> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|four| f32::from_le_bytes(*four))
        .collect();
    drop(bytes);
    let points = Points::new(width, values)?;
    let n = points.len();
    let mut watch = |done: f64, doing: &str| {
        context.progress(done, doing);
        !context.cancelled()
    };
    let Projected { at, variance, kept } = project(points, &question, &mut watch)?;
    let places = at.iter().flat_map(|value| value.to_le_bytes()).collect();
    Ok((json!({ "points": n, "variance": variance, "kept": kept }), places))
}

impl From<PointsError> for Trouble {
    fn from(error: PointsError) -> Self {
        Self::input(error.to_string())
    }
}

impl From<ProjectionError> for Trouble {
    fn from(error: ProjectionError) -> Self {
        let fault = match &error {
            ProjectionError::Question(_) => Fault::Input,
            ProjectionError::Cancelled => Fault::Cancelled,
        };
        Self {
            fault,
            message: error.to_string(),
        }
    }
}
