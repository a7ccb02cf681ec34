//! Points and weights on [0, 1] for integrals along a path.

use crate::ExplainError;

/// A rule for an integral over [0, 1].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Nodes and weights of the Gauss-Legendre rule.
    GaussLegendre,
    /// Equal weights 1/n at 0, 1/n, ...
    Left,
    /// Equal weights 1/n at 1/n, ..., 1.
    Right,
    /// Equal weights 1/n at the middles.
    Middle,
    /// n points from 0 to 1, both ends with half of 1/n: the weights add up to (n-1)/n, as in captum.
    Trapezoid,
}

impl Rule {
    /// By catalogue name.
    pub fn parse(name: &str) -> Result<Self, ExplainError> {
        Ok(match name {
            "gausslegendre" => Self::GaussLegendre,
            "riemann_left" => Self::Left,
            "riemann_right" => Self::Right,
            "riemann_middle" => Self::Middle,
            "riemann_trapezoid" => Self::Trapezoid,
            _ => {
                return Err(ExplainError::parameters(format!(
                    "there is no quadrature rule `{name}`"
                )));
            }
        })
    }

    /// `n` pairs (point, weight) in rising order of points.
    pub fn points(self, n: usize) -> Vec<(f64, f64)> {
        let size = n as f64;
        let even = |offset: f64| (0..n).map(|k| ((k as f64 + offset) / size, 1.0 / size)).collect();
        match self {
            Self::GaussLegendre => gauss_legendre(n),
            Self::Left => even(0.0),
            Self::Right => even(1.0),
            Self::Middle => even(0.5),
            Self::Trapezoid => (0..n)
                .map(|k| {
                    let point = if n > 1 { k as f64 / (size - 1.0) } else { 0.0 };
                    let weight = if k == 0 || k + 1 == n { 0.5 / size } else { 1.0 / size };
                    (point, weight)
                })
                .collect(),
        }
    }
}

/// Roots of the Legendre polynomial by Newton's method, brought from [-1, 1] to [0, 1].
fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let size = n as f64;
    (0..n)
        .map(|k| {
            let mut x = -(std::f64::consts::PI * (k as f64 + 0.75) / (size + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (value, derivative) = legendre(n, x);
                slope = derivative;
                let step = value / derivative;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            let weight = 2.0 / ((1.0 - x * x) * slope * slope);
            (f64::midpoint(1.0, x), weight / 2.0)
        })
        .collect()
}

/// The Legendre polynomial of degree `n` and its derivative.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, n as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauss_legendre_is_exact_to_degree_2n_minus_1() {
        for n in [1, 2, 3, 8, 50, 200] {
            let points = Rule::GaussLegendre.points(n);
            for degree in [0, 1, 2 * n - 1] {
                let integral: f64 = points
                    .iter()
                    .map(|(x, w)| w * x.powi(i32::try_from(degree).unwrap()))
                    .sum();
                let truth = 1.0 / (degree as f64 + 1.0);
                assert!(
                    (integral - truth).abs() < 1e-13,
                    "n {n} degree {degree}: {integral} for {truth}"
                );
            }
            assert!(points.windows(2).all(|p| p[0].0 < p[1].0));
        }
    }

    #[test]
    fn riemann_rules_have_the_points_they_are_named_for() {
        assert_eq!(Rule::Left.points(2), [(0.0, 0.5), (0.5, 0.5)]);
        assert_eq!(Rule::Right.points(2), [(0.5, 0.5), (1.0, 0.5)]);
        assert_eq!(Rule::Middle.points(2), [(0.25, 0.5), (0.75, 0.5)]);
        assert_eq!(Rule::Trapezoid.points(2), [(0.0, 0.25), (1.0, 0.25)]);
    }
}
