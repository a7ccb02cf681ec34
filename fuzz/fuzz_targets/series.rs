//! Chunks of a series as the database holds them: a damaged one is an error, a sound one survives.

#![no_main]

use glassboard_series::{decode, decode_raw, encode, heads, unpack};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = decode_raw(bytes);
    if let Ok(heads) = heads(bytes) {
        let _ = unpack(&heads, bytes.to_vec(), true);
    }
    if let Ok(block) = decode(bytes) {
        let columns = block.columns();
        let again = encode(columns.clone()).expect("what was decoded encodes");
        let again = decode(&again).expect("what was encoded decodes");
        assert_eq!(columns.steps, again.columns().steps);
    }
});
