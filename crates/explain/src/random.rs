//! Random numbers as a function of (seed, stream, index): no state is shared, so neither batches nor
//! threads can change them.

/// A short sequence of random numbers that belongs to one sample.
#[derive(Debug, Clone)]
pub struct Counter {
    state: u64,
}

impl Counter {
    /// The sequence of sample `index` in `stream` (one stream a purpose) under `seed`.
    pub fn new(seed: u64, stream: u64, index: u64) -> Self {
        Self {
            state: mix(mix(mix(seed ^ 0x9e37_79b9_7f4a_7c15) ^ stream) ^ index),
        }
    }

    /// 64 random bits (`SplitMix64`).
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `0..n`; 0 for `n` = 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Standard normal (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// A random order of `0..n` (Fisher and Yates).
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_a_normal() {
        let draws: Vec<f64> = (0..20_000).map(|i| Counter::new(1, 2, i).normal()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }

    #[test]
    fn a_permutation_holds_every_index_and_depends_on_all_three_keys() {
        let order = |s, t, i| Counter::new(s, t, i).permutation(50);
        let mut sorted = order(0, 0, 0);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
        assert_eq!(order(7, 1, 3), order(7, 1, 3));
        assert!(
            order(7, 1, 3) != order(8, 1, 3) && order(7, 1, 3) != order(7, 2, 3) && order(7, 1, 3) != order(7, 1, 4)
        );
    }
}
