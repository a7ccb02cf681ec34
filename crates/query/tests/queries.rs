//! The language by example, and what must hold of every text.

use std::borrow::Cow;

use glassboard_query::{Name, Part, QueryError, Subject, Worth, matches, name, parse};
use proptest::prelude::*;

struct Run;

impl Subject for Run {
    fn worth(&self, name: &Name) -> Worth<'_> {
        static TAGS: std::sync::LazyLock<Vec<String>> =
            std::sync::LazyLock::new(|| vec!["baseline".to_owned(), "good one".to_owned()]);
        match (name.text.as_str(), name.part.unwrap_or(Part::Last)) {
            ("lr", _) => Worth::Number(3e-4),
            ("drop", _) => Worth::Number(f64::from(0.1_f32)),
            ("val/acc", Part::Last) => Worth::Number(0.93),
            ("val/acc", Part::Max) => Worth::Number(0.97),
            ("val/acc", Part::Min) => Worth::Number(0.1),
            ("bad", _) => Worth::Number(f64::NAN),
            ("name", _) if !name.quoted => Worth::Text(Cow::Borrowed("cosine-lr3e-4")),
            ("optimizer", _) => Worth::Text(Cow::Borrowed("adam")),
            ("layers", _) => Worth::Text(Cow::Borrowed("10")),
            ("status", _) => Worth::Text(Cow::Borrowed("running")),
            ("tag", _) => Worth::Several(&TAGS),
            ("archived", _) => Worth::Flag(false),
            ("points", _) => Worth::Number(5000.0),
            // 2026-01-02T03:00 UTC.
            ("started", _) => Worth::Number(1_767_322_800.0),
            ("odd name (1)", _) => Worth::Number(7.0),
            _ => Worth::Nothing,
        }
    }
}

fn holds(query: &str) -> bool {
    matches(&parse(query).expect(query).expect("something"), &Run)
}

#[test]
fn what_is_asked_is_answered() {
    for query in [
        "lr < 1e-3 and val/acc > .9",
        "lr<1e-3 AND val/acc>.9",
        "lr > 1 or val/acc > 0.9 and points > 100",
        "not lr > 1",
        "not (lr > 1 or lr > 2)",
        "min(val/acc) < 0.2 and max(val/acc)>=.97 and last(val/acc) = .93",
        r#"name ~ "^cosine.*3E-4$""#,
        r#"name !~ "linear""#,
        r#"tag = baseline and tag = "good one" and tag != other"#,
        r#"tag ~ "^good""#,
        "status = running and archived = false and not archived",
        "started > 2026-01-01 and started < 2026-01-03 and started = 2026-01-02 and started >= 2026-01-02",
        "started != 2026-01-01 and started <= 2026-01-02T03:00",
        r#""odd name (1)" = 7"#,
        "drop = 0.1",
        "bad != bad and bad = nan and not bad > 0 and not bad < 0",
        "lr and optimizer and not nothing",
        "layers = 10 and layers > 9 and layers != 11",
        "optimizer = adam and optimizer != sgd and optimizer != 3",
        // What has no value is neither this nor that.
        "not nothing = 1 and not nothing != 1",
    ] {
        assert!(holds(query), "{query}");
    }
    for query in [
        "started > 2026-01-02",
        r#""name" ~ cosine"#,
        "tag != baseline",
        "lr > 1 or val/acc < 0.9",
        "not (lr < 1e-3)",
        "archived",
        "optimizer > 3",
    ] {
        assert!(!holds(query), "{query}");
    }
}

