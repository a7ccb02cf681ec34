//! Interventional values pair by pair: one row, one background row, one walk that goes both ways only where the two
//! part (Lundberg et al. 2020).
//!
//! It serves trees that are too large for [`super::interventional`], and outputs whose pairs have a factor each:
//! where a probability or a loss is explained, the raw values of a pair are scaled so that they add up to the change
//! of that output.

use std::collections::HashMap;

use super::coalitions::Weights;
use super::drive::{Piece, Ready, Walk};
use super::interventional::{Counted, Interventional, count, fits};
use super::lanes::{Block, LANES};
use super::path::{Child, Paths};

/// What the values of each pair are multiplied with, `[rows][background]`; shares of the background are included.
pub struct Factors<'a> {
    /// By row of the table that is explained.
    pub of_row: &'a [Vec<f64>],
}

/// Values against a background, with or without factors.
pub struct Pairs<'a> {
    /// What is the same for both ways.
    pub common: Interventional<'a>,
    /// Background rows.
    pub count: usize,
    /// Raw values where there are none.
    pub factors: Option<Factors<'a>>,
}

/// What is made of a tree once.
pub enum Prepared {
    /// The background counted by patterns.
    Counted(Vec<Counted>),
    /// Each background row's answers at every split, `[rows][splits]`.
    Answers(Vec<bool>),
}

/// Each row's answers at every split, `[rows][splits]`.
fn answers(paths: &Paths, blocks: &[Block]) -> Vec<bool> {
    let mut all = Vec::new();
    for block in blocks {
        let first = all.len();
        let splits = paths.questions.len();
        all.resize(first + block.used * splits, false);
        for (split, question) in paths.questions.iter().enumerate() {
            let yes = question.ask(&block.columns);
            for (lane, yes) in yes.iter().enumerate().take(block.used) {
                all[first + lane * splits + split] = *yes != 0;
            }
        }
    }
    all
}

impl Walk for Pairs<'_> {
    type Prepared = Prepared;

    fn width(&self) -> usize {
        self.common.features
    }

    fn prepare(&self, paths: &Paths) -> Prepared {
        if self.factors.is_none() && fits(paths) {
            Prepared::Counted(count(paths, self.common.background))
        } else {
            Prepared::Answers(answers(paths, self.common.background))
        }
    }

    fn tree(&self, ready: &Ready<'_, Prepared>, piece: &mut Piece) {
        match &ready.prepared {
            Prepared::Counted(leaves) => self.common.look_up(ready, leaves, piece),
            Prepared::Answers(background) => self.each(ready, background, piece),
        }
    }
}

impl Pairs<'_> {
    fn each(&self, ready: &Ready<'_, Prepared>, background: &[bool], piece: &mut Piece) {
        let splits = ready.paths.questions.len();
        if splits == 0 {
            return;
        }
        let even = vec![1.0 / self.count as f64; self.count];
        let mut values: HashMap<usize, Option<Vec<f64>>> = HashMap::new();
        let mut state = vec![Known::Neither; self.common.features];
        let mut row_sums = vec![0.0; self.common.features];
        for (block, sums) in piece.blocks.iter().zip(piece.sums.chunks_mut(self.common.features)) {
            let values = values.entry(block.target).or_insert_with(|| ready.values(block.target));
            let Some(values) = values else { continue };
            let rows = answers(&ready.paths, std::slice::from_ref(block));
            for (lane, row) in rows.chunks(splits).enumerate() {
                let factors = self.factors.as_ref().map_or(&even, |f| &f.of_row[block.rows[lane]]);
                row_sums.fill(0.0);
                for (background, factor) in background.chunks(splits).zip(factors) {
                    let mut pair = Pair {
                        paths: &ready.paths,
                        values,
                        weights: self.common.weights,
                        row,
                        background,
                        factor: *factor,
                        state: &mut state,
                        sums: &mut row_sums,
                    };
                    pair.go(Child::Split(0), 0, 0);
                }
                debug_assert!(lane < LANES);
                sums.iter_mut().zip(&row_sums).for_each(|(to, part)| to[lane] += part);
            }
        }
    }
}

/// Whose answers a feature's splits have followed so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// The two have agreed.
    Neither,
    /// The row's.
    Row,
    /// The background row's.
    Background,
}

struct Pair<'a> {
    paths: &'a Paths,
    values: &'a [f64],
    weights: &'a Weights,
    row: &'a [bool],
    background: &'a [bool],
    factor: f64,
    state: &'a mut [Known],
    sums: &'a mut [f64],
}

impl Pair<'_> {
    /// Sums of the leaves below, weighted for a feature that is taken from the row and for one that is not, when
    /// `here` features were taken from the row and `there` from the background row.
    fn go(&mut self, at: Child, here: usize, there: usize) -> (f64, f64) {
        let split = match at {
            Child::Leaf(leaf) => {
                let value = self.values[leaf as usize];
                return (
                    value * self.weights.of(here, there),
                    value * self.weights.of(there, here),
                );
            }
            Child::Split(split) => split as usize,
        };
        let feature = self.paths.questions[split].feature as usize;
        let [yes, no] = self.paths.children[split];
        let (row, background) = (self.row[split], self.background[split]);
        let way = |answer: bool| if answer { yes } else { no };
        match self.state[feature] {
            Known::Row => self.go(way(row), here, there),
            Known::Background => self.go(way(background), here, there),
            Known::Neither if row == background => self.go(way(row), here, there),
            Known::Neither => {
                self.state[feature] = Known::Row;
                let with = self.go(way(row), here + 1, there);
                self.state[feature] = Known::Background;
                let without = self.go(way(background), here, there + 1);
                self.state[feature] = Known::Neither;
                self.sums[feature] += self.factor * (with.0 - without.1);
                (with.0 + without.0, with.1 + without.1)
            }
        }
    }
}
