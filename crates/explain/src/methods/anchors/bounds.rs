//! Confidence bounds of a share by the Kullback-Leibler divergence, and how wide they must be (Kaufmann and
//! Kalyanakrishnan 2013, "Information complexity in bandit subset selection").

fn divergence(p: f64, q: f64) -> f64 {
    let (p, q) = (p.clamp(1e-15, 1.0 - 1e-15), q.clamp(1e-15, 1.0 - 1e-15));
    p * (p / q).ln() + (1.0 - p) * ((1.0 - p) / (1.0 - q)).ln()
}

/// The smallest share that `hits` of `draws` do not contradict at `level` (minus the log of the error allowed).
pub(super) fn lower(hits: u64, draws: u64, level: f64) -> f64 {
    bound(hits, draws, level, 0.0)
}

/// The largest such share.
pub(super) fn upper(hits: u64, draws: u64, level: f64) -> f64 {
    bound(hits, draws, level, 1.0)
}

fn bound(hits: u64, draws: u64, level: f64, end: f64) -> f64 {
    if draws == 0 {
        return end;
    }
    let share = hits as f64 / draws as f64;
    let most = level / draws as f64;
    let (mut inside, mut outside) = (share, end);
    for _ in 0..40 {
        let middle = f64::midpoint(inside, outside);
        if divergence(share, middle) > most {
            outside = middle;
        } else {
            inside = middle;
        }
    }
    inside
}

/// The level at which `arms` are compared in round `round`, so that all comparisons are right with chance `1 - error`.
pub(super) fn level(arms: usize, round: usize, error: f64) -> f64 {
    let first = (405.5 * arms.max(1) as f64 * (round as f64).powf(1.1) / error).ln();
    first + first.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_the_share_and_close_in() {
        let wide = upper(9, 10, 3.0) - lower(9, 10, 3.0);
        let narrow = upper(900, 1000, 3.0) - lower(900, 1000, 3.0);
        assert!(lower(9, 10, 3.0) < 0.9 && upper(9, 10, 3.0) > 0.9 && narrow < wide / 4.0);
        assert!(
            (lower(10, 10, 3.0) - (-0.3f64).exp()).abs() < 1e-6,
            "exact where nothing missed"
        );
    }
}
