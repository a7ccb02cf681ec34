//! Recurrent layers.

use glassboard_engine::{Attr, Elem};

use crate::draw::Draw;
use crate::harness::{Built, Case, Input};

/// The operator.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Rnn,
    Gru,
    Lstm,
}

impl Kind {
    /// Its gates, the functions of one direction, and its outputs.
    fn counts(self) -> (usize, usize, usize) {
        match self {
            Self::Rnn => (1, 1, 2),
            Self::Gru => (3, 2, 2),
            Self::Lstm => (4, 3, 3),
        }
    }
}

/// What a layer may have or lack.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Bias,
    /// Sequences that end before the last step, or hold no step at all.
    Lengths,
    /// Initial states.
    States,
    Peepholes,
    /// The batch in front of the steps.
    BatchFirst,
    /// Other functions than those a layer has by itself, with their parameters.
    Functions,
    Clip,
    /// `linear_before_reset` of a GRU, `input_forget` of an LSTM.
    Variant,
}

const PARTS: [Part; 8] = [
    Part::Bias,
    Part::Lengths,
    Part::States,
    Part::Peepholes,
    Part::BatchFirst,
    Part::Functions,
    Part::Clip,
    Part::Variant,
];

const FUNCTIONS: [&str; 11] = [
    "Sigmoid",
    "Tanh",
    "Relu",
    "Softsign",
    "Softplus",
    "Affine",
    "LeakyRelu",
    "ThresholdedRelu",
    "ScaledTanh",
    "HardSigmoid",
    "Elu",
];

/// A free input of numbers so small that no gate saturates.
fn small(d: &mut Draw, shape: &[usize]) -> Input {
    Input::Free(shape.to_vec(), d.away(shape.iter().product(), 0.05, 0.9))
}

fn layer(d: &mut Draw, kind: Kind, direction: &str, parts: &[Part]) -> Built {
    let (gates, functions, outputs) = kind.counts();
    let has = |part: Part| parts.contains(&part);
    let directions = if direction == "bidirectional" { 2 } else { 1 };
    // Functions and clips have kinks, which a difference must not cross: the fewer numbers pass them the
    // less likely it is that one lies within a step of a kink.
    let most = if has(Part::Functions) || has(Part::Clip) { 2 } else { 3 };
    let (steps, batch, width, hidden) = (d.size(2, most + 1), d.size(1, most), d.size(1, 3), d.size(1, most));
    let batch_first = has(Part::BatchFirst);
    let given = if batch_first {
        [batch, steps, width]
    } else {
        [steps, batch, width]
    };
    let state = if batch_first {
        [batch, directions, hidden]
    } else {
        [directions, batch, hidden]
    };
    let optional = |part: Part, shape: &[usize], d: &mut Draw| {
        if has(part) { small(d, shape) } else { Input::Absent }
    };
    let mut inputs = vec![
        small(d, &given),
        small(d, &[directions, gates * hidden, width]),
        small(d, &[directions, gates * hidden, hidden]),
        optional(Part::Bias, &[directions, 2 * gates * hidden], d),
    ];
    inputs.push(if has(Part::Lengths) {
        // One sequence is full, so that the last step is not idle.
        let mut lengths: Vec<i64> = (0..batch).map(|_| d.int(0, steps as i64)).collect();
        let full = d.size(0, batch - 1);
        lengths[full] = steps as i64;
        Input::Whole(Elem::I32, vec![batch], lengths)
    } else {
        Input::Absent
    });
    inputs.push(optional(Part::States, &state, d));
    if kind == Kind::Lstm {
        inputs.push(optional(Part::States, &state, d));
        inputs.push(optional(Part::Peepholes, &[directions, 3 * hidden], d));
    }
    let seen: Vec<usize> = (0..outputs).collect();
    let mut built = Built::new(inputs)
        .int("hidden_size", hidden as i64)
        .int("layout", i64::from(batch_first))
        .text("direction", direction)
        .outputs(outputs, &seen);
    if has(Part::Functions) {
        let named = (0..functions * directions)
            .map(|_| d.one(&FUNCTIONS).to_owned())
            .collect();
        // As many as any choice of functions can take.
        let mut parameters = |low, high| {
            Attr::Floats(
                (0..functions * directions)
                    .map(|_| d.number(low, high) as f32)
                    .collect(),
            )
        };
        let (alpha, beta) = (parameters(0.1, 0.7), parameters(0.3, 0.8));
        built = built
            .attr("activations", Attr::Strs(named))
            .attr("activation_alpha", alpha)
            .attr("activation_beta", beta);
    }
    if has(Part::Clip) {
        built = built.number("clip", 0.8);
    }
    if has(Part::Variant) {
        built = match kind {
            Kind::Rnn => built,
            Kind::Gru => built.int("linear_before_reset", 1),
            Kind::Lstm => built.int("input_forget", 1),
        };
    }
    built
}

/// Any direction with any parts.
fn any(d: &mut Draw, kind: Kind) -> Built {
    let direction = d.one(&["forward", "reverse", "bidirectional"]);
    let parts: Vec<Part> = PARTS.into_iter().filter(|_| d.flag()).collect();
    layer(d, kind, direction, &parts)
}

/// One operator: bare, with all that it may be given, and by chance.
macro_rules! layers {
    ($op:literal, $kind:expr) => {
        [
            Case::new($op, |d| layer(d, $kind, "forward", &[])),
            Case::new($op, |d| {
                layer(
                    d,
                    $kind,
                    "reverse",
                    &[Part::Bias, Part::States, Part::BatchFirst, Part::Variant],
                )
            }),
            Case::new($op, |d| {
                layer(
                    d,
                    $kind,
                    "bidirectional",
                    &[Part::Bias, Part::Lengths, Part::States, Part::Peepholes],
                )
            }),
            Case::new($op, |d| layer(d, $kind, "bidirectional", &PARTS)),
            Case::new($op, |d| layer(d, $kind, "forward", &[Part::Bias, Part::Functions])),
            Case::new($op, |d| any(d, $kind)),
        ]
    };
}

pub fn cases() -> Vec<Case> {
    layers!("RNN", Kind::Rnn)
        .into_iter()
        .chain(layers!("GRU", Kind::Gru))
        .chain(layers!("LSTM", Kind::Lstm))
        .collect()
}
