//! The page of operators is what the table says.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

/// Writes `docs/operators.md` when it is absent or `GLASSBOARD_WRITE_DOCS` is set; else compares.
#[test]
fn the_page_of_operators_is_current() {
    let path = support::root().join("docs/operators.md");
    let page = glassboard_engine::operators_page();
    if !path.exists() || std::env::var_os("GLASSBOARD_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        page,
        "run with GLASSBOARD_WRITE_DOCS=1 to write it anew"
    );
}
