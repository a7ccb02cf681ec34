//! Scaled dot-product attention, which every operator of the family ends in.

use burn_backend::TensorData;

use super::super::{Call, linear, softmax};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::value::{Elem, broadcast, checked_numel};

/// The operands, head by head.
pub(in super::super) struct Heads<B: Engine> {
    /// `[batch, heads, queries, size]`.
    pub q: Float<B>,
    /// `[batch, shared heads, keys, size]`; each head serves a group of neighbouring query heads.
    pub k: Float<B>,
    /// `[batch, shared heads, keys, value size]`.
    pub v: Float<B>,
}

/// What the scores are before the softmax.
pub(in super::super) struct Scoring<B: Engine> {
    /// Factor of `q k^T`.
    pub scale: f64,
    /// `cap * tanh(score / cap)`, where positive.
    pub softcap: f64,
    /// Added to the scores; broadcast to `[batch, heads, queries, keys]`.
    pub bias: Option<Float<B>>,
    /// Pairs of query and key that do not see each other.
    pub blocked: Option<Blocked>,
    /// Element type of the softmax; `None` for that of the scores.
    pub precision: Option<Elem>,
    /// Which matrix is answered beside the result.
    pub shown: Option<Stage>,
}

impl<B: Engine> Scoring<B> {
    /// Scaled, and nothing else.
    pub fn new(scale: f64) -> Self {
        Self {
            scale,
            softcap: 0.0,
            bias: None,
            blocked: None,
            precision: None,
            shown: None,
        }
    }
}

/// A stage of the scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Stage {
    /// The scaled product.
    Product,
    /// After the soft cap.
    Capped,
    /// With the bias; minus infinity where blocked.
    Biased,
    /// The probabilities.
    Probabilities,
}

/// Which scores take no part, as `[batch or 1, heads or 1, queries, keys]`.
#[derive(Debug, Clone)]
pub(in super::super) struct Blocked {
    pub shape: [usize; 4],
    pub data: Vec<bool>,
}

impl Blocked {
    /// From a test of batch, head, query and key; batch and head are 0 where `shape` has 1.
    pub fn from_fn(shape: [usize; 4], mut blocks: impl FnMut([usize; 4]) -> bool) -> Self {
        let mut data = Vec::with_capacity(shape.iter().product());
        for b in 0..shape[0] {
            for h in 0..shape[1] {
                for i in 0..shape[2] {
                    data.extend((0..shape[3]).map(|j| blocks([b, h, i, j])));
                }
            }
        }
        Self { shape, data }
    }

    /// Whether the row of a query sees no key, row by row.
    fn empty_rows(&self) -> Vec<bool> {
        let keys = self.shape[3].max(1);
        self.data.chunks(keys).map(|row| row.iter().all(|&b| b)).collect()
    }
}

fn four<B: Engine>(x: &Float<B>, what: &str) -> Result<[usize; 4], OpError> {
    <[usize; 4]>::try_from(x.shape().to_vec())
        .map_err(|shape| OpError::bad(format!("{what} of shape {shape:?} should have four dimensions")))
}

/// A mask broadcast to the scores, whose shape is `full`.
fn mask<B: Engine>(c: &Call<'_, B>, bits: Vec<bool>, shape: [usize; 4], full: &[usize]) -> B::BoolTensorPrimitive {
    let mask = B::bool_from_data(TensorData::new(bits, shape.to_vec()), c.device);
    if shape.as_slice() == full {
        mask
    } else {
        B::bool_expand(mask, full.to_vec().into())
    }
}

/// The shapes of attention, checked: `[batch, heads, queries, keys]`, the size of a group of heads,
/// and the size of a value.
fn check<B: Engine>(heads: &Heads<B>) -> Result<([usize; 4], usize, usize), OpError> {
    let [batch, hq, queries, size] = four(&heads.q, "the queries")?;
    let [bk, hk, keys, dk] = four(&heads.k, "the keys")?;
    let [bv, hv, kv, dv] = four(&heads.v, "the values")?;
    let fits = bk == batch && bv == batch && hv == hk && kv == keys && dk == size;
    if !fits || hk == 0 || !hq.is_multiple_of(hk) {
        return Err(OpError::bad(format!(
            "queries {:?}, keys {:?} and values {:?} do not fit each other",
            heads.q.shape(),
            heads.k.shape(),
            heads.v.shape()
        )));
    }
    Ok(([batch, hq, queries, keys], hq / hk, dv))
}

