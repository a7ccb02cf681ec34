//! The page of operators is what the engine's table and the scores of the conformance suite say.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::fmt::Write as _;

use serde_json::Value;

const HEAD: &str = "# Operators

Written by `GLASSBOARD_WRITE_DOCS=1 cargo test -p glassboard-engine --test operators` from the engine's table and from
`docs/conformance.json`, which `./x bench conformance` writes; do not edit.

Operator sets 7 and newer: where an operator moved something between attributes and inputs, both forms are read. Floats
of 64 bits are computed in 64, all narrower ones in 32 and rounded to their type after every node; integers in 64, with
the wrap of their type. A node whose operator is not in this table is reported by its name, and all that does not need
it works.

- **gradient**: `yes` is held to central differences in 64 bits (`--test gradients`); `straight through` is what passes
  the rounding of quantised numbers; `stops here` is said where it matters: such an operator is a step, a choice or
  made of integers.
- **suite**: cases of the ONNX conformance suite that pass, of those that test this operator.
- **versions**: operator sets in which its definition changed and that passing cases use.
- **types**: element types of inputs in passing cases.
";

/// Why a case does not pass, by how its name begins; a case without a reason fails the test.
const REASONS: &[(&str, &str)] = &[
    (
        "node/test_bernoulli",
        "random numbers: the specification names no generator, so no two runtimes agree; ours are the same every time",
    ),
    (
        "node/test_training_dropout",
        "random numbers, as for Bernoulli; the numbers of kept elements agree",
    ),
    (
        "node/test_dft_inverse",
        "zeros: the expected 1.9e-7 is rounding in 32 bits, ours is computed in 64 and is below 1e-14",
    ),
    (
        "node/test_image_decoder_decode_jpeg2k",
        "JPEG 2000 is not read: no decoder in Rust is kept well enough for uploads from strangers",
    ),
    (
        "node/test_image_decoder_decode_jpeg",
        "the standard leaves the rounding of JPEG decoders open; off by at most 2 of 255",
    ),
    (
        "simple/test_gradient_of",
        "an operator of the preview training domain that no exporter writes; gradients are asked of the engine instead",
    ),
];

fn words(scores: &Value, field: &str) -> String {
    let words = scores[field].as_array().into_iter().flatten();
    let words: Vec<&str> = words.filter_map(Value::as_str).collect();
    words.join(", ")
}

fn selection(page: &mut String, scores: &Value, name: &str, what: &str) {
    let one = &scores[name];
    let (pass, cases) = (one["pass"].as_u64().unwrap(), one["cases"].as_u64().unwrap());
    let share = 100.0 * pass as f64 / cases as f64;
    let _ = writeln!(page, "| {what} | {pass} of {cases} | {share:.1} % |");
}

fn page(scores: &Value) -> String {
    let mut page = HEAD.to_owned();
    let _ = write!(
        page,
        "\n## The conformance suite\n\nOf onnx {}, run by `{}`, a process a case.\n\n\
         | selection | pass | share |\n|---|---|---|\n",
        scores["onnx"].as_str().unwrap(),
        scores["runner"].as_str().unwrap()
    );
    selection(
        &mut page,
        scores,
        "recommended",
        "float and basic types; no training, randomness, sequences or strings",
    );
    selection(&mut page, scores, "all", "everything that has a plain file form");
    page.push_str("\nWhat does not pass:\n\n| case | status | what | why |\n|---|---|---|---|\n");
    for case in scores["not_passing"].as_array().unwrap() {
        let word = |field: &str| case[field].as_str().unwrap().replace('|', "\\|");
        let name = word("case");
        let reason = REASONS.iter().find(|(start, _)| name.starts_with(start));
        let (_, reason) = reason.unwrap_or_else(|| panic!("{name} does not pass and has no reason"));
        let what = word("why");
        let _ = writeln!(page, "| {name} | {} | {} | {reason} |", word("status"), what.trim());
    }
    let rows = glassboard_engine::operators();
    let _ = write!(
        page,
        "\n## {} operators\n\n\
         | operator | domain | gradient | suite | versions | types | left out | file |\n|---|---|---|---|---|---|---|---|\n",
        rows.len()
    );
    for row in rows {
        let domain = if row.domain.is_empty() { "ai.onnx" } else { row.domain };
        let score = &scores["operators"][format!("{domain}.{}", row.op)];
        let suite = match (score["pass"].as_u64(), score["cases"].as_u64()) {
            (Some(pass), Some(cases)) => format!("{pass} of {cases}"),
            _ => String::new(),
        };
        let _ = writeln!(
            page,
            "| `{}` | {domain} | {} | {suite} | {} | {} | {} | `ops/{}.rs` |",
            row.op,
            row.gradient,
            words(score, "versions"),
            words(score, "types"),
            row.limits,
            row.family
        );
    }
    page
}

/// Writes `docs/operators.md` where `GLASSBOARD_WRITE_DOCS` is set; else compares.
#[test]
fn the_page_of_operators_is_current() {
    let docs = support::root().join("docs");
    let scores = std::fs::read_to_string(docs.join("conformance.json")).unwrap();
    let page = page(&serde_json::from_str(&scores).unwrap());
    let path = docs.join("operators.md");
    if std::env::var_os("GLASSBOARD_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == page,
        "docs/operators.md is not what the table says; run with GLASSBOARD_WRITE_DOCS=1 to write it anew"
    );
}
