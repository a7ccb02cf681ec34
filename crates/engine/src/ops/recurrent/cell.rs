//! One step of a recurrent layer.

use super::super::{Call, linear};
use super::activation::Activation;
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;

/// Which operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Rnn,
    Gru,
    Lstm,
}

impl Kind {
    /// Blocks of rows in `W` and `R`.
    pub fn gates(self) -> usize {
        match self {
            Self::Rnn => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }

    /// The functions a direction has when none are named.
    pub fn activations(self) -> &'static [Activation] {
        match self {
            Self::Rnn => &[Activation::Tanh],
            Self::Gru => &[Activation::Sigmoid, Activation::Tanh],
            Self::Lstm => &[Activation::Sigmoid, Activation::Tanh, Activation::Tanh],
        }
    }
}

/// What a layer carries from step to step.
#[derive(Debug, Clone)]
pub(super) struct State<B: Engine> {
    /// `[batch, hidden]`.
    pub hidden: Float<B>,
    /// LSTM: `[batch, hidden]`.
    pub cell: Option<Float<B>>,
}

/// The constants of one direction.
pub(super) struct Cell<'a, B: Engine> {
    pub kind: Kind,
    pub size: usize,
    /// `R` transposed, `[hidden, gates * hidden]`.
    pub recurrent: Float<B>,
    /// GRU with `linear_before_reset`: the recurrent bias of the candidate, `[hidden]`.
    pub candidate_bias: Option<Float<B>>,
    /// LSTM: the weights of the cell on the input, output and forget gate, `[hidden]` each.
    pub peephole: Option<[Float<B>; 3]>,
    pub activations: &'a [Activation],
    pub clip: Option<f64>,
    pub reset_after: bool,
    pub coupled: bool,
}

impl<B: Engine> Cell<'_, B> {
    fn gate(&self, x: &Float<B>, first: usize, count: usize) -> Float<B> {
        let rows = x.shape()[0];
        x.clone()
            .narrow(&[(0, rows), (first * self.size, (first + count) * self.size)])
    }

    fn clipped(&self, x: Float<B>) -> Float<B> {
        match self.clip {
            Some(limit) => x.clamp_min(-limit).clamp_max(limit),
            None => x,
        }
    }

    fn activate(&self, which: usize, x: Float<B>) -> Result<Float<B>, OpError> {
        self.activations[which].apply(self.clipped(x))
    }

    /// The next state from the projected input `[batch, gates * hidden]`, which holds every bias
    /// but [`Cell::candidate_bias`].
    pub fn step(&self, c: &Call<'_, B>, x: Float<B>, state: &State<B>) -> Result<State<B>, OpError> {
        match self.kind {
            Kind::Rnn => {
                let sum = x.add(linear::product(c, state.hidden.clone(), self.recurrent.clone())?)?;
                Ok(State {
                    hidden: self.activate(0, sum)?,
                    cell: None,
                })
            }
            Kind::Gru => self.gru(c, &x, state),
            Kind::Lstm => self.lstm(c, x, state),
        }
    }

    fn gru(&self, c: &Call<'_, B>, x: &Float<B>, state: &State<B>) -> Result<State<B>, OpError> {
        let h = state.hidden.clone();
        let columns = |first: usize, end: usize| {
            let ranges = [(0, self.size), (first * self.size, end * self.size)];
            self.recurrent.clone().narrow(&ranges)
        };
        let (gates, candidate) = if self.reset_after {
            let all = linear::product(c, h.clone(), self.recurrent.clone())?;
            let gates = self.gate(x, 0, 2).add(self.gate(&all, 0, 2))?;
            let gates = self.activate(0, gates)?;
            let mut own = self.gate(&all, 2, 1);
            if let Some(bias) = &self.candidate_bias {
                own = own.add(bias.clone())?;
            }
            let reset = self.gate(&gates, 1, 1);
            (gates, self.gate(x, 2, 1).add(reset.mul(own)?)?)
        } else {
            let gates = self.gate(x, 0, 2).add(linear::product(c, h.clone(), columns(0, 2))?)?;
            let gates = self.activate(0, gates)?;
            let reset = self.gate(&gates, 1, 1);
            let own = linear::product(c, reset.mul(h.clone())?, columns(2, 3))?;
            (gates, self.gate(x, 2, 1).add(own)?)
        };
        let candidate = self.activate(1, candidate)?;
        let update = self.gate(&gates, 0, 1);
        // (1 - z) * candidate + z * h
        let hidden = candidate.clone().add(update.mul(h.sub(candidate)?)?)?;
        Ok(State { hidden, cell: None })
    }

    fn lstm(&self, c: &Call<'_, B>, x: Float<B>, state: &State<B>) -> Result<State<B>, OpError> {
        let sum = x.add(linear::product(c, state.hidden.clone(), self.recurrent.clone())?)?;
        let before = match &state.cell {
            Some(cell) => cell.clone(),
            None => state.hidden.clone().mul_scalar(0.0),
        };
        let watched = |gate: Float<B>, which: usize, cell: &Float<B>| match &self.peephole {
            Some(weights) => gate.add(weights[which].clone().mul(cell.clone())?),
            None => Ok(gate),
        };
        let input = self.activate(0, watched(self.gate(&sum, 0, 1), 0, &before)?)?;
        let forget = if self.coupled {
            input.clone().mul_scalar(-1.0).add_scalar(1.0)
        } else {
            self.activate(0, watched(self.gate(&sum, 2, 1), 2, &before)?)?
        };
        let candidate = self.activate(1, self.gate(&sum, 3, 1))?;
        let cell = forget.mul(before)?.add(input.mul(candidate)?)?;
        let output = self.activate(0, watched(self.gate(&sum, 1, 1), 1, &cell)?)?;
        let hidden = output.mul(self.activations[2].apply(cell.clone())?)?;
        Ok(State {
            hidden,
            cell: Some(cell),
        })
    }
}
