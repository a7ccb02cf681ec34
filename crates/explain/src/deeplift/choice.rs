//! `Where`: the side that was chosen in both passes carries the difference. Where the condition came out differently, the
//! sides share it with the least multipliers (in the sum of squares) that add up to it.

use glassboard_model::Array;
use glassboard_model::propagation::Arriving;
use ndarray::ArrayD;

use super::Site;
use super::broadcast::{gathered, spread};

/// What goes to the two sides.
pub(super) fn choice(site: &Site<'_>) -> Option<Arriving> {
    let ([a, a0], [b, b0]) = (site.both(1)?, site.both(2)?);
    let ([y, y0], arrived) = (site.output()?, site.arrived()?);
    let shape = arrived.shape();
    let wide = |array: &Array| spread(array, shape);
    let (first, second) = ([wide(&a)?, wide(&a0)?], [wide(&b)?, wide(&b0)?]);
    let (mut to_a, mut to_b) = (Vec::with_capacity(arrived.len()), Vec::with_capacity(arrived.len()));
    let chosen = y.iter().zip(&y0).zip(arrived);
    let sides = first[0].iter().zip(&first[1]).zip(second[0].iter().zip(&second[1]));
    for (((y, y0), m), ((a, a0), (b, b0))) in chosen.zip(sides) {
        let (share_a, share_b) = shares([*a, *a0], [*b, *b0], [*y, *y0]);
        to_a.push(m * share_a);
        to_b.push(m * share_b);
    }
    let back = |data: Vec<f32>, to: &Array| {
        let full = ArrayD::from_shape_vec(arrived.raw_dim(), data).ok()?;
        Some(gathered(full, to.shape()))
    };
    Some(vec![None, back(to_a, &a), back(to_b, &b)])
}

/// The chosen side is told from the numbers: it was copied.
fn shares(a: [f32; 2], b: [f32; 2], y: [f32; 2]) -> (f32, f32) {
    let is = |side: [f32; 2]| side[0].to_bits() == y[0].to_bits() && side[1].to_bits() == y[1].to_bits();
    if is(a) {
        return (1.0, 0.0);
    }
    if is(b) {
        return (0.0, 1.0);
    }
    let (da, db, dy) = (a[0] - a[1], b[0] - b[1], y[0] - y[1]);
    let square = da * da + db * db;
    if square > 0.0 && square.is_finite() {
        (dy * da / square, dy * db / square)
    } else {
        (0.0, 0.0)
    }
}
