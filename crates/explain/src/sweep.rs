//! A row's output as one column walks over a grid: the work of partial dependence and its relatives.

use glassboard_model::trees::{Node, Precision, Tree, goes_left};
use glassboard_model::{OutputSpace, TreeEnsemble};
use ndarray::Array2;

use crate::rows::{in_space, row_scalars};
use crate::{AskRows, ExplainError, Runner};

/// Most rows that are made up at once; with it, memory is bounded whatever the size of the set.
const CHUNK: usize = 1 << 18;

/// The column that walks, the values it takes (rising, none missing), and the share of the work this is.
#[derive(Debug, Clone, Copy)]
pub struct Sweep<'a> {
    /// Which column.
    pub column: usize,
    /// The values.
    pub points: &'a [f64],
    /// Where in the whole work this begins and ends, for progress.
    pub share: (f64, f64),
}

/// The explained scalar of `count` rows at each point. `fill` writes row `i`, `class` says its class, and `each` hears
/// the row's number and its values, `[points]`, in order. Costs one pass a row and point (and two more for trees).
pub fn sweep(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    at: Sweep<'_>,
    count: usize,
    mut fill: impl FnMut(usize, &mut [f64]),
    class: impl Fn(usize) -> usize,
    mut each: impl FnMut(usize, &[f64]),
) -> Result<(), ExplainError> {
    let (width, points) = (ask.columns.len(), at.points.len());
    let step = (CHUNK / points.max(1)).max(1);
    let trees = run.model().trees().filter(|trees| {
        ask.readout.output.is_none() && trees.features == width && at.points.windows(2).all(|pair| pair[0] < pair[1])
    });
    let mut base = vec![0.0; width];
    let trees = match trees {
        Some(trees) if count > 0 => {
            fill(0, &mut base);
            agrees(run, ask, trees, at, &base)?.then_some(trees)
        }
        _ => None,
    };
    let mut first = 0;
    while first < count {
        let rows = step.min(count - first);
        let part = |done: usize| at.share.0 + (at.share.1 - at.share.0) * done as f64 / count as f64;
        run.stage(&ask.columns.names[at.column], part(first), part(first + rows));
        if let Some(trees) = trees {
            run.check_cancelled()?;
            let mut walk = Walk::new(trees, at);
            for row in first..first + rows {
                fill(row, &mut base);
                let outputs = walk.outputs(&base);
                each(row, &scalars(&outputs, ask.readout.space, class(row))?);
            }
            run.count_forward(rows * points);
            run.tell(rows, rows);
        } else {
            let readout = ask.readout.clone();
            let outputs = run.rows(width, rows * points, &readout, |i, row| {
                fill(first + i / points, row);
                row[at.column] = at.points[i % points];
            })?;
            let targets: Vec<usize> = (0..rows * points).map(|i| class(first + i / points)).collect();
            let values = row_scalars(&outputs, OutputSpace::Raw, &targets)?;
            for (i, values) in values.chunks_exact(points).enumerate() {
                each(first + i, values);
            }
        }
        first += rows;
    }
    Ok(())
}

/// Whether the model answers with the margins of its trees, and with nothing made of them: asked at both ends of the
/// grid, as only the model knows.
fn agrees(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    trees: &TreeEnsemble,
    at: Sweep<'_>,
    row: &[f64],
) -> Result<bool, ExplainError> {
    let ends = [0, at.points.len() - 1];
    let raw = ask.readout.within(OutputSpace::Raw);
    let answers = run.rows(row.len(), ends.len(), &raw, |i, made| {
        made.copy_from_slice(row);
        made[at.column] = at.points[ends[i]];
    })?;
    let walked = Walk::new(trees, at).outputs(row);
    let near = match trees.precision {
        Precision::Single => 1e-5,
        Precision::SingleRows | Precision::Double => 1e-9,
    };
    let same = |(i, &end): (usize, &usize)| {
        let mut pairs = answers.row(i).into_iter().zip(walked.row(end));
        pairs.all(|(a, b)| (a - b).abs() <= near * b.abs().max(1.0))
    };
    Ok(answers.ncols() == walked.ncols() && ends.iter().enumerate().all(same))
}

/// One scalar of each row of `outputs`, in `space`.
fn scalars(outputs: &Array2<f64>, space: OutputSpace, class: usize) -> Result<Vec<f64>, ExplainError> {
    if space == OutputSpace::Raw || class >= outputs.ncols() {
        return Ok(row_scalars(outputs, OutputSpace::Raw, &vec![class; outputs.nrows()])?);
    }
    Ok(outputs
        .rows()
        .into_iter()
        .map(|row| in_space(row, space)[class])
        .collect())
}

/// Trees answer all points of a row in one walk: only a split on the column that moves parts the points. The values of
/// the leaves are added in the order in which the model adds them, so that the answer is the model's to the last bit.
struct Walk<'a> {
    trees: &'a TreeEnsemble,
    column: usize,
    /// As the splits compare them.
    points: Vec<f64>,
    /// `[outputs, points]`.
    sums: Vec<f64>,
    /// Nodes still to visit, each with the points that reach it.
    stack: Vec<(u32, usize, usize)>,
}

impl<'a> Walk<'a> {
    fn new(trees: &'a TreeEnsemble, at: Sweep<'_>) -> Self {
        Self {
            trees,
            column: at.column,
            points: trees.compared(at.points),
            sums: vec![0.0; trees.outputs * at.points.len()],
            stack: Vec::new(),
        }
    }

    /// The margins at every point, `[points, outputs]`.
    fn outputs(&mut self, row: &[f64]) -> Array2<f64> {
        let row = self.trees.compared(row);
        let points = self.points.len();
        self.sums.fill(0.0);
        for tree in &self.trees.trees {
            self.add(tree, &row);
        }
        Array2::from_shape_fn((points, self.trees.outputs), |(point, output)| {
            self.sums[output * points + point] * self.trees.scale + self.trees.base[output]
        })
    }

    fn add(&mut self, tree: &Tree, row: &[f64]) {
        let points = self.points.len();
        self.stack.push((0, 0, points));
        while let Some((mut at, from, mut to)) = self.stack.pop() {
            let leaf = loop {
                match &tree.nodes[at as usize] {
                    Node::Leaf(leaf) => break *leaf as usize,
                    Node::Split {
                        feature,
                        rule,
                        missing,
                        left,
                        right,
                    } => {
                        let side = |value| {
                            if goes_left(rule, *missing, value) {
                                *left
                            } else {
                                *right
                            }
                        };
                        if *feature as usize == self.column {
                            let next = side(self.points[from]);
                            // The first points that go together; the others come later, in parts of their own.
                            let part = self.points[from..to].iter().position(|&v| side(v) != next);
                            if let Some(part) = part {
                                self.stack.push((at, from + part, to));
                                to = from + part;
                            }
                            at = next;
                        } else {
                            at = side(row[*feature as usize]);
                        }
                    }
                }
            };
            let single = self.trees.precision == Precision::Single;
            for (output, value) in (tree.output..).zip(tree.value(leaf)) {
                let sums = &mut self.sums[output * points..][from..to];
                if single {
                    for sum in sums {
                        *sum = f64::from(*sum as f32 + *value as f32);
                    }
                } else {
                    for sum in sums {
                        *sum += value;
                    }
                }
            }
        }
    }
}
