//! Picture files with changed bytes: an hour of libFuzzer with `fuzz/run pictures 3600`, a second of random inputs in
//! `cargo test`.

#[path = "pictures/made.rs"]
mod made;

use glassboard_worker::decode::decode;

/// The first byte says which small file the rest is laid over, pair by pair of (place, value); past the last file, the
/// rest is a file itself.
#[test]
fn bytes_end_in_a_picture_or_a_sentence() {
    let seeds = made::seeds();
    bolero::check!().with_max_len(4096).for_each(|bytes: &[u8]| {
        let Some((which, rest)) = bytes.split_first() else {
            return;
        };
        let bytes = match seeds.get(usize::from(*which)) {
            None => rest.to_vec(),
            Some(seed) => {
                let mut file = seed.clone();
                for change in rest.chunks_exact(3) {
                    let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % file.len();
                    file[place] = change[2];
                }
                file
            }
        };
        if let Err(why) = decode(&bytes, "x") {
            assert!(!why.message.is_empty());
        }
    });
}
