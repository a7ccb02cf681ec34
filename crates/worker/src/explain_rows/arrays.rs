//! The arrays of an answer.

use glassboard_explain::Outcome;
use glassboard_model::columns::Writer;
use ndarray::{ArrayD, ArrayView1, ArrayView2, Axis, IxDyn};
use serde_json::Value;

/// An array of the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// 32-bit floats.
    Single(ArrayD<f32>),
    /// 64-bit floats.
    Double(ArrayD<f64>),
    /// Whole numbers.
    Whole(ArrayD<i64>),
}

/// An explanation of rows.
#[derive(Debug, Clone)]
pub struct RowsExplained {
    /// The object of `docs/api.md`.
    pub answer: Value,
    /// `attribution` (`[rows, features]`), `input`, `baseline` (the mean of the background), `prediction`, `target`,
    /// `base`, `error`, `truth`, and what the method names.
    pub arrays: Vec<(String, Numbers)>,
}

impl RowsExplained {
    /// The columns file that goes with [`Self::answer`].
    pub fn columns(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        for (name, numbers) in &self.arrays {
            writer = match numbers {
                Numbers::Single(a) => writer.f32(name, a.shape(), &a.iter().copied().collect::<Vec<_>>()),
                Numbers::Double(a) => writer.f64(name, a.shape(), &a.iter().copied().collect::<Vec<_>>()),
                Numbers::Whole(a) => writer.i64(name, a.shape(), &a.iter().copied().collect::<Vec<_>>()),
            };
        }
        writer.finish()
    }
}

/// What stands beside the method's own arrays.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    /// The rows, in the table's units.
    pub x: ArrayView2<'a, f64>,
    /// What the model says of them.
    pub predictions: ArrayView2<'a, f64>,
    /// What was true, where it is known.
    pub truth: Option<&'a [f64]>,
    /// The mean of the background.
    pub typical: ArrayView1<'a, f64>,
    /// The class explained.
    pub target: usize,
}

impl Beside<'_> {
    /// The first `rows` of them.
    pub(super) fn first(self, rows: usize) -> Self {
        let cut = ndarray::Slice::from(..rows);
        Self {
            x: self.x.slice_axis_move(Axis(0), cut),
            predictions: self.predictions.slice_axis_move(Axis(0), cut),
            truth: self.truth.map(|truth| &truth[..rows]),
            ..self
        }
    }

    /// Every array of the answer, the method's own last.
    pub(super) fn and(&self, outcome: &Outcome) -> Vec<(String, Numbers)> {
        let mut out = Vec::new();
        let mut put = |name: &str, numbers| out.push((name.to_owned(), numbers));
        let double = |view: ArrayView1<'_, f64>| Numbers::Double(view.to_owned().into_dyn());
        if let Some(attribution) = &outcome.attribution {
            put("attribution", Numbers::Single(attribution.clone()));
        }
        put("input", Numbers::Double(self.x.to_owned().into_dyn()));
        let typical = self.typical.insert_axis(Axis(0));
        put("baseline", Numbers::Double(typical.to_owned().into_dyn()));
        put("prediction", Numbers::Double(self.predictions.to_owned().into_dyn()));
        let targets = ArrayD::from_elem(IxDyn(&[self.x.nrows()]), self.target as i64);
        put("target", Numbers::Whole(targets));
        if let Some(base) = &outcome.base {
            put("base", double(ndarray::aview1(base)));
        }
        if let Some(error) = &outcome.error {
            put("error", Numbers::Single(error.clone()));
        }
        if let Some(truth) = self.truth {
            put("truth", double(ndarray::aview1(truth)));
        }
        for (name, array) in &outcome.arrays {
            put(name, Numbers::Double(array.clone()));
        }
        out
    }
}
