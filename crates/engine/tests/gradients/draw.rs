//! Random shapes and numbers that follow from a seed alone.

/// A source of random numbers (`SplitMix64`).
pub struct Draw(u64);

impl Draw {
    /// The numbers of one round of one operator.
    pub fn new(name: &str, round: u64) -> Self {
        let start = name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(start ^ round.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number from `low` to `high`, both included.
    pub fn size(&mut self, low: usize, high: usize) -> usize {
        low + (self.bits() % (high - low + 1) as u64) as usize
    }

    /// The same, signed.
    pub fn int(&mut self, low: i64, high: i64) -> i64 {
        low + (self.bits() % (high - low + 1) as u64) as i64
    }

    /// Yes or no.
    pub fn flag(&mut self) -> bool {
        self.bits().is_multiple_of(2)
    }

    /// One of several.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.size(0, of.len() - 1)]
    }

    /// Between `low` and `high`.
    pub fn number(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// `rank` sizes from `low` to `high`.
    pub fn shape(&mut self, rank: usize, low: usize, high: usize) -> Vec<usize> {
        (0..rank).map(|_| self.size(low, high)).collect()
    }

    /// `n` distinct numbers between `low` and `high` in random order: no two are closer than a
    /// quarter of their mean distance, so that a small step changes no order.
    pub fn numbers(&mut self, n: usize, low: f64, high: f64) -> Vec<f32> {
        let step = (high - low) / n.max(1) as f64;
        let mut out: Vec<f32> = (0..n)
            .map(|k| (low + step * (k as f64 + 0.5 + self.number(-0.35, 0.35))) as f32)
            .collect();
        for k in (1..n).rev() {
            out.swap(k, self.size(0, k));
        }
        out
    }

    /// The same, each of either sign and at least `gap` from zero.
    pub fn away(&mut self, n: usize, gap: f64, high: f64) -> Vec<f32> {
        let mut out = self.numbers(n, gap, high);
        for v in &mut out {
            if self.flag() {
                *v = -*v;
            }
        }
        out
    }
}
