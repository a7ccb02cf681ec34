//! One case: a graph of one operator, its gradient, and the differences it is held to.

use std::collections::BTreeMap;

use glassboard_engine::{Attr, Elem, GraphSpec, NodeSpec, Options, Plain, PlainData, Port, Session};
use glassboard_model::{Model, OutputSpace, Target};
use ndarray::{ArrayD, IxDyn};

use crate::draw::Draw;

/// An operator and how to draw an instance of it.
pub struct Case {
    /// Operator domain; empty is `ai.onnx`.
    pub domain: &'static str,
    /// Operator name.
    pub op: &'static str,
    /// Draws one instance.
    pub build: fn(&mut Draw) -> Built,
}

impl Case {
    /// A case of `ai.onnx`.
    pub fn new(op: &'static str, build: fn(&mut Draw) -> Built) -> Self {
        Self { domain: "", op, build }
    }

    /// A case of another domain.
    pub fn of(domain: &'static str, op: &'static str, build: fn(&mut Draw) -> Built) -> Self {
        Self { domain, op, build }
    }

    /// The operator with its domain.
    pub fn name(&self) -> String {
        if self.domain.is_empty() {
            self.op.to_owned()
        } else {
            format!("{}.{}", self.domain, self.op)
        }
    }
}

/// One input of the operator.
#[derive(Clone)]
pub enum Input {
    /// Floats with respect to which the gradient is checked.
    Free(Vec<usize>, Vec<f32>),
    /// Floats that are constants.
    Fixed(Vec<usize>, Vec<f32>),
    /// Integers or bools.
    Whole(Elem, Vec<usize>, Vec<i64>),
    /// Left out.
    Absent,
}

/// int64 numbers as a vector.
pub fn ints(data: &[i64]) -> Input {
    Input::Whole(Elem::I64, vec![data.len()], data.to_vec())
}

/// One int64 number without dimensions.
pub fn int(v: i64) -> Input {
    Input::Whole(Elem::I64, vec![], vec![v])
}

/// An instance of an operator.
pub struct Built {
    /// Its inputs.
    pub inputs: Vec<Input>,
    /// Its attributes.
    pub attrs: Vec<(&'static str, Attr)>,
    /// Version of its operator set.
    pub opset: i64,
    /// How many outputs it has, and which of them are looked at.
    pub outputs: (usize, Vec<usize>),
    /// Subgraphs and whatever else a graph needs around the operator: called last.
    pub finish: fn(&mut GraphSpec),
    /// Step of the differences where the operator computes in 32 bits whatever it is given.
    pub single: Option<f32>,
}

impl Built {
    /// One output, operator set 22.
    pub fn new(inputs: Vec<Input>) -> Self {
        Self {
            inputs,
            attrs: Vec::new(),
            opset: 22,
            outputs: (1, vec![0]),
            finish: |_| {},
            single: None,
        }
    }

    /// Adds an attribute.
    pub fn attr(mut self, name: &'static str, value: Attr) -> Self {
        self.attrs.push((name, value));
        self
    }

    /// Adds an integer attribute.
    pub fn int(self, name: &'static str, value: i64) -> Self {
        self.attr(name, Attr::Int(value))
    }

    /// Adds an attribute of integers.
    pub fn list(self, name: &'static str, value: &[usize]) -> Self {
        self.attr(name, Attr::Ints(value.iter().map(|&v| v as i64).collect()))
    }

    /// Adds a text attribute.
    pub fn text(self, name: &'static str, value: &str) -> Self {
        self.attr(name, Attr::Str(value.to_owned()))
    }

    /// Adds a float attribute.
    pub fn number(self, name: &'static str, value: f32) -> Self {
        self.attr(name, Attr::Float(value))
    }

    /// Of another operator set.
    pub fn opset(mut self, version: i64) -> Self {
        self.opset = version;
        self
    }

    /// Computes in 32 bits whatever it is given: the differences are those of the graph of 32 bits, by
    /// steps so large that its rounding does not count, extrapolated to a step of zero.
    pub fn in_single(mut self, step: f32) -> Self {
        self.single = Some(step);
        self
    }

