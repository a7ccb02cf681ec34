//! Partition SHAP for pictures: Owen values over the halves of a picture, the halves of those, and so on (Owen 1977;
//! Lundberg and Lee 2017), as shap's Partition explainer cuts pictures.

use super::partition_shap::{Tree, partition_shap};
use super::{array, to_f32};
use crate::game::{Game, OneOutput, PictureGame};
use crate::hide::{blur, mean_colour, usual_deviation};
use crate::{Ask, ExplainError, Outcome, Runner};

/// Most cells a picture is cut into: more than a few thousand evaluations can tell apart.
const MOST_CELLS: usize = 4096;

/// What a hidden part looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hiding {
    /// The picture, blurred.
    Blur,
    /// Filled in from what is shown around it.
    Inpaint,
    /// The picture's mean colour.
    Mean,
    /// Zeros, as the model sees them.
    Zero,
    /// The baseline of the question.
    Baseline,
}

impl Hiding {
    /// By its name in the catalogue.
    pub fn parse(name: &str) -> Result<Self, ExplainError> {
        Ok(match name {
            "blur" => Self::Blur,
            "inpaint" => Self::Inpaint,
            "mean" => Self::Mean,
            "zero" => Self::Zero,
            "baseline" => Self::Baseline,
            other => {
                return Err(ExplainError::parameters(format!(
                    "a part cannot be hidden by `{other}`"
                )));
            }
        })
    }
}

/// Shares of the pixels, `[rows, 1, height, width]`: with what is given as the base they add up to the output. At most
/// `evaluations` pictures a row are tried, the largest effects first.
pub fn partition_shap_image(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    baseline: &[f32],
    hiding: Hiding,
    evaluations: usize,
) -> Result<Outcome, ExplainError> {
    let Some(picture @ [channels, h, w]) = ask.picture() else {
        return Err(ExplainError::parameters(
            "Partition SHAP cuts pictures here; this input is not one",
        ));
    };
    let (cells, tree) = halves((h, w), MOST_CELLS);
    let mut sizes = vec![0.0f64; tree.players];
    for cell in &cells {
        sizes[*cell] += 1.0;
    }
    let groups: Vec<Option<usize>> = std::iter::repeat_n(&cells, channels)
        .flatten()
        .copied()
        .map(Some)
        .collect();
    let (mut out, mut base, mut used) = (Vec::with_capacity(ask.rows() * h * w), Vec::new(), 0);
    for i in 0..ask.rows() {
        let row = ask.row(i);
        let hidden = match hiding {
            Hiding::Blur => blur(row, picture, usual_deviation(picture)),
            Hiding::Mean | Hiding::Inpaint => mean_colour(row, picture),
            Hiding::Zero => vec![0.0; row.len()],
            Hiding::Baseline => baseline.to_vec(),
        };
        let x = ask.x.index_axis(ndarray::Axis(0), i);
        let mut game = PictureGame::new(x, &hidden, &groups, ask.readout.clone())?;
        if hiding == Hiding::Inpaint {
            game = game.inpainting((h, w));
        }
        let one = OneOutput {
            game: &game,
            output: ask.targets[i],
        };
        let shares = partition_shap(run, &one as &dyn Game, &tree, Some(evaluations), &mut |_, _| true)?;
        used += shares.evaluations;
        base.push(shares.base[0]);
        let pixels: Vec<f64> = cells
            .iter()
            .map(|cell| shares.values[[*cell, 0]] / sizes[*cell])
            .collect();
        out.extend(to_f32(&pixels, 1.0));
    }
    let mut outcome = Outcome::of(array(ask.rows(), &[1, h, w], out)?)
        .saying("evaluations", used)
        .saying("cells", tree.players);
    outcome.base = Some(base);
    Ok(outcome)
}

/// The cell of every pixel and the tree over the cells: the picture is halved along its longer side, and so are its
/// halves, until there are `most` cells or every pixel is one.
pub fn halves((h, w): (usize, usize), most: usize) -> (Vec<usize>, Tree) {
    let mut cut = Cut {
        cells: vec![0; h * w],
        width: w,
        leaves: 0,
        merges: Vec::new(),
    };
    cut.halve([0, 0, h, w], most.max(1).ilog2());
    let players = cut.leaves;
    let node = |node: Node| match node {
        Node::Leaf(leaf) => leaf,
        Node::Merge(merge) => players + merge,
    };
    let merges = cut.merges.into_iter().map(|(a, b)| (node(a), node(b))).collect();
    (cut.cells, Tree { players, merges })
}

#[derive(Clone, Copy)]
enum Node {
    Leaf(usize),
    Merge(usize),
}

struct Cut {
    cells: Vec<usize>,
    width: usize,
    leaves: usize,
    merges: Vec<(Node, Node)>,
}

impl Cut {
    /// Cuts the rows from `top` to `bottom` and the columns from `left` to `right` at most `deep` times.
    fn halve(&mut self, [top, left, bottom, right]: [usize; 4], deep: u32) -> Node {
        let (h, w) = (bottom - top, right - left);
        if deep == 0 || h * w <= 1 {
            for y in top..bottom {
                self.cells[y * self.width + left..y * self.width + right].fill(self.leaves);
            }
            self.leaves += 1;
            return Node::Leaf(self.leaves - 1);
        }
        let (first, second) = if h > w {
            let middle = top + h / 2;
            ([top, left, middle, right], [middle, left, bottom, right])
        } else {
            let middle = left + w / 2;
            ([top, left, bottom, middle], [top, middle, bottom, right])
        };
        let pair = (self.halve(first, deep - 1), self.halve(second, deep - 1));
        self.merges.push(pair);
        Node::Merge(self.merges.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_halved_along_its_longer_side() {
        let (cells, tree) = halves((2, 4), 4);
        assert_eq!(cells, [0, 1, 2, 3, 0, 1, 2, 3]);
        assert_eq!((tree.players, tree.merges.len()), (4, 3));
        let (cells, tree) = halves((3, 5), 4096);
        assert_eq!((tree.players, tree.merges.len()), (15, 14));
        let mut sorted = cells;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..15).collect::<Vec<_>>());
        assert!(halves((224, 224), 4096).1.players == 4096);
    }
}
