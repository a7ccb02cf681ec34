//! `glassboard demo`: a server with real runs, models and inputs, which travel through the same
//! doors as a user's: a log folder, and PUT over HTTP.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use glassboard_server::{Config, Lock};
use glassboard_store::private;
use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::client::{Client, encode};

/// How long the demo waits for its own models to be read before it says that it is ready anyway.
const PATIENCE: Duration = Duration::from_secs(90);

/// Arguments of `glassboard demo`: those of `serve`; the data directory is one of its own by default.
#[derive(Debug, clap::Args)]
// clap names a group of arguments after its type, and the flattened one is called `Args` as well.
#[group(skip)]
pub struct Args {
    #[command(flatten)]
    serve: super::serve::Args,
}

/// What `demo/train.py` made.
#[derive(RustEmbed)]
#[folder = "../../demo/data"]
struct Files;

/// `demo.json`: what to load, in which order.
#[derive(Debug, Deserialize)]
struct Listing {
    models: Vec<Model>,
    inputs: Vec<Input>,
}

#[derive(Debug, Deserialize)]
struct Model {
    name: String,
    file: String,
    step: i64,
    /// Of a model that reads tokens.
    vocabulary: Option<String>,
    checkpoints: Vec<Checkpoint>,
}

#[derive(Debug, Deserialize)]
struct Checkpoint {
    file: String,
    step: i64,
}

#[derive(Debug, Deserialize)]
struct Input {
    name: String,
    file: String,
    model: String,
}

/// Runs the verb.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut serve = args.serve;
    let data_dir = match serve.data_dir.take() {
        Some(dir) => dir,
        None => directories::BaseDirs::new()
            .context("no home directory is known here; give --data-dir")?
            .data_dir()
            .join("glassboard-demo"),
    };
    private::folder(&data_dir)
        .with_context(|| format!("{} cannot be made; give another --data-dir", data_dir.display()))?;
    if let Some(served) = Lock::holder(&data_dir) {
        tracing::info!("the demo is already served; this process has nothing to do");
        announce(&served.url);
        return Ok(ExitCode::SUCCESS);
    }
    let logdir = data_dir.join("demo");
    write_runs(&logdir)?;
    serve.logdirs.insert(0, logdir);
    serve.data_dir = Some(data_dir);
    let config = Config {
        demo: true,
        ..serve.config()?
    };
    let token = config.token.clone();

    let runtime = tokio::runtime::Runtime::new().context("the async runtime cannot start")?;
    runtime.block_on(async {
        let running = glassboard_server::start(config).await?;
        let url = running.url().to_owned();
        let client = Client::at(&url, token)?;
        tokio::task::spawn_blocking(move || load(&client))
            .await
            .context("loading the demo panicked")??;
        announce(&url);
        running.until_signal().await
    })?;
    Ok(ExitCode::SUCCESS)
}

#[expect(
    clippy::print_stdout,
    reason = "the address on stdout is part of the command line's contract"
)]
fn announce(url: &str) {
    println!("Glassboard: {url}");
}

fn embedded(name: &str) -> anyhow::Result<Vec<u8>> {
    Ok(Files::get(name)
        .with_context(|| format!("{name} is not part of the demo"))?
        .data
        .into_owned())
}

