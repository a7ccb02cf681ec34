//! Computes golden cases: `goldens GOLD_DIR OUT_DIR` reads `GOLD_DIR/manifest.json` and writes
//! `OUT_DIR/cases/<id>.npz` with the `out_*` arrays of every case it supports, one line a case.

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "the test also reads what is expected")]
mod support;

use std::path::PathBuf;

use anyhow::Context;
use support::{Gold, Outcome};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(gold), Some(out)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: goldens GOLD_DIR OUT_DIR");
    };
    let mut gold = Gold::open(&gold)?;
    let cases = out.join("cases");
    std::fs::create_dir_all(&cases).with_context(|| format!("cannot make {}", cases.display()))?;
    for case in gold.cases() {
        match gold.compute(&case) {
            Ok(Outcome::Done(arrays)) => {
                support::write(&cases.join(format!("{}.npz", case.id)), &arrays)?;
                println!("done {}", case.id);
            }
            Ok(Outcome::Worded(arrays, texts)) => {
                let path = cases.join(format!("{}.npz", case.id));
                support::write(&path, &arrays)?;
                support::write_texts(&path, &texts)?;
                println!("done {}", case.id);
            }
            Ok(Outcome::Unsupported(why)) => {
                println!("unsupported {}", case.id);
                eprintln!("{}: {why}", case.id);
            }
            Err(error) => {
                println!("failed {}", case.id);
                eprintln!("{}: {error:#}", case.id);
            }
        }
    }
    Ok(())
}
