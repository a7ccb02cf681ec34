//! Every method against the reference libraries, on the cases in `tests/fixtures/goldens`.

mod support;

use std::path::Path;

use anyhow::{Context, bail, ensure};
use support::{Arrays, Case, Gold, Outcome};

/// Per array: max|a-b| <= atol + rtol * max|b|, with b the expected array.
fn judge(case: &Case, want: &Arrays, got: &Arrays) -> anyhow::Result<()> {
    if case.kind == "statistical" {
        return statistical(case, want, got);
    }
    ensure!(case.kind == "exact", "kind {} is judged by another script", case.kind);
    let tolerance = case.tolerance.as_ref().context("an exact case without tolerance")?;
    let [atol, rtol] = ["atol", "rtol"].map(|key| tolerance[key].as_f64().unwrap_or(0.0));
    for name in case.expected.keys() {
        let tie = tie(&case.id, name);
        let want = want.get(name).with_context(|| format!("{name} is not in the case"))?;
        let Some(got) = got.get(name) else {
            bail!("{name} is missing")
        };
        ensure!(
            got.shape() == want.shape(),
            "{name}: shape {:?}, expected {:?}",
            got.shape(),
            want.shape()
        );
        let limit = atol + rtol * want.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let off = |want: &[f64]| got.iter().zip(want).fold(0.0f64, |m, (a, b)| m.max((a - b).abs()));
        // Some files hold their arrays column by column: in the order of their indices, both are alike.
        let wanted: Vec<f64> = want.iter().copied().collect();
        let error = off(&wanted).min(tie.as_deref().map_or(f64::INFINITY, off));
        ensure!(
            error <= limit && got.iter().all(|v| v.is_finite()),
            "{name}: off by {error:.3e}, allowed {limit:.3e}"
        );
    }
    Ok(())
}

/// Every element at least what is expected but for the slack that the case gives, or near it on the whole.
fn statistical(case: &Case, want: &Arrays, got: &Arrays) -> anyhow::Result<()> {
    for check in &case.check {
        let test = check["test"].as_str().unwrap_or_default();
        ensure!(
            ["at_least", "mean_abs_error"].contains(&test),
            "check {test} is made by another script"
        );
        let name = check["array"].as_str().context("a check without an array")?;
        let slack = check["slack"].as_f64().unwrap_or(0.0);
        let (got, want) = (
            got.get(name).context("it is missing")?,
            want.get(name).context("not in the case")?,
        );
        ensure!(got.shape() == want.shape(), "{name}: shape {:?}", got.shape());
        if test == "mean_abs_error" {
            let count = want.len().max(1) as f64;
            let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / count;
            let error = mean(&mut got.iter().zip(want).map(|(a, b)| (a - b).abs()));
            let scale = mean(&mut want.iter().map(|v| v.abs()));
            let [atol, rel] = ["atol", "rel"].map(|key| check[key].as_f64().unwrap_or(0.0));
            ensure!(
                error <= atol + rel * scale,
                "{name}: off by {error:.3e} on average of {scale:.3e}"
            );
            continue;
        }
        ensure!(
            got.iter().zip(want).all(|(a, b)| *a >= b - slack),
            "{name}: {got} below {want}"
        );
    }
    ensure!(!case.check.is_empty(), "nothing is checked");
    Ok(())
}

/// What an array may be as well: `tests/reference/ties.py` says why and makes it, with the library that made
/// the case.
fn tie(id: &str, array: &str) -> Option<Vec<f64>> {
    let ties = include_str!("../../../tests/fixtures/goldens/ties.json");
    let ties: serde_json::Value = serde_json::from_str(ties).ok()?;
    let tie = ties.get(id).filter(|tie| tie["array"] == array)?;
    let numbers = tie["float32"].as_array()?.iter();
    numbers.map(serde_json::Value::as_f64).collect()
}

#[test]
fn fixtures_are_reproduced_within_their_tolerance() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/goldens");
    let mut gold = Gold::open(&folder).unwrap();
    let (mut passed, mut wrong) = (0, Vec::new());
    for case in gold.cases() {
        match gold.compute(&case) {
            Ok(Outcome::Done(arrays)) => match judge(&case, &gold.expected(&case).unwrap(), &arrays) {
                Ok(()) => passed += 1,
                Err(why) => wrong.push(format!("{}: {why:#}", case.id)),
            },
            Ok(Outcome::Worded(arrays, texts)) => {
                let want = gold.expected_texts(&case).unwrap();
                let mut numbers = case.clone();
                numbers.expected.retain(|name, _| !want.contains_key(name));
                match judge(&numbers, &gold.expected(&case).unwrap(), &arrays) {
                    Ok(()) if texts == want => passed += 1,
                    Ok(()) => wrong.push(format!("{}: texts {texts:?}, expected {want:?}", case.id)),
                    Err(why) => wrong.push(format!("{}: {why:#}", case.id)),
                }
            }
            Ok(Outcome::Unsupported(why)) => wrong.push(format!("{}: unsupported: {why}", case.id)),
            Err(error) => wrong.push(format!("{}: {error:#}", case.id)),
        }
    }
    assert!(
        wrong.is_empty(),
        "{passed} passed, {} did not:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(passed >= 80, "only {passed} cases were there");
}
