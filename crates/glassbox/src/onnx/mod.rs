//! ONNX graphs that are an ensemble of trees, or a linear model, and nothing else.
//!
//! Whatever the exporter put around it (casts, identities, names of classes) is seen through; a graph that does more is
//! none. The graph itself is still run by the engine, so that a mistake here could never change a prediction.

mod attributes;
mod five;
mod linear;
mod trees;
mod votes;

use std::collections::HashMap;

use glassboard_checkpoints::onnx::Stored;
use glassboard_checkpoints::onnx::proto::{DataType, GraphProto, ModelProto, NodeProto};

use self::attributes::Attributes;
use crate::described::{Body, Described, Feature, Glass};
use crate::format::Format;
use crate::limits;
use crate::response::Response;

/// What a value of the graph is.
#[derive(Clone)]
enum State {
    /// The rows, as they came in or through a scaler.
    Rows(Rows),
    /// Names or numbers of classes.
    Label,
    /// The model's scores.
    Scores,
}

/// Rows on their way to the model.
#[derive(Clone, Default)]
struct Rows {
    /// Columns, where they are said.
    columns: Option<usize>,
    /// Compared as doubles rather than rounded to 32 bits.
    wide: bool,
    /// `(value - offset) * scale`.
    scaler: Option<(Vec<f64>, Vec<f64>)>,
}

/// What was found so far.
struct Found {
    body: Body,
    response: Response,
    classes: Vec<String>,
}

/// The trees or the linear model that the graph is, if that is all it is.
pub fn recognise(model: &ModelProto) -> Option<Glass> {
    let graph = model.graph.as_ref()?;
    let known = |node: &NodeProto| matches!(node.domain.as_str(), "" | "ai.onnx" | "ai.onnx.ml");
    if !graph.node.iter().all(known) {
        return None;
    }
    let mut states: HashMap<&str, State> = HashMap::new();
    let constants: HashMap<&str, f64> = constants(graph);
    let mut inputs = graph
        .input
        .iter()
        .filter(|input| !graph.initializer.iter().any(|i| i.info.name == input.name));
    let (input, None) = (inputs.next()?, inputs.next()) else {
        return None;
    };
    let (kind, axes) = match input.tensor_shape() {
        Some(known) => known,
        None => (input.tensor()?.elem_type, Vec::new()),
    };
    let rows = Rows {
        columns: axes.get(1).copied().flatten(),
        wide: kind != DataType::Float as i32 && kind != DataType::Float16 as i32,
        scaler: None,
    };
    states.insert(&input.name, State::Rows(rows));
    let mut found: Option<Found> = None;
    for node in &graph.node {
        step(node, &mut states, &mut found, &constants)?;
    }
    let found = found?;
    // Every output is what the model says, and one of them its scores.
    let outputs: Option<Vec<&State>> = graph
        .output
        .iter()
        .map(|output| states.get(output.name.as_str()))
        .collect();
    let outputs = outputs?;
    let told = outputs
        .iter()
        .all(|state| matches!(state, State::Label | State::Scores));
    if !told || !outputs.iter().any(|state| matches!(state, State::Scores)) {
        return None;
    }
    described(model, found)
}

fn described(model: &ModelProto, found: Found) -> Option<Glass> {
    let width = match &found.body {
        Body::Trees(trees) => trees.features,
        Body::Linear(linear) => linear.features,
    };
    let mut features: Vec<Feature> = (0..width).map(|at| Feature::number(format!("f{at}"))).collect();
    if let Body::Trees(ensemble) = &found.body {
        for node in ensemble.trees.iter().flat_map(|tree| &tree.nodes) {
            if let glassboard_model::trees::Node::Split { feature, .. } = node {
                features.get_mut(*feature as usize)?.splits += 1;
            }
        }
    }
    let version = format!("{} {}", model.producer_name, model.producer_version);
    Some(Glass {
        body: found.body,
        response: found.response,
        described: Described {
            format: Format::Onnx,
            version: Some(version.trim().to_owned()).filter(|text| !text.is_empty()),
            objective: None,
            features,
            classes: found.classes,
            notes: Vec::new(),
        },
    })
}

