//! Every point of a tag, run by run: what groups, joins, statistics and drawings are computed from.

use glassboard_series::Columns;
use glassboard_store::logs::{Axis, ScalarQuery, ScalarSeries};

use super::ask::{Asked, Horizontal};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// A run's points in order of step.
pub struct Raw {
    pub run: String,
    pub points: Columns,
}

/// A run's points with their x, in the order a line goes through them.
pub struct Line {
    pub run: String,
    pub x: Vec<f64>,
    pub points: Columns,
}

/// The points of `tag` in the runs asked for.
pub async fn raw(app: &AppState, experiment: &str, asked: &Asked, tag: &str) -> Answer<Vec<Raw>> {
    let query = whole(asked, tag, Axis::Step)?;
    let series = app.store().scalars(&app.actor(), experiment, &query).await?;
    Ok(series
        .into_iter()
        .map(|one| Raw {
            run: one.run.clone(),
            points: columns(one).1,
        })
        .collect())
}

/// The same over the axis asked for, which may be another metric.
pub async fn lines(app: &AppState, experiment: &str, asked: &Asked, tag: &str) -> Answer<Vec<Line>> {
    match asked.horizontal()? {
        Horizontal::Own(axis) => {
            let query = whole(asked, tag, axis)?;
            let series = app.store().scalars(&app.actor(), experiment, &query).await?;
            Ok(series
                .into_iter()
                .map(|one| {
                    let run = one.run.clone();
                    let (x, points) = columns(one);
                    Line { run, x, points }
                })
                .collect())
        }
        Horizontal::Metric(metric) => {
            let align = asked.align()?;
            let (values, over) = (
                raw(app, experiment, asked, tag).await?,
                raw(app, experiment, asked, &metric).await?,
            );
            off_thread(move || {
                let over: std::collections::HashMap<&str, &Columns> =
                    over.iter().map(|one| (one.run.as_str(), &one.points)).collect();
                values
                    .iter()
                    .map(|one| {
                        let (x, points) = over
                            .get(one.run.as_str())
                            .map(|x| glassboard_series::join(&one.points, x, align))
                            .unwrap_or_default();
                        Line {
                            run: one.run.clone(),
                            x,
                            points,
                        }
                    })
                    .collect()
            })
            .await
        }
    }
}

fn whole(asked: &Asked, tag: &str, axis: Axis) -> Answer<ScalarQuery> {
    Ok(ScalarQuery {
        tag: tag.to_owned(),
        runs: asked.runs()?,
        axis,
        from: None,
        to: None,
        columns: None,
        smoothing: 0.0,
        superseded: asked.superseded(),
    })
}

fn columns(series: ScalarSeries) -> (Vec<f64>, Columns) {
    let points = Columns {
        steps: series.step,
        walls: series.wall,
        values: series.y,
    };
    (series.x, points)
}

/// Computing never runs on the threads that answer requests.
pub async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
}
