//! `kill -9` of the server at random moments while it reads growing logs and takes uploads. After
//! each restart nothing it had shown or acknowledged is missing, and nothing is there twice.
//!
//! `GLASSBOARD_LONG` or `GLASSBOARD_CRASH_TRIALS` raise the number of trials; `GLASSBOARD_SEED`
//! repeats one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use glassboard_tests::{EventFile, Http, Random, Server, program};
use serde_json::Value;

/// Steps a run may get in one trial.
const STEPS: i64 = 4000;
/// A trial is killed within this time of its start.
const LONGEST_LIFE: u64 = 350;

fn trials() -> u64 {
    let asked = std::env::var("GLASSBOARD_CRASH_TRIALS")
        .ok()
        .and_then(|n| n.parse().ok());
    asked.unwrap_or(if std::env::var("GLASSBOARD_LONG").is_ok_and(|v| !v.is_empty()) {
        1000
    } else {
        50
    })
}

fn seed() -> u64 {
    std::env::var("GLASSBOARD_SEED")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(20_261_123)
}

/// What clients were told, and so what no crash may undo.
#[derive(Default)]
struct Promised {
    /// Content hash and slug of acknowledged uploads.
    uploads: BTreeMap<String, String>,
    /// Most points the API ever showed of each run.
    points: BTreeMap<String, u64>,
}

/// A small, valid safetensors file of random numbers.
fn safetensors(random: &mut Random) -> Vec<u8> {
    let numbers = 1000 + random.below(300_000) as usize;
    let header = format!(
        r#"{{"w":{{"dtype":"F32","shape":[{numbers}],"data_offsets":[0,{}]}}}}"#,
        numbers * 4
    );
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    for _ in 0..numbers {
        file.extend_from_slice(&(random.below(1 << 20) as f32 / 1e6).to_le_bytes());
    }
    file
}

fn experiment(http: &Http) -> Option<String> {
    let found = http.get("/api/v1/experiments").ok()?.json();
    found["experiments"].get(0)?["slug"].as_str().map(str::to_owned)
}

/// Points by run name, as the API shows them.
fn shown_points(http: &Http) -> BTreeMap<String, u64> {
    let Some(slug) = experiment(http) else {
        return BTreeMap::new();
    };
    let Ok(reply) = http.get(&format!("/api/v1/experiments/{slug}/runs")) else {
        return BTreeMap::new();
    };
    let json = reply.json();
    let runs = json["runs"].as_array().into_iter().flatten();
    runs.filter_map(|run| Some((run["name"].as_str()?.to_owned(), run["points"].as_u64()?)))
        .collect()
}

fn shown_models(http: &Http) -> Vec<(String, String)> {
    let json = http.get("/api/v1/models").expect("the list of models").json();
    let mut found = Vec::new();
    for model in json["models"].as_array().expect("models") {
        let slug = model["slug"].as_str().expect("a slug").to_owned();
        let detail = http.get(&format!("/api/v1/models/{slug}")).expect("a model").json();
        for checkpoint in detail["checkpoints"].as_array().expect("checkpoints") {
            found.push((checkpoint["hash"].as_str().expect("a hash").to_owned(), slug.clone()));
        }
    }
    found
}

/// Every step of `tag` in `run`, raw.
fn steps(http: &Http, run: &str) -> Vec<i64> {
    let slug = experiment(http).expect("an experiment");
    let runs = http
        .get(&format!("/api/v1/experiments/{slug}/runs"))
        .expect("runs")
        .json();
    let id = runs["runs"]
        .as_array()
        .expect("runs")
        .iter()
        .find(|r| r["name"] == run)
        .expect("the run")["id"]
        .clone();
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let query = format!("/api/v1/experiments/{slug}/scalars?tag=loss&runs={id}&axis=step&columns=10000");
    let reply = http.get(&query).expect("scalars");
    let series = &reply.json()["series"][0];
    assert_eq!(
        series["mode"],
        "raw",
        "{}",
        reply.text().chars().take(300).collect::<String>()
    );
    let of = |key: &str| series[key].as_array().cloned().unwrap_or_default();
    for (step, y) in of("step").iter().zip(of("y")) {
        assert_eq!(step.as_f64().map(|s| s * 0.5), y.as_f64(), "a value changed");
    }
    of("step").iter().filter_map(Value::as_i64).collect()
}

