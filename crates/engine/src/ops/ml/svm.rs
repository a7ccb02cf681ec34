//! Support vector machines.

use burn_backend::Scalar;

use super::super::{Call, Entry, Grad, Out, linear, one, operate, sizes};
use super::labels::{Labels, largest};
use super::linear::affine;
use super::transform::Transform;
use super::{classified, entry, matrix, scored};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::Dim;
use crate::value::{Elem, Value};

const FAMILY: &str = "ml/svm";

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        entry(FAMILY, "SVMClassifier", Grad::Yes, classifier)
            .shape(|s| classified(s, "classlabels_strings", Dim::unknown_size()))
            .limits("a linear one answers the class of the largest score"),
        entry(FAMILY, "SVMRegressor", Grad::Yes, regressor)
            .shape(|s| scored(s, 1.into()))
            .limits("no gradient for one_class; no transform, as in onnxruntime"),
    ]
}

/// The kernel of `x` `[rows, features]` with every support vector, `[rows, vectors]`.
fn kernel<B: Engine>(c: &Call<'_, B>, x: Float<B>, vectors: &[f32], count: usize) -> Result<Float<B>, OpError> {
    let (rows, features) = (x.shape()[0], x.shape()[1]);
    if count.checked_mul(features) != Some(vectors.len()) {
        return Err(OpError::bad(format!(
            "{} numbers do not make {count} support vectors of {features} features",
            vectors.len()
        )));
    }
    let [gamma, offset, degree] = match c.floats("kernel_params") {
        [] => [0.0; 3],
        &[gamma, offset, degree] => [gamma, offset, degree].map(f64::from),
        other => {
            return Err(OpError::bad(format!(
                "kernel_params holds {} numbers, expected 3",
                other.len()
            )));
        }
    };
    let v = c.tensor_from(vectors.to_vec(), vec![count, features], x.elem);
    let dot = |x: Float<B>, v: Float<B>| linear::product(c, x, v.permute(&[1, 0]));
    match c.str("kernel_type", "LINEAR").as_str() {
        "LINEAR" => dot(x, v),
        "POLY" => {
            let base = dot(x, v)?.mul_scalar(gamma).add_scalar(offset);
            Ok(base.map(|t| {
                if degree.fract() == 0.0 && degree.abs() <= 64.0 {
                    B::float_powi_scalar(t, Scalar::Int(degree as i64))
                } else {
                    B::float_powf_scalar(t, Scalar::Float(degree))
                }
            }))
        }
        "SIGMOID" => Ok(dot(x, v)?.mul_scalar(gamma).add_scalar(offset).map(B::float_tanh)),
        "RBF" => {
            // Differences first: the expanded square loses the digits of near vectors.
            c.reserve(&[rows, count, features, 2])?;
            let apart = x
                .reshape(vec![rows, 1, features])
                .sub(v.reshape(vec![1, count, features]))?;
            let elem = apart.elem;
            let square = apart.clone().mul(apart)?;
            let distance = Float::<B>::wrap(B::float_sum_dim(square.prim, 2), vec![rows, count, 1], elem);
            Ok(distance.reshape(vec![rows, count]).mul_scalar(-gamma).map(B::float_exp))
        }
        other => Err(OpError::bad(format!("kernel_type `{other}` is unknown"))),
    }
}

fn regressor<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = matrix(c, 0)?.cast(Elem::F32);
    let rho = match c.floats("rho") {
        [] => return Err(OpError::bad("rho is missing")),
        v => &v[..1],
    };
    let count = usize::try_from(c.int("n_supports", 0)).unwrap_or(0);
    let weights = c.floats("coefficients");
    let y = if count == 0 {
        affine(c, x, weights, rho, 1)?
    } else {
        let kernels = kernel(c, x, c.floats("support_vectors"), count)?;
        affine(c, kernels, weights, rho, 1)?
    };
    if c.int("one_class", 0) == 0 {
        return one(y);
    }
    let shape = y.shape().to_vec();
    let sides = y
        .into_vec()?
        .into_iter()
        .map(|v| if v > 0.0 { 1.0 } else { -1.0 })
        .collect();
    one(c.tensor_from(sides, shape, Elem::F32))
}

