//! Graphs with made-up weights: written node by node, and shaped as `SqueezeNet`, `ResNet` and `DenseNet` are.

use std::collections::BTreeMap;

use glassboard_engine::{Attr, Elem, GraphSpec, NodeSpec, Plain, Port};

/// Writes a graph node by node.
#[derive(Default)]
pub struct Sketch {
    pub spec: GraphSpec,
    pub seed: u32,
}

impl Sketch {
    pub fn new(classes: usize) -> Self {
        let mut sketch = Self::default();
        sketch.takes(&[3, 32, 32]);
        sketch.spec.outputs = vec![Port::tensor("y", Elem::F32, [None, Some(classes)])];
        sketch.spec.opsets = BTreeMap::from([(String::new(), 17)]);
        sketch
    }

    /// The shape of a row.
    pub fn takes(&mut self, row: &[usize]) {
        let axes = std::iter::once(None).chain(row.iter().copied().map(Some));
        self.spec.inputs = vec![Port::tensor("x", Elem::F32, axes)];
    }

    /// A constant of one number.
    pub fn number(&mut self, value: f32) -> String {
        self.seed += 1;
        let name = format!("number{}", self.seed);
        let plain = Plain::float(Vec::new(), Elem::F32, vec![value]);
        self.spec.initializers.push((name.clone(), plain.into()));
        name
    }

    pub fn weight(&mut self, shape: &[usize]) -> String {
        self.seed += 1;
        let n: usize = shape.iter().product();
        let fan: usize = shape[1..].iter().product::<usize>().max(1);
        let mut state = self.seed.wrapping_mul(0x9e37_79b9) | 1;
        let next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * (3.0 / fan as f32).sqrt()
        };
        let data = std::iter::repeat_with(next).take(n).collect();
        let name = format!("weight{}", self.seed);
        let plain = Plain::float(shape.to_vec(), Elem::F32, data);
        self.spec.initializers.push((name.clone(), plain.into()));
        name
    }

    pub fn node(&mut self, op: &str, inputs: &[&str], attrs: &[(&str, Attr)]) -> String {
        let name = format!("{}{}", op.to_lowercase(), self.spec.nodes.len());
        self.named(op, inputs, attrs, &name);
        name
    }

    pub fn named(&mut self, op: &str, inputs: &[&str], attrs: &[(&str, Attr)], output: &str) {
        self.spec.nodes.push(NodeSpec {
            op: op.into(),
            inputs: inputs.iter().map(|s| (*s).to_owned()).collect(),
            outputs: vec![output.to_owned()],
            attrs: attrs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
            ..NodeSpec::default()
        });
    }

    pub fn conv(&mut self, x: &str, from: usize, to: usize, kernel: i64, stride: i64) -> String {
        let (w, b) = (
            self.weight(&[to, from, kernel as usize, kernel as usize]),
            self.weight(&[to]),
        );
        let pads = ("pads", Attr::Ints(vec![kernel / 2; 4]));
        self.node("Conv", &[x, &w, &b], &[pads, ("strides", Attr::Ints(vec![stride; 2]))])
    }

    pub fn norm(&mut self, x: &str, channels: usize) -> String {
        let names: Vec<String> = (0..3).map(|_| self.weight(&[channels])).collect();
        self.seed += 1;
        let var = format!("variance{}", self.seed);
        let ones = Plain::float(vec![channels], Elem::F32, vec![0.8; channels]);
        self.spec.initializers.push((var.clone(), ones.into()));
        self.node("BatchNormalization", &[x, &names[0], &names[1], &names[2], &var], &[])
    }

    pub fn relu(&mut self, x: &str) -> String {
        self.node("Relu", &[x], &[])
    }

    pub fn pool(&mut self, x: &str) -> String {
        let two = || Attr::Ints(vec![2, 2]);
        self.node("MaxPool", &[x], &[("kernel_shape", two()), ("strides", two())])
    }

    pub fn head(mut self, x: &str, channels: usize, classes: usize) -> GraphSpec {
        let pooled = self.node("GlobalAveragePool", &[x], &[]);
        let flat = self.node("Flatten", &[&pooled], &[]);
        let (w, b) = (self.weight(&[classes, channels]), self.weight(&[classes]));
        self.named("Gemm", &[&flat, &w, &b], &[("transB", Attr::Int(1))], "y");
        self.spec
    }
}

pub fn squeezenet() -> GraphSpec {
    let mut s = Sketch::new(5);
    let first = s.conv("x", 3, 8, 3, 2);
    let mut x = s.relu(&first);
    for _ in 0..2 {
        let squeezed = s.conv(&x, 8, 4, 1, 1);
        let squeezed = s.relu(&squeezed);
        let (narrow, wide) = (s.conv(&squeezed, 4, 4, 1, 1), s.conv(&squeezed, 4, 4, 3, 1));
        let (narrow, wide) = (s.relu(&narrow), s.relu(&wide));
        x = s.node("Concat", &[&narrow, &wide], &[("axis", Attr::Int(1))]);
    }
    let x = s.pool(&x);
    s.head(&x, 8, 5)
}

pub fn resnet() -> GraphSpec {
    let mut s = Sketch::new(5);
    let mut x = s.conv("x", 3, 8, 7, 2);
    for stride in [1, 2] {
        let main = s.conv(&x, 8, 8, 3, stride);
        let main = s.norm(&main, 8);
        let main = s.relu(&main);
        let main = s.conv(&main, 8, 8, 3, 1);
        let main = s.norm(&main, 8);
        let skip = if stride == 1 {
            x.clone()
        } else {
            let skip = s.conv(&x, 8, 8, 1, stride);
            s.norm(&skip, 8)
        };
        let sum = s.node("Add", &[&main, &skip], &[]);
        x = s.relu(&sum);
    }
    s.head(&x, 8, 5)
}

pub fn densenet() -> GraphSpec {
    let mut s = Sketch::new(5);
    let mut x = s.conv("x", 3, 8, 3, 1);
    let mut channels = 8;
    for _ in 0..3 {
        let normed = s.norm(&x, channels);
        let active = s.relu(&normed);
        let grown = s.conv(&active, channels, 4, 3, 1);
        x = s.node("Concat", &[&x, &grown], &[("axis", Attr::Int(1))]);
        channels += 4;
    }
    let half = Attr::Ints(vec![2, 2]);
    let x = s.node(
        "AveragePool",
        &[&x],
        &[("kernel_shape", half.clone()), ("strides", half)],
    );
    s.head(&x, channels, 5)
}
