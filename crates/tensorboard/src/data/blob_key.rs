//! Where a blob is, as a word for an address: TensorBoard's own spelling, so that its replies and ours are equal.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const WORDS: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One blob of one step of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobKey {
    /// The experiment as the client named it; often empty.
    pub experiment: String,
    /// Whose series.
    pub plugin: String,
    /// The run.
    pub run: String,
    /// The tag.
    pub tag: String,
    /// The step.
    pub step: i64,
    /// Which of the step's blobs.
    pub index: usize,
}

impl BlobKey {
    /// As a word of letters, digits, `-` and `_`.
    pub fn encode(&self) -> String {
        let parts = serde_json::json!([self.experiment, self.plugin, self.run, self.tag, self.step, self.index]);
        let mut ascii = String::new();
        for unit in parts.to_string().chars() {
            if matches!(unit, ' '..='~') {
                ascii.push(unit);
            } else {
                for half in unit.encode_utf16(&mut [0; 2]) {
                    ascii.push_str(&format!("\\u{half:04x}"));
                }
            }
        }
        WORDS.encode(ascii)
    }

    /// What the word says, if it is one of these.
    pub fn decode(word: &str) -> Option<Self> {
        let text = WORDS.decode(word).ok()?;
        let (experiment, plugin, run, tag, step, index) = serde_json::from_slice(&text).ok()?;
        Some(Self {
            experiment,
            plugin,
            run,
            tag,
            step,
            index,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_tensorboards() {
        let key = BlobKey {
            experiment: "some_id".to_owned(),
            plugin: "graphs".to_owned(),
            run: "train".to_owned(),
            tag: "graph_def".to_owned(),
            step: 2,
            index: 0,
        };
        // The example in TensorBoard's own source, less the line feed it ends with there.
        assert_eq!(
            key.encode(),
            "WyJzb21lX2lkIiwiZ3JhcGhzIiwidHJhaW4iLCJncmFwaF9kZWYiLDIsMF0"
        );
        let odd = BlobKey {
            run: "größe/😀\u{7f}".to_owned(),
            ..key
        };
        assert_eq!(BlobKey::decode(&odd.encode()), Some(odd));
        assert_eq!(BlobKey::decode("no key"), None);
    }
}
