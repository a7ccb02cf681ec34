//! Inputs: pictures, arrays and tables, told by their content.

#![no_main]

use glassboard_worker::decode::decode;
use glassboard_worker::describe::describe;
use glassboard_worker::npy::{npz_arrays, read_npy};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = decode(bytes, "x");
    let _ = describe(bytes, true);
    let _ = npz_arrays(bytes);
    // Past the magic word, so that the header's own text is reached at once.
    let _ = read_npy(&[b"\x93NUMPY\x01\x00", bytes].concat());
});
