//! From sums of leaves to what a library calls a prediction.

use glassboard_model::trees::Link;

/// The function that a library applies to the margins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Response {
    /// None: the sum is the prediction.
    Identity,
    /// The sums are probabilities of classes already (votes of a forest).
    Votes,
    /// `1 / (1 + exp(-slope * sum))` of each sum: probabilities of classes.
    Logistic {
        /// LightGBM's parameter `sigmoid`; 1 elsewhere.
        slope: f64,
    },
    /// The same, where a number between 0 and 1 was learnt rather than a class.
    Fraction,
    /// Softmax over the sums: probabilities of classes.
    Softmax,
    /// `exp(sum)`: Poisson, gamma, Tweedie, survival.
    Exp,
    /// `sign(sum) * sum^2`: LightGBM's `reg_sqrt`.
    SignedSquare,
    /// `ln(1 + exp(sum))`: LightGBM's `cross_entropy_lambda`.
    Softplus,
    /// 1 above 0, else 0: XGBoost's `binary:hinge`.
    Step,
}

impl Response {
    /// The link that explanations know, where it is one of theirs.
    pub fn link(self) -> Link {
        match self {
            Self::Logistic { slope } => Link::Logistic { slope },
            Self::Fraction => Link::Logistic { slope: 1.0 },
            Self::Softmax => Link::Softmax,
            Self::Exp => Link::Exp,
            Self::Identity | Self::Votes | Self::SignedSquare | Self::Softplus | Self::Step => Link::Identity,
        }
    }

    /// For the summary.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Votes => "votes",
            Self::Logistic { .. } | Self::Fraction => "logistic",
            Self::Softmax => "softmax",
            Self::Exp => "exp",
            Self::SignedSquare => "signed square",
            Self::Softplus => "softplus",
            Self::Step => "step",
        }
    }

    /// Margins of one row to predictions, in 64 bits, in place.
    pub fn apply(self, margins: &mut [f64]) {
        let logistic = |slope: f64| move |m: f64| 1.0 / (1.0 + (-slope * m).exp());
        match self {
            Self::Identity | Self::Votes => {}
            Self::Logistic { slope } => each(margins, logistic(slope)),
            Self::Fraction => each(margins, logistic(1.0)),
            Self::Exp => each(margins, f64::exp),
            Self::SignedSquare => each(margins, |m| m * m.abs()),
            Self::Softplus => each(margins, |m| m.exp().ln_1p()),
            Self::Step => each(margins, |m| f64::from(u8::from(m > 0.0))),
            Self::Softmax => {
                let highest = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                each(margins, |m| (m - highest).exp());
                let total: f64 = margins.iter().sum();
                each(margins, |m| m / total);
            }
        }
    }

    /// The same in 32 bits, as XGBoost computes it.
    pub fn apply_single(self, margins: &mut [f64]) {
        // What XGBoost adds lest it divides by nothing.
        const LITTLE: f64 = 1e-16;
        match self {
            Self::Logistic { slope: _ } | Self::Fraction => each(margins, |m| {
                let below = (-(m as f32)).min(88.7).exp() + 1.0;
                f64::from((1.0 / (f64::from(below) + LITTLE)) as f32)
            }),
            Self::Exp => each(margins, |m| f64::from((m as f32).exp())),
            Self::Softmax => {
                let highest = margins.iter().map(|m| *m as f32).fold(f32::MIN, f32::max);
                each(margins, |m| f64::from((m as f32 - highest).exp()));
                let total: f64 = margins.iter().sum();
                each(margins, |m| f64::from(m as f32 / total as f32));
            }
            other => other.apply(margins),
        }
    }
}

fn each(margins: &mut [f64], function: impl Fn(f64) -> f64) {
    for margin in margins {
        *margin = function(*margin);
    }
}
