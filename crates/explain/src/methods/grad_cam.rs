//! Maps of a layer weighted by the mean gradient of each (Selvaraju et al. 2017).

use glassboard_model::Array;

use super::array;
use crate::resize::{Interpolation, resize};
use crate::{Ask, ExplainError, Runner};

/// sum over channels of (spatial mean of the gradient) * activation, positive part if `relu`:
/// `[rows, 1, h, w]` at the layer's size.
pub fn grad_cam(run: &mut Runner<'_>, ask: &Ask<'_>, layer: &str, relu: bool) -> Result<Array, ExplainError> {
    per_place(run, ask, layer, |a, g, places, out| {
        for (a, g) in a.chunks_exact(places).zip(g.chunks_exact(places)) {
            let weight = g.iter().map(|v| f64::from(*v)).sum::<f64>() / places as f64;
            for (out, a) in out.iter_mut().zip(a) {
                *out += weight * f64::from(*a);
            }
        }
        if relu {
            for v in out.iter_mut() {
                *v = v.max(0.0);
            }
        }
    })
}

/// Runs `combine(activation, gradient, places, map)` for each row of a spatial layer. `[rows, 1, h, w]`.
pub(crate) fn per_place(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    layer: &str,
    mut combine: impl FnMut(&[f32], &[f32], usize, &mut [f64]),
) -> Result<Array, ExplainError> {
    let mut out = Vec::new();
    let mut size = [0usize; 2];
    let mut wrong = None;
    run.layer_gradient(
        ask,
        layer,
        ask.rows(),
        |i| ask.targets[i],
        |i, row| row.copy_from_slice(ask.row(i)),
        |_, shape, a, g| {
            let &[_, h, w] = shape else {
                wrong.get_or_insert_with(|| shape.to_vec());
                return;
            };
            size = [h, w];
            let mut map = vec![0.0f64; h * w];
            combine(a, g, h * w, &mut map);
            out.extend(map.iter().map(|v| *v as f32));
        },
    )?;
    if let Some(shape) = wrong {
        return Err(ExplainError::parameters(format!(
            "`{layer}` has shape {shape:?} a row, not channels x height x width; choose a convolution"
        )));
    }
    array(ask.rows(), &[1, size[0], size[1]], out)
}

/// Brings a `[rows, 1, h, w]` map to the height and width of the rows of `ask`.
pub fn enlarge(map: &Array, ask: &Ask<'_>, how: Interpolation) -> Result<Array, ExplainError> {
    let (&[rows, _, h, w], Some([_, height, width])) = (map.shape(), ask.picture()) else {
        return Err(ExplainError::parameters(
            "only the map of a picture can be enlarged; this input is not one",
        ));
    };
    let standard = map.as_standard_layout();
    let flat = standard.as_slice().unwrap_or_default();
    let out = flat
        .chunks_exact(h * w)
        .flat_map(|row| resize(row, (h, w), (height, width), how))
        .collect();
    array(rows, &[1, height, width], out)
}
