//! Chunks of a series as the database holds them: a damaged one is an error, a sound one survives.

#![no_main]

use glassboard_series::{decode, decode_raw, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = decode_raw(bytes);
    if let Ok(columns) = decode(bytes) {
        let again = encode(&columns).expect("what was decoded encodes");
        let again = decode(&again).expect("what was encoded decodes");
        assert_eq!(columns.steps, again.steps);
    }
});