#[test]
fn errors_say_where_and_what() {
    let fault = |query: &str| {
        let QueryError {
            column,
            length,
            message,
        } = parse(query).expect_err(query);
        (column, length, message)
    };
    let says = |query: &str, column: usize, length: usize, part: &str| {
        let (at, wide, message) = fault(query);
        assert_eq!((at, wide), (column, length), "{query}: {message}");
        assert!(message.contains(part), "{query}: {message}");
    };
    says("lr <", 5, 0, "a value is missing after `<`");
    says("lr < 1 val > 2", 8, 3, "`and` or `or` is missing");
    says("(lr < 1", 1, 1, "not closed");
    says("lr < 1)", 7, 1, "closes nothing");
    says("and lr < 1", 1, 3, "a name is missing before `and`");
    says("lr < 1 and", 11, 0, "ends where a comparison is missing");
    says("name = \"x", 8, 2, "not closed");
    says("name = 'x'", 8, 1, "double quotes");
    says("mean(loss) < 1", 1, 4, "no function `mean`");
    says("name ~ \"(\"", 8, 3, "no regular expression");
    says("lr < fast", 6, 4, "numbers or days");
    says("1 < lr < 2", 5, 2, "numbers or days");
    says("lr < 1 < 2", 8, 1, "one comparison at a time");
    says("ärger < 1 ; x", 11, 1, "`;` means nothing");
    says("min(loss < 1", 10, 1, "closing parenthesis");
    assert!(parse(" \t ").expect("empty").is_none());
    let deep = "(".repeat(500) + "a" + &")".repeat(500);
    assert!(fault(&deep).2.contains("deep"));
    assert!(fault(&format!("{}a", "not ".repeat(500))).2.contains("deep"));
    assert!(fault(&"a or ".repeat(900)).2.contains("long") || fault(&"a or ".repeat(900)).2.contains("at most"));
}

#[test]
fn names_of_columns() {
    let one = name("min(val/loss)").expect("a name");
    assert_eq!(
        (one.text.as_str(), one.part, one.quoted),
        ("val/loss", Some(Part::Min), false)
    );
    assert_eq!(name("min").expect("a name").part, None);
    assert_eq!(name("\"a b\"").expect("a name").text, "a b");
    assert!(name("a b").is_err() && name("").is_err() && name("min(").is_err());
}

/// Queries of any shape, as text.
fn query() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        "[a-z]{1,4}/[a-z0-9]{1,4}".prop_map(|word| word),
        r#""[ -!#-\[\]-~]{1,6}""#.prop_map(|word| word),
        Just("min(val/acc)".to_owned()),
        Just("status".to_owned()),
    ];
    let value = prop_oneof![
        (-1e6_f64..1e6).prop_map(|x| x.to_string()),
        Just("2026-02-03".to_owned()),
        r#""[a-z]{0,5}""#.prop_map(|text| text),
    ];
    let compare = proptest::sample::select(vec!["<", "<=", ">", ">=", "=", "!="]);
    let leaf = (name, compare, value).prop_map(|(name, compare, value)| format!("{name} {compare} {value}"));
    leaf.prop_recursive(5, 40, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} or ({b})")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_a_query_or_an_error_inside_it(text in r#"[a-z0-9<>=!~()". \\/ä-]{0,60}|\PC{0,40}"#) {
        if let Err(fault) = parse(&text) {
            let length = text.chars().count();
            prop_assert!(fault.column >= 1 && fault.column <= length + 1, "{fault:?}");
            prop_assert!(fault.column - 1 + fault.length <= length, "{fault:?}");
            prop_assert!(!fault.message.ends_with('.'));
        }
    }

    #[test]
    fn written_out_and_read_again_is_the_same(text in query()) {
        let first = parse(&text).expect("a query").expect("something");
        let again = parse(&first.to_string()).expect("still a query").expect("something");
        prop_assert_eq!(first.to_string(), again.to_string());
        prop_assert_eq!(matches(&first, &Run), matches(&again, &Run));
    }

    #[test]
    fn logic_is_logic(a in query(), b in query()) {
        let truth = |text: &str| matches(&parse(text).expect("a query").expect("something"), &Run);
        prop_assert_eq!(truth(&format!("({a}) and ({b})")), truth(&a) && truth(&b));
        prop_assert_eq!(truth(&format!("({a}) or ({b})")), truth(&a) || truth(&b));
        prop_assert_eq!(truth(&format!("not ({a})")), !truth(&a));
    }
}
