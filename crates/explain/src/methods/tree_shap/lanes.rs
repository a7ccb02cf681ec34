//! Eight rows side by side: every walk does the same for all of them, so that it becomes vector code.
//!
//! A lane never sees its neighbours and nothing is contracted, so that a row's numbers are the same in every block,
//! and on every instruction set.

use glassboard_model::TreeEnsemble;
use ndarray::ArrayView2;

/// Rows in a block.
pub const LANES: usize = 8;
/// A number for each row of a block.
pub type Lanes = [f64; LANES];
/// All ones where something holds for the row, otherwise zero.
pub type Mask = [u64; LANES];

/// What holds for every row.
pub const EVERY: Mask = [u64::MAX; LANES];

/// `yes` where the mask is set, otherwise `no`.
#[inline(always)]
pub fn select(mask: &Mask, yes: f64, no: f64) -> Lanes {
    let (yes, no) = (yes.to_bits(), no.to_bits());
    let mut lanes = [0.0; LANES];
    for lane in 0..LANES {
        lanes[lane] = f64::from_bits((mask[lane] & yes) | (!mask[lane] & no));
    }
    lanes
}

/// `values` where the mask is set, otherwise `no`.
#[inline(always)]
pub fn keep(mask: &Mask, values: &Lanes, no: f64) -> Lanes {
    let no = no.to_bits();
    let mut lanes = [0.0; LANES];
    for lane in 0..LANES {
        lanes[lane] = f64::from_bits((mask[lane] & values[lane].to_bits()) | (!mask[lane] & no));
    }
    lanes
}

/// Both hold.
#[inline(always)]
pub fn and(a: &Mask, b: &Mask) -> Mask {
    let mut both = [0; LANES];
    for lane in 0..LANES {
        both[lane] = a[lane] & b[lane];
    }
    both
}

/// It does not hold.
#[inline(always)]
pub fn not(a: &Mask) -> Mask {
    let mut other = [0; LANES];
    for lane in 0..LANES {
        other[lane] = !a[lane];
    }
    other
}

/// `to += part`.
#[inline(always)]
pub fn add(to: &mut Lanes, part: &Lanes) {
    for lane in 0..LANES {
        to[lane] += part[lane];
    }
}

/// `to += a * b`, rounded twice.
#[inline(always)]
pub fn add_product(to: &mut Lanes, a: &Lanes, b: &Lanes) {
    for lane in 0..LANES {
        to[lane] += a[lane] * b[lane];
    }
}

/// Eight rows, feature by feature, as the splits compare them.
pub struct Block {
    /// `[features]`.
    pub columns: Vec<Lanes>,
    /// Index of each row; what is behind the last row repeats it.
    pub rows: [usize; LANES],
    /// Lanes that hold rows of their own.
    pub used: usize,
    /// Output that is explained.
    pub target: usize,
}

/// `rows` in blocks of equal target, in rising order of targets.
pub fn blocks(ensemble: &TreeEnsemble, rows: ArrayView2<'_, f64>, targets: &[usize]) -> Vec<Block> {
    let mut order: Vec<usize> = (0..rows.nrows()).collect();
    order.sort_by_key(|&row| targets[row]);
    let alike = order.chunk_by(|a, b| targets[*a] == targets[*b]);
    alike
        .flat_map(|group| group.chunks(LANES))
        .map(|indices| {
            let at: [usize; LANES] = std::array::from_fn(|lane| indices[lane.min(indices.len() - 1)]);
            let compared = at.map(|row| ensemble.compared(&rows.row(row).to_vec()));
            Block {
                columns: (0..rows.ncols())
                    .map(|column| std::array::from_fn(|lane| compared[lane][column]))
                    .collect(),
                rows: at,
                used: indices.len(),
                target: targets[at[0]],
            }
        })
        .collect()
}