/// Initialisers that are one number everywhere.
fn constants(graph: &GraphProto) -> HashMap<&str, f64> {
    let one = |tensor: &_| {
        let stored = Stored::find(tensor)
            .ok()
            .filter(|stored| (1..=1024).contains(&stored.numel()))?;
        let values = stored.doubles().ok()?;
        let first = *values.first()?;
        values.iter().all(|v| v.to_bits() == first.to_bits()).then_some(first)
    };
    graph
        .initializer
        .iter()
        .filter_map(|tensor| Some((tensor.info.name.as_str(), one(tensor)?)))
        .collect()
}

/// Follows one node; none where the graph does more than is known here.
fn step<'a>(
    node: &'a NodeProto,
    states: &mut HashMap<&'a str, State>,
    found: &mut Option<Found>,
    constants: &HashMap<&str, f64>,
) -> Option<()> {
    let of = |at: usize| node.input.get(at).and_then(|name| states.get(name.as_str()));
    let attributes = Attributes(node);
    let op = node.op_type.as_str();
    let state = match (op, of(0)) {
        ("Identity" | "Cast" | "Reshape" | "Flatten" | "Squeeze" | "ZipMap", Some(State::Label)) => State::Label,
        ("Identity" | "Cast" | "Reshape" | "ZipMap", Some(State::Scores)) => State::Scores,
        // Softmax adds up to 1 already.
        ("Normalizer", Some(State::Scores)) if found.as_ref().is_some_and(|f| f.response == Response::Softmax) => {
            State::Scores
        }
        ("Identity", Some(State::Rows(rows))) => State::Rows(rows.clone()),
        ("Cast", Some(State::Rows(rows))) => {
            let to = attributes.int("to", 0);
            let wide = match to {
                1 => false,
                11 => true,
                _ => return None,
            };
            State::Rows(Rows {
                wide: rows.wide && wide,
                ..rows.clone()
            })
        }
        ("Scaler", Some(State::Rows(rows))) if rows.scaler.is_none() => {
            let (offset, scale) = (attributes.numbers("offset")?, attributes.numbers("scale")?);
            State::Rows(Rows {
                scaler: Some((offset, scale)),
                ..rows.clone()
            })
        }
        ("Mul", _) => {
            let scores = (0..2).find(|at| matches!(of(*at), Some(State::Scores)))?;
            multiply(found.as_mut()?, *constants.get(node.input.get(1 - scores)?.as_str())?)?;
            State::Scores
        }
        ("Exp", Some(State::Scores)) => {
            let found = found.as_mut().filter(|f| f.response == Response::Identity)?;
            found.response = Response::Exp;
            if let Body::Trees(trees) = &mut found.body {
                trees.link = Response::Exp.link();
            }
            State::Scores
        }
        (_, Some(State::Rows(rows))) if found.is_none() => {
            let read = match op {
                "TreeEnsembleClassifier" => trees::classifier(attributes, rows)?,
                "TreeEnsembleRegressor" => trees::regressor(attributes, rows)?,
                "TreeEnsemble" => five::ensemble(attributes, rows)?,
                "LinearRegressor" => linear::regressor(attributes, rows)?,
                "LinearClassifier" => linear::classifier(attributes, rows)?,
                _ => return None,
            };
            let classifies = op.ends_with("Classifier");
            *found = Some(read);
            let names = node.output.iter().map(String::as_str);
            for (at, name) in names.enumerate() {
                states.insert(
                    name,
                    if classifies && at == 0 {
                        State::Label
                    } else {
                        State::Scores
                    },
                );
            }
            return Some(());
        }
        _ => return None,
    };
    let [output] = &node.output[..] else {
        return None;
    };
    states.insert(output, state);
    Some(())
}

/// Scores times a number.
fn multiply(found: &mut Found, by: f64) -> Option<()> {
    #[expect(clippy::float_cmp, reason = "exporters write exactly 1")]
    if by == 1.0 {
        return Some(());
    }
    let Body::Trees(trees) = &mut found.body else {
        return None;
    };
    if found.response != Response::Identity || !by.is_finite() {
        return None;
    }
    trees.scale *= by;
    trees.base.iter_mut().for_each(|base| *base *= by);
    Some(())
}

/// Columns of a row: as said, or as many as are asked about.
fn width(rows: &Rows, asked: usize) -> Option<usize> {
    let width = rows.columns.unwrap_or(asked);
    (width >= asked && width <= limits::FEATURES).then_some(width)
}
