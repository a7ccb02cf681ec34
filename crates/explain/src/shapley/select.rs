//! Which players keep a share in `KernelSHAP`.

use super::draw::Drawn;
use super::lars::{self, Columns};
use crate::ExplainError;

/// The rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Keep {
    /// Everybody.
    All,
    /// The first this many on the path of least angles (Efron et al. 2004).
    Features(usize),
    /// Those in the lasso fit of the least Akaike (`false`) or Bayes (`true`) criterion.
    Criterion {
        /// Whether it is the Bayes criterion.
        bayes: bool,
    },
    /// Those in the lasso fit of this penalty.
    Penalty(f64),
}

impl Keep {
    /// From the catalogue's parameter: `none`, `num_features(k)`, `aic`, `bic` or a number.
    ///
    /// # Errors
    /// A sentence for anything else.
    pub fn parse(text: &str) -> Result<Self, ExplainError> {
        let text = text.trim();
        let inner = text
            .strip_prefix("num_features(")
            .and_then(|rest| rest.strip_suffix(')'));
        match (text, inner) {
            ("none" | "" | "0" | "false", _) => return Ok(Self::All),
            ("aic", _) => return Ok(Self::Criterion { bayes: false }),
            ("bic", _) => return Ok(Self::Criterion { bayes: true }),
            (_, Some(count)) => {
                if let Ok(count @ 1..) = count.trim().parse::<usize>() {
                    return Ok(Self::Features(count));
                }
            }
            _ => {
                if let Ok(penalty) = text.parse::<f64>()
                    && penalty.is_finite()
                    && penalty > 0.0
                {
                    return Ok(Self::Penalty(penalty));
                }
            }
        }
        Err(ExplainError::parameters(format!(
            "l1_reg must be none, num_features(10), aic, bic or a positive number, not `{text}`"
        )))
    }
}

/// The players kept, in order. The regression is the one of `KernelSHAP` with both ends as soft conditions: every
/// coalition twice, from nobody with weight w (M - s) and from everybody with weight w s.
pub fn select(
    drawn: &[Drawn],
    values: &[f64],
    (base, total): (f64, f64),
    keep: &Keep,
) -> Result<Vec<usize>, ExplainError> {
    let players = drawn.first().map_or(0, |one| one.coalition.players());
    if *keep == Keep::All {
        return Ok((0..players).collect());
    }
    let rows = 2 * drawn.len();
    let mut columns: Columns = vec![vec![0.0; rows]; players];
    let mut answer = vec![0.0; rows];
    for (at, (one, value)) in drawn.iter().zip(values).enumerate() {
        let size = one.coalition.size();
        let near = (one.weight * (players - size) as f64).sqrt();
        let far = (one.weight * size as f64).sqrt();
        answer[at] = near * (value - base);
        answer[drawn.len() + at] = far * (value - total);
        for (player, column) in columns.iter_mut().enumerate() {
            if one.coalition.contains(player) {
                column[at] = near;
            } else {
                column[drawn.len() + at] = -far;
            }
        }
    }
    let mut kept = match keep {
        Keep::All => Vec::new(),
        Keep::Features(count) => lars::path(&columns, &answer, *count, false)
            .pop()
            .map(|step| step.active)
            .unwrap_or_default(),
        Keep::Criterion { bayes } => lars::by_criterion(&columns, &answer, *bayes),
        Keep::Penalty(penalty) => lars::lasso(&columns, &answer, *penalty),
    };
    kept.sort_unstable();
    Ok(kept)
}
