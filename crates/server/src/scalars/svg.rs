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
use super::palette::{Colours, Slot, slots};
use super::query::series;
use super::scale::{Scale, clock, duration, tick};
use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Tags of one drawing.
const MAX_TAGS: usize = 24;
/// Lines the legend names.
const MAX_LEGEND: usize = 36;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 36.0;
const ROW: f64 = 18.0;
/// Pixels a letter of the legend takes, at most.
const LETTER: f64 = 6.7;

/// A line before it has a place on the drawing.
struct Curve {
    name: String,
    slot: Option<Slot>,
    dash: usize,
    x: Vec<f64>,
    /// Drawn strong.
    y: Vec<f64>,
    /// Drawn faint behind it.
    raw: Vec<f64>,
    /// Low and high borders of areas, the widest first.
    areas: Vec<(Vec<f64>, Vec<f64>)>,
}

struct Stroke {
    path: String,
    faint: String,
    areas: Vec<String>,
    colour: &'static str,
    dash: &'static str,
    opacity: &'static str,
}

struct Label {
    at: f64,
    text: String,
}

struct Entry {
    x: f64,
    y: f64,
    name: String,
    colour: &'static str,
    dash: &'static str,
}

#[derive(Template)]
#[template(path = "charts/scalars.svg")]
struct Drawing {
    width: f64,
    height: f64,
    title: String,
    colours: Colours,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x_ticks: Vec<Label>,
    y_ticks: Vec<Label>,
    x_title: String,
    strokes: Vec<Stroke>,
    legend: Vec<Entry>,
    more: usize,
    more_y: f64,
}

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

/// The range of everything drawn, as the page has it: padded, and without the outermost where asked.
fn y_range(curves: &[Curve], log: bool, outliers: bool) -> (f64, f64) {
    let mut values: Vec<f64> = curves
        .iter()
        .flat_map(|curve| {
            let edges = curve.areas.iter().flat_map(|(low, high)| low.iter().chain(high));
            curve.y.iter().chain(&curve.raw).chain(edges)
        })
        .copied()
        .filter(|v| v.is_finite() && (!log || *v > 0.0))
        .collect();
    if values.is_empty() {
        return if log { (0.1, 10.0) } else { (0.0, 1.0) };
    }
    values.sort_by(f64::total_cmp);
    let (mut low, mut high) = (values[0], values[values.len() - 1]);
    if outliers && values.len() > 20 {
        let at = |share: f64| values[((share * values.len() as f64) as usize).min(values.len() - 1)];
        (low, high) = (at(0.05), at(0.95));
    }
    if log {
        return if low == high {
            (low / 2.0, high * 2.0)
        } else {
            (low / 1.12, high * 1.12)
        };
    }
    let room = if high > low {
        (high - low) * 0.06
    } else if high == 0.0 {
        1.0
    } else {
        high.abs() * 0.1
    };
    (low - room, high + room)
}

