//! `glassboard push`: a log folder to another instance, live.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, bail};
use glassboard_ingest::{Local, Piece, local_files, next_piece};
use glassboard_store::logs::FileMark;
use serde::Deserialize;
use serde_json::json;

use crate::client::{Client, encode};

/// About so much of a file in one request.
const PIECE: usize = 4 << 20;
/// How often files are looked at under --watch,
const LOOK: Duration = Duration::from_millis(200);
/// and folders.
const WALK: Duration = Duration::from_secs(2);
/// Waits between tries when the other side does not answer; the last one again and again under --watch.
const WAITS: [u64; 6] = [0, 1, 2, 4, 8, 15];

/// Arguments of `glassboard push`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A log folder.
    #[arg(value_name = "DIR")]
    path: PathBuf,
    /// The instance: `https://glassboard.example.org`.
    #[arg(long, value_name = "URL")]
    to: String,
    /// A file with the instance's token; without it the environment's `GLASSBOARD_TOKEN` is used.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The experiment it goes into; without it the folder's name.
    #[arg(long, value_name = "NAME")]
    experiment: Option<String>,
    /// Go on as files grow and appear, until stopped.
    #[arg(long)]
    watch: bool,
    /// Print one JSON object at the end.
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
#[expect(clippy::needless_pass_by_value, reason = "every verb takes its arguments by value")]
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let root = std::fs::canonicalize(&args.path)
        .with_context(|| format!("{} is not there; name a log folder", args.path.display()))?;
    let token = match &args.token_file {
        Some(file) => Some(super::serve::token(file)?),
        None => std::env::var("GLASSBOARD_TOKEN").ok().filter(|token| !token.is_empty()),
    };
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
    let experiment = args.experiment.clone().or(name).unwrap_or_else(|| "logs".to_owned());
    let mut push = Push {
        client: Client::at(&args.to, token)?,
        experiment,
        there: HashMap::new(),
        seen: HashMap::new(),
        sent: 0,
        points: 0,
    };
    push.all(&root, args.watch)?;
    if args.json {
        println!(
            "{}",
            json!({ "experiment": push.experiment, "bytes": push.sent, "points": push.points })
        );
    } else {
        println!("{}: {} bytes sent, {} values", push.experiment, push.sent, push.points);
    }
    Ok(ExitCode::SUCCESS)
}

struct Push {
    client: Client,
    experiment: String,
    /// How far each file is on the other side, by run and name.
    there: HashMap<(String, String), FileMark>,
    /// Size and time of change of files of which nothing is left to send.
    seen: HashMap<PathBuf, (u64, Option<SystemTime>)>,
    sent: u64,
    points: u64,
}

/// What the other side knows of a file.
#[derive(Debug, Deserialize)]
struct There {
    run: String,
    path: String,
    mark: FileMark,
}

/// How a request ended.
enum Sent {
    Yes,
    /// The other side stands elsewhere in the file: ask where.
    Elsewhere,
    /// The run was deleted there: its files stay here.
    Unwanted,
    /// No answer, or one that says to come back.
    Later(anyhow::Error),
}

impl Push {
    fn all(&mut self, root: &Path, watch: bool) -> anyhow::Result<()> {
        let mut tries = 0;
        let mut walked = None::<Instant>;
        let mut files = Vec::new();
        let mut asked = false;
        loop {
            if walked.is_none_or(|at| at.elapsed() >= WALK) {
                files = local_files(root);
                walked = Some(Instant::now());
            }
            let outcome = if asked { Ok(()) } else { self.ask() };
            match outcome.and_then(|()| self.sweep(&files)) {
                Ok(()) => {
                    (asked, tries) = (true, 0);
                    if !watch {
                        return Ok(());
                    }
                    std::thread::sleep(LOOK);
                }
                Err(error) if error.is::<Refused>() => return Err(error),
                Err(error) => {
                    // What arrived before the cut is asked for, and not sent again.
                    asked = false;
                    if !watch && tries + 1 >= WAITS.len() {
                        return Err(error);
                    }
                    let wait = WAITS[tries.min(WAITS.len() - 1)];
                    eprintln!("glassboard: {error:#}; trying again in {wait} s");
                    std::thread::sleep(Duration::from_secs(wait));
                    tries += 1;
                }
            }
        }
    }

