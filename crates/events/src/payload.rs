//! What a value is, given the plugin its tag belongs to.

use crate::tensor::Tensor;
use crate::{Data, Malformed, SummaryValue, ValueKind};

/// What a tag of this plugin holds; `None` where the name says nothing.
pub fn plugin_kind(plugin: &str) -> Option<ValueKind> {
    Some(match plugin {
        "" => return None,
        "scalars" => ValueKind::Scalar,
        "histograms" => ValueKind::Histogram,
        "images" => ValueKind::Image,
        "audio" => ValueKind::Audio,
        "text" => ValueKind::Text,
        "pr_curves" => ValueKind::PrCurve,
        "hparams" => ValueKind::Hparams,
        "custom_scalars" => ValueKind::CustomScalars,
        "mesh" => ValueKind::Mesh,
        "graphs"
        | "graph_run_metadata"
        | "graph_run_metadata_graph"
        | "graph_keras_model"
        | "graph_tagged_run_metadata" => ValueKind::Graph,
        "tensor" => ValueKind::Tensor,
        _ => ValueKind::Other,
    })
}

impl SummaryValue<'_> {
    /// What this value is; `plugin` is what the tag's first value named.
    pub fn kind(&self, plugin: &str) -> ValueKind {
        plugin_kind(plugin).unwrap_or(match self.data {
            Data::Number(_) => ValueKind::Scalar,
            Data::Histogram(_) => ValueKind::Histogram,
            Data::Image(_) => ValueKind::Image,
            Data::Audio(_) => ValueKind::Audio,
            Data::Tensor(_) => ValueKind::Tensor,
            Data::Nothing => ValueKind::Other,
        })
    }
}

impl Data<'_> {
    /// The number of a scalar, of any numeric type.
    pub fn scalar(&self) -> Result<f64, Malformed> {
        match *self {
            Self::Number(value) => Ok(f64::from(value)),
            Self::Tensor(bytes) => Tensor::decode(bytes)?.number(),
            _ => Err(OTHER_KIND),
        }
    }
}

pub(crate) const OTHER_KIND: Malformed = Malformed("the value is of another kind than its tag: it is left out");
