//! `glassboard serve`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args as _, FromArgMatches as _};
use glassboard_ingest::Place;
use glassboard_server::{Config, Engine};

use super::amount;

/// Arguments of `glassboard serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// A log folder to follow, or `s3://BUCKET/PREFIX`; each is an experiment.
    #[arg(long = "logdir", value_name = "DIR")]
    pub logdirs: Vec<PathBuf>,
    /// Database and uploaded files; the platform's data home by default.
    #[arg(long, value_name = "DIR", env = "GLASSBOARD_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where to listen. An address that other machines reach needs --token-file.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:6006")]
    pub listen: SocketAddr,
    /// Also serve TensorBoard's data provider here, for `tensorboard --grpc_data_provider ADDR`; loopback only.
    #[arg(long, value_name = "ADDR")]
    pub grpc: Option<SocketAddr>,
    /// A prefix of every path, for a reverse proxy.
    #[arg(long, value_name = "PATH", default_value = "")]
    pub base_path: String,
    /// Worker children, each explaining one thing at a time.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: u16,
    /// Memory that one job may take; past it the job fails and its worker is replaced.
    #[arg(long, value_name = "SIZE", default_value = "4GiB", value_parser = amount::worker_memory)]
    pub worker_memory: u64,
    /// Time that one job may take, such as 90s, 30m or 2h.
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = amount::job_time)]
    pub job_time: Duration,
    /// A file holding the secret that every request must show.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

impl Args {
    /// A server over `data_dir` that nobody asked for by itself: every default, and another port
    /// where the usual one is taken.
    pub fn beside(data_dir: PathBuf) -> anyhow::Result<Self> {
        let matches = Self::augment_args(clap::Command::new("serve")).try_get_matches_from(["serve"])?;
        let mut args = Self::from_arg_matches(&matches)?;
        args.data_dir = Some(data_dir);
        if std::net::TcpListener::bind(args.listen).is_err() {
            args.listen.set_port(0);
        }
        Ok(args)
    }

    /// What the server is told.
    pub fn config(&self) -> anyhow::Result<Config> {
        let program = std::env::current_exe().context("the path of this program is unknown")?;
        let mut logdirs = Vec::with_capacity(self.logdirs.len());
        for named in &self.logdirs {
            let place = Place::named(named).context("--logdir")?;
            if let Place::Folder(directory) = &place {
                anyhow::ensure!(
                    directory.is_dir(),
                    "--logdir {place} is not a folder; make it, or name another"
                );
                let resolved = directory.canonicalize().with_context(|| format!("--logdir {place}"))?;
                logdirs.push(Place::Folder(resolved));
            } else {
                logdirs.push(place);
            }
        }
        Ok(Config {
            listen: self.listen,
            grpc: self.grpc,
            logdirs,
            data_dir: match &self.data_dir {
                Some(directory) => directory.clone(),
                None => data_home()?,
            },
            base_path: self.base_path.clone(),
            workers: self.workers.into(),
            worker_memory: self.worker_memory,
            job_time: self.job_time,
            token: self.token_file.as_deref().map(token).transpose()?,
            engine: Engine {
                version: glassboard_engine::engine_version(),
                instruction_set: glassboard_engine::instruction_set(),
            },
            worker_command: vec![
                program.display().to_string(),
                "worker".to_owned(),
                "--stdio".to_owned(),
                "--memory".to_owned(),
                self.worker_memory.to_string(),
            ],
            demo: false,
        })
    }
}

/// Runs the verb.
#[expect(clippy::needless_pass_by_value, reason = "every verb takes its arguments by value")]
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = args.config()?;
    runtime()?.block_on(glassboard_server::serve(config))?;
    Ok(ExitCode::SUCCESS)
}

/// The runtime of the verbs that serve.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime did not start")
}

/// The platform's data home + `glassboard`.
pub fn data_home() -> anyhow::Result<PathBuf> {
    let home = directories::ProjectDirs::from("", "", "glassboard")
        .context("this system has no data home; give --data-dir")?;
    Ok(home.data_dir().to_owned())
}

pub fn token(file: &Path) -> anyhow::Result<String> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("--token-file {} cannot be read", file.display()))?;
    let token = text.trim();
    anyhow::ensure!(
        !token.is_empty(),
        "--token-file {} is empty; put a secret of at least 16 characters there",
        file.display()
    );
    Ok(token.to_owned())
}