/// Writes the event files that are not there yet. Paths come from the embedded folder alone.
fn write_runs(logdir: &Path) -> anyhow::Result<()> {
    for name in Files::iter() {
        let Some(relative) = name.strip_prefix("runs/") else {
            continue;
        };
        let path = logdir.join(relative);
        let bytes = embedded(&name)?;
        if fs::metadata(&path).is_ok_and(|m| m.len() == bytes.len() as u64) {
            continue;
        }
        let folder = path.parent().unwrap_or(logdir);
        private::inner_folder(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        // Renamed into place, so that a demo stopped half-way leaves no half file to be read.
        let half = folder.join(".half");
        write_private(&half, &bytes)
            .and_then(|()| fs::rename(&half, &path))
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

/// Written whole, from nothing, and for its owner alone.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = private::options().truncate(true).open(path)?;
    file.write_all(bytes)
}

/// Uploads what the server does not have yet and waits until the models are read.
fn load(client: &Client) -> anyhow::Result<()> {
    let listing: Listing = serde_json::from_slice(&embedded("demo.json")?).context("demo.json")?;
    let mut slugs = Vec::new();
    for model in &listing.models {
        let query = format!("/models?name={}&step={}", encode(&model.name), model.step);
        let made = client
            .put(&query, base_name(&model.file), &embedded(&model.file)?)?
            .json()
            .with_context(|| model.file.clone())?;
        let slug = made["model"].as_str().context("the answer names no model")?.to_owned();
        if !model.checkpoints.is_empty() {
            // Bare weights find the graph they belong to when they are read: it must be there by then.
            wait_until_read(client, &[(model.name.as_str(), slug.clone())])?;
        }
        for checkpoint in &model.checkpoints {
            let query = format!(
                "/models?name={}&checkpoint_of={}&step={}",
                encode(&model.name),
                encode(&slug),
                checkpoint.step
            );
            client
                .put(&query, base_name(&checkpoint.file), &embedded(&checkpoint.file)?)?
                .json()
                .with_context(|| checkpoint.file.clone())?;
        }
        slugs.push((model.name.as_str(), slug));
    }
    let there = client.get("/inputs")?.json()?;
    let known: Vec<&str> = there["inputs"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|input| input["name"].as_str())
        .collect();
    for input in &listing.inputs {
        if known.contains(&input.name.as_str()) {
            continue;
        }
        let slug = slugs
            .iter()
            .find(|(name, _)| *name == input.model)
            .map_or("", |(_, slug)| slug);
        let query = format!("/inputs?name={}&model={}&keep=1", encode(&input.name), encode(slug));
        client
            .put(&query, base_name(&input.file), &embedded(&input.file)?)?
            .json()
            .with_context(|| input.file.clone())?;
    }
    wait_until_read(client, &slugs)?;
    give_vocabularies(client, &listing.models, &slugs)
}

/// Gives models that read tokens their vocabularies, where they have none yet.
fn give_vocabularies(client: &Client, models: &[Model], slugs: &[(&str, String)]) -> anyhow::Result<()> {
    for (model, (name, slug)) in models.iter().zip(slugs) {
        let Some(file) = &model.vocabulary else { continue };
        let known = client.get(&format!("/models/{}", encode(slug)))?.json()?;
        if known["preprocess"]["text"].is_object() || known["state"] != "ready" {
            continue;
        }
        let path = format!("/models/{}/vocabulary?name={}", encode(slug), encode(base_name(file)));
        client
            .put(&path, base_name(file), &embedded(file)?)?
            .json()
            .with_context(|| format!("the vocabulary of {name}"))?;
    }
    Ok(())
}

fn wait_until_read(client: &Client, slugs: &[(&str, String)]) -> anyhow::Result<()> {
    let began = Instant::now();
    for (name, slug) in slugs {
        loop {
            let model = client.get(&format!("/models/{}", encode(slug)))?.json()?;
            let states: Vec<&str> = model["checkpoints"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|c| c["state"].as_str())
                .collect();
            if let Some(error) = model["error"].as_str().filter(|_| model["state"] == "failed") {
                tracing::warn!("{name} could not be read: {error}");
                break;
            }
            if model["state"] == "ready" && !states.contains(&"scanning") {
                break;
            }
            if began.elapsed() > PATIENCE {
                tracing::warn!("{name} is still being read; the demo is served all the same");
                break;
            }
            sleep(Duration::from_millis(100));
        }
    }
    Ok(())
}

fn base_name(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listing_names_files_that_are_there() {
        let listing: Listing = serde_json::from_slice(&embedded("demo.json").expect("demo.json")).expect("its shape");
        assert!(listing.models.len() >= 2 && listing.inputs.len() >= 12);
        let files = listing.models.iter().flat_map(|m| {
            std::iter::once(&m.file)
                .chain(&m.vocabulary)
                .chain(m.checkpoints.iter().map(|c| &c.file))
        });
        for file in files.chain(listing.inputs.iter().map(|i| &i.file)) {
            assert!(!embedded(file).expect("embedded").is_empty(), "{file}");
        }
    }

    #[test]
    fn runs_are_written_once_and_repaired() {
        let directory = tempfile::tempdir().expect("a directory");
        write_runs(directory.path()).expect("writes");
        let files = || {
            let runs = fs::read_dir(directory.path())
                .expect("runs")
                .map(|r| r.expect("a run").path());
            let mut files: Vec<_> = runs
                .flat_map(|run| fs::read_dir(run).expect("a run").map(|f| f.expect("a file").path()))
                .collect();
            files.sort();
            files
        };
        let first = files();
        assert!(first.len() >= 6, "{first:?}");
        fs::write(&first[0], b"half").expect("truncates");
        write_runs(directory.path()).expect("repairs");
        assert_eq!(files(), first);
        assert!(fs::metadata(&first[0]).expect("there").len() > 4);
    }
}
