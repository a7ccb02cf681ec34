//! The log endpoints over a small store.

use axum::http::StatusCode;

use super::house;

#[tokio::test]
async fn bad_questions_get_a_sentence() {
    let house = house(None, "").await;
    for (path, word) in [
        ("/api/v1/experiments/x/scalars?tag=a&axis=sideways", "axis"),
        ("/api/v1/experiments/x/scalars?tag=a&columns=0", "columns"),
        ("/api/v1/experiments/x/scalars?tag=a&columns=10001", "columns"),
        ("/api/v1/experiments/x/scalars?tag=a&smoothing=1", "smoothing"),
        ("/api/v1/experiments/x/scalars?tag=a&smoothing=NaN", "smoothing"),
        ("/api/v1/experiments/x/scalars?tag=a&from=inf", "from"),
        ("/api/v1/experiments/x/scalars", "tag"),
        ("/api/v1/experiments/x/tags?kind=smell", "kind"),
        ("/api/v1/events?topics=gossip", "topic"),
    ] {
        let got = house.get(path).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{path}: {}", got.body);
        assert!(got.body.contains(word), "{path}: {}", got.body);
    }
}
