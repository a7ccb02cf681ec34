//! Whether a value holds what its kind holds, and how large it is, without unpacking it.

use crate::histogram::old_bins;
use crate::tensor::Tensor;
use crate::{Data, Hparams, Malformed, SummaryValue, ValueKind};

/// What is known of a value before anybody looks at it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measure {
    /// Things logged together: pictures, sounds, strings.
    pub parts: u32,
    /// Of a picture, in pixels, as logged.
    pub width: u32,
    /// Of a picture, in pixels, as logged.
    pub height: u32,
}

impl SummaryValue<'_> {
    /// Checks the value as one of `kind`, which is not a scalar.
    pub fn measure(&self, kind: ValueKind) -> Result<Measure, Malformed> {
        let parts = |parts: usize| Measure {
            parts: parts as u32,
            ..Measure::default()
        };
        match (kind, self.data) {
            (ValueKind::Histogram, Data::Histogram(message)) => old_bins(message).map(parts),
            (ValueKind::Histogram, data) => Ok(parts(data.histogram()?.len())),
            (ValueKind::Image, data) => {
                let images = data.images()?;
                Ok(Measure {
                    parts: images.pictures.len() as u32,
                    width: images.width,
                    height: images.height,
                })
            }
            (ValueKind::Audio, data) => Ok(parts(data.sounds()?.len())),
            (ValueKind::Text | ValueKind::CustomScalars, data) => Ok(parts(data.texts()?.strings.len())),
            (ValueKind::PrCurve, data) => Ok(parts(data.pr_curve()?.len())),
            (ValueKind::Hparams, _) => {
                Hparams::decode(self.metadata.map_or(&[], |metadata| metadata.content))?;
                Ok(parts(0))
            }
            (ValueKind::Mesh | ValueKind::Tensor, Data::Tensor(message)) => {
                Tensor::decode(message)?;
                Ok(parts(1))
            }
            (ValueKind::Mesh | ValueKind::Scalar, _) => Err(crate::payload::OTHER_KIND),
            (ValueKind::Graph | ValueKind::Tensor | ValueKind::Other, _) => Ok(parts(1)),
        }
    }
}
