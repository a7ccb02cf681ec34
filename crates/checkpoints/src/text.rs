//! Strings of strangers in our sentences.

/// A name in a sentence: at most 120 characters, control characters replaced.
pub fn short(text: &str) -> String {
    cut(text, 120)
}

/// A sentence with names in it: at most 800 characters, control characters replaced.
pub fn sentence(text: &str) -> String {
    cut(text, 800)
}

fn cut(text: &str, most: usize) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut rest = text.chars();
    let mut short: String = rest.by_ref().take(most).map(clean).collect();
    if rest.next().is_some() {
        short.push('…');
    }
    short
}