fn note_points(promised: &Mutex<Promised>, shown: BTreeMap<String, u64>) {
    let mut promised = promised.lock().unwrap_or_else(PoisonError::into_inner);
    for (run, points) in shown {
        let most = promised.points.entry(run).or_default();
        *most = points.max(*most);
    }
}

/// Uploads until told to stop or the server is gone.
fn upload(http: &Http, promised: &Mutex<Promised>, stop: &AtomicBool, mut random: Random) {
    while !stop.load(Ordering::Relaxed) {
        let file = safetensors(&mut random);
        let hash = blake3::hash(&file).to_hex().to_string();
        let Ok(reply) = http.put(&format!("/api/v1/models?name=m{}", &hash[..8]), "m.safetensors", &file) else {
            return;
        };
        if reply.status == 201 || reply.status == 200 {
            let json = reply.json();
            assert_eq!(json["hash"], hash.as_str(), "the server hashed other bytes");
            let slug = json["model"].as_str().unwrap_or_default().to_owned();
            promised
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .uploads
                .insert(hash, slug);
        }
    }
}

/// Every stored blob holds the bytes that its name says.
fn blobs_are_whole(folder: &Path, promised: &Promised) {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    for hash in promised.uploads.keys() {
        // The store may split the hash over folders; a file's trail holds it without slashes.
        let own: Vec<_> = files
            .iter()
            .filter(|f| f.to_string_lossy().replace('/', "").contains(&hash[4..]))
            .collect();
        assert_eq!(own.len(), 1, "blob {hash}: {own:?}");
        let bytes = std::fs::read(own[0]).expect("a blob");
        assert_eq!(
            blake3::hash(&bytes).to_hex().as_str(),
            hash,
            "{} holds other bytes",
            own[0].display()
        );
    }
}

fn check_promises(http: &Http, promised: &Promised, moment: &str) {
    let shown = shown_points(http);
    for (run, points) in &promised.points {
        let now = shown.get(run).copied().unwrap_or(0);
        assert!(
            now >= *points,
            "{moment}: run {run} had shown {points} points and has {now}"
        );
    }
    let models = shown_models(http);
    for (hash, slug) in &promised.uploads {
        let copies = models.iter().filter(|(found, _)| found == hash).count();
        assert_eq!(copies, 1, "{moment}: upload {hash} ({slug}) is there {copies} times");
    }
}

