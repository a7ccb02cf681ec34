//! The gradient of every operator that passes one, against central differences.
//!
//! For each operator the engine's table says gradients pass through, the cases below draw random
//! shapes, attributes and numbers. The gradient that a session computes in 32 bits is compared with
//! differences of the same graph computed in 64. An operator without a case fails the test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

mod draw;
mod harness;

mod activation;
mod attention;
mod by_loops;
mod classical;
mod elementwise;
mod images;
mod matrices;
mod microsoft;
mod movement;
mod norms;
mod recurrent;
mod reductions;
mod sequences;
mod signals;

use harness::Case;

/// Rounds of random numbers a case is checked with.
const ROUNDS: u64 = 6;

fn tables() -> Vec<(&'static str, Vec<Case>)> {
    vec![
        ("activation", activation::cases()),
        ("attention", attention::cases()),
        ("classical", classical::cases()),
        ("elementwise", elementwise::cases()),
        ("images", images::cases()),
        ("matrices", matrices::cases()),
        ("microsoft", microsoft::cases()),
        ("movement", movement::cases()),
        ("norms", norms::cases()),
        ("recurrent", recurrent::cases()),
        ("reductions", reductions::cases()),
        ("sequences", sequences::cases()),
        ("signals", signals::cases()),
    ]
}

#[test]
fn every_differentiable_operator_has_a_case() {
    let covered: Vec<String> = tables()
        .iter()
        .flat_map(|(_, cases)| cases.iter().map(Case::name))
        .collect();
    let missing: Vec<String> = glassboard_engine::operators()
        .into_iter()
        .filter(|o| o.gradient == "yes")
        .map(|o| {
            if o.domain.is_empty() {
                o.op.to_owned()
            } else {
                format!("{}.{}", o.domain, o.op)
            }
        })
        .filter(|name| !covered.contains(name))
        .collect();
    assert!(
        missing.is_empty(),
        "operators that pass gradients without a case: {}",
        missing.join(", ")
    );
}

/// Checks every case of one table and tells all that fail.
fn check(table: &str) {
    let (_, cases) = tables().into_iter().find(|(name, _)| *name == table).unwrap();
    let wrong: Vec<String> = cases
        .iter()
        .flat_map(|case| (0..ROUNDS).map(move |round| (case, round)))
        .filter_map(|(case, round)| harness::check(case, round).err())
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {table} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

macro_rules! families {
    ($($name:ident => $table:literal),* $(,)?) => {$(
        #[test]
        fn $name() {
            check($table);
        }
    )*};
}

families! {
    activations_agree_with_differences => "activation",
    attention_agrees_with_differences => "attention",
    classical_models_agree_with_differences => "classical",
    elementwise_operators_agree_with_differences => "elementwise",
    image_operators_agree_with_differences => "images",
    matrix_operators_agree_with_differences => "matrices",
    fused_operators_agree_with_differences => "microsoft",
    movements_agree_with_differences => "movement",
    norms_and_losses_agree_with_differences => "norms",
    recurrent_layers_agree_with_differences => "recurrent",
    reductions_agree_with_differences => "reductions",
    sequences_and_bodies_agree_with_differences => "sequences",
    signal_operators_agree_with_differences => "signals",
}
