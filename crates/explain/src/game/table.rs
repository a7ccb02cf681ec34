//! The game of one row of a table: columns that are not known are taken from background rows, and averaged.

use ndarray::{Array2, ArrayView1, ArrayView2};

use super::{Coalition, Game, Link};
use crate::{Columns, ExplainError, Readout, Runner};

/// Composite rows whose answers are held at once, about.
const BLOCK: usize = 1 << 17;

/// v(S) = link(mean over background rows b of f(x where S, b elsewhere)), for all outputs at once in the readout's
/// space. Players are the columns in which some background row differs from x, or groups of columns; other columns
/// can have no share.
pub struct TableGame<'a> {
    x: Vec<f64>,
    background: ArrayView2<'a, f64>,
    readout: Readout,
    link: Link,
    players: Vec<Vec<usize>>,
}

impl<'a> TableGame<'a> {
    /// The row `x` against `background` (`[rows, columns]`); every column for itself, or in `groups`.
    ///
    /// # Errors
    /// A sentence where there is no background row or the columns do not fit.
    pub fn new(
        x: ArrayView1<'_, f64>,
        background: ArrayView2<'a, f64>,
        readout: Readout,
        link: Link,
        groups: Option<&[Vec<usize>]>,
    ) -> Result<Self, ExplainError> {
        if background.nrows() == 0 {
            return Err(ExplainError::parameters(
                "Shapley values need background rows, which stand for what is not known; give a table of them",
            ));
        }
        if background.ncols() != x.len() {
            return Err(ExplainError::parameters(format!(
                "the background rows have {} columns and the row has {}",
                background.ncols(),
                x.len()
            )));
        }
        let single: Vec<Vec<usize>>;
        let groups = if let Some(groups) = groups {
            groups
        } else {
            single = (0..x.len()).map(|column| vec![column]).collect();
            &single
        };
        let differs = |column: &usize| {
            let here = x[*column];
            let same = |there: &f64| there.to_bits() == here.to_bits() || (there.is_nan() && here.is_nan());
            // Minus zero is zero to every model.
            !background
                .column(*column)
                .iter()
                .all(|there| same(there) || (*there == 0.0 && here == 0.0))
        };
        let players = groups.iter().filter(|columns| columns.iter().any(differs));
        Ok(Self {
            x: x.to_vec(),
            background,
            readout,
            link,
            players: players.cloned().collect(),
        })
    }

    /// The columns of each player.
    pub fn columns_of(&self) -> &[Vec<usize>] {
        &self.players
    }

    /// How many columns a row has.
    pub fn columns(&self) -> usize {
        self.x.len()
    }

    /// Each player's share put on its columns, evenly; what is no player's stays as it is in `out` (`[columns]`).
    pub fn on_columns(&self, share: impl Fn(usize) -> f64, out: &mut [f64]) {
        for (player, columns) in self.players.iter().enumerate() {
            let each = share(player) / columns.len() as f64;
            for &column in columns {
                out[column] = each;
            }
        }
    }

    /// Answers of composite rows in order: row i is x in the columns of `coalition(i)`, else background row `b(i)`.
    fn composites(
        &self,
        run: &mut Runner<'_>,
        rows: usize,
        which: impl Fn(usize) -> (usize, usize),
        coalitions: &[Coalition],
        each: impl FnMut(usize, &[f64]),
    ) -> Result<usize, ExplainError> {
        let standard = self.background.as_standard_layout();
        let flat = standard.as_slice().unwrap_or_default();
        let width = self.x.len();
        let mut taken: Vec<(usize, f64)> = Vec::with_capacity(width);
        let mut last = usize::MAX;
        run.rows_each(
            width,
            rows,
            &self.readout,
            |i, row| {
                let (coalition, background) = which(i);
                if coalition != last {
                    last = coalition;
                    taken.clear();
                    let members = coalitions[coalition].members();
                    let columns = members.flat_map(|player| &self.players[player]);
                    taken.extend(columns.map(|&column| (column, self.x[column])));
                }
                row.copy_from_slice(&flat[background * width..][..width]);
                for &(column, value) in &taken {
                    row[column] = value;
                }
            },
            each,
        )
    }

