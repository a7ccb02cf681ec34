//! The endpoints behind the Scalars page: their JSON as snapshots, their files read back, their refusals.
//! `INSTA_UPDATE=always cargo test -p glassboard-tests --test charts` writes the snapshots anew.

use std::time::{Duration, Instant};

use glassboard_tests::{EventFile, Server};
use serde_json::{Value, json};

struct House {
    server: Server,
    _home: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let logs = home.path().join("logs");
        for (run, factor) in [("a-seed0", 1.0), ("a-seed1", 3.0), ("b-seed0", -1.0)] {
            let mut file = EventFile::create(&logs.join(run).join("events.out.tfevents.1.a")).expect("a log");
            file.scalars("loss", 0..20, factor).expect("points");
            file.scalars("epoch", 0..10, 0.5).expect("points");
        }
        let server = Server::start(&home.path().join("data"), Some(&logs), &[]).expect("a server");
        let house = Self { server, _home: home };
        let began = Instant::now();
        while house.get("")["points"] != 90 {
            assert!(began.elapsed() < Duration::from_mins(1), "the logs are not read");
            std::thread::sleep(Duration::from_millis(30));
        }
        house
    }

    fn text(&self, path: &str) -> (u16, String) {
        let reply = self
            .server
            .http
            .get(&format!("/api/v1/experiments/logs{path}"))
            .expect("an answer");
        (reply.status, reply.text())
    }

    fn get(&self, path: &str) -> Value {
        let (_, text) = self.text(path);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {text}"))
    }
}

#[test]
fn groups_bands_stats_and_joins() {
    let house = House::new();
    insta::assert_json_snapshot!("groups", house.get("/groups?by=re:^([ab])"));
    insta::assert_json_snapshot!(
        "bands",
        house.get("/bands?tag=loss&by=re:^([ab])&from=18&smoothing=0.6")
    );
    insta::assert_json_snapshot!("stats", house.get("/stats?tag=loss&from=5&to=9"));
    let joined = house.get("/scalars?tag=loss&axis=metric&x=epoch&smoothing=0");
    let series = &joined["series"][1];
    assert_eq!(
        series["x"].as_array().map(Vec::len),
        Some(10),
        "steps without an epoch have no x"
    );
    assert_eq!((&series["x"][3], &series["y"][3]), (&json!(1.5), &json!(9.0)));

    // With `columns` or without, the extremes are the same: thinning keeps them.
    let whole = house.get("/bands?tag=loss&by=all&smoothing=0");
    let thin = house.get("/bands?tag=loss&by=all&smoothing=0&columns=1");
    assert_eq!(whole["groups"][0]["mode"], "raw");
    assert_eq!(thin["groups"][0]["mode"], "buckets");
    let most = |of: &Value, column: &str| {
        let column = of["groups"][0][column].as_array().cloned().unwrap_or_default();
        column
            .iter()
            .filter_map(Value::as_f64)
            .fold(f64::NEG_INFINITY, f64::max)
    };
    assert_eq!((most(&thin, "max"), most(&whole, "max")), (57.0, 57.0));
}

#[test]
fn exports_hold_every_point() {
    let house = House::new();
    let (_, csv) = house.text("/export?match=.&format=csv");
    assert_eq!(csv.lines().count(), 91);
    assert!(csv.starts_with("run,tag,step,wall_time,value\n\"a-seed0\",\"epoch\",0,"));
    let json = house.get("/export?tag=loss&format=json");
    assert_eq!(json["series"][1]["value"][19], json!(57.0));
    let parquet = house
        .server
        .http
        .get("/api/v1/experiments/logs/export?tag=loss&format=parquet")
        .expect("an answer");
    assert_eq!(&parquet.body[..4], b"PAR1");
    assert_eq!(&parquet.body[parquet.body.len() - 4..], b"PAR1");
}

#[test]
fn a_drawing_stands_alone_and_names_what_it_shows() {
    let house = House::new();
    let (status, svg) = house.text("/scalars.svg?tag=loss&log=1&smoothing=0.9");
    assert_eq!(status, 200);
    for part in ["a-seed0", "b-seed0", "#476bba", "<title>loss</title>"] {
        assert!(svg.contains(part), "{part}");
    }
    for part in ["style", "script", "href", "NaN", "inf"] {
        assert!(!svg.contains(part), "{part} has no place in a drawing");
    }
    let (_, dark) = house.text("/scalars.svg?tag=loss&by=all&theme=dark");
    assert!(dark.contains("#131817") && dark.contains("all runs (3 runs)") && dark.contains("fill-opacity"));
}

#[test]
fn what_is_wrong_is_said_in_a_sentence() {
    let house = House::new();
    for (path, words) in [
        ("/bands?tag=loss", "`by` is missing"),
        ("/bands?tag=loss&by=colour", "cannot be grouped by"),
        ("/groups?by=re:(", "is not understood: unclosed group"),
        ("/scalars?tag=loss&axis=metric", "`x` is missing"),
        ("/scalars?axis=step", "`tag` is missing"),
        ("/scalars?tag=loss&axis=metric&x=epoch&align=cubic", "no alignment"),
        ("/stats?tag=loss&from=NaN", "must be a finite number"),
        ("/export?format=csv", "Say what to export"),
        ("/export?tag=nothing", "No scalar tag is"),
        ("/scalars.svg?tag=loss&theme=pink", "no theme"),
        ("/scalars.svg?tag=loss&paint=x", "no id:slot"),
    ] {
        let (status, text) = house.text(path);
        assert!((400..500).contains(&status), "{path}: {status}");
        assert!(text.contains(words), "{path}: {text}");
    }
    let (status, _) = house.text("/export?tag=loss&format=xml");
    assert_eq!(status, 400);
}
