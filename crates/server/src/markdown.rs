//! Markdown that people wrote, as HTML that may stand in a page.

use ammonia::UrlRelative;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Containers inside containers: what lies deeper is shown in the last of them. Nobody writes more, and the
/// time an HTML parser takes grows with the square of it.
const DEEPEST: usize = 24;

/// The HTML of `markdown`: raw HTML in it is shown as text, links go to http, https and mailto only, and
/// nothing is loaded from elsewhere (a picture becomes a link with its words). Headings begin at the third
/// level, below the page's and the card's.
pub fn to_html(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut raw = String::new();
    html::push_html(
        &mut raw,
        Tame::new(markdown, options, Parser::new_ext(markdown, options)),
    );
    ammonia::Builder::default()
        .rm_tags(["img"])
        .url_schemes(["http", "https", "mailto"].into())
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer"))
        .clean(&raw)
        .to_string()
}

/// Whether a picture's address may be followed by a reader who wants to.
fn leads_out(address: &str) -> bool {
    let scheme = address.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

/// The events of a text, without what must not stand in a page.
struct Tame<'a> {
    events: Parser<'a>,
    /// Of each open tag: whether it was passed on, and as what it ends.
    open: Vec<Option<TagEnd>>,
    /// Links that are open: they cannot hold others.
    links: usize,
    /// Levels of the text's headings, the highest first.
    levels: Vec<HeadingLevel>,
}

impl<'a> Tame<'a> {
    fn new(markdown: &str, options: Options, events: Parser<'a>) -> Self {
        let mut levels: Vec<HeadingLevel> = Parser::new_ext(markdown, options)
            .filter_map(|event| match event {
                Event::Start(Tag::Heading { level, .. }) => Some(level),
                _ => None,
            })
            .collect();
        levels.sort_unstable();
        levels.dedup();
        Self {
            events,
            open: Vec::new(),
            links: 0,
            levels,
        }
    }

    fn heading(&self, level: HeadingLevel) -> HeadingLevel {
        match self.levels.iter().position(|one| *one == level) {
            Some(0) | None => HeadingLevel::H3,
            Some(1) => HeadingLevel::H4,
            Some(2) => HeadingLevel::H5,
            Some(_) => HeadingLevel::H6,
        }
    }

    /// What a tag is passed on as, if it is.
    fn start(&mut self, tag: Tag<'a>) -> Option<Tag<'a>> {
        let link = |link_type, dest_url, title, id| Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        };
        let tag = match tag {
            Tag::Image {
                dest_url,
                title,
                id,
                link_type,
            } if self.links == 0 && leads_out(&dest_url) => link(link_type, dest_url, title, id),
            Tag::Image { .. } => return None,
            // Its lines are text now.
            Tag::HtmlBlock => Tag::Paragraph,
            Tag::Link { .. } if self.links > 0 => return None,
            Tag::Heading { level, .. } => Tag::Heading {
                level: self.heading(level),
                id: None,
                classes: Vec::new(),
                attrs: Vec::new(),
            },
            other => other,
        };
        if self.open.len() >= DEEPEST {
            return None;
        }
        self.links += usize::from(matches!(tag, Tag::Link { .. }));
        Some(tag)
    }
}

