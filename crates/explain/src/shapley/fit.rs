//! Shapley values as a weighted least-squares fit of an additive game (Charnes et al. 1988; Lundberg & Lee 2017).

use ndarray::Array2;

use crate::ExplainError;
use crate::game::Coalition;
use crate::solve::Normal;

/// Weight of all coalitions of `size` together, up to a constant: (M-1) / (s (M-s)).
pub fn size_weight(players: usize, size: usize) -> f64 {
    (players as f64 - 1.0) / (size as f64 * (players - size) as f64)
}

/// How many ways there are to choose `k` of `n`, as a float.
pub fn choose(n: usize, k: usize) -> f64 {
    (0..k.min(n - k)).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64)
}

/// Values of coalitions gathered for the fit of one game, and how sure it is.
///
/// What was drawn at random goes into one of a few groups, so that the fit without each group (the jackknife of
/// Tukey 1958) tells its standard error.
#[derive(Debug, Clone)]
pub struct Fit {
    players: usize,
    base: Vec<f64>,
    total: Vec<f64>,
    fixed: Normal,
    groups: Vec<Normal>,
    mass: Vec<f64>,
    /// Weight that all drawn coalitions stand for together.
    stands_for: f64,
}

impl Fit {
    /// Of a game with `base` for nobody and `total` for everybody; drawn coalitions go into `groups`.
    pub fn new(players: usize, base: &[f64], total: &[f64], groups: usize, stands_for: f64) -> Self {
        let normal = Normal::new(players.saturating_sub(1), base.len());
        Self {
            players,
            base: base.to_vec(),
            total: total.to_vec(),
            fixed: normal.clone(),
            groups: vec![normal; groups],
            mass: vec![0.0; groups],
            stands_for,
        }
    }

    /// Adds the value of a coalition; `group` is none where the coalition was sure to be asked for.
    pub fn add(&mut self, coalition: &Coalition, weight: f64, group: Option<usize>, value: &[f64]) {
        let Some(last) = self.players.checked_sub(1) else {
            return;
        };
        let at = |player: usize| if coalition.contains(player) { 1.0 } else { 0.0 };
        // The last player's share is what the others leave of the total.
        let held = at(last);
        let row: Vec<f64> = (0..last).map(|player| at(player) - held).collect();
        let ends = self.base.iter().zip(&self.total);
        let answer: Vec<f64> = value
            .iter()
            .zip(ends)
            .map(|(v, (base, total))| v - base - held * (total - base))
            .collect();
        match group {
            None => self.fixed.add(&row, weight, &answer),
            Some(group) => {
                self.groups[group].add(&row, weight, &answer);
                self.mass[group] += weight;
            }
        }
    }

    /// The shares `[players, outputs]`, without one of the groups if asked.
    pub fn shares(&self, without: Option<usize>) -> Result<Array2<f64>, ExplainError> {
        let (outputs, last) = (self.base.len(), self.players.saturating_sub(1));
        let mut values = Array2::zeros((self.players, outputs));
        if self.players == 0 {
            return Ok(values);
        }
        let kept = || (0..self.groups.len()).filter(|group| Some(*group) != without);
        let mass: f64 = kept().map(|group| self.mass[group]).sum();
        let mut normal = self.fixed.clone();
        if mass > 0.0 {
            kept().for_each(|group| normal.add_scaled(&self.groups[group], self.stands_for / mass));
        }
        let first = normal.solve()?;
        for output in 0..outputs {
            let mut given = 0.0;
            for player in 0..last {
                values[[player, output]] = first[[player, output]];
                given += first[[player, output]];
            }
            values[[last, output]] = self.total[output] - self.base[output] - given;
        }
        values.mapv_inplace(|v| if v.abs() < 1e-10 { 0.0 } else { v });
        Ok(values)
    }

    /// How many groups hold something.
    fn filled(&self) -> impl Iterator<Item = usize> {
        (0..self.groups.len()).filter(|group| self.mass[*group] > 0.0)
    }
}

/// The mean of the shares of several fits, and its standard error by leaving out each group in all of them; none
/// where too little was drawn at random to tell, zero where nothing was.
pub fn mean_of(fits: &[Fit]) -> Result<(Array2<f64>, Option<Array2<f64>>), ExplainError> {
    let mean = |without: Option<usize>| {
        let mut sum: Option<Array2<f64>> = None;
        for fit in fits {
            let shares = fit.shares(without)?;
            sum = Some(match sum {
                None => shares,
                Some(sum) => sum + shares,
            });
        }
        Ok::<_, ExplainError>(sum.unwrap_or_default() / fits.len().max(1) as f64)
    };
    let values = mean(None)?;
    let most = fits.iter().map(|fit| fit.filled().count()).max().unwrap_or(0);
    if most == 0 {
        let error = Array2::zeros(values.dim());
        return Ok((values, Some(error)));
    }
    if most < 3 {
        return Ok((values, None));
    }
    let left_out = (0..most)
        .map(|group| mean(Some(group)))
        .collect::<Result<Vec<_>, _>>()?;
    let count = left_out.len() as f64;
    let nothing = || Array2::<f64>::zeros(values.dim());
    let centre = left_out.iter().fold(nothing(), |sum, v| sum + v) / count;
    let spread = left_out.iter().fold(nothing(), |sum, v| {
        let off = v - &centre;
        sum + &off * &off
    });
    let error = spread.mapv(|v: f64| (v * (count - 1.0) / count).sqrt());
    Ok((values, Some(error)))
}
