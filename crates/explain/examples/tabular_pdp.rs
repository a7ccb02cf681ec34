//! Partial dependence with every row's curve, timed: `tabular_pdp MODEL ROWS.npy MEANS.npy TARGET RUNS`.
//!
//! `MODEL` is an ONNX file or trees as JSON (`{"trees": [{"left", "right", "feature", "threshold", "value"}]}`, `<=` goes
//! left, in 64 bits). Prints the median seconds and CPU seconds of a run as JSON; writes `[columns, points]`, the means.

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use glassboard_engine::{Options, Session};
use glassboard_explain::methods::partial_dependence as pdp;
use glassboard_explain::{AskRows, Columns, Readout, Runner};
use glassboard_model::trees::{Link, Missing, Node, Precision, Rule, Tree};
use glassboard_model::{
    Array, Gradient, InputSpec, LayerGradient, Model, ModelError, OutputSpace, Target, TreeEnsemble, View,
};
use ndarray::{Array2, ArrayView2};
use ndarray_npy::{read_npy, write_npy};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    trees: Vec<Plain>,
}

#[derive(Deserialize)]
struct Plain {
    left: Vec<i64>,
    right: Vec<i64>,
    feature: Vec<u32>,
    threshold: Vec<f64>,
    value: Vec<f64>,
}

struct Trees(TreeEnsemble);

fn unsupported<T>() -> Result<T, ModelError> {
    Err(ModelError::Unsupported("rows only".to_owned()))
}

impl Model for Trees {
    fn inputs(&self) -> &[InputSpec] {
        &[]
    }

    fn outputs(&self) -> &[String] {
        &[]
    }

    fn forward(&self, _: &View<'_>, _: Option<&str>) -> Result<Array, ModelError> {
        unsupported()
    }

    fn capture(&self, _: &View<'_>, _: &[&str]) -> Result<Vec<Array>, ModelError> {
        unsupported()
    }

    fn gradient(&self, _: &View<'_>, _: &Target) -> Result<Gradient, ModelError> {
        unsupported()
    }

    fn layer_gradient(&self, _: &View<'_>, _: &str, _: &Target) -> Result<LayerGradient, ModelError> {
        unsupported()
    }

    fn forward_rows(&self, rows: ArrayView2<'_, f64>, _: Option<&str>) -> Result<Array2<f64>, ModelError> {
        let mut answers = Array2::zeros((rows.nrows(), 1));
        for (row, out) in rows.rows().into_iter().zip(&mut answers) {
            *out = self.0.margins(&row.to_vec())[0];
        }
        Ok(answers)
    }

    fn trees(&self) -> Option<&TreeEnsemble> {
        Some(&self.0)
    }
}

fn trees(path: &Path, features: usize) -> anyhow::Result<Trees> {
    let file: File = serde_json::from_slice(&std::fs::read(path)?)?;
    let tree = |plain: Plain| {
        let node = |i: usize| match plain.left[i] {
            -1 => Node::Leaf(i as u32),
            left => Node::Split {
                feature: plain.feature[i],
                rule: Rule::AtMost(plain.threshold[i]),
                missing: Missing::AsZero,
                left: left as u32,
                right: plain.right[i] as u32,
            },
        };
        Tree {
            nodes: (0..plain.left.len()).map(node).collect(),
            cover: Vec::new(),
            values: plain.value.clone(),
            output: 0,
            width: 1,
        }
    };
    Ok(Trees(TreeEnsemble {
        features,
        outputs: 1,
        trees: file.trees.into_iter().map(tree).collect(),
        base: vec![0.0],
        scale: 1.0,
        precision: Precision::Double,
        link: Link::Identity,
    }))
}

fn cpu_seconds() -> anyhow::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, rows, means, target, runs] = &arguments[..] else {
        anyhow::bail!("usage: tabular_pdp MODEL ROWS.npy MEANS.npy TARGET RUNS");
    };
    let x: Array2<f64> = read_npy(rows).with_context(|| format!("cannot read {rows}"))?;
    let path = Path::new(model);
    let model: Box<dyn Model> = if path.extension().is_some_and(|e| e == "onnx") {
        Box::new(Session::open(path, Options::default())?)
    } else {
        Box::new(trees(path, x.ncols())?)
    };
    let (columns, targets) = (Columns::unnamed(x.ncols()), vec![target.parse()?; x.nrows()]);
    let readout = Readout {
        output: None,
        space: OutputSpace::Raw,
    };
    let ask = AskRows::new(x.view(), readout, &targets, &columns)?;
    let options = pdp::Options {
        columns: (0..x.ncols()).collect(),
        points: 100,
        share: (0.05, 0.95),
        curves: x.nrows(),
        centred: false,
        rows: 0,
    };
    let (mut seconds, mut cpu) = (Vec::new(), Vec::new());
    for run in 0..=runs.parse::<usize>()?.max(1) {
        let mut quiet = |_: f64, _: &str| {};
        let mut runner = Runner::new(model.as_ref(), &mut quiet, &|| false);
        let (clock, before) = (Instant::now(), cpu_seconds()?);
        let outcome = pdp::partial_dependence(&mut runner, &ask, &options)?;
        // The first run warms up.
        if run > 0 {
            seconds.push(clock.elapsed().as_secs_f64());
            cpu.push(cpu_seconds()? - before);
        } else if let Some((_, mean)) = outcome.arrays.iter().find(|(name, _)| name == "mean") {
            write_npy(means, mean)?;
        }
    }
    println!(
        "{}",
        serde_json::json!({ "seconds": median(seconds), "cpu_seconds": median(cpu) })
    );
    Ok(())
}
