//! Markdown to HTML that may stand in a page: the tags and attributes that TensorBoard lets through, and no others.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::Builder;
use pulldown_cmark::{CowStr, Event, Options, Parser, html};

const TAGS: [&str; 25] = [
    "ul",
    "ol",
    "li",
    "p",
    "pre",
    "code",
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "br",
    "strong",
    "em",
    "a",
    "img",
    "table",
    "thead",
    "tbody",
    "td",
    "tr",
    "th",
];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::empty();
    cleaner
        .tags(HashSet::from(TAGS))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "title"])),
            ("img", HashSet::from(["src", "title", "alt"])),
        ]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::PassThrough)
        .link_rel(None);
    cleaner
});

/// Markdown with tables and fenced code.
pub fn to_html(markdown: &str) -> String {
    safe_html(&unsafe_html(markdown))
}

/// HTML in which the tags that are not let through are text.
pub fn safe_html(html: &str) -> String {
    let mut shown = String::with_capacity(html.len());
    for (index, piece) in html.split('<').enumerate() {
        if index > 0 {
            shown.push_str(if is_let_through(piece) { "<" } else { "&lt;" });
        }
        shown.push_str(piece);
    }
    CLEANER.clean(&shown).to_string()
}

/// What the Markdown says, with the HTML in it that is not let through shown as text.
pub(super) fn unsafe_html(markdown: &str) -> String {
    let markdown = markdown.replace('\0', "");
    let events = Parser::new_ext(&markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(written) | Event::InlineHtml(written) if !written.split('<').skip(1).all(is_let_through) => {
            Event::Text(written)
        }
        Event::SoftBreak => Event::Html(CowStr::Borrowed("\n")),
        other => other,
    });
    let mut page = String::new();
    html::push_html(&mut page, events);
    page.truncate(page.trim_end().len());
    page
}

/// Whether the tag that begins after a `<` is let through.
fn is_let_through(tag: &str) -> bool {
    let name = tag.strip_prefix('/').unwrap_or(tag);
    let name: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
    TAGS.contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What TensorBoard 2.21 makes of the same text, without white space between tags.
    fn assert_same(markdown: &str, theirs: &str) {
        let plain = |html: &str| html.replace(">\n", ">").replace("\n<", "<");
        assert_eq!(plain(&to_html(markdown)), plain(theirs), "{markdown:?}");
    }

    #[test]
    fn html_is_tensorboards() {
        assert_same("**hi** & _x_", "<p><strong>hi</strong> &amp; <em>x</em></p>");
        assert_same("", "");
        assert_same("line one\nline two  \nbreak", "<p>line one\nline two<br>\nbreak</p>");
        assert_same(
            "# H\n\n---\n> q\n\n`code`",
            "<h1>H</h1>\n<hr>\n<blockquote>\n<p>q</p>\n</blockquote>\n<p><code>code</code></p>",
        );
        assert_same(
            "a|b\n-|-\n1|2\n\ntext",
            "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>\n<p>text</p>",
        );
        assert_same("```python\nx = '<a>'\n```", "<pre><code>x = '&lt;a&gt;'\n</code></pre>");
        assert_same("x 'quote' \"dq\" ...", "<p>x 'quote' \"dq\" ...</p>");
        assert_same(
            "[l](http://a.b \"t\") ![i](x.png)",
            "<p><a href=\"http://a.b\" title=\"t\">l</a> <img src=\"x.png\" alt=\"i\"></p>",
        );
    }

    #[test]
    fn what_could_run_is_text_or_gone() {
        let page =
            to_html("x <script>alert(1)</script> <b onclick=x>k</b> [j](javascript:alert(1)) <img src=x onerror=y>");
        assert!(
            page.contains("&lt;script&gt;") && page.contains("&lt;b onclick=x&gt;"),
            "{page}"
        );
        assert!(
            !page.contains("javascript:") && !page.contains("onerror") && page.contains("<img src=\"x\">"),
            "{page}"
        );
        assert_eq!(
            to_html("<script>alert(1)</script> [j](x)"),
            "&lt;script&gt;alert(1)&lt;/script&gt; [j](x)"
        );
        assert_eq!(
            safe_html("<p style=\"x\">a<script>b</script> 1 < 2</p>"),
            "<p>a&lt;script&gt;b&lt;/script&gt; 1 &lt; 2</p>"
        );
    }
}