fn classifier<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let transform = Transform::read(c)?;
    let labels = Labels::read(c, "classlabels_ints", "classlabels_strings");
    let (classes, weights, rho) = (labels.len(), c.floats("coefficients"), c.floats("rho"));
    if classes == 0 || rho.is_empty() {
        return Err(OpError::bad("the class labels or rho are missing"));
    }
    let x = matrix(c, 0)?.cast(Elem::F32);
    let per_class = sizes(&c.ints("vectors_per_class").unwrap_or_default(), "vectors_per_class")?;
    let vectors = per_class.iter().fold(0usize, |a, &b| a.saturating_add(b));
    if vectors == 0 {
        let scores = affine(c, x, weights, &vec![rho[0]; classes], classes)?;
        let top = labels.pick(&largest(&scores.clone().into_vec()?, classes));
        return Ok(vec![top, Value::Float(transform.apply(scores)?)]);
    }
    let pairs = classes * (classes - 1) / 2;
    if classes < 2
        || per_class.len() != classes
        || (classes - 1).checked_mul(vectors) != Some(weights.len())
        || rho.len() < pairs
    {
        return Err(OpError::bad(format!(
            "{} coefficients and {} numbers rho do not fit {classes} classes with {per_class:?} support vectors",
            weights.len(),
            rho.len()
        )));
    }
    let kernels = kernel(c, x, c.floats("support_vectors"), vectors)?;
    let columns = c.node.prepared.get(|| {
        c.reserve(&[pairs, vectors])?;
        Ok(pair_weights(weights, &per_class, vectors))
    })?;
    let scores = affine(c, kernels, &columns, &rho[..pairs], pairs)?;
    let plain = scores.clone().into_vec()?;
    let top = labels.pick(&votes(&plain, classes));
    let (a, b) = (c.floats("prob_a"), c.floats("prob_b"));
    let answer = if !a.is_empty() {
        if a.len() < pairs || b.len() < pairs {
            return Err(OpError::bad(format!("prob_a and prob_b should hold {pairs} numbers")));
        }
        let row = |v: &[f32]| c.tensor_from(v[..pairs].to_vec(), vec![pairs], Elem::F32);
        let first_wins = scores.mul(row(a))?.add(row(b))?.mul_scalar(-1.0).map(B::sigmoid);
        let first_wins = first_wins.clamp_min(1e-7).clamp_max(f64::from(1.0 - 1e-7f32));
        transform.apply(operate(Coupling { classes }, vec![first_wins]))?
    } else if pairs == 1 {
        transform.pair(scores, transform == Transform::None)?
    } else {
        transform.apply(scores)?
    };
    Ok(vec![top, Value::Float(answer)])
}

/// For every pair of classes `i < j`, the weight of each support vector, `[pairs, vectors]`. The file
/// has for every vector of class `i` one weight against each other class, in the order of classes.
fn pair_weights(weights: &[f32], per_class: &[usize], vectors: usize) -> Vec<f32> {
    let starts: Vec<usize> = per_class
        .iter()
        .scan(0, |at, n| Some(std::mem::replace(at, *at + n)))
        .collect();
    let mut out = Vec::new();
    for i in 0..per_class.len() {
        for j in i + 1..per_class.len() {
            let mut row = vec![0.0; vectors];
            for (class, against) in [(i, j - 1), (j, i)] {
                let range = starts[class]..starts[class] + per_class[class];
                row[range.clone()].copy_from_slice(&weights[against * vectors..][range]);
            }
            out.extend(row);
        }
    }
    out
}

