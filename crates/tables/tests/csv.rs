//! CSV files as typed tables.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use glassboard_tables::{Cell, Decimal, Kind, LabelOrder, Options, Table, TableError};

fn read(text: &str) -> Table {
    Table::read(text.as_bytes(), &Options::default()).unwrap()
}

fn kinds(table: &Table) -> Vec<Kind> {
    table.columns.iter().map(|column| column.kind).collect()
}

#[test]
fn a_credit_table_is_typed_and_says_why() {
    let table = read(
        "customer_id,age,income,job,owner,since,default\n\
         1,34,1200.5,clerk,true,2020-01-31,0\n\
         2,?,NA,driver,FALSE,2021-02-28,1\n\
         3,51,900,clerk,True,,0\n",
    );
    use Kind::{Boolean, Category, Date, Integer, Number, Text};
    assert_eq!(kinds(&table), [Text, Integer, Number, Category, Boolean, Date, Integer]);
    assert_eq!(table.target, Some(6));
    assert_eq!(table.columns[3].labels, ["clerk", "driver"]);
    assert_eq!(table.columns[4].labels, ["FALSE", "true"]);
    assert!(
        table.columns[0].reason.contains("numbered"),
        "{}",
        table.columns[0].reason
    );
    let row = table.row(1).unwrap();
    assert!(row[1].is_nan() && row[2].is_nan());
    assert_eq!((row[3], row[4], row[6]), (1.0, 0.0, 1.0));
    assert_eq!(table.row(3), None);
    assert_eq!(table.columns[5].cell(0), Cell::Text("2020-01-31".to_owned()));
    assert_eq!(table.columns[5].cell(2), Cell::Missing);
    assert_eq!(table.columns[0].cell(2), Cell::Text("3".to_owned()));
    let schema = table.schema();
    assert_eq!((schema.columns[1].missing, schema.columns[1].mean), (1, Some(42.5)));
    assert_eq!(schema.columns[3].counts, [2, 1]);
    assert_eq!(schema.features(), [1, 2, 3, 4, 5]);
}

#[test]
fn separators_decimals_quotes_and_headers_are_told() {
    let table = read("\u{feff}a;b;c\r\n1,5;\"x;\"\"y\";2\r\n0,25;z;3\r\n");
    assert_eq!((table.separator, table.rows()), (Some(';'), 2));
    assert_eq!(kinds(&table), [Kind::Number, Kind::Category, Kind::Integer]);
    assert_eq!(
        (table.columns[0].values[0], table.columns[1].text(0)),
        (1.5, "x;\"y".to_owned())
    );

    let thousands = read("a;b\n1,234;1\n2,345;2\n");
    assert_eq!(thousands.columns[0].kind, Kind::Category);
    assert!(thousands.columns[0].reason.contains("say which with `decimal`"));
    let said = Options {
        decimal: Some(Decimal::Comma),
        ..Options::default()
    };
    let told = Table::read(b"a;b\n1,234;1\n2,345;2\n", &said).unwrap();
    assert_eq!(told.columns[0].values, [1.234, 2.345]);

    let tabs = read("a\tb\n1\t2\n");
    assert_eq!((tabs.separator, tabs.columns.len()), (Some('\t'), 2));
    let bare = read("1,2.5\n3,4\n");
    assert_eq!(
        (bare.header, bare.rows(), bare.columns[0].name.as_str()),
        (Some(false), 2, "column 1")
    );
    let twice = read("a,a,\n1,2,3\n");
    let names: Vec<&str> = twice.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["a", "a.1", "unnamed column 3"]);
}

#[test]
fn broken_lines_are_named() {
    let why = |bytes: &[u8]| Table::read(bytes, &Options::default()).unwrap_err().to_string();
    assert_eq!(
        why(b"a,b\n1,2\n\n\"x\ny\",3\n1\n"),
        "line 6: 1 cells, where the first line has 2; mend the line, or quote cells that hold `,`"
    );
    assert!(why(b"a,b\n1,2\nM\xfcller,3\n").starts_with("line 3: byte 0xfc is not UTF-8"));
    assert_eq!(why(b""), "the table is empty");
    assert!(why(b"\xff\xfea\0b\0").contains("UTF-16"));
    assert!(why(b"a\0b").contains("zero bytes"));
}

#[test]
fn what_is_said_goes_before_what_is_guessed() {
    let text = b"code,grade,y\n007,b,1\n012,a,0\n,c,1\n";
    let guessed = Table::read(text, &Options::default()).unwrap();
    assert_eq!(guessed.columns[0].kind, Kind::Category);
    assert!(guessed.columns[0].reason.contains("code"));
    let said: Options = serde_json::from_str(
        r#"{"target":"grade","columns":{"code":{"kind":"number"},"grade":{"labels":["c","b"]},"y":{"kind":"boolean"}}}"#,
    )
    .unwrap();
    let table = Table::read(text, &said).unwrap();
    assert_eq!(table.columns[0].values[..2], [7.0, 12.0]);
    assert_eq!(table.columns[1].labels, ["c", "b", "a"]);
    assert_eq!(table.columns[1].values, [1.0, 2.0, 0.0]);
    assert_eq!(
        (table.target, table.columns[2].labels.clone()),
        (Some(1), vec!["0".to_owned(), "1".to_owned()])
    );
    let forced: Options = serde_json::from_str(r#"{"columns":{"grade":{"kind":"number"}},"target":""}"#).unwrap();
    let table = Table::read(text, &forced).unwrap();
    assert_eq!((table.target, table.columns[1].missing()), (None, 3));
    let said = table.schema().columns[1].unreadable.clone().unwrap();
    assert_eq!(
        said,
        "3 cells are no number and count as missing; the first is `b` in line 2"
    );
    let unknown: Options = serde_json::from_str(r#"{"columns":{"nothing":{}}}"#).unwrap();
    assert!(matches!(Table::read(text, &unknown), Err(TableError::Options(_))));
    let order = Options {
        label_order: LabelOrder::Appearance,
        ..Options::default()
    };
    assert_eq!(Table::read(text, &order).unwrap().columns[1].labels, ["b", "a", "c"]);
}

#[test]
fn labels_that_are_numbers_are_sorted_as_numbers() {
    let said: Options = serde_json::from_str(r#"{"columns":{"a":{"kind":"category"}}}"#).unwrap();
    let table = Table::read(b"a\n10\n9\n2\n9\n", &said).unwrap();
    assert_eq!(table.columns[0].labels, ["2", "9", "10"]);
    assert_eq!(table.columns[0].values, [2.0, 1.0, 0.0, 1.0]);
}
