//! Names of categories.

use super::file::{Cats, Names};
use crate::described::{Feature, FeatureKind};

/// Marks the features that are categories and names their values where the file does (3.1 and later).
pub(super) fn label(features: &mut [Feature], types: &[String], cats: &Cats) {
    for (at, feature) in features.iter_mut().enumerate() {
        let labels = cats.enc.get(at).map(names).unwrap_or_default();
        if !labels.is_empty() || types.get(at).is_some_and(|t| t == "c") {
            feature.kind = FeatureKind::Category { labels };
        }
    }
}

fn names(names: &Names) -> Vec<String> {
    let Some(bounds) = &names.offsets else {
        return names.values.iter().map(ToString::to_string).collect();
    };
    let bytes: Vec<u8> = names.values.iter().map(|v| *v as i64 as u8).collect();
    // Bounds that go backwards or overlap name nothing; so a name is read once.
    let ordered = bounds.windows(2).all(|pair| pair[0] <= pair[1]);
    let piece = |pair: &[i64]| {
        let (from, to) = (usize::try_from(pair[0]).ok()?, usize::try_from(pair[1]).ok()?);
        Some(String::from_utf8_lossy(bytes.get(from..to)?).into_owned())
    };
    let pieces: Option<Vec<String>> = bounds.windows(2).map(piece).collect();
    pieces.filter(|_| ordered).unwrap_or_default()
}