/// Changes the scores before the softmax, or the probabilities behind it.
pub(in super::super) type Rewrite<'r, B> =
    dyn FnMut(&mut Call<'_, B>, Stage, Float<B>) -> Result<Float<B>, OpError> + 'r;

/// Attends: `[batch, heads, queries, value size]`, and the stage asked for as
/// `[batch, heads, queries, keys]`. A query that sees no key answers zeros.
pub(in super::super) fn attend<B: Engine>(
    c: &mut Call<'_, B>,
    heads: Heads<B>,
    scoring: Scoring<B>,
    rewrite: &mut Rewrite<'_, B>,
) -> Result<(Float<B>, Option<Float<B>>), OpError> {
    let (full, group, size) = check(&heads)?;
    let [batch, hq, queries, keys] = full;
    let elem = heads.q.elem;
    let answer = vec![batch, hq, queries, size];
    // The scores, and with them their copies with bias and mask, and the probabilities.
    let cells = checked_numel(&full)?;
    c.reserve(&[3, usize::try_from(cells).unwrap_or(usize::MAX)])?;
    c.reserve(&answer)?;
    if cells == 0 || heads.q.numel() == 0 {
        let nothing = Float::full(0.0, answer, elem, c.device);
        return Ok((
            nothing,
            scoring.shown.map(|_| Float::full(0.0, full.to_vec(), elem, c.device)),
        ));
    }
    // Query heads that share keys stand below each other, so that keys are never repeated.
    let shared = hq / group;
    let tall = |x: Float<B>, width: usize| x.reshape(vec![batch, shared, group * queries, width]);
    let width = heads.q.shape()[3];
    let q = tall(heads.q, width).mul_scalar(scoring.scale);
    let product = linear::product(c, q, heads.k.permute(&[0, 1, 3, 2]))?.reshape(full.to_vec());
    let mut shown = None;
    let mut show = |stage: Stage, x: &Float<B>| {
        if scoring.shown == Some(stage) {
            shown = Some(x.clone());
        }
    };
    show(Stage::Product, &product);
    let mut scores = product;
    if scoring.softcap > 0.0 {
        scores = scores
            .mul_scalar(1.0 / scoring.softcap)
            .map(B::float_tanh)
            .mul_scalar(scoring.softcap);
    }
    show(Stage::Capped, &scores);
    if let Some(bias) = scoring.bias {
        if broadcast(bias.shape(), &full)? != full {
            return Err(OpError::bad(format!(
                "a mask of shape {:?} does not fit scores of shape {full:?}",
                bias.shape()
            )));
        }
        scores = scores.add(bias.cast_like(elem))?;
    }
    let mut idle: Option<(Vec<bool>, [usize; 4])> = None;
    if let Some(blocked) = scoring.blocked {
        let [b, h, i, _] = blocked.shape;
        let empty = blocked.empty_rows();
        let hidden = Float::full(f32::NEG_INFINITY, full.to_vec(), elem, c.device);
        let shape = blocked.shape;
        let masked = hidden.select_where(mask(c, blocked.data, shape, &full), scores);
        show(Stage::Biased, &masked);
        scores = masked;
        if empty.contains(&true) {
            // A softmax over nothing but minus infinity is no number; over zeros it is, and the
            // probabilities of such a row are put to zero below.
            let zero = Float::full(0.0, full.to_vec(), elem, c.device);
            scores = zero.select_where(mask(c, empty.clone(), [b, h, i, 1], &full), scores);
            idle = Some((empty, [b, h, i, 1]));
        }
    } else {
        show(Stage::Biased, &scores);
    }
    let scores = match scoring.precision {
        Some(precision) => scores.cast(precision),
        None => scores,
    };
    let scores = rewrite(c, Stage::Biased, scores)?;
    let probabilities = softmax::apply(scores, 3);
    let probabilities = rewrite(c, Stage::Probabilities, probabilities)?;
    let mut probabilities = probabilities.cast(elem);
    if let Some((rows, shape)) = idle {
        let zero = Float::full(0.0, full.to_vec(), elem, c.device);
        probabilities = zero.select_where(mask(c, rows, shape, &full), probabilities);
    }
    if scoring.shown == Some(Stage::Probabilities) {
        shown = Some(probabilities.clone());
    }
    let y = linear::product(c, tall(probabilities, keys), heads.v.cast_like(elem))?;
    Ok((y.reshape(answer), shown))
}

/// [`attend`] without rewriting.
pub(in super::super) fn attend_plainly<B: Engine>(
    c: &mut Call<'_, B>,
    heads: Heads<B>,
    scoring: Scoring<B>,
) -> Result<(Float<B>, Option<Float<B>>), OpError> {
    attend(c, heads, scoring, &mut |_, _, x| Ok(x))
}

/// `[batch, sequence, heads * size]` as `[batch, heads, sequence, size]`.
pub(in super::super) fn split_heads<B: Engine>(x: Float<B>, heads: usize) -> Result<Float<B>, OpError> {
    match *x.shape() {
        [b, s, width] if heads > 0 && width.is_multiple_of(heads) => {
            Ok(x.reshape(vec![b, s, heads, width / heads]).permute(&[0, 2, 1, 3]))
        }
        _ => Err(OpError::bad(format!(
            "shape {:?} does not split into {heads} heads",
            x.shape()
        ))),
    }
}

/// `[batch, heads, sequence, size]` as `[batch, sequence, heads * size]`.
pub(in super::super) fn merge_heads<B: Engine>(x: Float<B>) -> Float<B> {
    let shape = x.shape();
    let merged = vec![shape[0], shape[2], shape[1] * shape[3]];
    x.permute(&[0, 2, 1, 3]).reshape(merged)
}

/// The number of heads that an attribute gives.
pub(in super::super) fn head_count<B: Engine>(c: &Call<'_, B>, name: &str) -> Result<usize, OpError> {
    usize::try_from(c.int(name, 0))
        .ok()
        .filter(|&n| n > 0)
        .ok_or_else(|| OpError::bad(format!("{name} is missing or not positive")))
}
