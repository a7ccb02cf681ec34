//! Ensembles and rows that nobody has seen before.

use glassboard_model::trees::{Link, Missing, Node, Precision, Rule, Tree};
use glassboard_model::{Array, Gradient, InputSpec, LayerGradient, Model, ModelError, Target, TreeEnsemble, View};
use ndarray::{Array2, ArrayView2};

use crate::random::Counter;

/// How a tree grows.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub features: usize,
    pub trees: usize,
    pub depth: usize,
    /// Chance that a node above the depth is a split.
    pub split: f64,
    /// Outputs of the ensemble.
    pub outputs: usize,
}

pub fn ensemble(seed: u64, shape: Shape) -> TreeEnsemble {
    let trees = (0..shape.trees).map(|index| {
        let mut random = Counter::new(seed, 1, index as u64);
        let width = 1 + random.below(shape.outputs);
        let mut tree = Tree {
            width,
            output: random.below(shape.outputs - width + 1),
            ..Tree::default()
        };
        grow(&mut tree, &mut random, shape, 0, 100.0 + 900.0 * shape.depth as f64);
        tree
    });
    TreeEnsemble {
        features: shape.features,
        outputs: shape.outputs,
        trees: trees.collect(),
        base: (0..shape.outputs).map(|o| 0.25 - o as f64).collect(),
        scale: 0.5,
        precision: Precision::Double,
        link: Link::Logistic { slope: 1.0 },
    }
}

fn grow(tree: &mut Tree, random: &mut Counter, shape: Shape, depth: usize, cover: f64) -> u32 {
    let at = tree.nodes.len();
    tree.cover.push(cover);
    if depth == shape.depth || random.uniform() > shape.split {
        let leaf = tree.values.len() / tree.width;
        (0..tree.width).for_each(|_| tree.values.push(random.normal()));
        tree.nodes.push(Node::Leaf(leaf as u32));
        return at as u32;
    }
    tree.nodes.push(Node::Leaf(0));
    // Sometimes nobody goes left, sometimes nobody came at all.
    let left_cover = cover * if random.below(8) == 0 { 0.0 } else { random.uniform() };
    let feature = random.below(shape.features) as u32;
    let (rule, missing) = question(random);
    let left = grow(tree, random, shape, depth + 1, left_cover);
    let right = grow(tree, random, shape, depth + 1, cover - left_cover);
    tree.nodes[at] = Node::Split {
        feature,
        rule,
        missing,
        left,
        right,
    };
    at as u32
}

fn question(random: &mut Counter) -> (Rule, Missing) {
    let limit = random.below(8) as f64 - 1.5;
    let rule = match random.below(9) {
        0 | 1 => Rule::AtMost(limit),
        2 | 3 => Rule::Below(limit + 0.5),
        4 => Rule::AtLeast(limit + 0.5),
        5 => Rule::Above(limit),
        6 => Rule::Equal(limit.round()),
        7 => Rule::Differs(limit.round()),
        _ => Rule::OneOf((0..6).filter(|_| random.below(2) == 0).collect()),
    };
    let missing = match random.below(5) {
        0 => Missing::Left,
        1 => Missing::Right,
        2 => Missing::AsZero,
        3 => Missing::ZeroLeft,
        _ => Missing::ZeroRight,
    };
    (rule, missing)
}

/// Whole numbers and numbers between, of which some are missing.
pub fn rows(seed: u64, rows: usize, features: usize) -> Array2<f64> {
    let mut random = Counter::new(seed, 2, 0);
    Array2::from_shape_simple_fn((rows, features), || match random.below(10) {
        0 => f64::NAN,
        1..=4 => random.below(6) as f64,
        _ => 8.0 * random.uniform() - 2.0,
    })
}

/// A model of trees.
pub struct Trees(pub TreeEnsemble);

impl Model for Trees {
    fn inputs(&self) -> &[InputSpec] {
        &[]
    }

    fn outputs(&self) -> &[String] {
        &[]
    }

    fn forward(&self, _x: &View<'_>, _output: Option<&str>) -> Result<Array, ModelError> {
        Err(ModelError::Unsupported("it has rows only".to_owned()))
    }

    fn capture(&self, _x: &View<'_>, _layers: &[&str]) -> Result<Vec<Array>, ModelError> {
        Err(ModelError::Unsupported("it has no layers".to_owned()))
    }

    fn gradient(&self, _x: &View<'_>, _target: &Target) -> Result<Gradient, ModelError> {
        Err(ModelError::Unsupported("it has no gradient".to_owned()))
    }

    fn layer_gradient(&self, _x: &View<'_>, _layer: &str, _target: &Target) -> Result<LayerGradient, ModelError> {
        Err(ModelError::Unsupported("it has no layers".to_owned()))
    }

    fn forward_rows(&self, rows: ArrayView2<'_, f64>, _output: Option<&str>) -> Result<Array2<f64>, ModelError> {
        Ok(super::super::margins(&self.0, rows))
    }

    fn trees(&self) -> Option<&TreeEnsemble> {
        Some(&self.0)
    }
}