    /// With several outputs, of which those named are looked at.
    pub fn outputs(mut self, count: usize, seen: &[usize]) -> Self {
        self.outputs = (count, seen.to_vec());
        self
    }
}

/// A constant of random floats that nothing is compared through.
pub fn free(d: &mut Draw, shape: &[usize]) -> Input {
    let n = shape.iter().product();
    Input::Free(shape.to_vec(), d.away(n, 0.05, 2.0))
}

/// A free input of numbers above zero.
pub fn positive(d: &mut Draw, shape: &[usize], low: f64, high: f64) -> Input {
    let n = shape.iter().product();
    Input::Free(shape.to_vec(), d.numbers(n, low, high))
}

/// A node of `ai.onnx`.
pub fn node(op: &str, inputs: &[&str], outputs: &[&str]) -> NodeSpec {
    NodeSpec {
        op: op.to_owned(),
        inputs: inputs.iter().map(|&s| s.to_owned()).collect(),
        outputs: outputs.iter().map(|&s| s.to_owned()).collect(),
        ..NodeSpec::default()
    }
}

/// The node with one more attribute.
pub fn with(mut node: NodeSpec, name: &str, value: Attr) -> NodeSpec {
    node.attrs.insert(name.to_owned(), value);
    node
}

/// The graph in which input `at` is the graph's input, one row of all its elements, and the answer a
/// sum of all elements of the outputs, each weighed by another number.
fn graph(case: &Case, built: &Built, at: usize, elem: Elem, weights: &[Vec<f32>]) -> GraphSpec {
    let mut spec = GraphSpec {
        opsets: BTreeMap::from([(String::new(), built.opset), (case.domain.to_owned(), built.opset)]),
        ..GraphSpec::default()
    };
    let mut names = Vec::new();
    for (i, input) in built.inputs.iter().enumerate() {
        let name = format!("input{i}");
        match input {
            Input::Absent => {
                names.push(String::new());
                continue;
            }
            Input::Free(shape, data) if i == at => {
                spec.inputs.push(Port::tensor("x", elem, [1, data.len()]));
                let dims = shape.iter().map(|&d| d as i64).collect();
                spec.initializers
                    .push(("dims".into(), Plain::int(vec![shape.len()], Elem::I64, dims).into()));
                spec.nodes.push(with(
                    node("Reshape", &["x", "dims"], &[&name]),
                    "allowzero",
                    Attr::Int(1),
                ));
            }
            Input::Free(shape, data) | Input::Fixed(shape, data) => spec
                .initializers
                .push((name.clone(), Plain::float(shape.clone(), elem, data.clone()).into())),
            Input::Whole(elem, shape, data) => spec
                .initializers
                .push((name.clone(), Plain::int(shape.clone(), *elem, data.clone()).into())),
        }
        names.push(name);
    }
    let outputs: Vec<String> = (0..built.outputs.0).map(|k| format!("y{k}")).collect();
    spec.nodes.push(NodeSpec {
        op: case.op.to_owned(),
        domain: case.domain.to_owned(),
        inputs: names,
        outputs,
        attrs: built.attrs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
        ..NodeSpec::default()
    });
    spec.initializers
        .push(("row".into(), Plain::int(vec![2], Elem::I64, vec![1, -1]).into()));
    let mut sums: Vec<String> = Vec::new();
    for (k, w) in built.outputs.1.iter().zip(weights) {
        let [y, flat, weight, product, sum] =
            ["y", "flat", "weight", "product", "sum"].map(|name| format!("{name}{k}"));
        spec.initializers
            .push((weight.clone(), Plain::float(vec![1, w.len()], elem, w.clone()).into()));
        spec.nodes.push(node("Reshape", &[&y, "row"], &[&flat]));
        spec.nodes.push(node("Mul", &[&flat, &weight], &[&product]));
        spec.initializers
            .push((format!("axes{k}"), Plain::int(vec![1], Elem::I64, vec![1]).into()));
        spec.nodes
            .push(node("ReduceSum", &[&product, &format!("axes{k}")], &[&sum]));
        sums.push(sum);
    }
    let sums: Vec<&str> = sums.iter().map(String::as_str).collect();
    spec.nodes.push(node("Sum", &sums, &["answer"]));
    spec.outputs.push(Port::tensor("answer", elem, [1_usize, 1]));
    (built.finish)(&mut spec);
    spec
}

/// Elements of each output looked at.
fn output_sizes(case: &Case, built: &Built, at: usize, x: &[f32]) -> Result<Vec<usize>, String> {
    let weights = vec![vec![1.0]; built.outputs.1.len()];
    let spec = graph(case, built, at, Elem::F32, &weights);
    let session: Session = Session::from_spec(&spec, Options::default()).map_err(|e| e.to_string())?;
    let names: Vec<String> = built.outputs.1.iter().map(|k| format!("y{k}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let x = Plain::float(vec![1, x.len()], Elem::F32, x.to_vec());
    let ran = session.execute(&[x], &names).map_err(|e| e.to_string())?;
    Ok(ran.values.iter().map(Plain::numel).collect())
}

/// Most elements of one input that differences are taken of.
const MOST: usize = 40;

/// Checks one round of a case with respect to every free input.
pub fn check(case: &Case, round: u64) -> Result<(), String> {
    let mut draw = Draw::new(&case.name(), round);
    let built = (case.build)(&mut draw);
    let mut checked = 0;
    for (at, input) in built.inputs.iter().enumerate() {
        if let Input::Free(_, x) = input {
            checked += 1;
            with_respect_to(case, &built, at, x, &mut draw)
                .map_err(|e| format!("{} (round {round}, input {at}): {e}", case.name()))?;
        }
    }
    if checked == 0 {
        return Err(format!("{}: no input is free", case.name()));
    }
    Ok(())
}

fn with_respect_to(case: &Case, built: &Built, at: usize, x: &[f32], draw: &mut Draw) -> Result<(), String> {
    let sizes = output_sizes(case, built, at, x)?;
    let weights: Vec<Vec<f32>> = sizes.iter().map(|&n| draw.away(n, 0.2, 1.0)).collect();
    let single: Session = Session::from_spec(&graph(case, built, at, Elem::F32, &weights), Options::default())
        .map_err(|e| e.to_string())?;
    let row = ArrayD::from_shape_vec(IxDyn(&[1, x.len()]), x.to_vec()).unwrap();
    let target = Target {
        output: None,
        space: OutputSpace::Raw,
        targets: vec![0],
    };
    let found = single
        .gradient(&row.view(), &target)
        .map_err(|e| e.to_string())?
        .gradient;
    let mut order: Vec<usize> = (0..x.len()).collect();
    for k in (1..order.len()).rev() {
        order.swap(k, draw.size(0, k));
    }
    order.truncate(MOST);
    let slopes = match built.single {
        Some(step) => slopes_in_single(&single, built, x, &weights, step, &order)?,
        None => slopes_in_double(case, built, at, x, &weights, &order)?,
    };
    let scale = slopes.iter().fold(0.0, |m: f64, s| m.max(s.abs()));
    // Relative to the slope itself, or where terms cancel to a small part of the largest one;
    // differences of 32 bits are not exact enough for that part.
    let part = if built.single.is_some() { 1.0 } else { 0.02 };
    for (&i, &slope) in order.iter().zip(&slopes) {
        let got = f64::from(found.as_slice().unwrap()[i]);
        let allowed = 1e-3 * slope.abs().max(part * scale).max(2e-3);
        if (got - slope).abs() > allowed || !got.is_finite() || !slope.is_finite() {
            return Err(format!("element {i}: gradient {got}, difference {slope}"));
        }
    }
    Ok(())
}

/// Central differences of the graph of 64 bits, with respect to the elements `order` of input `at`.
fn slopes_in_double(
    case: &Case,
    built: &Built,
    at: usize,
    x: &[f32],
    weights: &[Vec<f32>],
    order: &[usize],
) -> Result<Vec<f64>, String> {
    let session: Session = Session::from_spec(&graph(case, built, at, Elem::F64, weights), Options::default())
        .map_err(|e| e.to_string())?;
    let wide: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
    let answer = |x: Vec<f64>| -> Result<f64, String> {
        let ran = session
            .execute(&[Plain::double(vec![1, x.len()], x)], &[])
            .map_err(|e| format!("in 64 bits: {e}"))?;
        match &ran.values[0].data {
            PlainData::Double(v) => Ok(v[0]),
            _ => Err("in 64 bits: the answer is not of 64 bits".to_owned()),
        }
    };
    let step = 1e-5;
    let slope = |&i: &usize| {
        let moved = |by: f64| {
            let mut x = wide.clone();
            x[i] += by;
            answer(x)
        };
        Ok((moved(step)? - moved(-step)?) / (2.0 * step))
    };
    order.iter().map(slope).collect()
}

/// The same of the graph of 32 bits whose session is given, by Richardson's extrapolation from `step`
/// and its half. The outputs are weighed and added in 64 bits.
fn slopes_in_single(
    session: &Session,
    built: &Built,
    x: &[f32],
    weights: &[Vec<f32>],
    step: f32,
    order: &[usize],
) -> Result<Vec<f64>, String> {
    let names: Vec<String> = built.outputs.1.iter().map(|k| format!("y{k}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let answer = |x: Vec<f32>| -> Result<f64, String> {
        let ran = session
            .execute(&[Plain::float(vec![1, x.len()], Elem::F32, x)], &names)
            .map_err(|e| e.to_string())?;
        let mut sum = 0.0;
        for (value, weights) in ran.values.iter().zip(weights) {
            let numbers = value.to_doubles().ok_or("an output holds no floats")?;
            sum += numbers.iter().zip(weights).map(|(v, &w)| v * f64::from(w)).sum::<f64>();
        }
        Ok(sum)
    };
    let slope = |&i: &usize| {
        let difference = |step: f32| -> Result<f64, String> {
            let (mut above, mut below) = (x.to_vec(), x.to_vec());
            above[i] += step;
            below[i] -= step;
            let distance = f64::from(above[i]) - f64::from(below[i]);
            Ok((answer(above)? - answer(below)?) / distance)
        };
        Ok((4.0 * difference(step / 2.0)? - difference(step)?) / 3.0)
    };
    order.iter().map(slope).collect()
}
