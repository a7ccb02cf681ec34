//! Names, notes, tags, deletion with a way back, the table, comparison, saved views.

use axum::body::Body;
use axum::http::{StatusCode, header};
use glassboard_series::Columns;
use glassboard_store::Actor;
use glassboard_store::logs::{FileBatch, FileMark, Kind, StreamBatch, Values};
use serde_json::{Value, json};

use super::{House, ask, house};

const RUNS: &str = "/api/v1/experiments/logs/runs";

/// Two runs: `a` falls from 0.5 by tenths with lr 0.001, `b` from 0.4 with lr 0.1.
async fn filled(house: &House) -> [String; 2] {
    let store = house.app().store();
    let (experiment, _) = store.open_experiment(&Actor::OWNER, "logs", None).await.expect("one");
    let batch = |run: &str, lr: f64, from: f64| FileBatch {
        run: run.to_owned(),
        path: format!("/logs/{run}/events"),
        moved_from: None,
        from: 0,
        replaced: false,
        mark: FileMark {
            position: 10,
            size: 10,
            ..FileMark::default()
        },
        streams: vec![StreamBatch {
            tag: "val/loss".to_owned(),
            kind: Kind::Scalar,
            plugin: "scalars".to_owned(),
            title: String::new(),
            description: String::new(),
            content: Vec::new(),
            class: 1,
            values: Values::Scalars(Columns {
                steps: vec![0, 1, 2],
                walls: vec![1_700_000_000.0, 1_700_000_001.0, 1_700_000_002.0],
                values: vec![from, from - 0.2, from - 0.1],
            }),
        }],
        skips: Vec::new(),
        restarts: Vec::new(),
        hparams: json!({ "lr": lr, "optimizer": "adam" })
            .as_object()
            .cloned()
            .unwrap_or_default(),
    };
    let files = vec![batch("a", 0.001, 0.5), batch("b", 0.1, 0.4)];
    store
        .append_logs(&Actor::OWNER, experiment, files)
        .await
        .expect("added");
    let runs = store.runs(&Actor::OWNER, "logs").await.expect("runs");
    [runs[0].id.clone(), runs[1].id.clone()]
}

impl House {
    async fn tell(&self, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = ask(method, path).header(header::CONTENT_TYPE, "application/json");
        let got = self
            .send(request.body(Body::from(body.to_string())).expect("a request"))
            .await;
        (got.status, serde_json::from_str(&got.body).unwrap_or(Value::Null))
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path).await.body).expect("JSON")
    }

    async fn names(&self) -> Vec<String> {
        let runs = self.json(RUNS).await;
        let runs = runs["runs"].as_array().expect("runs");
        runs.iter()
            .map(|run| run["name"].as_str().expect("a name").to_owned())
            .collect()
    }
}

