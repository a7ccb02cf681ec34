//! What a leaf that needs some features from the row and some from a background row gives to each of them.

/// Weights of a leaf by how many features it needs from either side.
#[derive(Debug, Clone)]
pub struct Weights {
    side: usize,
    /// `[from here][from there]`.
    table: Vec<f64>,
}

impl Weights {
    /// For paths of up to `different` features.
    pub fn new(different: usize) -> Self {
        let side = different + 1;
        let mut table = vec![0.0; side * side];
        for here in 1..side {
            // (here - 1)! there! / (here + there)!, which is 1 / (here * binomial(here + there, here)).
            let mut weight = 1.0 / here as f64;
            for there in 0..side {
                if there > 0 {
                    weight *= there as f64 / (here + there) as f64;
                }
                table[here * side + there] = weight;
            }
        }
        Self { side, table }
    }

    /// The share of each of `here` features on whose presence a leaf depends, when it depends on the absence of
    /// `there` others: `(here - 1)! there! / (here + there)!`; nothing for no features.
    #[inline]
    pub fn of(&self, here: usize, there: usize) -> f64 {
        self.table[here * self.side + there]
    }
}
