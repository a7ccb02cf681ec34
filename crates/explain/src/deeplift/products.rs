//! Products and quotients of two computed values.

use glassboard_model::propagation::Arriving;
use glassboard_model::{Array, ModelError};
use ndarray::Zip;

use super::Site;
use super::broadcast::{gathered, spread};

/// The derivative halfway between the passes, which is exact for products of two: d(ab) = da (b + b0)/2 + db (a + a0)/2.
/// `None` where only one input moves: the node is linear in it, and its own derivative will do.
pub(super) fn halfway(site: &Site<'_>) -> Result<Option<Arriving>, ModelError> {
    let moved = |slot: usize| site.moved(slot).map(|[x, x0]| (x + x0) / 2.0);
    let middle: Vec<_> = (0..site.slots()).map(moved).collect();
    site.backward(&middle, site.incoming).map(Some)
}

/// a / b as a times 1/b, whose difference is -db / (b b0).
pub(super) fn quotient(site: &Site<'_>) -> Option<Arriving> {
    let ([a, a0], [b, b0], arrived) = (site.both(0)?, site.both(1)?, site.arrived()?);
    let shape = arrived.shape();
    let wide = |array: &Array| spread(array, shape);
    let (wide_b, wide_b0) = (wide(&b)?, wide(&b0)?);
    let mut to_a = arrived.clone();
    Zip::from(&mut to_a)
        .and(&wide_b)
        .and(&wide_b0)
        .for_each(|m, b, b0| *m *= f32::midpoint(1.0 / b, 1.0 / b0));
    let mut to_b = wide(&((&a + &a0) / 2.0))?;
    Zip::from(&mut to_b)
        .and(arrived)
        .and(&wide_b)
        .and(&wide_b0)
        .for_each(|half, m, b, b0| *half = -m * (*half / b) / b0);
    Some(vec![Some(gathered(to_a, a.shape())), Some(gathered(to_b, b.shape()))])
}