    /// Learns how far each file is on the other side.
    fn ask(&mut self) -> anyhow::Result<()> {
        let path = format!("/experiments/{}/files", encode(&self.experiment));
        let answer = self.client.get(&path)?;
        refusal(answer.status)?;
        let files: Vec<There> = serde_json::from_value(answer.json()?["files"].take())
            .context("the server's list of files is not understood; is it a Glassboard of this version?")?;
        self.there = files
            .into_iter()
            .map(|file| ((file.run, file.path), file.mark))
            .collect();
        Ok(())
    }

    fn sweep(&mut self, files: &[Local]) -> anyhow::Result<()> {
        for file in files {
            // A file that vanishes costs itself alone.
            let Ok(metadata) = std::fs::metadata(&file.path) else {
                continue;
            };
            let now = (metadata.len(), metadata.modified().ok());
            if self.seen.get(&file.path) == Some(&now) {
                continue;
            }
            let key = (file.run.clone(), file.name.clone());
            while let Some(piece) = next_piece(file, self.there.get(&key), PIECE)
                .with_context(|| format!("{} cannot be read", file.path.display()))?
            {
                let mark = piece.mark;
                match self.send(&piece)? {
                    Sent::Yes => {
                        self.there.insert(key.clone(), mark);
                    }
                    Sent::Unwanted => break,
                    Sent::Elsewhere => bail!("the server has another part of {} than it had", file.name),
                    Sent::Later(error) => return Err(error),
                }
            }
            self.seen.insert(file.path.clone(), now);
        }
        Ok(())
    }

    fn send(&mut self, piece: &Piece) -> anyhow::Result<Sent> {
        let mark = piece.mark;
        let path = format!(
            "/experiments/{}/files?run={}&path={}&from={}&position={}&size={}&head_len={}&head_crc={}&tail_len={}&tail_crc={}&replaced={}",
            encode(&self.experiment),
            encode(&piece.run),
            encode(&piece.path),
            piece.from,
            mark.position,
            mark.size,
            mark.head_len,
            mark.head_crc,
            mark.tail_len,
            mark.tail_crc,
            piece.replaced
        );
        let answer = match self.client.put(&path, "", &piece.bytes) {
            Ok(answer) => answer,
            Err(error) => return Ok(Sent::Later(error)),
        };
        match answer.status {
            200 => {
                let said = answer.json()?;
                self.sent += piece.bytes.len() as u64;
                self.points += said["points"].as_u64().unwrap_or(0);
                // The experiment may be known there by another name in URLs.
                if let Some(slug) = said["experiment"].as_str() {
                    slug.clone_into(&mut self.experiment);
                }
                Ok(Sent::Yes)
            }
            409 => {
                let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                if said["next"].is_null() {
                    eprintln!(
                        "glassboard: {}",
                        said["detail"].as_str().unwrap_or("the run is not wanted there")
                    );
                    return Ok(Sent::Unwanted);
                }
                Ok(Sent::Elsewhere)
            }
            status => {
                refusal(status)?;
                Ok(Sent::Later(
                    answer.json().err().unwrap_or_else(|| anyhow::anyhow!("no answer")),
                ))
            }
        }
    }
}

/// No try again would help.
#[derive(Debug, thiserror::Error)]
#[error("the server does not take it ({0}); check the address and the token")]
struct Refused(u16);

fn refusal(status: u16) -> Result<(), Refused> {
    match status {
        400 | 401 | 403 | 404 | 405 | 413 => Err(Refused(status)),
        _ => Ok(()),
    }
}
