//! Ten thousand runs under a limit of 1,024 open files: all are read, and all are followed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use glassboard_tests::{EventFile, Server, program};

const RUNS: usize = 10_000;

fn file(logs: &Path, run: usize) -> std::path::PathBuf {
    logs.join(format!("sweep-{:02}/run-{run:05}/events.out.tfevents.1.h", run % 100))
}

fn points(server: &Server) -> i64 {
    let reply = server.http.get("/api/v1/experiments").unwrap().json();
    reply["experiments"][0]["points"].as_i64().unwrap_or(0)
}

fn wait(server: &Server, wanted: i64, most: Duration) -> Duration {
    let began = Instant::now();
    while points(server) < wanted {
        assert!(
            began.elapsed() < most,
            "{} of {wanted} values after {most:?}",
            points(server)
        );
        thread::sleep(Duration::from_millis(50));
    }
    began.elapsed()
}

#[test]
fn ten_thousand_runs_are_read_and_followed_with_1024_open_files() {
    let home = tempfile::tempdir().unwrap();
    let (logs, data) = (home.path().join("logs"), home.path().join("data"));
    for run in 0..RUNS {
        let mut log = EventFile::create(&file(&logs, run)).unwrap();
        log.scalars("loss", 0..3, 1.0).unwrap();
    }
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 1024; exec \"$@\"", "sh"]).arg(program());
    command.args(["serve", "--listen", "127.0.0.1:0", "--workers", "1", "--data-dir"]);
    let server = Server::spawn(command.arg(&data).arg("--logdir").arg(&logs)).unwrap();
    let all = wait(&server, 3 * RUNS as i64, Duration::from_mins(4));

    for run in [0, 17, RUNS - 1] {
        EventFile::append(&file(&logs, run))
            .unwrap()
            .scalars("loss", 3..5, 1.0)
            .unwrap();
    }
    let more = wait(&server, 3 * RUNS as i64 + 6, Duration::from_mins(1));
    let open = std::fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count();
    println!("{RUNS} runs in {all:?}; three that grew in {more:?}; {open} open files");
    assert!(open < 200, "{open} files are held open");
    let runs = server.http.get("/api/v1/experiments/logs/runs").unwrap().json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), RUNS);
}
