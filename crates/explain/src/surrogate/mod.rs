//! Simple models that are fitted here to stand for another.

mod cart;
mod grow;
mod impurity;
mod logistic;
mod rules;
mod split;

pub use cart::{Cart, Growth};
pub use impurity::{Criterion, Goal};
pub use logistic::{Logistic, logistic};
pub use rules::{Leaf, leaves, outline};