fn x_range(asked: &Asked, curves: &[Curve]) -> (f64, f64) {
    let log = asked.logx == Some(1);
    let all = curves
        .iter()
        .flat_map(|curve| curve.x.iter().copied())
        .filter(|x| x.is_finite() && (!log || *x > 0.0));
    let (mut low, mut high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    if !low.is_finite() {
        (low, high) = if log { (1.0, 10.0) } else { (0.0, 1.0) };
    }
    low = asked.from.filter(|from| !log || *from > 0.0).unwrap_or(low);
    high = asked.to.unwrap_or(high);
    if high > low {
        (low, high)
    } else if log {
        (low / 2.0, low * 2.0)
    } else {
        (low - 1.0, low + 1.0)
    }
}

fn lay_out(
    asked: &Asked,
    title: String,
    axis: &Horizontal,
    curves: &[Curve],
    width: f64,
    tall: f64,
) -> Answer<Drawing> {
    let colours = Colours::of(asked.theme.as_deref())?;
    let (log, logx) = (asked.log == Some(1), asked.logx == Some(1));
    let named = &curves[..curves.len().min(MAX_LEGEND)];
    let longest = named.iter().map(|curve| curve.name.chars().count()).max().unwrap_or(0);
    let column = (longest as f64 * LETTER + 40.0).min(width - LEFT - RIGHT).max(60.0);
    let in_a_row = (((width - LEFT - RIGHT) / column) as usize).max(1);
    let rows = named.len().div_ceil(in_a_row);
    let (low, high) = x_range(asked, curves);
    let bottom = TOP + tall;
    let x = Scale {
        low,
        high,
        from: LEFT,
        to: width - RIGHT,
        log: logx,
    };
    let (least, most) = y_range(curves, log, asked.outliers == Some(1));
    let y = Scale {
        low: least,
        high: most,
        from: bottom,
        to: TOP,
        log,
    };
    let along = ((width - LEFT - RIGHT) / 90.0) as usize;
    let (ticks, x_title) = match axis {
        Horizontal::Own(Axis::Wall) => (x.time_ticks(along), "time, UTC".to_owned()),
        Horizontal::Own(Axis::Relative) => (x.time_ticks(along), "time since start".to_owned()),
        Horizontal::Own(Axis::Step) => (x.ticks(along), "step".to_owned()),
        Horizontal::Metric(tag) => (x.ticks(along), tag.clone()),
    };
    let write = |v: f64| match axis {
        Horizontal::Own(Axis::Wall) => clock(v, high - low),
        Horizontal::Own(Axis::Relative) => duration(v),
        _ => tick(v),
    };
    let label = |scale: &Scale, v: f64, text: String| scale.place(v).map(|at| Label { at, text });
    let legend = named
        .iter()
        .enumerate()
        .map(|(at, curve)| Entry {
            x: LEFT + (at % in_a_row) as f64 * column,
            y: bottom + 52.0 + (at / in_a_row) as f64 * ROW,
            name: curve.name.clone(),
            colour: colours.line(curve.slot),
            dash: dash(curve),
        })
        .collect();
    let more = curves.len() - named.len();
    Ok(Drawing {
        width,
        height: bottom + 52.0 + (rows + usize::from(more > 0)) as f64 * ROW,
        title,
        x_ticks: ticks.into_iter().filter_map(|v| label(&x, v, write(v))).collect(),
        y_ticks: y
            .ticks((tall / 56.0) as usize)
            .into_iter()
            .filter_map(|v| label(&y, v, tick(v)))
            .collect(),
        x_title,
        strokes: curves.iter().map(|curve| stroke(curve, &x, &y, &colours)).collect(),
        legend,
        more,
        more_y: bottom + 52.0 + rows as f64 * ROW,
        colours,
        left: LEFT,
        right: width - RIGHT,
        top: TOP,
        bottom,
    })
}

fn dash(curve: &Curve) -> &'static str {
    const DASHES: [&str; 6] = ["none", "6 3", "2 3", "9 3 2 3", "1 4", "12 4"];
    DASHES[(curve.dash + curve.slot.map_or(0, |slot| slot.dash)) % DASHES.len()]
}

fn stroke(curve: &Curve, x: &Scale, y: &Scale, colours: &Colours) -> Stroke {
    Stroke {
        path: path(&curve.x, &curve.y, x, y),
        faint: path(&curve.x, &curve.raw, x, y),
        areas: curve
            .areas
            .iter()
            .map(|(low, high)| area(&curve.x, low, high, x, y))
            .collect(),
        colour: colours.line(curve.slot),
        dash: dash(curve),
        opacity: if curve.slot.is_some() { "1" } else { "0.35" },
    }
}

/// Path data; what is no number is a gap.
fn path(xs: &[f64], ys: &[f64], x: &Scale, y: &Scale) -> String {
    let mut out = String::new();
    let mut down = false;
    for (&at, &value) in xs.iter().zip(ys) {
        match x.place(at).zip(y.place(value)) {
            Some((px, py)) => {
                out.push_str(&format!("{}{px:.1} {py:.1}", if down { 'L' } else { 'M' }));
                down = true;
            }
            None => down = false,
        }
    }
    out
}

/// Path data of what lies between two lines, piece by piece where both are numbers.
fn area(xs: &[f64], low: &[f64], high: &[f64], x: &Scale, y: &Scale) -> String {
    let mut out = String::new();
    let mut piece: Vec<(f64, f64, f64)> = Vec::new();
    let mut close = |piece: &mut Vec<(f64, f64, f64)>| {
        if piece.len() > 1 {
            let there = piece.iter().map(|(px, _, top)| format!("{px:.1} {top:.1}"));
            let back = piece.iter().rev().map(|(px, foot, _)| format!("{px:.1} {foot:.1}"));
            out.push_str(&format!("M{}Z", there.chain(back).collect::<Vec<_>>().join("L")));
        }
        piece.clear();
    };
    for ((&at, &a), &b) in xs.iter().zip(low).zip(high) {
        // On a logarithmic axis an area that reaches zero ends at the foot.
        let foot = y.place(a).or((y.log && a <= 0.0).then_some(y.from));
        match (x.place(at), foot, y.place(b)) {
            (Some(px), Some(foot), Some(top)) => piece.push((px, foot, top)),
            _ => close(&mut piece),
        }
    }
    close(&mut piece);
    out
}
