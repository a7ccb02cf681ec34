//! Twenty writers, ten readers, and a server that is killed at random, for two minutes (half an hour with
//! `GLASSBOARD_LONG`; `GLASSBOARD_SOAK_SECONDS` says otherwise): nothing is lost, nothing is there twice, memory
//! stays where it is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use glassboard_tests::{EventFile, Http, Random, Server};

const WRITERS: usize = 20;
const READERS: usize = 10;
const TAGS: [&str; 3] = ["train/loss", "val/loss", "lr"];
/// Steps of a flush.
const FLUSH: i64 = 25;
/// A process of the dev profile that serves this may hold, MB.
const MEMORY: u64 = 300;

fn seconds() -> u64 {
    let asked = std::env::var("GLASSBOARD_SOAK_SECONDS")
        .ok()
        .and_then(|n| n.parse().ok());
    let long = std::env::var("GLASSBOARD_LONG").is_ok_and(|v| !v.is_empty());
    asked.unwrap_or(if long { 1800 } else { 120 })
}

/// Appends to a run until told to stop; says how many steps are flushed.
fn writer(logs: &Path, number: usize, written: &AtomicI64, stop: &AtomicBool) {
    let path = logs.join(format!("run-{number:02}/events.out.tfevents.1.h"));
    let mut file = EventFile::create(&path).unwrap();
    let mut step = 0;
    while !stop.load(Ordering::Relaxed) {
        for tag in TAGS {
            file.scalars(tag, step..step + FLUSH, 1.0).unwrap();
        }
        step += FLUSH;
        written.store(step, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(100 + 7 * number as u64));
    }
}

/// An open page: a stream of events, and charts asked for again and again. The server may be dead at any moment.
fn reader(http: &Http, number: usize, stop: &AtomicBool) {
    let mut random = Random::new(number as u64);
    while !stop.load(Ordering::Relaxed) {
        if number.is_multiple_of(2) {
            listen(http, stop);
        }
        let tag = TAGS[random.below(3) as usize].replace('/', "%2F");
        let columns = 100 + random.below(900);
        let path = format!("/api/v1/experiments/logs/scalars?tag={tag}&columns={columns}&smoothing=0.6");
        if http.get(&path).is_err() {
            thread::sleep(Duration::from_millis(50));
        }
        let _ = http.get("/runs/logs/scalars");
        thread::sleep(Duration::from_millis(random.below(300)));
    }
}

fn listen(http: &Http, stop: &AtomicBool) {
    let Ok(mut stream) = TcpStream::connect(&http.authority) else {
        return;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
    let _ = stream.write_all(b"GET /api/v1/events?topics=logs HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    let began = Instant::now();
    let mut buffer = [0; 4096];
    while began.elapsed() < Duration::from_secs(3) && !stop.load(Ordering::Relaxed) {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) => {}
            Err(_) => break,
        }
    }
}

/// Resident memory of a process, MB.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}

#[test]
fn nothing_is_lost_or_doubled_and_memory_stays() {
    let home = tempfile::tempdir().unwrap();
    let (logs, data) = (home.path().join("logs"), home.path().join("data"));
    std::fs::create_dir(&logs).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let written: Vec<Arc<AtomicI64>> = (0..WRITERS).map(|_| Arc::default()).collect();
    let mut server = Server::start(&data, Some(&logs), &[]).unwrap();
    let address = server.http.authority.clone();
    let mut writers = Vec::new();
    for (number, written) in written.iter().enumerate() {
        let (logs, written, stop) = (logs.clone(), written.clone(), stop.clone());
        writers.push(thread::spawn(move || writer(&logs, number, &written, &stop)));
    }
    let mut readers = Vec::new();
    for number in 0..READERS {
        let (http, stop) = (server.http.clone(), stop.clone());
        readers.push(thread::spawn(move || reader(&http, number, &stop)));
    }

    let mut random = Random::new(20_261_126);
    let (began, long) = (Instant::now(), Duration::from_secs(seconds()));
    let (mut kills, mut lives) = (0u64, Vec::new());
    // The last life is a long one, so that growth would show.
    while began.elapsed() < long {
        let rest = long.saturating_sub(began.elapsed());
        let last = rest < long / 2;
        let life = if last {
            rest
        } else {
            Duration::from_millis(1500 + random.below(6000))
        };
        thread::sleep(life / 3);
        let early = memory(server.pid());
        thread::sleep(life / 3 * 2);
        lives.push((early, memory(server.pid())));
        if !last {
            kills += 1;
            server.kill();
            server = Server::start(&data, Some(&logs), &["--listen", &address]).unwrap();
        }
    }
    stop.store(true, Ordering::Relaxed);
    for thread in writers.into_iter().chain(readers) {
        thread.join().unwrap();
    }

    let total: i64 = written.iter().map(|steps| steps.load(Ordering::Relaxed)).sum();
    let deadline = Instant::now() + Duration::from_mins(1);
    let points = |server: &Server| {
        let reply = server.http.get("/api/v1/experiments/logs").unwrap().json();
        reply["points"].as_i64().unwrap_or(0)
    };
    while points(&server) < total * TAGS.len() as i64 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(100));
    }
    let runs = server.http.get("/api/v1/experiments/logs/runs").unwrap().json();
    for run in runs["runs"].as_array().unwrap() {
        let number: usize = run["name"].as_str().unwrap()[4..].parse().unwrap();
        let steps = written[number].load(Ordering::Relaxed);
        for tag in TAGS {
            let path = format!(
                "/api/v1/experiments/logs/scalars?tag={}&runs={}&format=csv&smoothing=0",
                tag.replace('/', "%2F"),
                run["id"].as_str().unwrap()
            );
            let csv = server.http.get(&path).unwrap().text();
            let found: Vec<(i64, f64)> = csv
                .lines()
                .skip(1)
                .map(|line| {
                    let cells: Vec<&str> = line.split(',').collect();
                    (cells[1].parse().unwrap(), cells[3].parse().unwrap())
                })
                .collect();
            let expected: Vec<(i64, f64)> = (0..steps).map(|step| (step, step as f64)).collect();
            assert_eq!(found.len(), expected.len(), "{tag} of run {number}");
            assert!(
                found == expected,
                "{tag} of run {number} holds other points than were written"
            );
        }
    }
    assert_eq!(runs["runs"].as_array().unwrap().len(), WRITERS);
    println!(
        "{total} steps of {} tags, {kills} kills, memory early and late in each life, MB: {lives:?}",
        TAGS.len()
    );
    assert!(kills > seconds() / 40, "{kills} kills");
    let (early, late) = *lives.last().unwrap();
    assert!(
        late < MEMORY && late < early + early / 3 + 30,
        "memory grew from {early} MB to {late} MB"
    );
}
