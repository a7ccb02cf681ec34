//! Activation maps and Grad-CAM for every layer of graphs shaped as `SqueezeNet`, `ResNet` and `DenseNet` are.

use std::collections::BTreeMap;

use glassboard_engine::{Attr, Elem, GraphSpec, NodeSpec, Options, Plain, Port, Session};
use glassboard_explain::methods::grad_cam;
use glassboard_explain::{Ask, Readout, Runner, layers};
use glassboard_model::{Array, Model, OutputSpace};
use ndarray::IxDyn;

/// Writes a graph node by node.
#[derive(Default)]
struct Sketch {
    spec: GraphSpec,
    seed: u32,
}

impl Sketch {
    fn new(classes: usize) -> Self {
        let mut sketch = Self::default();
        sketch.spec.inputs = vec![Port::tensor("x", Elem::F32, [None, Some(3), Some(32), Some(32)])];
        sketch.spec.outputs = vec![Port::tensor("y", Elem::F32, [None, Some(classes)])];
        sketch.spec.opsets = BTreeMap::from([(String::new(), 17)]);
        sketch
    }

    fn weight(&mut self, shape: &[usize]) -> String {
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

    fn node(&mut self, op: &str, inputs: &[&str], attrs: &[(&str, Attr)]) -> String {
        let name = format!("{}{}", op.to_lowercase(), self.spec.nodes.len());
        self.named(op, inputs, attrs, &name);
        name
    }

    fn named(&mut self, op: &str, inputs: &[&str], attrs: &[(&str, Attr)], output: &str) {
        self.spec.nodes.push(NodeSpec {
            op: op.into(),
            inputs: inputs.iter().map(|s| (*s).to_owned()).collect(),
            outputs: vec![output.to_owned()],
            attrs: attrs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
            ..NodeSpec::default()
        });
    }

    fn conv(&mut self, x: &str, from: usize, to: usize, kernel: i64, stride: i64) -> String {
        let (w, b) = (
            self.weight(&[to, from, kernel as usize, kernel as usize]),
            self.weight(&[to]),
        );
        let pads = ("pads", Attr::Ints(vec![kernel / 2; 4]));
        self.node("Conv", &[x, &w, &b], &[pads, ("strides", Attr::Ints(vec![stride; 2]))])
    }

    fn norm(&mut self, x: &str, channels: usize) -> String {
        let names: Vec<String> = (0..3).map(|_| self.weight(&[channels])).collect();
        self.seed += 1;
        let var = format!("variance{}", self.seed);
        let ones = Plain::float(vec![channels], Elem::F32, vec![0.8; channels]);
        self.spec.initializers.push((var.clone(), ones.into()));
        self.node("BatchNormalization", &[x, &names[0], &names[1], &names[2], &var], &[])
    }

    fn relu(&mut self, x: &str) -> String {
        self.node("Relu", &[x], &[])
    }

    fn pool(&mut self, x: &str) -> String {
        let two = || Attr::Ints(vec![2, 2]);
        self.node("MaxPool", &[x], &[("kernel_shape", two()), ("strides", two())])
    }

    fn head(mut self, x: &str, channels: usize, classes: usize) -> GraphSpec {
        let pooled = self.node("GlobalAveragePool", &[x], &[]);
        let flat = self.node("Flatten", &[&pooled], &[]);
        let (w, b) = (self.weight(&[classes, channels]), self.weight(&[classes]));
        self.named("Gemm", &[&flat, &w, &b], &[("transB", Attr::Int(1))], "y");
        self.spec
    }
}

fn squeezenet() -> GraphSpec {
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

fn resnet() -> GraphSpec {
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

fn densenet() -> GraphSpec {
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

#[test]
fn every_spatial_layer_has_its_map() {
    let x = Array::from_shape_fn(IxDyn(&[2, 3, 32, 32]), |i| {
        ((i[0] * 7 + i[1] * 5 + i[2] * 3 + i[3]) % 11) as f32 * 0.2 - 1.0
    });
    for (name, spec) in [
        ("squeezenet", squeezenet()),
        ("resnet", resnet()),
        ("densenet", densenet()),
    ] {
        let session: Session = Session::from_spec(&spec, Options::default()).unwrap();
        let readout = Readout {
            output: None,
            space: OutputSpace::Raw,
        };
        let ask = Ask::new(&x, readout, &[1, 4]).unwrap();
        let (mut maps, mut live) = (0, 0);
        for value in session.values() {
            let activation = session.capture(&x.view(), &[&value.name]).unwrap().swap_remove(0);
            let &[rows, _, h, w] = activation.shape() else { continue };
            assert_eq!(rows, 2, "{name}: {}", value.name);
            assert!(activation.iter().all(|v| v.is_finite()));
            let (mut progress, cancelled) = (|_: f64, _: &str| {}, || false);
            let mut run = Runner::new(&session, &mut progress, &cancelled);
            let map = grad_cam::grad_cam(&mut run, &ask, &value.name, false)
                .unwrap_or_else(|e| panic!("{name}: {}: {e}", value.name));
            assert_eq!(map.shape(), [2, 1, h, w]);
            assert!(map.iter().all(|v| v.is_finite()));
            maps += 1;
            live += usize::from(map.iter().any(|v| v.abs() > 1e-9));
        }
        assert!(maps >= 8, "{name}: only {maps} layers");
        assert!(
            live * 10 >= maps * 9,
            "{name}: {live} of {maps} maps are more than zeros"
        );
        let (layer, _) = layers::default_layer(&session, &x.view()).unwrap();
        assert!(session.program().value(&layer).is_some(), "{name}: {layer}");
    }
}
