//! A backward pass that a method writes: from the output to the input, node by node.

use std::collections::HashMap;

use glassboard_model::propagation::{Propagated, Propagation, Share};
use glassboard_model::{Array, ModelError, Recording, Target, View};
use ndarray::Zip;

use crate::batch;
use crate::gradient::{classes, one_target_a_row};
use crate::graph::ValueId;
use crate::operation::Readable;
use crate::recording::{Recorded, shaped};
use crate::session::Session;
use crate::tokens::Feed;

/// What one batch answers.
struct Part {
    scores: Vec<f32>,
    reference_scores: Vec<f32>,
    arrived: Array,
    shares: Vec<Share>,
    stops: Vec<String>,
}

/// [`glassboard_model::Model::propagate`] of a session.
pub(crate) fn propagate<B: Readable>(
    session: &Session<B>,
    x: &View<'_>,
    reference: Option<&View<'_>>,
    target: &Target,
    way: &dyn Propagation,
    at: Option<&str>,
) -> Result<Propagated, ModelError> {
    one_target_a_row(x, target)?;
    if let Some(other) = reference
        && other.shape() != x.shape()
    {
        return Err(ModelError::Input(format!(
            "the reference has shape {:?}, the input {:?}; give a row for each",
            other.shape(),
            x.shape()
        )));
    }
    // A method runs nodes at weights of its choice, which the backend's convolutions take: passes of one size.
    let cut = session.cut(x, &Feed::default(), false)?;
    let size = cut.size;
    let at = match at {
        Some(name) => session.id(name)?,
        None => session.single_input(&Feed::default())?.1,
    };
    let name = session.program.values[at].clone();
    let parts = Session::<B>::in_batches(x, cut, |start, real, chunk| {
        let classes = classes(target, start, real, size);
        let beside = match reference {
            Some(other) => Some(session.input_value(batch::chunk(other, start, size)?.0, &Feed::default())?),
            None => None,
        };
        let output = session.output_id(target.output.as_deref())?;
        let recorded = Recorded::new(
            session,
            session.input_value(chunk, &Feed::default())?,
            beside,
            at,
            output,
            target.space,
        )?;
        let mut part = back(&recorded, at, &classes, way)?;
        part.scores.truncate(real);
        part.reference_scores.truncate(real);
        part.arrived = batch::trim(part.arrived, size, real, &name)?;
        for share in &mut part.shares {
            share.sum.truncate(real);
            share.magnitude.truncate(real);
        }
        Ok(part)
    })?;
    joined(parts, &name)
}

fn joined(parts: Vec<Part>, name: &str) -> Result<Propagated, ModelError> {
    let (mut arrived, mut scores, mut reference_scores) = (Vec::new(), Vec::new(), Vec::new());
    let (mut shares, mut stops): (Vec<Share>, Vec<String>) = (Vec::new(), Vec::new());
    for part in parts {
        scores.extend(part.scores);
        reference_scores.extend(part.reference_scores);
        arrived.push(part.arrived);
        stops.extend(part.stops);
        if shares.is_empty() {
            shares = part.shares;
            continue;
        }
        // Something that a batch did not reach has no share in it.
        shares.retain(|share| part.shares.iter().any(|more| more.value == share.value));
        for share in &mut shares {
            for more in part.shares.iter().filter(|more| more.value == share.value) {
                share.sum.extend(&more.sum);
                share.magnitude.extend(&more.magnitude);
            }
        }
    }
    stops.sort();
    stops.dedup();
    Ok(Propagated {
        scores,
        reference_scores,
        arrived: batch::join(&arrived, name)?,
        shares,
        stops,
    })
}

/// The number of each row that is explained, and its place.
fn score(y: &Array, label: &str, classes: &[usize]) -> Result<Vec<(usize, f32)>, ModelError> {
    let rows = classes.len();
    if y.shape().first() != Some(&rows) || y.is_empty() {
        return Err(ModelError::Unsupported(format!(
            "output `{label}` has shape {:?}, whose first axis is not the batch of {rows}",
            y.shape()
        )));
    }
    let columns = y.len() / rows;
    let packed = y.as_standard_layout();
    let flat = packed.as_slice().unwrap_or_default();
    let rows = classes.iter().enumerate().map(|(row, &class)| {
        if class >= columns {
            return Err(ModelError::Input(format!(
                "class {class} was asked for, but output `{label}` has {columns} numbers a row"
            )));
        }
        let place = row * columns + class;
        Ok((place, flat[place]))
    });
    rows.collect()
}

