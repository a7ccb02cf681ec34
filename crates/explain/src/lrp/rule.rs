//! The rules of layer-wise relevance propagation for one linear layer.

/// Which rule, with its numbers. Every denominator z is moved away from zero by its `epsilon`, in the direction of its
/// sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// In proportion to every input's part of the output, bias included (Bach et al. 2015).
    Epsilon {
        /// Stabiliser; larger ones absorb what is weak.
        epsilon: f32,
    },
    /// Positive parts weigh more by `gamma`, each output by the side of its sign (Montavon et al. 2019, for inputs of any
    /// sign: Andéol et al. 2021).
    Gamma {
        /// How much more.
        gamma: f32,
        /// Stabiliser.
        epsilon: f32,
    },
    /// Positive parts alpha times, negative ones minus beta times; alpha - beta = 1 (Bach et al. 2015). Alpha 1 and beta 0
    /// are z-plus.
    AlphaBeta {
        /// Weight of positive parts.
        alpha: f32,
        /// Weight of negative parts.
        beta: f32,
        /// Stabiliser.
        epsilon: f32,
    },
    /// For a first layer whose inputs lie in a box (Montavon et al. 2017).
    ZBox {
        /// The lowest an input can be.
        low: f32,
        /// The highest.
        high: f32,
        /// Stabiliser.
        epsilon: f32,
    },
    /// All inputs of an output alike (Lapuschkin et al. 2019).
    Flat {
        /// Stabiliser.
        epsilon: f32,
    },
    /// Weights with gamma times their positive part added, inputs and bias as they are: for layers behind a rectifier.
    PlainGamma {
        /// How much is added.
        gamma: f32,
        /// Stabiliser.
        epsilon: f32,
    },
    /// The positive weights alone, inputs and bias as they are: for layers behind a rectifier.
    PositiveWeights {
        /// Stabiliser.
        epsilon: f32,
    },
}

/// Which linear layer a rule is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// A convolution, transposed or not.
    pub convolution: bool,
    /// No linear layer between it and the input.
    pub first: bool,
}

/// A rule for every linear layer, by its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Composite {
    /// Of the first layer (or layers), where that has one of its own.
    pub first: Option<Rule>,
    /// Of convolutions.
    pub convolution: Rule,
    /// Of dense layers.
    pub dense: Rule,
    /// Stabiliser of sums, pools and products.
    pub epsilon: f32,
    /// Rules of single layers, by a part of their node's name between slashes.
    pub named: Vec<(String, Rule)>,
}

/// Numbers of the rules of a composite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numbers {
    /// Stabiliser.
    pub epsilon: f32,
    /// Of gamma rules.
    pub gamma: f32,
    /// Bounds of the input, for z-box.
    pub bounds: [f32; 2],
}

impl Composite {
    /// By catalogue name; the composites are zennit's, epsilon for dense layers in each.
    pub fn named(name: &str, numbers: Numbers) -> Option<Self> {
        let Numbers {
            epsilon,
            gamma,
            bounds: [low, high],
        } = numbers;
        let dense = Rule::Epsilon { epsilon };
        let sides = |alpha: f32, beta: f32| Rule::AlphaBeta { alpha, beta, epsilon };
        let flat = Some(Rule::Flat { epsilon });
        let (first, convolution) = match name {
            "epsilon" => (None, dense),
            "epsilon_plus" => (None, sides(1.0, 0.0)),
            "epsilon_plus_flat" => (flat, sides(1.0, 0.0)),
            "epsilon_alpha2beta1" => (None, sides(2.0, 1.0)),
            "epsilon_alpha2beta1_flat" => (flat, sides(2.0, 1.0)),
            "epsilon_gamma" => (None, Rule::Gamma { gamma, epsilon }),
            "epsilon_gamma_box" => (Some(Rule::ZBox { low, high, epsilon }), Rule::Gamma { gamma, epsilon }),
            _ => return None,
        };
        Some(Self {
            first,
            convolution,
            dense,
            epsilon,
            named: Vec::new(),
        })
    }

    /// The rule of the layer that is node `name`.
    pub fn rule(&self, name: &str, place: Place) -> Rule {
        let own = self.named.iter().find(|(part, _)| name.split('/').any(|p| p == part));
        if let Some((_, rule)) = own {
            return *rule;
        }
        match self.first {
            Some(first) if place.first => first,
            _ if place.convolution => self.convolution,
            _ => self.dense,
        }
    }
}

/// Moves `z` away from zero by `epsilon`; zero counts as positive.
pub(super) fn stable(z: f32, epsilon: f32) -> f32 {
    if z < 0.0 { z - epsilon } else { z + epsilon }
}
