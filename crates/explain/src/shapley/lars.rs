//! The path of least angles (Efron et al. 2004) and the lasso.

/// A table by columns.
pub type Columns = Vec<Vec<f64>>;

/// A corner of the path.
#[derive(Debug, Clone)]
pub struct Step {
    /// Columns in the fit, in the order they came.
    pub active: Vec<usize>,
    /// A coefficient for every column.
    pub coefficients: Vec<f64>,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The corners of the path until `most` columns came in; as `lasso`, a column whose coefficient reaches zero leaves.
pub fn path(columns: &Columns, answer: &[f64], most: usize, lasso: bool) -> Vec<Step> {
    let mut coefficients = vec![0.0; columns.len()];
    let mut active: Vec<usize> = Vec::new();
    let mut steps = Vec::new();
    let mut residual = answer.to_vec();
    let limit = if lasso {
        8 * columns.len()
    } else {
        most.min(columns.len())
    };
    let mut left_now = None;
    let scale = columns.iter().map(|c| dot(c, answer).abs()).fold(0.0f64, f64::max);
    for _ in 0..limit {
        let along: Vec<f64> = columns.iter().map(|column| dot(column, &residual)).collect();
        let outside = (0..columns.len()).filter(|c| !active.contains(c) && Some(*c) != left_now);
        let next = outside.max_by(|a, b| along[*a].abs().total_cmp(&along[*b].abs()).then(b.cmp(a)));
        if left_now.take().is_none() {
            let Some(next) = next else { break };
            active.push(next);
        }
        let largest = active.iter().map(|c| along[*c].abs()).fold(0.0f64, f64::max);
        if largest <= scale * 1e-12 {
            active.pop();
            break;
        }
        // The direction that keeps all active columns at the same angle.
        let mut normal = crate::solve::Normal::new(active.len(), 1);
        let signs: Vec<f64> = active.iter().map(|c| along[*c].signum()).collect();
        for (i, a) in active.iter().enumerate() {
            for (j, b) in active.iter().enumerate().take(i + 1) {
                normal.set_gram(i, j, dot(&columns[*a], &columns[*b]));
            }
        }
        normal.set_right(&signs);
        let Ok(direction) = normal.solve() else { break };
        let direction: Vec<f64> = direction.iter().copied().collect();
        let mut moved = vec![0.0; answer.len()];
        for (column, by) in active.iter().zip(&direction) {
            moved.iter_mut().zip(&columns[*column]).for_each(|(m, v)| *m += by * v);
        }
        // All active correlations fall at rate 1; the first other column to match them comes next.
        let mut length = largest;
        for column in (0..columns.len()).filter(|c| !active.contains(c)) {
            let (rate, at) = (dot(&columns[column], &moved), along[column]);
            for candidate in [(largest - at) / (1.0 - rate), (largest + at) / (1.0 + rate)] {
                if candidate > largest * 1e-12 && candidate < length {
                    length = candidate;
                }
            }
        }
        if lasso {
            let crossing = |(place, column): (usize, &usize)| {
                let at = -coefficients[*column] / direction[place];
                (at > largest * 1e-12 && at < length).then_some((at, place))
            };
            let first = active.iter().enumerate().filter_map(crossing);
            if let Some((at, place)) = first.min_by(|a, b| a.0.total_cmp(&b.0)) {
                length = at;
                left_now = Some(active[place]);
            }
        }
        for (column, by) in active.iter().zip(&direction) {
            coefficients[*column] += length * by;
        }
        residual.iter_mut().zip(&moved).for_each(|(r, m)| *r -= length * m);
        if let Some(column) = left_now {
            coefficients[column] = 0.0;
            active.retain(|c| *c != column);
        }
        steps.push(Step {
            active: active.clone(),
            coefficients: coefficients.clone(),
        });
    }
    steps
}

/// The columns of the lasso fit with the least information criterion; columns are scaled to unit deviation first.
pub fn by_criterion(columns: &Columns, answer: &[f64], bayes: bool) -> Vec<usize> {
    let rows = answer.len() as f64;
    let mean = |of: &[f64]| of.iter().sum::<f64>() / rows;
    let prepared: Columns = columns
        .iter()
        .map(|column| {
            let centre = mean(column);
            let deviation = (column.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / rows).sqrt();
            let scale = if deviation > 0.0 { deviation } else { 1.0 };
            column.iter().map(|v| (v - centre) / scale).collect()
        })
        .collect();
    let centre = mean(answer);
    let centred: Vec<f64> = answer.iter().map(|v| v - centre).collect();
    let steps = path(&prepared, &centred, columns.len(), true);
    let squares = |step: &Step| {
        let mut residual = centred.clone();
        for (column, by) in prepared.iter().zip(&step.coefficients) {
            residual.iter_mut().zip(column).for_each(|(r, v)| *r -= by * v);
        }
        dot(&residual, &residual)
    };
    let Some(last) = steps.last() else { return Vec::new() };
    let variance = squares(last) / (rows - columns.len() as f64 - 1.0).max(1.0);
    let factor = if bayes { rows.ln() } else { 2.0 };
    let criterion = |step: &Step| squares(step) / variance.max(f64::MIN_POSITIVE) + factor * step.active.len() as f64;
    let best = steps.iter().min_by(|a, b| criterion(a).total_cmp(&criterion(b)));
    best.map(|step| step.active.clone()).unwrap_or_default()
}

/// The columns with a coefficient in the lasso fit `1/(2n) |y - Xc - intercept|² + penalty |c|₁`, by coordinate descent.
pub fn lasso(columns: &Columns, answer: &[f64], penalty: f64) -> Vec<usize> {
    let rows = answer.len() as f64;
    let centre = |of: &[f64]| {
        let mean = of.iter().sum::<f64>() / rows;
        of.iter().map(|v| v - mean).collect::<Vec<f64>>()
    };
    let columns: Columns = columns.iter().map(|c| centre(c)).collect();
    let mut residual = centre(answer);
    let mut coefficients = vec![0.0; columns.len()];
    for _ in 0..1000 {
        let mut moved = 0.0f64;
        for (column, coefficient) in columns.iter().zip(&mut coefficients) {
            let length = dot(column, column);
            if length <= 0.0 {
                continue;
            }
            let pull = dot(column, &residual) + length * *coefficient;
            let new = pull.signum() * (pull.abs() - penalty * rows).max(0.0) / length;
            let by = new - *coefficient;
            if by != 0.0 {
                residual.iter_mut().zip(column).for_each(|(r, v)| *r -= by * v);
                *coefficient = new;
                moved = moved.max(by.abs());
            }
        }
        if moved < 1e-9 {
            break;
        }
    }
    (0..columns.len()).filter(|c| coefficients[*c] != 0.0).collect()
}
