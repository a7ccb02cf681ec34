//! Every scalar point that TensorBoard's own loader yields is stored, bit for bit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::Bench;
use glassboard_store::Actor;

type Points = Vec<(i64, u64, u64)>;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The interpreter of the test environment, where it has TensorBoard.
fn python() -> Option<PathBuf> {
    let python =
        std::env::var_os("GLASSBOARD_PYTHON").map_or_else(|| repository().join(".venv/bin/python"), PathBuf::from);
    let check = Command::new(&python).args(["-c", "import tensorboard"]).output().ok()?;
    check.status.success().then_some(python)
}

#[test]
fn stored_points_equal_those_of_tensorboards_loader() {
    let Ok(real) = repository().join("../shared/data/real/tfevents").canonicalize() else {
        println!("skipped: no real data");
        return;
    };
    let Some(python) = python() else {
        println!("skipped: no python with tensorboard (set GLASSBOARD_PYTHON; `./x test` makes one)");
        return;
    };
    let bench = Bench::new();
    let imported = bench.import(&real);
    assert!(imported.files.len() > 20, "only {} event files", imported.files.len());

    let output = Command::new(python)
        .arg(repository().join("tests/clients/tensorboard_points.py"))
        .args(&imported.files)
        .output()
        .expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut theirs: BTreeMap<(String, String), Points> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).expect("text").lines() {
        let (file, tag, step, wall, value): (String, String, i64, String, String) =
            serde_json::from_str(line).expect("a point");
        let folder = Path::new(&file)
            .parent()
            .expect("a folder")
            .strip_prefix(&real)
            .expect("below the root");
        let bits = |hex: &str| u64::from_str_radix(hex, 16).expect("hex");
        let run = folder.to_string_lossy().into_owned();
        theirs
            .entry((run, tag))
            .or_default()
            .push((step, bits(&wall), bits(&value)));
    }

    let mut ours: BTreeMap<(String, String), Points> = BTreeMap::new();
    bench.runtime.block_on(async {
        let (store, actor, slug) = (&bench.store, &Actor::OWNER, &imported.experiment);
        let names: BTreeMap<String, String> = store
            .runs(actor, slug)
            .await
            .expect("runs")
            .into_iter()
            .map(|run| (run.id, run.name))
            .collect();
        for tag in store
            .tags(actor, slug, Some(glassboard_store::logs::Kind::Scalar))
            .await
            .expect("tags")
        {
            for run in tag.runs {
                let points = store
                    .scalar_points(actor, slug, &run, &tag.tag, true)
                    .await
                    .expect("points");
                let bits = (0..points.step.len())
                    .map(|i| (points.step[i], points.wall[i].to_bits(), points.value[i].to_bits()))
                    .collect();
                ours.insert((names[&run].clone(), tag.tag.clone()), bits);
            }
        }
    });
    let total: usize = theirs.values().map(Vec::len).sum();
    println!(
        "{} files, {} series, {total} points",
        imported.files.len(),
        theirs.len()
    );
    assert!(total > 10_000);
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (key, mut theirs) in theirs {
        let ours = ours.get_mut(&key).expect("the series");
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(*ours, theirs, "{key:?}");
    }
    let again = bench.import(&real);
    assert_eq!((again.points, again.bytes), (0, 0), "a second import reads nothing");
}
