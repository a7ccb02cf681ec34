//! Models made in a test, whose right answers are known, and sets of rows to ask them about.

use glassboard_explain::random::Counter;
use glassboard_explain::tables::explain_rows;
use glassboard_explain::{AskRows, Columns, ExplainError, Outcome, Readout, RowExtras, Runner};
use glassboard_model::trees::{Link, Missing, Node, Precision, Rule, Tree};
use glassboard_model::{
    Array, Gradient, InputSpec, LayerGradient, Model, ModelError, OutputSpace, Target, TreeEnsemble, View,
};
use ndarray::{Array2, ArrayView2};
use serde_json::Value;

type Answer = Box<dyn Fn(&[f64], &mut [f64])>;

/// A function of a row.
pub struct Made {
    inputs: Vec<InputSpec>,
    width: usize,
    answer: Answer,
    trees: Option<TreeEnsemble>,
}

impl Made {
    pub fn new(columns: usize, width: usize, answer: impl Fn(&[f64], &mut [f64]) + 'static) -> Self {
        let inputs = vec![InputSpec {
            name: "x".into(),
            shape: vec![None, Some(columns)],
        }];
        Self {
            inputs,
            width,
            answer: Box::new(answer),
            trees: None,
        }
    }

    pub fn trees(trees: TreeEnsemble) -> Self {
        let own = trees.clone();
        let mut made = Self::new(trees.features, trees.outputs, move |row, out| {
            out.copy_from_slice(&own.margins(row));
        });
        made.trees = Some(trees);
        made
    }

    pub fn says_it_is(&mut self, trees: TreeEnsemble) {
        self.trees = Some(trees);
    }
}

impl Model for Made {
    fn inputs(&self) -> &[InputSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[String] {
        &[]
    }

    fn forward(&self, _: &View<'_>, _: Option<&str>) -> Result<Array, ModelError> {
        Err(ModelError::Unsupported("rows only".into()))
    }

    fn capture(&self, _: &View<'_>, _: &[&str]) -> Result<Vec<Array>, ModelError> {
        Err(ModelError::Unsupported("rows only".into()))
    }

    fn gradient(&self, _: &View<'_>, _: &Target) -> Result<Gradient, ModelError> {
        Err(ModelError::Unsupported("rows only".into()))
    }

    fn layer_gradient(&self, _: &View<'_>, _: &str, _: &Target) -> Result<LayerGradient, ModelError> {
        Err(ModelError::Unsupported("rows only".into()))
    }

    fn forward_rows(&self, rows: ArrayView2<'_, f64>, _: Option<&str>) -> Result<Array2<f64>, ModelError> {
        let mut answers = Array2::zeros((rows.nrows(), self.width));
        for (row, mut out) in rows.rows().into_iter().zip(answers.rows_mut()) {
            (self.answer)(&row.to_vec(), out.as_slice_mut().unwrap());
        }
        Ok(answers)
    }

    fn trees(&self) -> Option<&TreeEnsemble> {
        self.trees.as_ref()
    }
}

/// Rows and what their columns are.
pub struct Set {
    pub x: Array2<f64>,
    pub columns: Columns,
    pub target: usize,
}

pub fn raw() -> Readout {
    Readout {
        output: None,
        space: OutputSpace::Raw,
    }
}

pub fn run(
    model: &Made,
    ask: &AskRows<'_>,
    method: &str,
    params: Value,
    truth: Option<&[f64]>,
    batch: Option<usize>,
) -> Result<Outcome, ExplainError> {
    let mut quiet = |_: f64, _: &str| {};
    let mut run = Runner::new(model, &mut quiet, &|| false);
    if let Some(batch) = batch {
        run = run.with_batch(batch);
    }
    let Value::Object(mut params) = params else {
        panic!("not an object")
    };
    let extras = RowExtras {
        background: ask.x,
        truth,
        seed: 7,
    };
    explain_rows(&mut run, ask, method, &mut params, extras)
}

impl Set {
    pub fn new(x: Array2<f64>) -> Self {
        let columns = Columns::unnamed(x.ncols());
        Self { x, columns, target: 0 }
    }

    pub fn ask(
        &self,
        model: &Made,
        method: &str,
        params: Value,
        truth: Option<&[f64]>,
    ) -> Result<Outcome, ExplainError> {
        self.ask_with(model, method, params, truth, None)
    }

    pub fn ask_with(
        &self,
        model: &Made,
        method: &str,
        params: Value,
        truth: Option<&[f64]>,
        batch: Option<usize>,
    ) -> Result<Outcome, ExplainError> {
        let targets = vec![self.target; self.x.nrows()];
        let ask = AskRows::new(self.x.view(), raw(), &targets, &self.columns)?;
        run(model, &ask, method, params, truth, batch)
    }

    pub fn passes(&self, model: &Made, method: &str, params: Value, truth: Option<&[f64]>) -> u64 {
        let targets = vec![self.target; self.x.nrows()];
        let ask = AskRows::new(self.x.view(), raw(), &targets, &self.columns).unwrap();
        let mut quiet = |_: f64, _: &str| {};
        let mut run = Runner::new(model, &mut quiet, &|| false);
        let Value::Object(mut params) = params else {
            panic!("not an object")
        };
        let extras = RowExtras {
            background: ask.x,
            truth,
            seed: 7,
        };
        explain_rows(&mut run, &ask, method, &mut params, extras).unwrap();
        run.passes().forward
    }
}

/// Rows of independent numbers between -2 and 2.
pub fn cloud(seed: u64, rows: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns), |(i, j)| {
        Counter::new(seed, 1000 + j as u64, i as u64).uniform() * 4.0 - 2.0
    })
}

/// Trees with every kind of question, two outputs.
pub fn forest(seed: u64, features: usize, single: bool) -> TreeEnsemble {
    let mut random = Counter::new(seed, 2000, 0);
    let trees = (0..6).map(|_| tree(features, &mut random)).collect();
    TreeEnsemble {
        features,
        outputs: 2,
        trees,
        base: vec![0.25, -1.5],
        scale: 0.5,
        precision: if single { Precision::Single } else { Precision::Double },
        link: Link::Identity,
    }
}

fn tree(features: usize, random: &mut Counter) -> Tree {
    const SPLITS: usize = 15;
    let width = 1 + random.below(2);
    let mut nodes = Vec::new();
    for at in 0..SPLITS {
        let threshold = random.uniform() * 4.0 - 2.0;
        let rule = match random.below(7) {
            0 => Rule::AtMost(threshold),
            1 => Rule::Below(threshold),
            2 => Rule::AtLeast(threshold),
            3 => Rule::Above(threshold),
            4 => Rule::Equal(threshold.round()),
            5 => Rule::Differs(threshold.round()),
            _ => Rule::OneOf(vec![1]),
        };
        let missing = [
            Missing::Left,
            Missing::Right,
            Missing::AsZero,
            Missing::ZeroLeft,
            Missing::ZeroRight,
        ][random.below(5)];
        nodes.push(Node::Split {
            feature: random.below(features) as u32,
            rule,
            missing,
            left: (2 * at + 1) as u32,
            right: (2 * at + 2) as u32,
        });
    }
    nodes.extend((0..=SPLITS as u32).map(Node::Leaf));
    Tree {
        nodes,
        cover: Vec::new(),
        values: (0..(SPLITS + 1) * width).map(|_| random.normal()).collect(),
        output: random.below(3 - width),
        width,
    }
}
