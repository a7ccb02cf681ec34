//! How fast event files are read: `logs parse DIR`, `logs import DIR DATA`. Prints one line of JSON; `./x bench logs`
//! calls it.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use glassboard_ingest::{Root, Stop, import_once};
use glassboard_store::{Actor, Store, SystemClock};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let began = Instant::now();
    let (bytes, points) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["parse", folder] => parse(Path::new(folder))?,
        ["import", folder, data] => import(Path::new(folder), Path::new(data))?,
        _ => return Err("usage: logs parse DIR | logs import DIR DATA".into()),
    };
    let wall = began.elapsed().as_secs_f64();
    println!(
        "{{\"bytes\":{bytes},\"points\":{points},\"wall_seconds\":{wall:.3}}}"
    );
    Ok(())
}

/// Framing, both checksums of every record, and every value by tag, in memory.
fn parse(folder: &Path) -> Result<(u64, u64), Box<dyn std::error::Error>> {
    glassboard_ingest::survey(folder).map_err(Into::into)
}

fn import(folder: &Path, data: &Path) -> Result<(u64, u64), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let store = runtime.block_on(Store::open(data, Arc::new(SystemClock)))?;
    let root = Root {
        path: folder.to_owned(),
        name: None,
    };
    let done = import_once(&store, &Actor::OWNER, runtime.handle(), &root, &Stop::default())?;
    runtime.block_on(store.close());
    Ok((done.bytes, done.points))
}