#[tokio::test]
async fn a_run_is_renamed_noted_tagged_pinned_and_archived() {
    let house = house(None, "").await;
    let [a, b] = filled(&house).await;
    let change =
        json!({ "name": " the good one ", "notes": "**bold** <script>", "tags": ["x", "baseline"], "pinned": true });
    let (status, run) = house.tell("PATCH", &format!("{RUNS}/{b}"), &change).await;
    assert_eq!(status, StatusCode::OK, "{run}");
    assert_eq!(
        (&run["name"], &run["folder"], &run["tags"]),
        (&json!("the good one"), &json!("b"), &json!(["baseline", "x"]))
    );
    assert_eq!(house.names().await, ["the good one", "a"]);
    let page = house.get(&format!("/runs/logs/r/{b}")).await.body;
    assert!(
        page.contains("<strong>bold</strong>") && page.contains("the good one") && !page.contains("<script>"),
        "{page}"
    );
    for (change, word) in [
        (json!({ "name": "x".repeat(201) }), "name"),
        (json!({ "tags": ["a,b"] }), "tag"),
        (json!({ "smell": 1 }), "smell"),
        (json!({ "name": 3 }), "name"),
    ] {
        let (status, problem) = house.tell("PATCH", &format!("{RUNS}/{a}"), &change).await;
        assert!(
            status.is_client_error() && problem.to_string().contains(word),
            "{problem}"
        );
    }
    let (status, _) = house
        .tell(
            "PATCH",
            &format!("{RUNS}/{b}"),
            &json!({ "name": null, "archived": true }),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(house.names().await, ["a"]);
    assert_eq!(house.json("/api/v1/experiments").await["experiments"][0]["runs"], 1);
    let both = house.json("/api/v1/experiments/logs/table?archived=1").await;
    assert_eq!((&both["total"], &both["rows"][0]["name"]), (&json!(2), &json!("b")));
    let (_, done) = house
        .tell(
            "POST",
            &format!("{RUNS}/actions"),
            &json!({ "action": "edit", "runs": [a, b], "change": { "archived": false, "add_tags": ["both"] } }),
        )
        .await;
    assert_eq!(done["runs"], 2);
    assert_eq!(
        house.json("/api/v1/experiments/logs/table?query=tag%3Dboth").await["matching"],
        2
    );
}

#[tokio::test]
async fn a_deletion_can_be_taken_back_until_it_is_purged() {
    let house = house(None, "").await;
    let [a, b] = filled(&house).await;
    let store = house.app().store();
    house
        .tell("PATCH", &format!("{RUNS}/{b}"), &json!({ "notes": "a secret" }))
        .await;
    let delete = |path: String| house.send(ask("DELETE", &path).body(Body::empty()).expect("a request"));
    assert_eq!(delete(format!("{RUNS}/{b}")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.names().await, ["a"]);
    // It is out of sight everywhere, also for those who know its id.
    for path in [
        format!("{RUNS}/{b}"),
        format!("/api/v1/experiments/logs/scalars?tag=val/loss&runs={b}"),
        "/api/v1/experiments/logs/scalars?tag=val/loss".to_owned(),
        "/api/v1/experiments/logs/latest?tag=val/loss".to_owned(),
        "/api/v1/experiments/logs/tags".to_owned(),
        "/api/v1/experiments/logs/table?archived=1".to_owned(),
    ] {
        let got = house.get(&path).await.body;
        let values = got.replace(&format!("run `{b}`"), "");
        assert!(!values.contains(&b) || path.contains("runs="), "{path}: {got}");
        assert!(!values.contains("0.2"), "{path}: {got}");
    }
    let gone = house.json("/api/v1/experiments/logs/deleted").await;
    assert_eq!(
        (&gone["runs"][0]["folder"], gone["runs"][0]["purged_from"].is_i64()),
        (&json!("b"), true)
    );
    assert_eq!(
        house.tell("POST", &format!("{RUNS}/{b}/restore"), &json!({})).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(house.json(&format!("{RUNS}/{b}")).await["notes"], "a secret");

    delete(format!("{RUNS}/{b}")).await;
    assert_eq!(store.purge_deleted().await.expect("swept"), 0);
    assert_eq!(delete(format!("{RUNS}/{b}?now=1")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        house.tell("POST", &format!("{RUNS}/{b}/restore"), &json!({})).await.0,
        StatusCode::NOT_FOUND
    );
    let gone = house.json("/api/v1/experiments/logs/deleted").await;
    assert_eq!(gone["runs"][0]["purged_from"], Value::Null);
    // Its bytes are gone from the database; the tombstone keeps its files from being read.
    let deleted = store.deleted(&Actor::OWNER, "logs").await.expect("a list");
    assert_eq!(deleted[0].name, "b");
    assert_eq!(
        delete(format!("{RUNS}/{b}?forget=1")).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(house.json("/api/v1/experiments/logs/deleted").await["runs"], json!([]));
    assert_eq!(delete(format!("{RUNS}/{a}?now=1")).await.status, StatusCode::NO_CONTENT);
    assert!(house.names().await.is_empty());
}

#[tokio::test]
async fn the_table_answers_queries() {
    let house = house(None, "").await;
    let [a, b] = filled(&house).await;
    let table = "/api/v1/experiments/logs/table";
    let all = house
        .json(&format!(
            "{table}?columns=lr,val/loss,min(val/loss),max(val/loss),started&sort=-lr"
        ))
        .await;
    assert_eq!((&all["rows"][0]["id"], &all["rows"][1]["id"]), (&json!(b), &json!(a)));
    assert_eq!(all["rows"][1]["values"], json!([0.001, 0.4, 0.3, 0.5, 1_700_000_000.0]));
    assert_eq!(all["columns"][1]["better"], "low");
    for (query, count) in [
        ("lr<1e-2", 1),
        ("val/loss<1", 2),
        ("min(val/loss)<0.25+or+name=a", 2),
        ("started>2024-01-01", 0),
    ] {
        let found = house
            .json(&format!(
                "{table}?query={}",
                query.replace('<', "%3C").replace('>', "%3E").replace('=', "%3D")
            ))
            .await;
        assert_eq!(found["matching"], count, "{query}: {found}");
    }
    let wrong = house.get(&format!("{table}?query=lr+%3C+1+and+smell+%3E+2")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(
        wrong.body.contains("column 12") && wrong.body.contains("smell"),
        "{}",
        wrong.body
    );
    let csv = house.get(&format!("{table}?columns=lr&format=csv")).await.body;
    assert_eq!(csv.lines().next(), Some("id,folder,name,lr"));
    let page = house.get("/runs/logs/table?query=lr+%3C").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("Column 5: a value is missing after"),
        "{}",
        page.body
    );
    let compared = house
        .get(&format!("/compare?runs=logs/{a},logs/{b},logs/nobody"))
        .await
        .body;
    assert!(
        compared.contains("differs") && compared.contains("logs/nobody") && compared.contains("<path"),
        "{compared}"
    );
    let differences = house.get(&format!("/compare?diff=1&runs=logs/{a},logs/{b}")).await.body;
    assert!(compared.contains("optimizer") && !differences.contains("optimizer"));
}

#[tokio::test]
async fn a_long_view_gets_a_short_address_on_this_server_alone() {
    let house = house(None, "/gb").await;
    let view = json!({ "path": "/runs/logs/table", "query": "sel=a,b" });
    let (status, first) = house.tell("POST", "/gb/api/v1/views", &view).await;
    assert_eq!(status, StatusCode::CREATED, "{first}");
    let (_, again) = house.tell("POST", "/gb/api/v1/views", &view).await;
    assert_eq!(first, again);
    let got = house
        .get(&format!("/gb{}", first["path"].as_str().expect("a path")))
        .await;
    assert_eq!(
        (got.status, &got.headers[header::LOCATION]),
        (
            StatusCode::SEE_OTHER,
            &"/gb/runs/logs/table?sel=a,b".parse().expect("a value")
        )
    );
    assert_eq!(house.get("/gb/s/nothing").await.status, StatusCode::NOT_FOUND);
    for path in [
        "//evil.example",
        "https://evil.example",
        "runs",
        "/a\r\nX: y",
        "/\\evil.example",
        "/s/x",
    ] {
        let (status, _) = house.tell("POST", "/gb/api/v1/views", &json!({ "path": path })).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
    }
    let (status, _) = house
        .tell(
            "POST",
            "/gb/api/v1/views",
            &json!({ "path": "/runs", "query": "a".repeat(300_000) }),
        )
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
