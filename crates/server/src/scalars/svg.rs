//! `GET /experiments/{exp}/scalars.svg`: a chart as a drawing with its legend, for papers and slides.
//!
//! The drawing names no font file and no style sheet: presentation attributes only, so that it stands alone. A
//! PNG is made of it by the reader's browser, which has the fonts; a rasteriser here would need them a second
//! time, in a format it can read.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use glassboard_store::logs::{Axis, Kind};

use super::ask::{Asked, Horizontal, regex};
use super::bands::banded;
use super::drawing::{Curve, lay_out};
use super::palette::slots;
use super::query::series;
use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Tags of one drawing.
const MAX_TAGS: usize = 24;
pub async fn draw(
    State(app): State<AppState>,
    Path(experiment): Path<String>,
    Query(mut asked): Query<Asked>,
) -> Answer {
    let width = f64::from(asked.width.unwrap_or(800).clamp(240, 4000));
    let tall = f64::from(asked.height.unwrap_or(420).clamp(160, 3000));
    asked.columns = Some(width as usize);
    let grouped = asked.by.is_some();
    let curves = if grouped {
        by_group(&app, &experiment, &asked).await?
    } else {
        by_run(&app, &experiment, &mut asked).await?
    };
    let title = asked.tag.clone().or(asked.matching.clone()).unwrap_or_default();
    let axis = if grouped {
        Horizontal::Own(Axis::Step)
    } else {
        asked.horizontal()?
    };
    let drawing = lay_out(&asked, title, &axis, &curves, width, tall)?;
    let body = drawing.render().map_err(Problem::internal)?;
    Ok(as_svg(body))
}

fn as_svg(body: String) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "image/svg+xml; charset=utf-8")], body).into_response();
    response.headers_mut().insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("inline; filename=\"glassboard.svg\""),
    );
    response
}

async fn by_run(app: &AppState, experiment: &str, asked: &mut Asked) -> Answer<Vec<Curve>> {
    let tags = match (&asked.tag, &asked.matching) {
        (Some(tag), _) => vec![tag.clone()],
        (None, Some(source)) => {
            let regex = regex(source)?;
            let known = app.store().tags(&app.actor(), experiment, Some(Kind::Scalar)).await?;
            known
                .into_iter()
                .map(|t| t.tag)
                .filter(|t| regex.is_match(t))
                .take(MAX_TAGS)
                .collect()
        }
        (None, None) => {
            return Err(Problem::bad_request(
                "`tag` or `match` is missing: it says what is drawn.",
            ));
        }
    };
    let runs = app.store().runs(&app.actor(), experiment).await?;
    let several = tags.len() > 1;
    let title = asked.tag.clone();
    let mut found = Vec::new();
    for (dash, tag) in tags.iter().enumerate() {
        asked.tag = Some(tag.clone());
        for one in series(app, experiment, asked).await? {
            let name = runs
                .iter()
                .find(|run| run.id == one.run)
                .map_or(&one.run, |run| &run.name);
            let name = if several {
                format!("{name} · {tag}")
            } else {
                name.clone()
            };
            found.push((one, name, if several { dash } else { 0 }));
        }
    }
    asked.tag = title;
    let mut ids: Vec<String> = Vec::new();
    for (one, _, _) in &found {
        if !ids.contains(&one.run) {
            ids.push(one.run.clone());
        }
    }
    let slots = slots(&ids, asked.paint.as_deref())?;
    let smoothed = asked.smoothing()? > 0.0;
    Ok(found
        .into_iter()
        .map(|(one, name, dash)| Curve {
            name,
            slot: slots.get(&one.run).copied(),
            dash,
            raw: if smoothed { one.y.clone() } else { Vec::new() },
            y: if smoothed { one.smooth } else { one.y },
            x: one.x,
            areas: Vec::new(),
        })
        .collect())
}

async fn by_group(app: &AppState, experiment: &str, asked: &Asked) -> Answer<Vec<Curve>> {
    let found = banded(app, experiment, asked).await?;
    let names: Vec<String> = found.iter().map(|one| one.name.clone()).collect();
    let slots = slots(&names, asked.paint.as_deref())?;
    let band = asked.band.as_deref().unwrap_or("both");
    Ok(found
        .into_iter()
        .map(|one| {
            let b = one.bands;
            let mut areas = Vec::new();
            if matches!(band, "both" | "minmax") {
                areas.push((b.min.clone(), b.max.clone()));
            }
            if matches!(band, "both" | "std") {
                let edge = |sign: f64| b.mean.iter().zip(&b.std).map(|(mean, std)| mean + sign * std).collect();
                areas.push((edge(-1.0), edge(1.0)));
            }
            Curve {
                slot: slots.get(&one.name).copied(),
                name: format!("{} ({})", one.name, crate::text::count(one.runs.len() as i64, "run")),
                dash: 0,
                x: b.steps.iter().map(|&step| step as f64).collect(),
                y: one.smooth,
                raw: Vec::new(),
                areas,
            }
        })
        .collect())
}
