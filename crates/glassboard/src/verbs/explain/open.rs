//! `--open`: the same question on the page of a server, one that runs already or one of our own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use glassboard_server::{Lock, Running};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use crate::client::{Client, encode};
use crate::verbs::serve;

/// How long the server may take to read the model before its page is opened all the same.
const PATIENCE: Duration = Duration::from_mins(2);

/// What the page is to show.
pub struct Wanted<'a> {
    /// The model's file.
    pub model: &'a Path,
    /// The input's file.
    pub input: &'a Path,
    /// Name and bytes of an input that is no file; goes before it.
    pub content: Option<(&'a str, &'a [u8])>,
    /// The vocabulary's file, for a model that reads tokens.
    pub vocabulary: Option<&'a Path>,
    /// Row of the input.
    pub row: usize,
    /// A preprocess.json, null where none was given.
    pub preprocess: &'a Value,
    /// Catalogue name of the method.
    pub method: &'a str,
    /// Its parameters.
    pub params: &'a Map<String, Value>,
    /// The class that was asked for.
    pub target: Option<usize>,
    /// `logit` or `prob`.
    pub on: &'a str,
    /// `zeros`, `mean` or `blur`.
    pub baseline: &'a str,
    /// The seed.
    pub seed: u64,
    /// `none`, `cheap` or `all`.
    pub evidence: &'a str,
}

/// A page that can be looked at, and the server behind it where that is ours.
pub struct Opened {
    /// The page.
    pub url: String,
    own: Option<(Runtime, Running)>,
}

/// Brings model, input and question to the server of `data_dir`, which is started if none runs.
pub fn open(data_dir: Option<PathBuf>, wanted: &Wanted<'_>) -> anyhow::Result<Opened> {
    let data_dir = match data_dir {
        Some(directory) => directory,
        None => serve::data_home()?,
    };
    let (client, base, own) = if let Some(served) = Lock::holder(&data_dir) {
        (Client::at(&served.url, Some(served.key))?, served.url, None)
    } else {
        let config = serve::Args::beside(data_dir)?.config()?;
        let runtime = serve::runtime()?;
        let running = runtime.block_on(glassboard_server::start(config))?;
        let url = running.url().to_owned();
        (Client::at(&url, None)?, url, Some((runtime, running)))
    };
    let page = bring(&client, wanted)?;
    Ok(Opened {
        url: format!("{base}{page}"),
        own,
    })
}

impl Opened {
    /// Shows the page in the user's browser, or says where it is; then serves until a signal, where
    /// the server is ours.
    pub fn show(self) -> anyhow::Result<()> {
        if !browse(&self.url) {
            eprintln!("No browser could be opened here; the page is at {}", self.url);
        }
        let Some((runtime, running)) = self.own else {
            return Ok(());
        };
        eprintln!("Serving it until Ctrl-C.");
        runtime.block_on(running.until_signal())
    }
}

/// Uploads both files and asks; gives the page's address below the server's base.
fn bring(client: &Client, wanted: &Wanted<'_>) -> anyhow::Result<String> {
    let name = |path: &Path| {
        path.file_name()
            .map_or_else(String::new, |n| n.to_string_lossy().into_owned())
    };
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));

    let model_name = name(wanted.model);
    let stem = model_name.strip_suffix(".onnx").unwrap_or(&model_name);
    let made = client
        .put(
            &format!("/models?name={}", encode(stem)),
            &encode(&model_name),
            &read(wanted.model)?,
        )?
        .json()?;
    let model = made["model"]
        .as_str()
        .context("the server's answer names no model")?
        .to_owned();
    wait_until_read(client, &model)?;
    if !wanted.preprocess.is_null() {
        let text = wanted.preprocess.to_string();
        let path = format!("/models/{}/preprocess", encode(&model));
        client.put_json(&path, text.as_bytes())?.json()?;
    }

    if let Some(path) = wanted.vocabulary {
        let query = format!("/models/{}/vocabulary?name={}", encode(&model), encode(&name(path)));
        client.put(&query, &encode(&name(path)), &read(path)?)?.json()?;
    }

    let (input_name, bytes) = match wanted.content {
        Some((name, bytes)) => (name.to_owned(), bytes.to_vec()),
        None => (name(wanted.input), read(wanted.input)?),
    };
    let query = format!("/inputs?name={}&model={}&keep=1", encode(&input_name), encode(&model));
    let made = client.put(&query, &encode(&input_name), &bytes)?.json()?;
    let input = made["input"]
        .as_str()
        .context("the server's answer names no input")?
        .to_owned();
    let view = match made["kind"].as_str() {
        Some("table") => "row",
        Some("text") => "tokens",
        _ => "attribution",
    };

    // The page finds this answer, or finds it on its way.
    let question = json!({
        "model": model, "input": input, "row": wanted.row, "method": wanted.method, "params": wanted.params,
        "target": wanted.target, "on": wanted.on, "baseline": wanted.baseline, "seed": wanted.seed,
        "evidence": wanted.evidence,
    });
    client.post("/explanations", &question)?.json()?;
    Ok(format!(
        "explain/{}/{}/{view}{}",
        encode(&model),
        encode(&input),
        keys(wanted)
    ))
}

/// The state of the page: keys sorted, defaults left out.
fn keys(wanted: &Wanted<'_>) -> String {
    let mut keys = Vec::new();
    if wanted.baseline != "zeros" {
        keys.push(format!("base={}", encode(wanted.baseline)));
    }
    keys.push(format!("m={}", encode(wanted.method)));
    if wanted.row > 0 {
        keys.push(format!("row={}", wanted.row));
    }
    if wanted.seed > 0 {
        keys.push(format!("seed={}", wanted.seed));
    }
    if let Some(target) = wanted.target {
        keys.push(format!("t={target}"));
    }
    if wanted.on == "prob" {
        keys.push("unit=prob".to_owned());
    }
    format!("?{}", keys.join("&"))
}

fn wait_until_read(client: &Client, model: &str) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let state = client.get(&format!("/models/{}", encode(model)))?.json()?;
        match state["state"].as_str() {
            Some("ready") => return Ok(()),
            Some("failed") => anyhow::bail!(
                "the server could not read the model: {}",
                state["error"].as_str().unwrap_or("it gave no reason")
            ),
            _ if began.elapsed() > PATIENCE => anyhow::bail!("the server still reads the model after {PATIENCE:?}"),
            _ => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Whether a program took the address: `$BROWSER`, else the desktop's own where there is a desktop.
fn browse(url: &str) -> bool {
    let run = |program: &str| {
        Command::new(program)
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    if let Some(browser) = std::env::var("BROWSER").ok().filter(|name| !name.is_empty()) {
        return run(&browser);
    }
    if cfg!(target_os = "macos") {
        return run("open");
    }
    let desktop = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    desktop && run("xdg-open")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_asked_for_what_was_explained() {
        let (path, params) = (Path::new("x"), Map::new());
        let mut wanted = Wanted {
            model: path,
            input: path,
            content: None,
            vocabulary: None,
            row: 0,
            preprocess: &Value::Null,
            method: "grad_cam",
            params: &params,
            target: None,
            on: "logit",
            baseline: "zeros",
            seed: 0,
            evidence: "cheap",
        };
        assert_eq!(keys(&wanted), "?m=grad_cam");
        wanted.row = 3;
        (wanted.target, wanted.on, wanted.baseline, wanted.seed) = (Some(7), "prob", "mean", 4);
        assert_eq!(keys(&wanted), "?base=mean&m=grad_cam&row=3&seed=4&t=7&unit=prob");
    }
}