#[test]
fn kill_nine_loses_nothing_acknowledged_and_doubles_nothing() {
    let (trials, seed) = (trials(), seed());
    println!("{trials} trials, GLASSBOARD_SEED={seed}");
    let mut random = Random::new(seed);
    let home = tempfile::tempdir().expect("a directory");
    let (data, logs) = (home.path().join("data"), home.path().join("logs"));
    std::fs::create_dir_all(&logs).expect("logs");
    let promised = Arc::new(Mutex::new(Promised::default()));
    let mut written: BTreeMap<String, i64> = BTreeMap::new();
    let mut slowest = Duration::ZERO;

    for trial in 0..trials {
        // Some runs grow over several lives of the server.
        let run = format!("run{:02}", trial / 3);
        let path = logs.join(&run).join("events.out.tfevents.1.test");
        let from = written.get(&run).copied().unwrap_or(0);
        let began = Instant::now();
        let server = Server::start(&data, Some(&logs), &[]).expect("the server starts after a crash");
        slowest = slowest.max(began.elapsed());
        check_promises(
            &server.http,
            &promised.lock().unwrap_or_else(PoisonError::into_inner),
            &format!("trial {trial}"),
        );

        let stop = Arc::new(AtomicBool::new(false));
        let life = Duration::from_millis(random.below(LONGEST_LIFE));
        let uploader = {
            let (http, promised, stop) = (server.http.clone(), Arc::clone(&promised), Arc::clone(&stop));
            let own = Random::new(random.bits());
            thread::spawn(move || upload(&http, &promised, &stop, own))
        };
        let watcher = {
            let (http, promised, stop) = (server.http.clone(), Arc::clone(&promised), Arc::clone(&stop));
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    note_points(&promised, shown_points(&http));
                }
            })
        };
        let mut file = EventFile::append(&path).expect("a log");
        let end = from + STEPS / 4 + random.below(STEPS as u64 / 2) as i64;
        let mut at = from;
        let born = Instant::now();
        while at < end && born.elapsed() < life {
            let next = (at + 1 + random.below(200) as i64).min(end);
            file.scalars("loss", at..next, 0.5).expect("writes");
            at = next;
        }
        written.insert(run, at);
        thread::sleep(life.saturating_sub(born.elapsed()));
        server.kill();
        stop.store(true, Ordering::Relaxed);
        uploader.join().expect("the uploader");
        watcher.join().expect("the watcher");
    }

    let server = Server::start(&data, Some(&logs), &[]).expect("the last start");
    let expected: BTreeMap<String, u64> = written
        .iter()
        .map(|(run, n)| (run.clone(), *n as u64))
        .filter(|(_, n)| *n > 0)
        .collect();
    let began = Instant::now();
    let all_read = || {
        let shown = shown_points(&server.http);
        expected.iter().all(|(run, n)| shown.get(run) == Some(n))
    };
    while !all_read() {
        assert!(
            began.elapsed() < Duration::from_mins(1),
            "expected {expected:?}, shown {:?}",
            shown_points(&server.http)
        );
        thread::sleep(Duration::from_millis(100));
    }
    for (run, n) in &expected {
        assert_eq!(
            steps(&server.http, run),
            (0..*n as i64).collect::<Vec<_>>(),
            "run {run}"
        );
    }
    let promised = promised.lock().unwrap_or_else(PoisonError::into_inner);
    check_promises(&server.http, &promised, "at the end");
    blobs_are_whole(&data, &promised);
    assert!(
        !promised.uploads.is_empty(),
        "no upload was ever acknowledged: the test shows nothing"
    );
    assert!(
        promised.points.values().any(|n| *n > 0),
        "no point was ever shown: the test shows nothing"
    );
    println!(
        "{} uploads and {} points acknowledged over {trials} kills; slowest start {} ms",
        promised.uploads.len(),
        expected.values().sum::<u64>(),
        slowest.as_millis()
    );
}

#[test]
fn an_import_killed_at_random_moments_reads_nothing_twice() {
    /// More files than one commit takes, so that a kill can fall between two commits.
    const RUNS: usize = 1200;
    const POINTS: i64 = 20;
    let home = tempfile::tempdir().expect("a directory");
    let logs = home.path().join("logs");
    for run in 0..RUNS {
        EventFile::create(&logs.join(format!("run{run:04}/events.out.tfevents.1.test")))
            .expect("a log")
            .scalars("loss", 0..POINTS, 0.5)
            .expect("points");
    }
    let import = |data: &Path| {
        let mut command = Command::new(program());
        command
            .arg("import")
            .arg(&logs)
            .args(["--json", "--data-dir"])
            .arg(data);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        command
    };
    let whole = |data: &Path| -> Value {
        let done = import(data).output().expect("it starts");
        serde_json::from_slice(&done.stdout).expect("a report")
    };
    let all = RUNS as i64 * POINTS;
    let began = Instant::now();
    assert_eq!(whole(&home.path().join("undisturbed"))["points"], all);
    let longest = began.elapsed().as_millis() as u64;

    let mut random = Random::new(seed());
    let rounds = (trials() / 6).clamp(1, 20);
    let mut interrupted = 0;
    for round in 0..rounds {
        let data = home.path().join(format!("data{round}"));
        for _ in 0..2 {
            let mut child = import(&data).spawn().expect("it starts");
            thread::sleep(Duration::from_millis(random.below(longest * 2 / 3)));
            let _ = child.kill();
            let _ = child.wait();
            interrupted += 1;
        }
        let report = whole(&data);
        assert_eq!(report["points"], all, "round {round}");
        let server = Server::start(&data, None, &[]).expect("a server");
        let shown = shown_points(&server.http);
        assert_eq!(shown.len(), RUNS, "round {round}");
        assert!(
            shown.values().all(|points| *points == POINTS as u64),
            "round {round}: {shown:?}"
        );
        for run in ["run0000", "run0499", "run0500", "run1199"] {
            assert_eq!(steps(&server.http, run), (0..POINTS).collect::<Vec<_>>(), "{run}");
        }
        println!("round {round}: the last import added {} points", report["added_points"]);
    }
    println!("{interrupted} imports killed within {longest} ms of their start");
}
