//! Strings of strangers in our sentences.

/// At most 120 characters, control characters replaced.
pub fn short(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let mut short: String = clean.clone().take(120).collect();
    if clean.count() > 120 {
        short.push('…');
    }
    short
}
