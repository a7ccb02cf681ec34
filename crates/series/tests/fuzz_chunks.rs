//! Any bytes as what the database holds of a series: an error, or points and values that survive another round.
//!
//! On its own this is a second of random inputs; `BOLERO_RANDOM_TEST_TIME_MS` makes it longer, and `fuzz/run chunks
//! SECONDS` runs the same under libFuzzer with coverage.

use glassboard_series::{Columns, decode, decode_raw, encode, heads, pack, unpack};

fn bits(columns: &Columns) -> (Vec<i64>, Vec<u64>, Vec<u64>) {
    let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect();
    (columns.steps.clone(), bits(&columns.walls), bits(&columns.values))
}

#[test]
fn bytes_are_an_error_or_survive_another_round() {
    bolero::check!().with_max_len(4096).for_each(|bytes: &[u8]| {
        if let Ok(block) = decode(bytes) {
            let columns = block.columns();
            let again = encode(columns.clone()).expect("what was decoded encodes");
            let again = decode(&again).expect("what was encoded decodes").columns();
            assert_eq!(bits(&columns), bits(&again));
        }
        if let Ok(columns) = decode_raw(bytes) {
            let again = decode(&encode(columns.clone()).expect("few points encode")).expect("and decode");
            assert_eq!(bits(&columns), bits(&again.columns()));
        }
        // The first bytes as heads, the rest as what they speak of.
        let (head, body) = bytes.split_at(bytes.len() / 33 / 2 * 33);
        if let Ok(heads) = heads(head)
            && let Ok(values) = unpack(&heads, body.to_vec(), true)
        {
            let packed = pack(&heads, &values);
            assert_eq!(unpack(&heads, packed.body, packed.compressed), Ok(values));
        }
    });
}
