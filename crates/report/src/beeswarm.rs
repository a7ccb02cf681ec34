//! All rows at once: for each of the strongest features, one dot a row, spread where many fall together.

/// Features shown.
const SHOWN: usize = 15;
/// Most dots a feature; of more rows every k-th is drawn, and the page says so.
const DOTS: usize = 600;
const WIDTH: f64 = 760.0;
const NAMES: f64 = 230.0;
const ROW: f64 = 34.0;

/// One feature's dots.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lane {
    pub name: String,
    pub mean: String,
    pub y: f64,
    pub dots: Vec<Dot>,
}

/// A row's effect: place, and in which third of the feature's values its value lies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dot {
    pub x: f64,
    pub y: f64,
    pub class: &'static str,
}

/// The drawing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Swarm {
    pub lanes: Vec<Lane>,
    pub height: f64,
    pub zero_x: f64,
    pub drawn: usize,
    pub rows: usize,
}

/// Of `effects` and `values`, both `[rows, names.len()]` row-major.
pub(crate) fn beeswarm(names: &[String], effects: &[f64], values: &[f64]) -> Swarm {
    let width = names.len().max(1);
    let rows = effects.len() / width;
    let mean = |f: usize| (0..rows).map(|r| effects[r * width + f].abs()).sum::<f64>() / rows.max(1) as f64;
    let mut order: Vec<(usize, f64)> = (0..names.len()).map(|f| (f, mean(f))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.truncate(SHOWN);
    let every = rows.div_ceil(DOTS).max(1);
    let drawn: Vec<usize> = (0..rows).step_by(every).collect();
    let reach = order
        .iter()
        .flat_map(|(f, _)| drawn.iter().map(move |r| effects[r * width + f].abs()))
        .fold(0.0, f64::max);
    let reach = if reach > 0.0 { reach } else { 1.0 };
    let middle = f64::midpoint(NAMES, WIDTH - 20.0);
    let x = |v: f64| middle + v / reach * (WIDTH - 20.0 - NAMES) / 2.0;
    let lanes = order
        .iter()
        .enumerate()
        .map(|(i, (f, mean))| {
            let y = 20.0 + i as f64 * ROW;
            let column: Vec<f64> = drawn
                .iter()
                .filter_map(|r| values.get(r * width + f).copied())
                .collect();
            // By thirds of the rows, so that one outlier does not make all others alike.
            let mut ranked: Vec<f64> = column.iter().copied().filter(|v| v.is_finite()).collect();
            ranked.sort_by(f64::total_cmp);
            let (low, high) = (third(&ranked, 1), third(&ranked, 2));
            // How many dots already stand in each column of three pixels.
            let mut stacked = std::collections::HashMap::<i64, i32>::new();
            let dots = drawn
                .iter()
                .enumerate()
                .map(|(k, r)| {
                    let at = x(effects[r * width + f]);
                    let count = stacked.entry((at / 3.0) as i64).or_insert(0);
                    let step = (*count + 1) / 2 * if *count % 2 == 0 { 1 } else { -1 };
                    *count += 1;
                    let value = column.get(k).copied().filter(|v| v.is_finite());
                    Dot {
                        x: at,
                        y: y + f64::from(step.clamp(-6, 6)) * 2.2,
                        class: match value {
                            Some(v) if v > high => "high",
                            Some(v) if v > low => "mid",
                            Some(_) => "low",
                            None => "none",
                        },
                    }
                })
                .collect();
            Lane {
                name: names[*f].clone(),
                mean: crate::numbers::short(*mean),
                y,
                dots,
            }
        })
        .collect::<Vec<_>>();
    Swarm {
        height: 20.0 + lanes.len() as f64 * ROW + 14.0,
        lanes,
        zero_x: x(0.0),
        drawn: drawn.len(),
        rows,
    }
}

/// The value below which `count` thirds of `ranked` lie.
fn third(ranked: &[f64], count: usize) -> f64 {
    let at = (ranked.len() * count / 3).min(ranked.len().saturating_sub(1));
    ranked.get(at).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlier_leaves_the_colours_of_the_others_apart() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 1e9];
        let drawn = beeswarm(&["a".to_owned()], &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], &values);
        let classes: Vec<_> = drawn.lanes[0].dots.iter().map(|dot| dot.class).collect();
        assert_eq!(classes, ["low", "low", "low", "mid", "mid", "high"]);
        assert_eq!((drawn.drawn, drawn.rows), (6, 6));
    }
}
