//! Whether a map lies where somebody says the object is.

use serde::Serialize;

use crate::ExplainError;
use crate::evidence::localisation::{
    attribution_localisation, localisation_auc, pointing_game, relevance_mass_accuracy, relevance_rank_accuracy,
    top_k_intersection,
};
use crate::evidence::rows::{Better, Scored};

/// How many of the highest pixels are looked at.
const TOP: usize = 100;

/// Where a map lies, beside moved maps; a measurement that cannot be had is left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Localised {
    /// Pixels of the object.
    pub inside: usize,
    /// Whether the highest pixel lies inside.
    pub pointing_game: Scored,
    /// Share of the positive attribution that lies inside.
    pub attribution_localisation: Scored,
    /// How many of the highest pixels are looked at.
    pub top: usize,
    /// Share of them that lies inside.
    pub top_k_intersection: Scored,
    /// Share of as many highest pixels as the object has that lies inside.
    pub relevance_rank_accuracy: Scored,
    /// Attribution inside over the whole.
    pub relevance_mass_accuracy: Scored,
    /// Area under the ROC curve.
    pub localisation_auc: Scored,
}

/// `maps` are the map, the same values dealt the other way round, and moved maps; `inside` marks the object.
pub(super) fn localised(maps: &[Vec<f64>], inside: &[bool]) -> Result<Localised, ExplainError> {
    let size = inside.iter().filter(|inside| **inside).count();
    let pixels = maps.first().map_or(0, Vec::len);
    if inside.len() != pixels {
        return Err(ExplainError::parameters(format!(
            "the mask marks {} pixels and the picture has {pixels}; give one of the picture's size, as the model takes it",
            inside.len()
        )));
    }
    if size == 0 || size == pixels {
        return Err(ExplainError::parameters(
            "the mask marks nothing or everything, so no map can lie inside it more than another",
        ));
    }
    let top = TOP.min(pixels);
    let scored = |pick: &dyn Fn(&[f64]) -> Option<f64>| {
        let mut all = maps.iter().map(|map| pick(map));
        let (own, inverted) = (all.next().flatten(), all.next().flatten());
        Scored::new(Better::Higher, own, inverted, all.collect())
    };
    Ok(Localised {
        inside: size,
        pointing_game: scored(&|m| Some(f64::from(u8::from(pointing_game(m, inside))))),
        attribution_localisation: scored(&|m| Some(attribution_localisation(m, inside))),
        top,
        top_k_intersection: scored(&|m| Some(top_k_intersection(m, inside, top))),
        relevance_rank_accuracy: scored(&|m| Some(relevance_rank_accuracy(m, inside))),
        relevance_mass_accuracy: scored(&|m| relevance_mass_accuracy(m, inside)),
        localisation_auc: scored(&|m| localisation_auc(m, inside)),
    })
}
