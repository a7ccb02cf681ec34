//! What the store holds of the files that were imported: the object of `import --json`.

use std::collections::BTreeMap;

use glassboard_store::{Actor, Result, Store};
use serde_json::{Value, json};

use crate::Imported;

/// `points` and `bytes` are of the files as a whole, `added_points` and `read_bytes` of this time:
/// nothing is read twice.
pub async fn report(store: &Store, actor: &Actor, done: &[Imported]) -> Result<Value> {
    let mut experiments: BTreeMap<&str, Vec<&Imported>> = BTreeMap::new();
    for import in done {
        experiments.entry(&import.experiment).or_default().push(import);
    }
    let (mut runs, mut skipped) = (Vec::new(), Vec::new());
    let (mut points, mut bytes) = (0, 0);
    for (slug, imports) in experiments {
        let Some(id) = imports.first().and_then(|import| import.id) else {
            continue;
        };
        let is_ours = |path: &String| imports.iter().any(|import| import.files.binary_search(path).is_ok());
        let files = store.log_files(actor, id).await?;
        let mut series: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for file in files.into_iter().filter(|file| is_ours(&file.path)) {
            bytes += file.mark.position;
            series.entry(file.run).or_default();
        }
        for one in store.log_series(actor, id, None).await? {
            if let Some(series) = series.get_mut(&one.run) {
                points += one.points;
                series.push(json!({ "tag": one.tag, "kind": one.kind, "points": one.points }));
            }
        }
        runs.extend(
            series
                .into_iter()
                .map(|(name, series)| json!({ "experiment": slug, "name": name, "series": series })),
        );
        for (_, skip) in store.log_skips(actor, id).await? {
            if is_ours(&skip.file) {
                skipped.push(
                    json!({ "file": skip.file, "offset": skip.offset, "bytes": skip.bytes, "reason": skip.reason }),
                );
            }
        }
    }
    Ok(json!({
        "runs": runs,
        "points": points,
        "bytes": bytes,
        "skipped": skipped,
        "added_points": done.iter().map(|import| import.points).sum::<u64>(),
        "read_bytes": done.iter().map(|import| import.bytes).sum::<u64>(),
    }))
}