    /// The means over the background of `asked`, none of them full.
    fn means(&self, run: &mut Runner<'_>, asked: &[Coalition]) -> Result<Array2<f64>, ExplainError> {
        let count = self.background.nrows();
        let mut sums: Vec<f64> = Vec::new();
        let mut width = 0;
        let block = (BLOCK / count).max(1);
        for part in asked.chunks(block) {
            let before = sums.len();
            self.composites(
                run,
                part.len() * count,
                |i| (i / count, i % count),
                part,
                |i, answer| {
                    width = answer.len();
                    let at = before + i / count * width;
                    if i % count == 0 {
                        sums.extend_from_slice(answer);
                    } else {
                        sums[at..].iter_mut().zip(answer).for_each(|(sum, v)| *sum += v);
                    }
                },
            )?;
        }
        let share = count as f64;
        for sum in &mut sums {
            *sum = self.link.of(*sum / share);
        }
        table(asked.len(), width, sums)
    }
}

impl Game for TableGame<'_> {
    fn players(&self) -> usize {
        self.players.len()
    }

    fn values(&self, run: &mut Runner<'_>, asked: &[Coalition]) -> Result<Array2<f64>, ExplainError> {
        // With everybody in, all background rows make the same row.
        if !asked.iter().any(Coalition::is_full) {
            return self.means(run, asked);
        }
        let others: Vec<Coalition> = asked.iter().filter(|c| !c.is_full()).cloned().collect();
        let mut known = Vec::new();
        let full = [Coalition::full(self.players())];
        let width = self.composites(run, 1, |_| (0, 0), &full, |_, answer| known.extend_from_slice(answer))?;
        for v in &mut known {
            *v = self.link.of(*v);
        }
        let means = self.means(run, &others)?;
        let mut rows = means.rows().into_iter();
        let mut all = Vec::with_capacity(asked.len() * width);
        for coalition in asked {
            match if coalition.is_full() { None } else { rows.next() } {
                Some(row) => all.extend(row.iter()),
                None => all.extend_from_slice(&known),
            }
        }
        table(asked.len(), width, all)
    }

    fn parts(&self) -> usize {
        match self.link {
            Link::Identity => self.background.nrows(),
            Link::Logit => 1,
        }
    }

    fn part_values(&self, run: &mut Runner<'_>, asked: &[(usize, Coalition)]) -> Result<Array2<f64>, ExplainError> {
        if self.parts() == 1 {
            let coalitions: Vec<Coalition> = asked.iter().map(|(_, coalition)| coalition.clone()).collect();
            return self.values(run, &coalitions);
        }
        let coalitions: Vec<Coalition> = asked.iter().map(|(_, coalition)| coalition.clone()).collect();
        let mut all = Vec::new();
        let which = |i: usize| (i, asked[i].0);
        let width = self.composites(run, asked.len(), which, &coalitions, |_, answer| {
            all.extend_from_slice(answer);
        })?;
        table(asked.len(), width, all)
    }
}

fn table(rows: usize, width: usize, values: Vec<f64>) -> Result<Array2<f64>, ExplainError> {
    Array2::from_shape_vec((rows, width), values)
        .map_err(|e| glassboard_model::ModelError::Failed(format!("the model's outputs do not line up: {e}")).into())
}

/// The groups of columns that `text` names: names joined by `+`, groups separated by commas; every column that is in
/// none stands for itself.
///
/// # Errors
/// A sentence for a name that no column has, or that is in two groups.
pub fn groups_of(text: &str, columns: &Columns) -> Result<Vec<Vec<usize>>, ExplainError> {
    let mut group_of: Vec<Option<usize>> = vec![None; columns.len()];
    let parts: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    for (number, part) in parts.iter().enumerate() {
        for name in part.split('+').map(str::trim) {
            let place = columns.names.iter().position(|column| column == name);
            let Some(place) = place else {
                return Err(ExplainError::parameters(format!(
                    "groups: there is no column `{name}`; write names joined by +, groups separated by commas"
                )));
            };
            if group_of[place].replace(number).is_some() {
                return Err(ExplainError::parameters(format!(
                    "groups: `{name}` is named twice; a column belongs to one group"
                )));
            }
        }
    }
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut seen: Vec<Option<usize>> = vec![None; parts.len()];
    for (column, group) in group_of.iter().enumerate() {
        match group.map(|number| (number, seen[number])) {
            Some((_, Some(at))) => groups[at].push(column),
            Some((number, None)) => {
                seen[number] = Some(groups.len());
                groups.push(vec![column]);
            }
            None => groups.push(vec![column]),
        }
    }
    Ok(groups)
}
