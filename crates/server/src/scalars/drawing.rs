//! Curves on a drawing: ranges, ticks, paths and the legend.

use askama::Template;
use glassboard_store::logs::Axis;

use super::ask::{Asked, Horizontal};
use super::palette::{Colours, Slot};
use super::scale::{Scale, clock, duration, tick};
use crate::problem::Answer;

/// Lines the legend names.
const MAX_LEGEND: usize = 36;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 36.0;
const ROW: f64 = 18.0;
/// Pixels a letter of the legend takes, at most.
const LETTER: f64 = 6.7;

/// A line before it has a place on the drawing.
pub struct Curve {
    pub name: String,
    pub slot: Option<Slot>,
    pub dash: usize,
    pub x: Vec<f64>,
    /// Drawn strong.
    pub y: Vec<f64>,
    /// Drawn faint behind it.
    pub raw: Vec<f64>,
    /// Low and high borders of areas, the widest first.
    pub areas: Vec<(Vec<f64>, Vec<f64>)>,
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
pub struct Drawing {
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
        return if low >= high {
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

/// Puts curves on a drawing of `width`, with a plot `tall` pixels high and the legend below.
pub fn lay_out(
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
