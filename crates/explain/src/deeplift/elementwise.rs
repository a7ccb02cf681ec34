//! Functions of one element: the difference of the outputs over the difference of the inputs.

use glassboard_model::ModelError;
use glassboard_model::propagation::Arriving;
use ndarray::Zip;

use super::Site;

/// Inputs nearer to each other than this get the derivative, as in captum and shap.
const NEAR: f32 = 1e-6;

/// Functions of one element of their one computed input. Steps are among them: what the derivative does not see, the
/// difference does.
pub(crate) const OPS: [&str; 43] = [
    "Abs",
    "Acos",
    "Acosh",
    "Asin",
    "Asinh",
    "Atan",
    "Atanh",
    "Ceil",
    "Celu",
    "Clip",
    "Cos",
    "Cosh",
    "Elu",
    "Erf",
    "Exp",
    "Floor",
    "Gelu",
    "HardSigmoid",
    "HardSwish",
    "LeakyRelu",
    "Log",
    "Mish",
    "PRelu",
    "Pow",
    "Reciprocal",
    "Relu",
    "Round",
    "Selu",
    "Shrink",
    "Sigmoid",
    "Sign",
    "Sin",
    "Sinh",
    "Softplus",
    "Softsign",
    "Sqrt",
    "Swish",
    "Tan",
    "Tanh",
    "ThresholdedRelu",
    "com.microsoft.FastGelu",
    "com.microsoft.Gelu",
    "com.microsoft.QuickGelu",
];

/// `None` where more than one input moves, or the output has another shape.
pub(super) fn rescale(site: &Site<'_>) -> Result<Option<Arriving>, ModelError> {
    let (&[slot], Some([y, y0]), Some(arrived)) = (site.moving().as_slice(), site.output(), site.arrived()) else {
        return Ok(None);
    };
    let Some([x, x0]) = site.moved(slot).filter(|[x, _]| x.shape() == y.shape()) else {
        return Ok(None);
    };
    let dx = &x - &x0;
    let mut back = if dx.iter().any(|d| d.abs() < NEAR) {
        let slope = site.backward(&[], site.incoming)?.into_iter().nth(slot).flatten();
        slope.unwrap_or_else(|| ndarray::ArrayD::zeros(x.raw_dim()))
    } else {
        arrived.clone()
    };
    let dy = &y - &y0;
    Zip::from(&mut back)
        .and(arrived)
        .and(&dy)
        .and(&dx)
        .for_each(|back, m, dy, dx| {
            if dx.abs() >= NEAR {
                *back = m * (dy / dx);
            }
        });
    let mut all = vec![None; site.slots()];
    all[slot] = Some(back);
    Ok(Some(all))
}
