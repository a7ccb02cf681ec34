//! What goes back through operators that are no linear layers.

use glassboard_model::propagation::Arriving;
use glassboard_model::{Array, ModelError, Recording};
use ndarray::Zip;

use super::rule::stable;
use crate::deeplift::elementwise;

/// Besides the functions of one element that DeepLIFT knows: operators through which relevance passes as it is (for
/// normalisations that is AttnLRP's rule, Achtibat et al. 2024).
const PASS: [&str; 12] = [
    "Cast",
    "Dropout",
    "GroupNormalization",
    "Identity",
    "InstanceNormalization",
    "LRN",
    "LayerNormalization",
    "LpNormalization",
    "MeanVarianceNormalization",
    "Neg",
    "RMSNormalization",
    "SimplifiedLayerNormalization",
];

/// Operators whose every output is one of the inputs: relevance goes where the number came from.
const MOVES: [&str; 30] = [
    "CenterCropPad",
    "Compress",
    "Concat",
    "DepthToSpace",
    "Expand",
    "Flatten",
    "Gather",
    "GatherElements",
    "GatherND",
    "GlobalMaxPool",
    "Max",
    "MaxPool",
    "Min",
    "Pad",
    "ReduceMax",
    "ReduceMin",
    "Reshape",
    "ReverseSequence",
    "ScatterElements",
    "ScatterND",
    "Slice",
    "SpaceToDepth",
    "Split",
    "Squeeze",
    "Tile",
    "TopK",
    "Transpose",
    "Trilu",
    "Unsqueeze",
    "Where",
];

/// A node at work.
pub(super) struct Other<'r> {
    pub recording: &'r dyn Recording,
    pub node: usize,
    pub incoming: &'r [Option<Array>],
    pub epsilon: f32,
}

/// What goes to the inputs, and whether the operator has a rule of its own.
pub(super) fn relevance(site: &Other<'_>) -> Result<(Option<Arriving>, bool), ModelError> {
    let outline = site.recording.outline();
    let here = &outline.nodes[site.node];
    let op = here.op.strip_prefix("com.microsoft.").unwrap_or(&here.op);
    let active = outline.active_slots(site.node);
    if MOVES.contains(&op) {
        return Ok((None, true));
    }
    if let &[slot] = active.as_slice()
        && (elementwise::OPS.contains(&op)
            || PASS.contains(&op)
            || matches!(op, "Mul" | "Div" | "BiasGelu" | "FastGelu" | "QuickGelu"))
        && let Some(all) = passed(site, slot)
    {
        return Ok((Some(all), true));
    }
    let found = match (op, active.as_slice()) {
        ("Mul", [_, _]) => halves(site),
        ("Div", [0, 1]) => quotient(site),
        ("MatMul" | "Gemm" | "Conv" | "ConvTranspose" | "Einsum", [_, _]) => parts(site, 2.0)?,
        ("Softmax", _) => softmax(site)?,
        // The first input and the one that skipped the layer before are summed, then normalised.
        ("SkipLayerNormalization" | "SkipSimplifiedLayerNormalization", [0, 1]) => summed(site),
        _ => parts(site, 1.0)?,
    };
    let known = matches!(
        op,
        "Add"
            | "AveragePool"
            | "BatchNormalization"
            | "Conv"
            | "ConvTranspose"
            | "CumSum"
            | "Div"
            | "Einsum"
            | "Gemm"
            | "GlobalAveragePool"
            | "MatMul"
            | "Mean"
            | "Mul"
            | "ReduceMean"
            | "ReduceSum"
            | "Resize"
            | "SkipLayerNormalization"
            | "SkipSimplifiedLayerNormalization"
            | "Softmax"
            | "Sub"
            | "Sum"
            | "Upsample"
    );
    Ok((found, known))
}

impl Other<'_> {
    fn input(&self, slot: usize) -> Option<Array> {
        let id = self.recording.outline().nodes[self.node]
            .inputs
            .get(slot)
            .copied()
            .flatten()?;
        self.recording.value(id)
    }

    fn slots(&self) -> usize {
        self.recording.outline().nodes[self.node].inputs.len()
    }

    fn arrived(&self) -> Option<&Array> {
        self.incoming.first()?.as_ref()
    }
}

