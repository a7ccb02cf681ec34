//! The columns format, as the server reads it back from a blob: any bytes, and any header (up to
//! the first zero byte) with the right frame around it.

#![no_main]

use glassboard_model::columns::read;
use libfuzzer_sys::fuzz_target;

fn look(bytes: &[u8]) {
    if let Ok(found) = read(bytes) {
        for column in &found.columns {
            let _ = column.to_f32();
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    look(bytes);
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    let mut file = b"GBC1".to_vec();
    file.extend_from_slice(&(end as u32).to_le_bytes());
    file.extend_from_slice(&bytes[..end]);
    file.resize(file.len().next_multiple_of(8), 0);
    file.extend_from_slice(&bytes[end..]);
    look(&file);
});
