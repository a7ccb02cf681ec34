//! What the head of a WAV file says: rate, channels, length. The samples are nobody's business here.
//!
//! By hand, as the rest of this crate: over borrowed bytes and total. A crate for WAV files (hound) reads a
//! stream, and refuses encodings that browsers play.

/// What is known of a sound without decoding it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wave {
    /// Samples a second of each channel.
    pub rate: f64,
    /// Channels; 0 where nothing was said.
    pub channels: u32,
    /// Seconds.
    pub seconds: f64,
}

impl Wave {
    /// Reads the chunks of a WAV file; none where the bytes are not one.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(b"RIFF")?.get(4..)?;
        let mut rest = rest.strip_prefix(b"WAVE")?;
        let mut form: Option<(u16, u32, u32)> = None;
        loop {
            let (name, after) = rest.split_first_chunk::<4>()?;
            let (size, after) = after.split_first_chunk::<4>()?;
            let size = u32::from_le_bytes(*size) as usize;
            match (name, form) {
                (b"fmt ", _) => {
                    let chunk = after.get(..16)?;
                    let whole =
                        |at: usize| u32::from_le_bytes([chunk[at], chunk[at + 1], chunk[at + 2], chunk[at + 3]]);
                    form = Some((u16::from_le_bytes([chunk[2], chunk[3]]), whole(4), whole(8)));
                }
                (b"data", Some((channels, rate, bytes_a_second))) => {
                    // A writer that was cut off, or streamed, says more than there is.
                    let size = size.min(after.len());
                    let known = rate > 0 && bytes_a_second > 0;
                    return known.then(|| Self {
                        rate: f64::from(rate),
                        channels: u32::from(channels),
                        seconds: size as f64 / f64::from(bytes_a_second),
                    });
                }
                _ => {}
            }
            // Chunks begin at even places.
            rest = after.get(size.checked_add(size % 2)?..)?;
        }
    }

    /// What a log said beside the bytes, where it makes sense.
    pub(crate) fn said(rate: f64, channels: i64, frames: i64) -> Option<Self> {
        let known = rate.is_finite() && rate > 0.0 && frames > 0;
        known.then(|| Self {
            rate,
            channels: u32::try_from(channels).unwrap_or(0),
            seconds: frames as f64 / rate,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
        let mut out = [&name[..], &(body.len() as u32).to_le_bytes(), body].concat();
        out.resize(out.len().next_multiple_of(2), 0);
        out
    }

    fn wav(channels: u16, rate: u32, data: &[u8]) -> Vec<u8> {
        let mut form = [1u16.to_le_bytes(), channels.to_le_bytes()].concat();
        form.extend_from_slice(&rate.to_le_bytes());
        form.extend_from_slice(&(rate * u32::from(channels) * 2).to_le_bytes());
        form.extend_from_slice(&[4, 0, 16, 0]);
        let body = [
            &b"WAVE"[..],
            &chunk(*b"LIST", b"odd"),
            &chunk(*b"fmt ", &form),
            &chunk(*b"data", data),
        ]
        .concat();
        chunk(*b"RIFF", &body)
    }

    #[test]
    fn a_head_is_read_past_other_chunks() {
        let wave = Wave::of(&wav(2, 8000, &[0; 16_000])).unwrap();
        assert_eq!((wave.rate, wave.channels, wave.seconds), (8000.0, 2, 0.5));
    }

    #[test]
    fn any_beginning_of_a_file_is_no_panic() {
        let whole = wav(1, 8000, &[0; 64]);
        for end in 0..whole.len() {
            Wave::of(&whole[..end]);
        }
        let mut lying = whole.clone();
        lying[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Wave::of(&lying), None);
        assert_eq!(Wave::of(b"ID3"), None);
        assert_eq!(Wave::of(&wav(1, 0, &[0; 8])), None);
    }
}
