//! The activation functions that recurrent operators name in their attributes.

use burn_backend::Scalar;

use super::super::Call;
use crate::error::OpError;
use crate::float::Float;
use crate::graph::Attr;
use crate::operation::Engine;

/// A function with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Activation {
    Sigmoid,
    Tanh,
    Relu,
    Softsign,
    Softplus,
    Affine { alpha: f64, beta: f64 },
    LeakyRelu { alpha: f64 },
    ThresholdedRelu { alpha: f64 },
    ScaledTanh { alpha: f64, beta: f64 },
    HardSigmoid { alpha: f64, beta: f64 },
    Elu { alpha: f64 },
}

impl Activation {
    /// The functions of all directions: `defaults` for each, or what the attributes say. Parameters
    /// are handed out in the order of the functions that take them.
    pub fn read<B: Engine>(c: &Call<'_, B>, defaults: &[Self], directions: usize) -> Result<Vec<Self>, OpError> {
        let names = match c.node.attrs.get("activations") {
            Some(Attr::Strs(names)) if !names.is_empty() => names,
            _ => return Ok(defaults.repeat(directions)),
        };
        if names.len() != defaults.len() * directions {
            return Err(OpError::bad(format!(
                "{} activations are named, expected {}",
                names.len(),
                defaults.len() * directions
            )));
        }
        let mut alphas = c.floats("activation_alpha").iter().map(|&v| f64::from(v));
        let mut betas = c.floats("activation_beta").iter().map(|&v| f64::from(v));
        names
            .iter()
            .map(|name| {
                let mut alpha = |default| alphas.next().unwrap_or(default);
                let mut beta = |default| betas.next().unwrap_or(default);
                Ok(match name.to_lowercase().as_str() {
                    "sigmoid" => Self::Sigmoid,
                    "tanh" => Self::Tanh,
                    "relu" => Self::Relu,
                    "softsign" => Self::Softsign,
                    "softplus" => Self::Softplus,
                    "affine" => Self::Affine {
                        alpha: alpha(1.0),
                        beta: beta(0.0),
                    },
                    "leakyrelu" => Self::LeakyRelu { alpha: alpha(0.01) },
                    "thresholdedrelu" => Self::ThresholdedRelu { alpha: alpha(1.0) },
                    "scaledtanh" => Self::ScaledTanh {
                        alpha: alpha(1.0),
                        beta: beta(1.0),
                    },
                    "hardsigmoid" => Self::HardSigmoid {
                        alpha: alpha(0.2),
                        beta: beta(0.5),
                    },
                    "elu" => Self::Elu { alpha: alpha(1.0) },
                    _ => return Err(OpError::unsupported(format!("the activation `{name}`"))),
                })
            })
            .collect()
    }

    /// The function, element by element.
    pub fn apply<B: Engine>(self, x: Float<B>) -> Result<Float<B>, OpError> {
        let zero = |x: &Float<B>| x.clone().mul_scalar(0.0);
        Ok(match self {
            Self::Sigmoid => x.map(B::sigmoid),
            Self::Tanh => x.map(B::float_tanh),
            Self::Relu => x.map(B::relu),
            Self::Softsign => {
                let below = x.clone().map(B::float_abs).add_scalar(1.0);
                x.div(below)?
            }
            Self::Softplus => {
                // max(x, 0) + ln(1 + exp(-|x|)) cannot overflow.
                let tail = x
                    .clone()
                    .map(B::float_abs)
                    .mul_scalar(-1.0)
                    .map(B::float_exp)
                    .map(B::float_log1p);
                x.map(B::relu).add(tail)?
            }
            Self::Affine { alpha, beta } => x.mul_scalar(alpha).add_scalar(beta),
            Self::LeakyRelu { alpha } => {
                let positive = x.greater_scalar(0.0);
                x.clone().select_where(positive, x.mul_scalar(alpha))
            }
            Self::ThresholdedRelu { alpha } => {
                let passes = x.greater_scalar(alpha);
                let zero = zero(&x);
                x.select_where(passes, zero)
            }
            Self::ScaledTanh { alpha, beta } => x.mul_scalar(beta).map(B::float_tanh).mul_scalar(alpha),
            Self::HardSigmoid { alpha, beta } => x.mul_scalar(alpha).add_scalar(beta).clamp_min(0.0).clamp_max(1.0),
            Self::Elu { alpha } => {
                let positive = x.greater_scalar(0.0);
                let low = x.clone().map(|t| B::float_clamp_max(t, Scalar::Float(0.0)));
                let low = low.map(B::float_exp).add_scalar(-1.0).mul_scalar(alpha);
                x.select_where(positive, low)
            }
        })
    }
}
