//! How fast event files are read: `logs parse DIR`, `logs import DIR DATA`; `logs make FILE POINTS` writes one long
//! series, `logs tags FILE COUNT` five points of many tags. Prints one line of JSON; `./x bench logs` calls it.

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
        ["make", file, points] => make(Path::new(file), points.parse()?)?,
        ["tags", file, count] => tags(Path::new(file), count.parse()?)?,
        _ => return Err("usage: logs parse DIR | import DIR DATA | make FILE POINTS | tags FILE COUNT".into()),
    };
    let wall = began.elapsed().as_secs_f64();
    println!("{{\"bytes\":{bytes},\"points\":{points},\"wall_seconds\":{wall:.3}}}");
    Ok(())
}

/// Framing, both checksums of every record, and every value by tag, in memory.
fn parse(folder: &Path) -> Result<(u64, u64), Box<dyn std::error::Error>> {
    let survey = glassboard_ingest::survey(folder)?;
    Ok((survey.bytes, survey.values))
}

fn import(folder: &Path, data: &Path) -> Result<(u64, u64), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let store = runtime.block_on(Store::open(data, Arc::new(SystemClock)))?;
    let root = Root {
        place: folder.to_owned().into(),
        name: None,
    };
    let done = import_once(&store, &Actor::OWNER, runtime.handle(), &root, &Stop::default())?;
    runtime.block_on(store.close());
    Ok((done.bytes, done.points))
}

/// A noisy curve with a spike at two thirds, steps and times at even distances but for a jitter of the times.
fn make(path: &Path, points: u64) -> Result<(u64, u64), Box<dyn std::error::Error>> {
    use glassboard_events::write::{record, scalar, version};
    use std::io::Write as _;
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let mut bytes = Vec::new();
    record(&mut bytes, &version(1.7e9));
    let (mut state, mut total) = (1u64, 0);
    for step in 0..points {
        // xorshift: any noise will do.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let noise = state as f64 / u64::MAX as f64 - 0.5;
        let value = (-4.0 * step as f64 / points as f64).exp() + 0.1 * noise;
        let value = if step == points / 3 * 2 { 9.0 } else { value };
        let wall = 1.7e9 + step as f64 * 0.2 + noise * 0.04;
        record(&mut bytes, &scalar(wall, step as i64, "loss", value as f32));
        if bytes.len() > 1 << 16 {
            file.write_all(&bytes)?;
            total += bytes.len() as u64;
            bytes.clear();
        }
    }
    file.write_all(&bytes)?;
    file.flush()?;
    Ok((total + bytes.len() as u64, points))
}

/// Five points of each of many tags.
fn tags(path: &Path, count: u64) -> Result<(u64, u64), Box<dyn std::error::Error>> {
    use glassboard_events::write::{record, scalar, version};
    let mut bytes = Vec::new();
    record(&mut bytes, &version(1.7e9));
    for step in 0..5i32 {
        for tag in 0..count {
            let name = format!("layer_{}/metric_{}", tag / 40, tag % 40);
            record(
                &mut bytes,
                &scalar(1.7e9 + f64::from(step), i64::from(step), &name, step as f32),
            );
        }
    }
    std::fs::write(path, &bytes)?;
    Ok((bytes.len() as u64, 5 * count))
}
