//! Runs that are a part of another: PyTorch's `add_hparams` writes into a folder below the run's, named by a time.

use sqlx::Row;

use super::append::Tx;
use super::experiments::ExperimentId;
use crate::Result;

/// Makes a new run a part of the run it lies in, or the parent of parts that came before it. A folder without
/// event files of its own is no run: what lies in it stands for itself.
pub(super) async fn fold(tx: &mut Tx, experiment: ExperimentId, run: i64, name: &str) -> Result<()> {
    if let Some(parent) = parent(name) {
        let sql = "UPDATE run SET part_of = (SELECT id FROM run WHERE experiment_id = ? AND name = ?) WHERE id = ?";
        let query = sqlx::query(sql).bind(experiment.0).bind(parent).bind(run);
        query.execute(&mut **tx).await?;
    }
    let below = if name == "." { String::new() } else { format!("{name}/") };
    // The names are in an index: those that go on with a digit, and nothing else, are looked at.
    let sql = "SELECT id, name FROM run WHERE experiment_id = ? AND name >= ? AND name < ?";
    let rows = sqlx::query(sql)
        .bind(experiment.0)
        .bind(format!("{below}0"))
        .bind(format!("{below}:"));
    for row in rows.fetch_all(&mut **tx).await? {
        let (part, part_name): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        if parent(&part_name) == Some(name) {
            let sql = "UPDATE run SET part_of = ? WHERE id = ?";
            sqlx::query(sql).bind(run).bind(part).execute(&mut **tx).await?;
        }
    }
    Ok(())
}

/// The run that a folder named by a time (`1795692462.2236972`) lies in.
fn parent(name: &str) -> Option<&str> {
    let (parent, last) = name.rsplit_once('/').unwrap_or((".", name));
    let (seconds, part) = last.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (seconds.len() == 10 && digits(seconds) && digits(part)).then_some(parent)
}

#[cfg(test)]
mod tests {
    use super::parent;

    #[test]
    fn a_folder_named_by_a_time_is_a_part() {
        assert_eq!(parent("a/b/1795692462.2236972"), Some("a/b"));
        assert_eq!(parent("1795692462.0"), Some("."));
        for name in [
            ".",
            "a",
            "a/1795692462",
            "a/1795692462.x",
            "a/179569246.2",
            "1795692462.2/b",
        ] {
            assert_eq!(parent(name), None, "{name}");
        }
    }
}
