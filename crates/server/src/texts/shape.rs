//! A tensor of strings as a paragraph, rows or a table, as TensorBoard lays it out.

use std::fmt::Write as _;

use glassboard_events::Texts;

use crate::{markdown, text};

/// Bytes of text that are laid out as Markdown; more is shown as it was written.
const MARKDOWN: usize = 64_000;
/// Bytes that stand in a page at most.
const SHOWN: usize = 250_000;

/// What a reader sees of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shaped {
    /// Safe to stand in a page.
    pub html: String,
    /// What a reader must know before reading it.
    pub notice: Option<String>,
}

/// The strings that are shown, and how many a row: of a tensor of more than two dimensions, its first table.
fn table<'a>(texts: &'a Texts<'a>) -> (&'a [&'a [u8]], usize, Option<String>) {
    let (rows, columns) = match texts.dims[..] {
        [] => (1, 1),
        [rows] => (rows as usize, 1),
        [.., rows, columns] => (rows as usize, columns as usize),
    };
    let count = rows.saturating_mul(columns).min(texts.strings.len());
    let notice = (texts.dims.len() > 2).then(|| {
        let dims: Vec<String> = texts.dims.iter().map(u64::to_string).collect();
        format!(
            "This text has {} dimensions ({}), and a page has two: its first table is shown. The source has all of it.",
            texts.dims.len(),
            dims.join(" × ")
        )
    });
    (&texts.strings[..count], columns.max(1), notice)
}

/// The HTML of a text.
pub fn shaped(texts: &Texts) -> Shaped {
    let (strings, columns, notice) = table(texts);
    let bytes: usize = strings.iter().map(|text| text.len()).sum();
    if bytes > MARKDOWN {
        return long(texts, bytes);
    }
    let cell = |text: &[u8]| markdown::to_html(&String::from_utf8_lossy(text));
    if texts.dims.is_empty() {
        let html = strings.first().map(|text| cell(text)).unwrap_or_default();
        return Shaped { html, notice };
    }
    // torch writes one text as a list of one.
    if let ([1], [one]) = (&texts.dims[..], strings) {
        return Shaped {
            html: cell(one),
            notice,
        };
    }
    let mut html = String::from("<table><tbody>");
    for row in strings.chunks(columns) {
        html.push_str("<tr>");
        for text in row {
            // Writing to a String cannot fail.
            let _ok = write!(html, "<td>{}</td>", cell(text));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>");
    Shaped { html, notice }
}

/// A text too long to lay out: its beginning, as it was written.
fn long(texts: &Texts, bytes: usize) -> Shaped {
    let mut plain = source(texts);
    let cut = plain.len() > SHOWN;
    if cut {
        let end = (0..=SHOWN).rev().find(|end| plain.is_char_boundary(*end)).unwrap_or(0);
        plain.truncate(end);
    }
    let size = text::bytes(bytes as i64);
    let notice = if cut {
        format!(
            "This text has {size}: its first {} are shown as they were written. The source has all of it.",
            text::bytes(SHOWN as i64)
        )
    } else {
        format!("This text has {size}: it is shown as it was written, not as Markdown.")
    };
    Shaped {
        html: format!(
            "<pre class=\"plain\">{}</pre>",
            plain.replace('&', "&amp;").replace('<', "&lt;")
        ),
        notice: Some(notice),
    }
}

/// All strings as they were written: rows in lines, columns with tabs between them.
pub fn source(texts: &Texts) -> String {
    let columns = match texts.dims[..] {
        [] | [_] => 1,
        [.., columns] => (columns as usize).max(1),
    };
    let mut out = String::new();
    for (i, row) in texts.strings.chunks(columns).enumerate() {
        if i > 0 {
            out.push('\n');
        }
        for (j, text) in row.iter().enumerate() {
            if j > 0 {
                out.push('\t');
            }
            out.push_str(&String::from_utf8_lossy(text));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'a>(dims: &[u64], strings: &[&'a str]) -> Texts<'a> {
        Texts {
            dims: dims.to_vec(),
            strings: strings.iter().map(|text| text.as_bytes()).collect(),
        }
    }

    #[test]
    fn one_text_is_a_text_and_more_are_a_table() {
        assert_eq!(shaped(&texts(&[], &["*a*"])).html.trim(), "<p><em>a</em></p>");
        assert_eq!(shaped(&texts(&[1], &["*a*"])).html.trim(), "<p><em>a</em></p>");
        let rows = shaped(&texts(&[3], &["a", "b", "c"])).html;
        assert_eq!((rows.matches("<tr>").count(), rows.matches("<td>").count()), (3, 3));
        let table = shaped(&texts(&[2, 2], &["a", "b", "1", "`2`"])).html;
        assert_eq!((table.matches("<tr>").count(), table.matches("<td>").count()), (2, 4));
        assert!(table.contains("<code>2</code>"), "{table}");
        assert_eq!(source(&texts(&[2, 2], &["a", "b", "1", "2"])), "a\tb\n1\t2");
    }

    #[test]
    fn of_more_dimensions_the_first_table_is_shown_and_it_says_so() {
        let deep = shaped(&texts(&[2, 1, 2], &["a", "b", "c", "d"]));
        assert!(
            deep.html.contains("<p>b</p>") && !deep.html.contains("<p>c</p>"),
            "{}",
            deep.html
        );
        let notice = deep.notice.unwrap_or_default();
        assert!(notice.contains("3 dimensions (2 × 1 × 2)"), "{notice}");
    }

    #[test]
    fn shapes_that_lie_cost_nothing() {
        for dims in [&[0][..], &[7, 9], &[0, 0], &[1 << 40, 1 << 40], &[2, 0]] {
            shaped(&texts(dims, &["a", "b"]));
            source(&texts(dims, &["a", "b"]));
        }
    }

    #[test]
    fn a_long_text_is_cut_in_words() {
        let long = "ü<b>".repeat(100_000);
        let page = shaped(&texts(&[], &[&long]));
        assert!(page.html.len() < 4 * SHOWN && !page.html.contains("<b>"));
        assert!(page.notice.unwrap_or_default().contains("first"));
    }
}