impl<'a> Iterator for Tame<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        loop {
            match self.events.next()? {
                Event::Start(tag) => {
                    let passed = self.start(tag);
                    self.open.push(passed.as_ref().map(Tag::to_end));
                    if let Some(tag) = passed {
                        return Some(Event::Start(tag));
                    }
                }
                Event::End(_) => {
                    if let Some(end) = self.open.pop().flatten() {
                        self.links -= usize::from(matches!(end, TagEnd::Link));
                        return Some(Event::End(end));
                    }
                }
                Event::Html(raw) | Event::InlineHtml(raw) => return Some(Event::Text(raw)),
                Event::TaskListMarker(done) => {
                    return Some(Event::Text(CowStr::Borrowed(if done { "☑ " } else { "☐ " })));
                }
                other => return Some(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::to_html;

    #[test]
    fn what_could_run_or_load_is_text_or_gone() {
        let page = to_html(
            "**b** <script>alert(1)</script> <b onclick=x>k</b> [j](javascript:alert(1)) ![i](https://a.b/c.png) <style>*{}</style>",
        );
        assert!(
            page.contains("<strong>b</strong>") && page.contains("&lt;script&gt;"),
            "{page}"
        );
        for never in ["<script", "<style", "<img", "<b ", "javascript:"] {
            assert!(!page.contains(never), "{never} in {page}");
        }
        assert!(to_html("a|b\n-|-\n1|2").contains("<table>"));
        assert!(to_html("[l](https://a.b)").contains("href=\"https://a.b\""));
    }

    #[test]
    fn a_picture_is_a_link_with_its_words() {
        let page = to_html(
            "![a *cat*](https://a.b/c.png \"t\") [![d](http://x.y/z.png)](https://e.f) ![g](data:x) [h](/logout)",
        );
        assert!(
            page.contains("href=\"https://a.b/c.png\"") && page.contains(">a <em>cat</em></a>"),
            "{page}"
        );
        assert!(
            page.contains("href=\"https://e.f\"") && page.contains(">d</a>"),
            "{page}"
        );
        assert!(
            !page.contains("z.png") && !page.contains("data:") && !page.contains("/logout"),
            "{page}"
        );
        assert!(page.matches("noopener noreferrer").count() >= page.matches("href=").count());
    }

    #[test]
    fn headings_go_on_below_the_card() {
        let page = to_html("# a\n### b\n# c\n- [x] done");
        assert!(
            page.contains("<h3>a</h3>") && page.contains("<h4>b</h4>") && page.contains("<h3>c</h3>"),
            "{page}"
        );
        assert!(page.contains("☑ done"), "{page}");
    }

    #[test]
    fn depth_costs_no_time() {
        let began = std::time::Instant::now();
        for deep in [
            ">".repeat(60_000),
            "[".repeat(60_000),
            "- ".repeat(30_000),
            "*a **b ".repeat(8000),
        ] {
            to_html(&format!("{deep} end"));
        }
        assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
    }

    const TAGS: [&str; 26] = [
        "p",
        "em",
        "strong",
        "del",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "a",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "h3",
        "h4",
        "h5",
        "h6",
        "br",
        "hr",
        "sup",
        "sub",
        "span",
    ];
    const ATTRIBUTES: [&str; 6] = ["href", "rel", "title", "align", "start", "class"];

    /// Names and attributes of every tag, read as a browser reads them.
    fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
        let mut found = Vec::new();
        let mut rest = page;
        while let Some(at) = rest.find('<') {
            rest = rest[at + 1..].trim_start_matches('/');
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            let name = rest[..end].to_ascii_lowercase();
            rest = &rest[end..];
            let mut attributes = Vec::new();
            loop {
                rest = rest.trim_start();
                if let Some(after) = rest.strip_prefix('>') {
                    rest = after;
                    break;
                }
                let Some((key, after)) = rest.split_once("=\"") else {
                    break;
                };
                let (value, after) = after.split_once('"').unwrap_or((after, ""));
                attributes.push((key.to_ascii_lowercase(), value.to_owned()));
                rest = after;
            }
            found.push((name, attributes));
        }
        found
    }

    fn harmless(page: &str) -> Result<(), TestCaseError> {
        for (name, attributes) in tags(page) {
            prop_assert!(TAGS.contains(&name.as_str()), "<{name}> in {page}");
            for (key, value) in attributes {
                prop_assert!(ATTRIBUTES.contains(&key.as_str()), "{key} in {page}");
                let whither = value.to_ascii_lowercase();
                let out = ["http:", "https:", "mailto:"]
                    .iter()
                    .any(|scheme| whither.starts_with(scheme));
                prop_assert!(key != "href" || out, "{value} in {page}");
            }
        }
        Ok(())
    }

    fn nasty() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            prop::sample::select(vec![
                "<script>",
                "</script>",
                "<ScRiPt src=x>",
                "<img src=x onerror=alert(1)>",
                "<svg/onload=alert(1)>",
                "<a href=\"javascript:x\">",
                "<iframe srcdoc=\"",
                "<style>",
                "<math><mi xlink:href=\"",
                "<b onclick=x>",
                "<!--",
                "-->",
                "<![CDATA[",
                "]]>",
                "<?",
                "?>",
                "<p title=\"",
                "javascript:",
                "JaVa\tScript:",
                "&#106;avascript:",
                "vbscript:x",
                "data:text/html,",
                "http://a.b/\" onmouseover=\"x",
                "//evil.example",
                "](",
                ")",
                "[",
                "![",
                "]",
                "`",
                "```",
                "\n",
                "\n\n",
                "    ",
                "> ",
                "- ",
                "1. ",
                "# ",
                "|",
                "|-|-|",
                "*",
                "**",
                "~~",
                "<",
                ">",
                "\"",
                "'",
                "&lt;",
                "&quot;",
                "\\",
                "\u{0}",
                "\u{feff}",
                "[x]: javascript:y\n",
                "<http://a.b>",
                "<javascript:alert(1)>",
            ])
            .prop_map(str::to_owned),
            any::<String>(),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn nothing_that_runs_comes_through(text in nasty()) {
            harmless(&to_html(&text))?;
        }
    }

    #[test]
    fn the_test_itself_sees_what_runs() {
        for bad in [
            "<script>",
            "<p onclick=\"x\">",
            "<a href=\"javascript:x\">",
            "<a href=\"/x\">",
            "<img src=\"x\">",
        ] {
            assert!(harmless(bad).is_err(), "{bad}");
        }
    }
}
