//! Bytes as a table: an hour of libFuzzer with `fuzz/run tables 3600`, a second of random inputs in `cargo test`.

use glassboard_tables::{Options, Table};

#[test]
fn bytes_end_in_a_table_or_a_sentence() {
    bolero::check!().with_max_len(4096).for_each(|bytes: &[u8]| {
        for bytes in [bytes.to_vec(), [b"PAR1", bytes, b"PAR1"].concat()] {
            if let Ok(table) = Table::read(&bytes, &Options::default()) {
                let schema = table.schema();
                assert!(table.columns.iter().all(|column| column.values.len() == table.rows()));
                assert_eq!(schema.columns.len(), table.columns.len());
            }
        }
    });
}
