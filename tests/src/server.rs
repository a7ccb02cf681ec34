//! A server as a child process that never outlives its test.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{Http, program};

/// A running `glassboard serve`.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// How to talk to it.
    pub http: Http,
}

impl Server {
    /// Starts a server on a free port over `data_dir`, following `logdir`, and waits until it says that it is ready.
    ///
    /// # Errors
    /// What it printed to stderr, where it ended instead.
    pub fn start(data_dir: &Path, logdir: Option<&Path>, extra: &[&str]) -> Result<Self, String> {
        let mut command = Command::new(program());
        command.arg("serve").arg("--data-dir").arg(data_dir);
        if !extra.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        if !extra.contains(&"--workers") {
            command.args(["--workers", "1"]);
        }
        if let Some(logdir) = logdir {
            command.arg("--logdir").arg(logdir);
        }
        Self::spawn(command.args(extra))
    }

    /// Starts any command of the program that announces a server.
    ///
    /// # Errors
    /// What it printed to stderr, where it ended instead.
    pub fn spawn(command: &mut Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let stderr = child.stderr.take().ok_or("no stderr")?;
        let errors = std::thread::spawn(move || {
            let mut tail = String::new();
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                eprintln!("[server] {line}");
                tail.push_str(&line);
                tail.push('\n');
            }
            tail
        });
        let mut out = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        let mut line = String::new();
        let began = Instant::now();
        while began.elapsed() < Duration::from_mins(2) {
            line.clear();
            if out.read_line(&mut line).map_err(|error| error.to_string())? == 0 {
                let status = child.wait().map_err(|error| error.to_string())?;
                return Err(format!("{status}: {}", errors.join().unwrap_or_default()));
            }
            if let Some(url) = line.trim().strip_prefix("Glassboard: http://") {
                let authority = url.split('/').next().unwrap_or(url).to_owned();
                std::thread::spawn(move || out.read_to_end(&mut Vec::new()));
                return Ok(Self {
                    child,
                    http: Http { authority, token: None },
                });
            }
        }
        let _ = child.kill();
        Err("it said nothing for two minutes".to_owned())
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`: no handler runs, nothing is flushed.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, and waits for its end; whether it ended well.
    pub fn stop(mut self) -> bool {
        let _ = kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM);
        self.child.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