/// The class that wins most pairs, row by row; the first of equals.
fn votes(scores: &[f32], classes: usize) -> Vec<usize> {
    let pairs = classes * (classes - 1) / 2;
    if pairs == 0 {
        return vec![0; scores.len()];
    }
    scores
        .chunks_exact(pairs)
        .map(|row| {
            let mut won = vec![0f32; classes];
            let mut row = row.iter();
            for i in 0..classes {
                for j in i + 1..classes {
                    won[if row.next().is_some_and(|&s| s > 0.0) { i } else { j }] += 1.0;
                }
            }
            largest(&won, classes)[0]
        })
        .collect()
}

/// Probabilities of classes from those of each winning against each other: `[rows, pairs]` to
/// `[rows, classes]`, by Wu, Lin and Weng's second method (2004) as libsvm iterates it, which stops
/// early. The gradient is that of the iteration.
#[derive(Debug)]
struct Coupling {
    classes: usize,
}

/// A number that the iteration runs on.
trait Real: Copy {
    fn of(v: f64) -> Self;
    fn value(self) -> f64;
    fn add(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;

    fn sub(self, other: Self) -> Self {
        self.add(other.mul(Self::of(-1.0)))
    }
}

impl Real for f32 {
    fn of(v: f64) -> Self {
        v as f32
    }
    fn value(self) -> f64 {
        f64::from(self)
    }
    fn add(self, other: Self) -> Self {
        self + other
    }
    fn mul(self, other: Self) -> Self {
        self * other
    }
    fn div(self, other: Self) -> Self {
        self / other
    }
}

impl Real for f64 {
    fn of(v: f64) -> Self {
        v
    }
    fn value(self) -> f64 {
        self
    }
    fn add(self, other: Self) -> Self {
        self + other
    }
    fn mul(self, other: Self) -> Self {
        self * other
    }
    fn div(self, other: Self) -> Self {
        self / other
    }
}

/// A number and its derivative with respect to one input.
#[derive(Debug, Clone, Copy)]
struct Dual {
    v: f64,
    d: f64,
}

impl Real for Dual {
    fn of(v: f64) -> Self {
        Self { v, d: 0.0 }
    }
    fn value(self) -> f64 {
        self.v
    }
    fn add(self, other: Self) -> Self {
        Self {
            v: self.v + other.v,
            d: self.d + other.d,
        }
    }
    fn mul(self, other: Self) -> Self {
        Self {
            v: self.v * other.v,
            d: self.d * other.v + self.v * other.d,
        }
    }
    fn div(self, other: Self) -> Self {
        Self {
            v: self.v / other.v,
            d: (self.d - self.v / other.v * other.d) / other.v,
        }
    }
}

/// `first_wins` holds, for `i < j`, the probability that class `i` wins against `j`.
fn couple<T: Real>(k: usize, first_wins: &[T]) -> Vec<T> {
    let one = T::of(1.0);
    let mut r = vec![T::of(0.0); k * k];
    let mut next = first_wins.iter();
    for i in 0..k {
        for j in i + 1..k {
            let p = next.next().copied().unwrap_or(one);
            r[i * k + j] = p;
            r[j * k + i] = one.sub(p);
        }
    }
    let mut q = vec![T::of(0.0); k * k];
    for i in 0..k {
        for j in 0..k {
            if i != j {
                q[i * k + i] = q[i * k + i].add(r[j * k + i].mul(r[j * k + i]));
                q[i * k + j] = T::of(0.0).sub(r[j * k + i].mul(r[i * k + j]));
            }
        }
    }
    let mut p = vec![T::of(1.0 / k as f64); k];
    for _ in 0..100 {
        let mut qp: Vec<T> = (0..k)
            .map(|i| (0..k).fold(T::of(0.0), |sum, j| sum.add(q[i * k + j].mul(p[j]))))
            .collect();
        let mut pqp = (0..k).fold(T::of(0.0), |sum, i| sum.add(p[i].mul(qp[i])));
        let worst = qp.iter().fold(0.0f64, |m, v| m.max((v.value() - pqp.value()).abs()));
        if worst < 0.005 / k as f64 {
            break;
        }
        for i in 0..k {
            let own = q[i * k + i];
            let step = pqp.sub(qp[i]).div(own);
            let scale = one.add(step);
            p[i] = p[i].add(step);
            pqp = pqp
                .add(step.mul(step.mul(own).add(qp[i]).add(qp[i])))
                .div(scale)
                .div(scale);
            for j in 0..k {
                qp[j] = qp[j].add(step.mul(q[i * k + j])).div(scale);
                p[j] = p[j].div(scale);
            }
        }
    }
    p
}

impl Coupling {
    fn pairs(&self) -> usize {
        (self.classes * (self.classes - 1) / 2).max(1)
    }
}

impl Operation for Coupling {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        vec![inputs[0][0], self.classes]
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        let rows = inputs[0].data.chunks_exact(self.pairs());
        rows.flat_map(|row| couple(self.classes, row)).collect()
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        let rows = inputs[0].data.chunks_exact(self.pairs());
        rows.flat_map(|row| couple(self.classes, row)).collect()
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: vec![0],
            output: false,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let x = trace.inputs[0].map_or(&[][..], |x| x.data);
        let mut out = Vec::with_capacity(x.len());
        for (row, gradient) in x
            .chunks_exact(self.pairs())
            .zip(trace.gradient.data.chunks_exact(self.classes))
        {
            for at in 0..row.len() {
                let dual: Vec<Dual> = row
                    .iter()
                    .enumerate()
                    .map(|(i, &v)| Dual {
                        v: f64::from(v),
                        d: f64::from(u8::from(i == at)),
                    })
                    .collect();
                let p = couple(self.classes, &dual);
                let slope: f64 = p.iter().zip(gradient).map(|(p, &g)| p.d * f64::from(g)).sum();
                out.push(slope as f32);
            }
        }
        vec![Some(out)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Probabilities between 0.1 and 0.9.
    fn pairs(count: usize, seed: usize) -> Vec<f64> {
        (0..count)
            .map(|i| 0.1 + 0.8 * ((i * 37 + seed * 13) % 29) as f64 / 29.0)
            .collect()
    }

    #[test]
    fn coupled_probabilities_sum_to_one_and_follow_the_pairs() {
        for classes in 2..6 {
            let p = couple(classes, &pairs(classes * (classes - 1) / 2, classes));
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
        // One class wins against all others.
        let p = couple(3, &[0.9_f64, 0.9, 0.5]);
        assert!(p[0] > 0.7 && (p[1] - p[2]).abs() < 0.01, "{p:?}");
    }

    #[test]
    fn the_gradient_of_coupling_is_that_of_its_iteration() {
        for (classes, seed) in (2..6).flat_map(|classes| (0..5).map(move |seed| (classes, seed))) {
            let count = classes * (classes - 1) / 2;
            let x = pairs(count, seed);
            let gradient: Vec<f32> = (0..classes).map(|i| 0.3 + i as f32).collect();
            let narrow: Vec<f32> = x.iter().map(|&v| v as f32).collect();
            let (rows, out) = ([1, count], [1, classes]);
            let trace = Trace {
                inputs: vec![Some(Slice {
                    data: &narrow,
                    shape: &rows,
                })],
                shapes: &[rows.to_vec()],
                output: None,
                gradient: Slice {
                    data: &gradient,
                    shape: &out,
                },
                wanted: vec![true],
            };
            let found = Coupling { classes }.backward(&trace).swap_remove(0).unwrap_or_default();
            let value = |at: usize, by: f64| -> f64 {
                let mut x: Vec<f64> = narrow.iter().map(|&v| f64::from(v)).collect();
                x[at] += by;
                let p = couple(classes, &x);
                p.iter().zip(&gradient).map(|(p, &g)| p * f64::from(g)).sum()
            };
            for (at, &got) in found.iter().enumerate() {
                let slope = (value(at, 1e-6) - value(at, -1e-6)) / 2e-6;
                assert!(
                    (slope - f64::from(got)).abs() < 1e-4,
                    "{classes} classes, pair {at}: {got}, {slope}"
                );
            }
        }
    }
}
