//! What must hold of any bytes, and of any table that somebody wrote.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use glassboard_tables::{Encoder, Feature, Kind, ModelFeatures, Options, Table, match_features};
use proptest::prelude::*;

/// Quotes a cell whenever it has to be.
fn csv(header: &[String], rows: &[Vec<String>], separator: char) -> String {
    let cell = |text: &String| {
        let odd = |c: char| matches!(c, '"' | '\n' | '\r') || c == separator;
        if text.contains(odd) || text.is_empty() {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.clone()
        }
    };
    let line = |cells: &[String]| cells.iter().map(cell).collect::<Vec<_>>().join(&separator.to_string()) + "\n";
    std::iter::once(line(header))
        .chain(rows.iter().map(|row| line(row)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_a_table_or_a_sentence(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes);
    }

    #[test]
    fn any_text_is_a_table_or_a_sentence(text in "[a-c0-9,;\t|\"\n\r .+-]{0,200}") {
        check(text.as_bytes());
    }

    #[test]
    fn numbers_come_back_to_the_bit(
        rows in prop::collection::vec(prop::collection::vec(prop::option::of(-1e12f64..1e12), 3), 1..30),
        separator in prop::sample::select(vec![',', ';', '\t', '|']),
    ) {
        let header = ["a", "b", "c"].map(String::from);
        let text: Vec<Vec<String>> = rows.iter()
            .map(|row| row.iter().map(|v| v.map_or(String::new(), |v| v.to_string())).collect())
            .collect();
        let table = Table::read(csv(&header, &text, separator).as_bytes(), &Options::default()).unwrap();
        prop_assert_eq!(table.rows(), rows.len());
        for (i, row) in rows.iter().enumerate() {
            let found = table.row(i).unwrap();
            for (value, found) in row.iter().zip(found) {
                match value {
                    Some(value) => prop_assert_eq!(value.to_bits(), found.to_bits()),
                    None => prop_assert!(found.is_nan()),
                }
            }
        }
    }

    #[test]
    fn words_come_back(
        words in prop::collection::vec("[a-zé,;\"\n ]{1,6}", 1..40),
        separator in prop::sample::select(vec![',', ';', '\t']),
    ) {
        let words: Vec<String> = words.iter().map(|w| format!("w{w}w")).collect();
        let rows: Vec<Vec<String>> = words.iter().map(|w| vec![w.clone(), "1.5".to_owned()]).collect();
        let options = Options { separator: Some(separator), ..Options::default() };
        let text = csv(&["name".to_owned(), "n".to_owned()], &rows, separator);
        let table = Table::read(text.as_bytes(), &options).unwrap();
        for (i, word) in words.iter().enumerate() {
            prop_assert_eq!(&table.columns[0].text(i), word);
        }
        if table.columns[0].kind == Kind::Category {
            let mut sorted = table.columns[0].labels.clone();
            sorted.sort();
            prop_assert_eq!(&sorted, &table.columns[0].labels);
        }
    }

    /// A model that counts its categories in another order is given its own codes.
    #[test]
    fn codes_are_the_models(order in Just(vec!["a", "b", "c", "d"]).prop_shuffle(), rows in prop::collection::vec(0usize..4, 1..20)) {
        let labels = ["a", "b", "c", "d"];
        let text: String = std::iter::once("x\n".to_owned()).chain(rows.iter().map(|r| format!("{}\n", labels[*r]))).collect();
        let table = Table::read(text.as_bytes(), &Options::default()).unwrap();
        let categories: Vec<String> = order.iter().map(|s| (*s).to_owned()).collect();
        let encoder = Encoder::new(&[Feature::category("x", categories)], &table.schema()).unwrap();
        let out = encoder.encode(table.matrix(encoder.sources()).view()).unwrap();
        for (i, row) in rows.iter().enumerate() {
            prop_assert_eq!(order[out[[i, 0]] as usize], labels[*row]);
        }
    }
}

/// Whatever is a table is whole: every column has every row, and everything about it can be asked.
fn check(bytes: &[u8]) {
    let Ok(table) = Table::read(bytes, &Options::default()) else {
        return;
    };
    let schema = table.schema();
    assert_eq!(schema.columns.len(), table.columns.len());
    for column in &table.columns {
        assert_eq!(column.values.len(), table.rows());
        for row in 0..table.rows() {
            let _ = (column.cell(row), column.text(row));
        }
    }
    serde_json::to_string(&schema).unwrap();
    if let Ok(found) = match_features(&ModelFeatures::default(), &schema) {
        let encoder = Encoder::new(&found.features, &schema).unwrap();
        let rows = table.matrix(encoder.sources());
        assert_eq!(
            encoder.encode(rows.view()).unwrap().dim(),
            (table.rows(), encoder.width())
        );
    }
    // The same bytes with what was found are the same table.
    let again = Table::read(bytes, &schema.options).unwrap();
    assert_eq!(again.schema(), schema);
}