fn passed(site: &Other<'_>, slot: usize) -> Option<Arriving> {
    let (x, arrived) = (site.input(slot)?, site.arrived()?);
    if x.shape() != arrived.shape() {
        return None;
    }
    let mut all = vec![None; site.slots()];
    all[slot] = Some(arrived.clone());
    Some(all)
}

/// Sums of `array` over what an array of `shape` was repeated along.
fn gathered(array: Array, shape: &[usize]) -> Array {
    crate::deeplift::broadcast::gathered(array, shape)
}

/// Both factors alike (AttnLRP's uniform rule).
fn halves(site: &Other<'_>) -> Option<Arriving> {
    let half = site.arrived()? / 2.0;
    let [a, b] = [site.input(0)?, site.input(1)?];
    Some(vec![
        Some(gathered(half.clone(), a.shape())),
        Some(gathered(half, b.shape())),
    ])
}

/// The numerator alone: the divisor counts as a constant, as in AttnLRP's normalisations.
fn quotient(site: &Other<'_>) -> Option<Arriving> {
    let (arrived, a) = (site.arrived()?.clone(), site.input(0)?);
    Some(vec![Some(gathered(arrived, a.shape())), None])
}

/// In proportion to the parts of a sum, whose shapes are one.
fn summed(site: &Other<'_>) -> Option<Arriving> {
    let (arrived, [a, b]) = (site.arrived()?, [site.input(0)?, site.input(1)?]);
    if a.shape() != arrived.shape() || b.shape() != arrived.shape() {
        return None;
    }
    let mut share = arrived.clone();
    Zip::from(&mut share)
        .and(&a)
        .and(&b)
        .for_each(|r, a, b| *r /= stable(a + b, site.epsilon));
    let mut all = vec![None; site.slots()];
    all[0] = Some(&share * &a);
    all[1] = Some(share * b);
    Some(all)
}

/// `R_i = x_i (R_i - s_i sum R)` (AttnLRP): the derivative of the logarithm, times the input.
fn softmax(site: &Other<'_>) -> Result<Option<Arriving>, ModelError> {
    let id = site.recording.outline().nodes[site.node].outputs[0];
    let (Some(x), Some(y), Some(arrived)) = (
        site.input(0),
        id.and_then(|id| site.recording.value(id)),
        site.arrived(),
    ) else {
        return Ok(None);
    };
    let mut over = arrived.clone();
    Zip::from(&mut over)
        .and(&y)
        .for_each(|r, y| *r = if *y > 0.0 { *r / y } else { 0.0 });
    let back = site.recording.backward(site.node, &[], &[Some(over)])?;
    let mut back = back.into_iter().next().flatten();
    if let Some(back) = &mut back {
        Zip::from(back)
            .and(&x)
            .for_each(|back, x| *back = if *back == 0.0 { 0.0 } else { *back * x });
    }
    Ok(Some(vec![back]))
}

/// Input times the derivative, over `times` the output: the epsilon rule for whatever is linear in each of `times`
/// inputs, the first-order term for what is not.
fn parts(site: &Other<'_>, times: f32) -> Result<Option<Arriving>, ModelError> {
    let outline = site.recording.outline();
    let outputs = outline.nodes[site.node].outputs.iter().zip(site.incoming);
    let over = outputs.map(|(id, arrived)| {
        let (mut over, z) = (arrived.clone()?, site.recording.value((*id)?)?);
        Zip::from(&mut over)
            .and(&z)
            .for_each(|r, z| *r /= stable(times * z, site.epsilon));
        Some(over)
    });
    let over: Vec<_> = over.collect();
    let back = site.recording.backward(site.node, &[], &over)?;
    let all = back.into_iter().enumerate().map(|(slot, back)| {
        let (mut back, x) = (back?, site.input(slot)?);
        // An infinite input (a mask) has a part of nothing.
        Zip::from(&mut back)
            .and(&x)
            .for_each(|back, x| *back = if *back == 0.0 { 0.0 } else { *back * x });
        Some(back)
    });
    Ok(Some(all.collect()))
}