fn back<B: Readable>(
    recorded: &Recorded<'_, B>,
    at: ValueId,
    classes: &[usize],
    way: &dyn Propagation,
) -> Result<Part, ModelError> {
    let outline = recorded.outline();
    let label = &outline.values[recorded.output].name;
    let no_floats = || ModelError::Unsupported(format!("output `{label}` does not hold floats"));
    let y = recorded.value(recorded.output).ok_or_else(no_floats)?;
    let places = score(&y, label, classes)?;
    let mut seed = vec![0.0f32; y.len()];
    for &(place, score) in &places {
        seed[place] = way.seed(score);
    }
    let reference_scores = match recorded.reference(recorded.output) {
        Some(y) => score(&y, label, classes)?.into_iter().map(|(_, v)| v).collect(),
        None => Vec::new(),
    };
    let mut coming: HashMap<ValueId, Array> = HashMap::from([(recorded.output, shaped(y.shape(), seed)?)]);
    let (mut shares, mut stops) = (Vec::new(), Vec::new());
    let mut found = None;
    for index in (0..outline.nodes.len()).rev() {
        let node = &outline.nodes[index];
        let incoming: Vec<Option<Array>> = node
            .outputs
            .iter()
            .map(|id| id.and_then(|id| coming.remove(&id)))
            .collect();
        for (id, arrived) in node.outputs.iter().zip(&incoming) {
            let (Some(id), Some(arrived)) = (id, arrived) else {
                continue;
            };
            shares.extend(shared(recorded, *id, arrived, classes.len(), way));
            if *id == at {
                found = Some(arrived.clone());
            }
        }
        if found.is_some() || incoming.iter().all(Option::is_none) || outline.active_slots(index).is_empty() {
            continue;
        }
        let answer = match way.node(recorded, index, &incoming)? {
            Some(answer) => answer,
            None if node.stops => {
                stops.push(node.name.clone());
                continue;
            }
            None => recorded.backward(index, &[], &incoming)?,
        };
        for (slot, arrived) in answer.into_iter().enumerate() {
            let (Some(arrived), true) = (arrived, outline.active(index, slot)) else {
                continue;
            };
            let Some(id) = node.inputs[slot] else { continue };
            match coming.get_mut(&id) {
                Some(before) if before.shape() == arrived.shape() => *before += &arrived,
                Some(_) => {
                    return Err(ModelError::Failed(format!(
                        "node `{}` sends back a share of another shape than its input",
                        node.name
                    )));
                }
                None => {
                    coming.insert(id, arrived);
                }
            }
        }
    }
    if let Some(arrived) = coming.remove(&at) {
        shares.extend(shared(recorded, at, &arrived, classes.len(), way));
        found = Some(arrived);
    }
    shares.reverse();
    let name = &outline.values[at].name;
    let arrived = found.ok_or_else(|| {
        ModelError::Unsupported(match stops.first() {
            Some(node) => {
                format!("nothing of `{label}` comes back to `{name}`: gradients stop at nodes such as `{node}`")
            }
            None => format!(
                "nothing of `{label}` comes back to `{name}`: it does not depend on it, or through whole numbers alone"
            ),
        })
    })?;
    Ok(Part {
        scores: places.into_iter().map(|(_, v)| v).collect(),
        reference_scores,
        arrived,
        shares,
        stops,
    })
}

/// What a value has together, where its first axis is the batch.
fn shared<B: Readable>(
    recorded: &Recorded<'_, B>,
    id: ValueId,
    arrived: &Array,
    rows: usize,
    way: &dyn Propagation,
) -> Option<Share> {
    let name = &recorded.outline().values[id].name;
    if arrived.shape().first() != Some(&rows) || name.is_empty() {
        return None;
    }
    let value = recorded.value(id)?;
    let reference = recorded.reference(id).unwrap_or_else(|| Array::zeros(value.raw_dim()));
    if value.shape() != arrived.shape() || reference.shape() != arrived.shape() {
        return None;
    }
    let mut each = arrived.clone();
    Zip::from(&mut each)
        .and(&value)
        .and(&reference)
        .for_each(|share, v, r| *share = way.share(*share, *v, *r));
    let (mut sum, mut magnitude) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    for row in each.outer_iter() {
        sum.push(row.iter().map(|v| f64::from(*v)).sum());
        magnitude.push(row.iter().map(|v| f64::from(v.abs())).sum());
    }
    Some(Share {
        value: name.clone(),
        sum,
        magnitude,
    })
}
